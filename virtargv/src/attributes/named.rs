//! Elements and attributes that the text of a rule names.

use virtargv_model::names::known_names;

/// An element or attribute that is looked for.
#[derive(Debug)]
pub(super) struct Target<'a> {
    around: &'a str,
    element: &'a str,
    attribute: Option<&'a str>,
    /// Whether no other element of this name has it, so that a text need not name the element around.
    is_only: bool,
}

/// A tag in a text: the elements around it, its own last, and its attributes.
#[derive(Debug, PartialEq, Eq)]
struct Tag<'a> {
    elements: Vec<&'a str>,
    attributes: Vec<&'a str>,
}

impl<'a> Target<'a> {
    /// The one with a path as in the table.
    pub(super) fn of(path: &'a str) -> Self {
        let (element, attribute) = match path.split_once("/@") {
            Some((element, attribute)) => (element, Some(attribute)),
            None => (path, None),
        };
        let (around, element) = element.rsplit_once('/').unwrap_or(("", element));
        let end = path.strip_prefix(around).unwrap_or(path);
        let alike = known_names().iter().filter(|known| known.path.ends_with(end)).count();
        let is_device_or_more = matches!(around, "" | "domain" | "devices");
        Self { around, element, attribute, is_only: alike == 1 || is_device_or_more }
    }

    /// Whether `text` names it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let tags = tags(text);
        let is_around = |name: &str| name == self.around;
        let names_around = || tags.iter().flat_map(|tag| &tag.elements).any(|name| is_around(name));
        tags.iter().any(|tag| {
            let mut elements = tag.elements.iter().rev();
            let is_it = elements.next() == Some(&self.element)
                && self.attribute.is_none_or(|attribute| tag.attributes.contains(&attribute));
            is_it
                && match elements.next() {
                    Some(name) => is_around(name),
                    None => self.is_only || names_around(),
                }
        })
    }
}

/// The tags in the parts of `text` in backticks: `<disk><target bus=>` has two, and an attribute alone, `bus=`, belongs to the
/// tag before it.
fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut tags: Vec<Tag<'_>> = Vec::new();
    for code in text.split('`').skip(1).step_by(2) {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = code;
        while let Some((before, after)) = rest.split_once('<') {
            if !before.trim().is_empty() {
                open.pop();
            }
            let (tag, next) = after.split_once('>').unwrap_or((after, ""));
            rest = next;
            if tag.starts_with('/') {
                open.pop();
                continue;
            }
            let mut words = tag.trim_end_matches('/').split(' ');
            let Some(name) = words.next() else { continue };
            open.push(name);
            let attributes = words.filter_map(|word| Some(word.split_once('=')?.0)).collect();
            tags.push(Tag { elements: open.clone(), attributes });
            if tag.ends_with('/') {
                open.pop();
            }
        }
        let is_attribute = code.split_once('=').is_some_and(|(name, value)| {
            let is_value = value.is_empty() || (value.starts_with('\'') && value.ends_with('\''));
            is_value && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        if let (true, Some(tag), Some((name, _))) = (is_attribute, tags.last_mut(), code.split_once('=')) {
            tag.attributes.push(name);
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_in_backticks() {
        let check = |text, expected: &str| {
            let shown: Vec<String> = tags(text)
                .iter()
                .map(|tag| format!("{} {}", tag.elements.join("/"), tag.attributes.join(",")))
                .collect();
            assert_eq!(shown.join("; "), expected, "{text}");
        };
        check("`<disk type=>` is one of", "disk type");
        check("`<disk><target dev= bus='scsi'/>`, `<x>`", "disk ; disk/target dev,bus; x ");
        check("<disk type=>, `type=`", "");
        check("`<driver>` with `queues=`: `-device num-queues=`", "driver queues");
        check("`<os><firmware/><loader secure=>`", "os ; os/firmware ; os/loader secure");
        check("`<a></a><b c=>`", "a ; b c");
    }

    #[test]
    fn an_attribute_is_named_with_its_element() {
        let check =
            |path, text, expected| assert_eq!(Target::of(path).is_in(text), expected, "{path} {text}");
        check("disk/driver/@type", "`<disk type=>`", false);
        check("disk/driver/@type", "`<disk><driver type=>`", true);
        check("disk/driver/@type", "`<driver type=>` of `<disk>`", true);
        check("disk/driver/@iommu", "`<driver iommu=>`", false);
        check("disk/driver/@iommu", "`<interface><driver iommu=>`", false);
        check("devices/disk/@type", "`<disk type=>`", true);
        check("memtune/hard_limit", "`<memtune><hard_limit>`", true);
        check("os/loader/@secure", "`<loader secure=>`", true);
        check("os/loader/@secure", "`<loader>`", false);
    }
}
