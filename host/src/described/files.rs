//! `files`: texts, directories, and the parts of images that were asked for.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{DescribedHost, Failure, told};
use crate::{Answer, FileKind, FileStat, Files, HostError};

const UNKNOWN: &str = "its files";

/// What is known of a path.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    /// Its kind.
    pub(crate) kind: Option<FileKind>,
    /// The size in bytes of a file or block device.
    pub(crate) size: Option<u64>,
    /// The whole text.
    pub(crate) text: Option<String>,
    /// The names in a directory.
    pub(crate) names: Option<Vec<String>>,
    /// Parts of the content, by their offset.
    pub(crate) bytes: BTreeMap<u64, Bytes>,
    /// Its path with all links followed.
    pub(crate) real: Option<String>,
    /// Whether it is a CD-ROM drive.
    pub(crate) cdrom: Option<bool>,
    /// Why what is asked and not answered by another member has no answer.
    pub(crate) error: Option<Failure>,
}

/// Bytes, in base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(&text).map(Self).map_err(|error| D::Error::custom(format!("no base64: {error}")))
    }
}

impl File {
    /// The bytes from `offset` on, at most `length`, as far as the file has them; `None` where a part is not known.
    fn part(&self, offset: u64, length: usize) -> Option<Vec<u8>> {
        let size = self.size.unwrap_or(u64::MAX);
        let end = offset.saturating_add(length as u64).min(size);
        let mut out = Vec::new();
        let mut at = offset;
        while at < end {
            let (start, Bytes(bytes)) = self.bytes.range(..=at).next_back()?;
            let skip = usize::try_from(at - start).ok()?;
            let rest = bytes.get(skip..).filter(|rest| !rest.is_empty())?;
            let wanted = usize::try_from(end - at).unwrap_or(usize::MAX);
            let taken = rest.get(..wanted).unwrap_or(rest);
            out.extend_from_slice(taken);
            at += taken.len() as u64;
        }
        Some(out)
    }

    /// Adds what was read where `length` bytes from `offset` on were asked for, joined with what it touches, so that each
    /// byte is there once. Where fewer were read, the file ends there.
    pub(crate) fn add(&mut self, offset: u64, length: usize, bytes: &[u8]) {
        if bytes.len() < length && (offset == 0 || !bytes.is_empty()) {
            self.size = self.size.or(Some(offset.saturating_add(bytes.len() as u64)));
        }
        let (mut start, mut whole) = (offset, bytes.to_vec());
        let end = |start: u64, bytes: &[u8]| start.saturating_add(bytes.len() as u64);
        let touched: Vec<u64> = self
            .bytes
            .range(..=end(start, &whole))
            .filter(|(other, Bytes(theirs))| end(**other, theirs) >= start)
            .map(|(other, _)| *other)
            .collect();
        for other in touched {
            let Some(Bytes(theirs)) = self.bytes.remove(&other) else { continue };
            let (first, mut joined, second, more) =
                if other <= start { (other, theirs, start, whole) } else { (start, whole, other, theirs) };
            let covered = usize::try_from(end(first, &joined) - second).unwrap_or(usize::MAX);
            joined.extend_from_slice(more.get(covered..).unwrap_or_default());
            (start, whole) = (first, joined);
        }
        if !whole.is_empty() {
            self.bytes.insert(start, Bytes(whole));
        }
    }
}

impl DescribedHost {
    fn file(&self, path: &str) -> Answer<&File> {
        self.told.files.get(path).ok_or(HostError::Unknown(UNKNOWN))
    }
}

impl Files for DescribedHost {
    fn read_text(&self, path: &str) -> Answer<String> {
        let file = self.file(path)?;
        told(file.text.clone(), file.error.as_ref(), "file", path, UNKNOWN)
    }

    fn list(&self, path: &str) -> Answer<Vec<String>> {
        let file = self.file(path)?;
        told(file.names.clone(), file.error.as_ref(), "directory", path, UNKNOWN)
    }

    fn stat(&self, path: &str) -> Answer<FileStat> {
        let file = self.file(path)?;
        let stat = file.kind.map(|kind| FileStat { kind, size: file.size.unwrap_or(0) });
        told(stat, file.error.as_ref(), "file", path, UNKNOWN)
    }

    fn read_at(&self, path: &str, offset: u64, length: usize) -> Answer<Vec<u8>> {
        let file = self.file(path)?;
        told(file.part(offset, length), file.error.as_ref(), "file", path, UNKNOWN)
    }

    fn real_path(&self, path: &str) -> Answer<String> {
        let file = self.file(path)?;
        told(file.real.clone(), file.error.as_ref(), "file", path, "where links lead")
    }

    fn is_cdrom(&self, path: &str) -> Answer<bool> {
        let file = self.file(path)?;
        told(file.cdrom, file.error.as_ref(), "device", path, "whether the device is a CD-ROM drive")
    }
}

#[cfg(test)]
mod tests {
    use super::File;

    #[test]
    fn parts_are_joined_and_found_again() {
        let image: Vec<u8> = (0..=255).collect();
        let check = |asked: &[(u64, usize)], parts: usize| {
            let mut file = File { size: Some(256), ..File::default() };
            for &(offset, length) in asked {
                let at = usize::try_from(offset).unwrap();
                file.add(offset, length, &image[at.min(256)..(at + length).min(256)]);
            }
            assert_eq!(file.bytes.len(), parts, "{asked:?}");
            for &(offset, length) in asked {
                let at = usize::try_from(offset).unwrap();
                let wanted = &image[at.min(256)..(at + length).min(256)];
                assert_eq!(file.part(offset, length).as_deref(), Some(wanted), "{asked:?}");
            }
        };
        check(&[(0, 4)], 1);
        check(&[(0, 4), (4, 4)], 1);
        check(&[(0, 4), (8, 4)], 2);
        check(&[(0, 4), (8, 4), (2, 8)], 1);
        check(&[(8, 4), (0, 100)], 1);
        check(&[(0, 100), (8, 4)], 1);
        check(&[(250, 100), (300, 8)], 1);
        let file = File { size: Some(256), ..File::default() };
        assert_eq!(file.part(0, 1), None);
        assert_eq!(file.part(256, 8), Some(Vec::new()));
    }
}
