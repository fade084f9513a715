//! What holds for the other readers: of capabilities, QMP replies, CPU definitions, descriptors, networks, pools, image
//! headers, descriptions of hosts and settings. None panics, and what is read survives being written.

use std::collections::BTreeMap;

use virtargv::{FixedHost, Request};
use virtargv_caps::derive::{Conversation, derive};
use virtargv_caps::{Caps, CpuMap, Release};
use virtargv_host::image::{self, Header};
use virtargv_host::{ConfHost, Description, DriverConfig};
use virtargv_model::network::Network;
use virtargv_model::network_port;
use virtargv_model::pool::StoragePool;
use virtargv_strategies::Machine;

use crate::{Fault, document, fault};

/// A capabilities file.
///
/// # Errors
/// It is another set after writing and reading.
pub fn capabilities(text: &str, release: Release) -> Result<(), Fault> {
    let Ok(caps) = Caps::from_xml(text, release) else { return Ok(()) };
    let written = caps.to_xml();
    match Caps::from_xml(&written, release) {
        Ok(again) if again == caps => Ok(()),
        Ok(_) => Err(fault!("capabilities", "another set is read of:\n{written}")),
        Err(error) => Err(fault!("capabilities", "{error} in:\n{written}")),
    }
}

/// A recorded QMP conversation.
///
/// # Errors
/// The capabilities of it are another set after writing and reading.
pub fn conversation(text: &str, release: Release) -> Result<(), Fault> {
    let Ok(conversation) = Conversation::parse(text) else { return Ok(()) };
    let Ok(caps) = derive(&conversation, release) else { return Ok(()) };
    capabilities(&caps.to_xml(), release)
}

/// CPU definitions in one file; the index includes it for every architecture.
///
/// # Errors
/// The definitions do not find themselves by name.
pub fn cpu_definitions(text: &str) -> Result<(), Fault> {
    const INDEX: &str = "<cpus><arch name='x86'><include filename='all.xml'/></arch>\
        <arch name='ppc64'><include filename='all.xml'/></arch><arch name='arm'><include filename='all.xml'/></arch></cpus>";
    let files = |name: &str| match name {
        "index.xml" => Some(INDEX.to_owned()),
        "all.xml" => Some(text.to_owned()),
        _ => None,
    };
    let Ok(map) = CpuMap::parse(files) else { return Ok(()) };
    for model in map.x86().models() {
        if map.x86().model(&model.name).is_none() {
            return Err(fault!("cpu-definitions", "no model `{}`", model.name));
        }
    }
    Ok(())
}

/// The definition of a network, and that of a network port.
///
/// # Errors
/// It is another after writing and reading.
pub fn network(text: &str) -> Result<(), Fault> {
    if let Ok(network) = Network::parse(text) {
        let written = network.to_xml();
        if Network::parse(&written).ok().as_ref() != Some(&network) {
            return Err(fault!("network", "{network:?} is written as:\n{written}"));
        }
    }
    if let Ok(port) = network_port::parse(text) {
        let written = network_port::to_xml(&port);
        if network_port::parse(&written).ok().as_ref() != Some(&port) {
            return Err(fault!("network-port", "{port:?} is written as:\n{written}"));
        }
    }
    Ok(())
}

/// The definition of a storage pool.
///
/// # Errors
/// It is another after writing and reading.
pub fn pool(text: &str) -> Result<(), Fault> {
    let Ok(pool) = StoragePool::parse(text) else { return Ok(()) };
    let written = pool.to_xml();
    if StoragePool::parse(&written).ok().as_ref() == Some(&pool) {
        Ok(())
    } else {
        Err(fault!("pool", "{pool:?} is written as:\n{written}"))
    }
}

/// The first bytes of an image, and the names in them.
///
/// # Errors
/// A name of the header is not in the bytes that are looked at.
pub fn image_header(bytes: &[u8]) -> Result<(), Fault> {
    let stated = image::probe(bytes);
    for format in [None, Some(stated)] {
        let Ok(header) = Header::read(format, bytes) else { continue };
        let backing = header.backing.as_ref().map(|backing| backing.name.as_str());
        for name in [backing, header.data_file.as_deref()].into_iter().flatten() {
            if name.len() > image::HEADER_LENGTH {
                return Err(fault!("image-header", "a name of {} bytes", name.len()));
            }
            let _ = image::reference(name, "/images/top.qcow2");
        }
    }
    if let Ok(name) = std::str::from_utf8(bytes) {
        let _ = image::reference(name, "/images/top.qcow2");
    }
    Ok(())
}

/// A firmware descriptor, on a host that has it alone.
///
/// # Errors
/// What the descriptor breaks of a command line with it.
pub fn firmware(text: &str, release: Release) -> Result<(), Fault> {
    for (machine, arch) in [(Machine::Q35, "x86_64"), (Machine::Virt, "aarch64")] {
        let document = format!(
            "<domain type='kvm'><name>a</name><memory>65536</memory><features><acpi/></features>\
             <os firmware='efi'><type arch='{arch}' machine='{}'>hvm</type></os></domain>",
            machine.name()
        );
        let files = BTreeMap::from([("/usr/share/qemu/firmware/a.json".to_owned(), text.to_owned())]);
        let host = FixedHost { arch: machine.arch(), files, ..FixedHost::default() };
        let caps = machine.caps(release);
        document::check_with(&document, &Request::new(&caps, &host))?;
    }
    Ok(())
}

/// The description of a host.
///
/// # Errors
/// It is another after writing and reading.
pub fn description(text: &str) -> Result<(), Fault> {
    let Ok(description) = Description::parse(text) else { return Ok(()) };
    let written = description.to_json();
    match Description::parse(&written) {
        Ok(again) if again.to_json() == written => Ok(()),
        Ok(_) => Err(fault!("description", "another host is read of:\n{written}")),
        Err(error) => Err(fault!("description", "{error} in:\n{written}")),
    }
}

/// The driver's settings (`qemu.conf`).
///
/// # Errors
/// A problem is on a line that the text does not have.
pub fn settings(text: &str) -> Result<(), Fault> {
    struct NoFiles;
    impl ConfHost for NoFiles {
        fn exists(&self, _: &str) -> bool {
            false
        }

        fn huge_page_kib(&self, _: &str) -> Option<u64> {
            None
        }
    }
    let mut config = DriverConfig::default();
    let lines = text.lines().count().max(1).saturating_add(1);
    let outside = |line: u32| line < 1 || usize::try_from(line).is_ok_and(|line| line > lines);
    match config.apply(text, &NoFiles).into_iter().find(|problem| outside(problem.line)) {
        Some(problem) => Err(fault!("settings", "{problem} in {text:?}")),
        None => Ok(()),
    }
}
