//! The files that documents of the matrix have, for a QEMU that opens them.

#![allow(clippy::disallowed_methods, reason = "files are created here")]

use std::ffi::OsStr;
use std::path::Path;

/// Creates every file that the document has in `dir`.
///
/// # Errors
/// A file cannot be created.
pub fn make_images(document: &str, dir: &str) -> std::io::Result<()> {
    for quoted in document.split(['\'', '"', '>', '<']) {
        if let Some(name) = quoted.strip_prefix(dir).and_then(|rest| rest.strip_prefix('/')) {
            let path = format!("{dir}/{name}");
            match Path::new(name).extension().and_then(OsStr::to_str) {
                Some("raw" | "iso" | "img" | "rom") => std::fs::File::create(path)?.set_len(1 << 21)?,
                Some("qcow2") => std::fs::write(path, empty_qcow2())?,
                Some(_) => {}
                None => std::fs::create_dir_all(path)?,
            }
        }
    }
    Ok(())
}

/// An empty image of 1 MiB in qcow2 version 3: header, reference counts and level-1 table, a cluster each.
fn empty_qcow2() -> Vec<u8> {
    const CLUSTER: u64 = 1 << 16;
    let mut image = Vec::new();
    image.extend(b"QFI\xfb");
    image.extend(3u32.to_be_bytes());
    image.extend(0u64.to_be_bytes()); // no backing file
    image.extend(0u32.to_be_bytes());
    image.extend(16u32.to_be_bytes()); // cluster bits
    image.extend((1u64 << 20).to_be_bytes()); // size
    image.extend(0u32.to_be_bytes()); // no encryption
    image.extend(1u32.to_be_bytes()); // level-1 entries
    image.extend((3 * CLUSTER).to_be_bytes()); // level-1 table
    image.extend(CLUSTER.to_be_bytes()); // reference count table
    image.extend(1u32.to_be_bytes()); // its clusters
    image.extend(0u32.to_be_bytes()); // no snapshots
    image.extend(0u64.to_be_bytes());
    image.extend([0; 24]); // features
    image.extend(4u32.to_be_bytes()); // 16-bit reference counts
    image.extend(104u32.to_be_bytes()); // header length
    image.resize(1 << 18, 0);
    let mut put = |at: u64, bytes: &[u8]| {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        for (to, from) in image.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    };
    put(CLUSTER, &(2 * CLUSTER).to_be_bytes());
    put(2 * CLUSTER, &[0, 1, 0, 1, 0, 1, 0, 1]); // four clusters in use
    image
}
