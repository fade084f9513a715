//! A running domain: its document with aliases (`virsh dumpxml`), or the status file that libvirt keeps of it.

use crate::device::storage::Image;
use crate::domain::ROOT_ELEMENT;
use crate::read::{self, El, Elements, Reader};
use crate::{Domain, Outcome, Pos, Release};

/// A running domain, and the numbers that were used last in its QEMU.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// The domain, with aliases and addresses.
    pub domain: Box<Domain>,
    /// The highest number in the name of a block node so far (`<nodename index=>` of a status file, else the highest `index=`
    /// of an image). The numbers of images that are gone are not in a document, and are used again.
    pub last_node: u32,
    /// The number of the next descriptor set (`<fdset index=>` of a status file, else 0).
    pub next_set: u32,
}

impl Running {
    /// The running domain `domain`, with the numbers that are in its document.
    pub fn of(domain: Box<Domain>) -> Self {
        let mut last_node = 0;
        for image in domain.devices.disks.iter().flat_map(crate::device::disk::Disk::images) {
            last_node = last_node.max(highest(image));
        }
        Self { domain, last_node, next_set: 0 }
    }
}

/// The highest `index=` of an image and its data store.
fn highest(image: &Image) -> u32 {
    let own = image.index.unwrap_or_default();
    image.data_store.as_deref().map_or(own, |store| own.max(highest(store)))
}

/// Reads a running domain as `release` does: a domain document, or a status file (`<domstatus>`) with the domain inside.
///
/// ```
/// use virtargv_model::{Release, status::parse_running};
///
/// let text = "<domstatus state='running'><nodename index='7'/>
///   <domain type='kvm' id='1'><name>demo</name></domain></domstatus>";
/// let running = parse_running(text, Release::V12_9).value.expect("a running domain");
/// assert_eq!((running.domain.name.as_deref(), running.last_node), (Some("demo"), 7));
/// ```
pub fn parse_running(text: &str, release: Release) -> Outcome<Running> {
    let mut tree = match read::tree_of(text, "document", 0, release) {
        Ok(tree) => tree,
        Err(problem) => return Outcome { value: None, report: problem.into() },
    };
    let elements = Elements::of(&mut tree);
    let root = elements.root();
    let status = root.filter(|root| root.name() == "domstatus");
    let domain = match status {
        Some(status) => status.child("domain"),
        None => root.filter(|root| root.name() == "domain"),
    };
    let Some(domain) = domain else {
        let name = root.map_or("", El::name);
        let message =
            format!("the root element is `<{name}>`, expected `<domain>`, or `<domstatus>` with one");
        let problem = ROOT_ELEMENT.problem(release, root.map_or(Pos::NONE, El::pos), message);
        return Outcome { value: None, report: problem.into() };
    };
    let mut r = Reader::new(release);
    let domain = Domain::read(domain, &mut r);
    let mut number = |name| {
        let counter = status.and_then(|status| status.child(name));
        counter.and_then(|counter| r.attr::<u32>(counter, "index"))
    };
    let (node, set) = (number("nodename"), number("fdset"));
    let report = read::report_of(r, &elements);
    let mut running = Running::of(domain);
    running.last_node = node.unwrap_or(running.last_node).max(running.last_node);
    running.next_set = set.unwrap_or_default();
    Outcome { value: Some(running), report }
}
