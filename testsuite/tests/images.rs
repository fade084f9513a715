//! Image headers and backing chains: images of `qemu-img`, and hostile ones.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first failure")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use proptest::prelude::*;
use virtargv::{FixedHost, Need, Release, Request};
use virtargv_caps::builtin;
use virtargv_host::image::{BackingFormat, HEADER_LENGTH, Header, Reference, reference};
use virtargv_host::{Answer, FileStat, Files, Override};
use virtargv_model::Spelled;
use virtargv_model::device::storage::{ImageFormat, Location};
use virtargv_testsuite::headers::{Qcow2, overlay};

const QEMU_IMG: &str = "/usr/bin/qemu-img";

/// Creates images with `qemu-img` in a directory of its own, which it removes in the end.
struct Images {
    directory: String,
}

impl Images {
    /// `None` where `qemu-img` is not installed.
    fn new(test: &str) -> Option<Self> {
        if !Path::new(QEMU_IMG).exists() {
            eprintln!("{QEMU_IMG} is not installed, '{test}' is skipped");
            return None;
        }
        let directory = std::env::temp_dir().join(format!("virtargv-images-{test}-{}", std::process::id()));
        std::fs::create_dir_all(directory.join("sub")).unwrap();
        Some(Self { directory: directory.to_str().unwrap().to_owned() })
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory)
    }

    /// `qemu-img create ARGUMENTS NAME 8M`, more than once where that fails: on a busy machine it cannot always measure how
    /// long it takes to derive a key.
    fn create(&self, arguments: &str, name: &str) {
        let create = || {
            let mut command = Command::new(QEMU_IMG);
            command.current_dir(&self.directory).args(["create", "-q"]).args(arguments.split(' '));
            let output = command.args([&self.path(name), "8M"]).output().unwrap();
            if output.status.success() {
                Ok(())
            } else {
                Err(String::from_utf8_lossy(&output.stderr).into_owned())
            }
        };
        let failed: Vec<String> = (0..10).map_while(|_| create().err()).collect();
        assert!(failed.len() < 10, "{name}: {failed:?}");
    }

    /// A host that has the first bytes of all images.
    fn host(&self) -> FixedHost {
        let mut images = BTreeMap::new();
        for directory in ["", "sub/"] {
            for entry in std::fs::read_dir(self.path(directory)).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_file() {
                    let mut bytes = std::fs::read(entry.path()).unwrap();
                    bytes.truncate(HEADER_LENGTH);
                    images.insert(
                        self.path(&format!("{directory}{}", entry.file_name().to_str().unwrap())),
                        bytes,
                    );
                }
            }
        }
        FixedHost { images: Some(images), ..FixedHost::default() }
    }
}

impl Drop for Images {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What a header says, in one line.
fn described(format: Option<ImageFormat>, bytes: &[u8]) -> String {
    let header = match Header::read(format, bytes) {
        Ok(header) => header,
        Err(why) => return why.to_string(),
    };
    let mut out = header.format.to_string();
    if let Some(encryption) = header.encryption {
        let _ = write!(out, ", encrypted as {encryption}");
    }
    if let Some(backing) = header.backing {
        let format = match backing.format {
            BackingFormat::Stated(format) => format.as_str(),
            BackingFormat::OfContent => "by its content",
            BackingFormat::Unstated => "not stated",
        };
        let _ = write!(out, ", over {} ({format})", backing.name);
    }
    if let Some(data_file) = header.data_file {
        let _ = write!(out, ", data in {data_file}");
    }
    out
}

#[test]
fn headers_of_every_format() {
    let Some(images) = Images::new("headers") else { return };
    images.create("-f raw", "base.raw");
    let secret = "--object secret,id=s,data=open";
    let mut found = String::new();
    for (name, arguments) in [
        ("raw", "-f raw".to_owned()),
        ("qcow2", "-f qcow2".to_owned()),
        ("qcow2-over", "-f qcow2 -F raw -b base.raw".to_owned()),
        ("qcow2-version-2", "-f qcow2 -o compat=0.10 -F raw -b base.raw".to_owned()),
        ("qcow2-data", "-f qcow2 -o data_file=data.raw".to_owned()),
        (
            "qcow2-luks",
            format!("{secret} -f qcow2 -o encrypt.format=luks,encrypt.iter-time=10,encrypt.key-secret=s"),
        ),
        ("qcow", "-f qcow".to_owned()),
        ("qcow-over", "-f qcow -F raw -b base.raw".to_owned()),
        ("qcow-aes", format!("{secret} -f qcow -o encrypt.format=aes,encrypt.key-secret=s")),
        ("qed", "-f qed".to_owned()),
        ("qed-over", "-f qed -F raw -b base.raw".to_owned()),
        ("qed-over-any", "-f qed -F qcow2 -b qcow2".to_owned()),
        ("vmdk", "-f vmdk".to_owned()),
        ("vmdk-over", "-f vmdk -F vmdk -b vmdk".to_owned()),
        ("vmdk-stream", "-f vmdk -o subformat=streamOptimized".to_owned()),
        ("vdi", "-f vdi".to_owned()),
        ("vhdx", "-f vhdx".to_owned()),
        ("vpc", "-f vpc".to_owned()),
        ("parallels", "-f parallels".to_owned()),
        ("luks", format!("{secret} -f luks -o iter-time=10,key-secret=s")),
    ] {
        images.create(&arguments, name);
        let bytes = std::fs::read(images.path(name)).unwrap();
        let _ = writeln!(found, "{name}: {}", described(None, &bytes));
    }
    expect![[r"
        raw: raw
        qcow2: qcow2
        qcow2-over: qcow2, over base.raw (raw)
        qcow2-version-2: qcow2, over base.raw (raw)
        qcow2-data: qcow2, data in data.raw
        qcow2-luks: qcow2, encrypted as luks
        qcow: qcow
        qcow-over: qcow, over base.raw (not stated)
        qcow-aes: qcow, encrypted as qcow
        qed: qed
        qed-over: qed, over base.raw (raw)
        qed-over-any: qed, over qcow2 (by its content)
        vmdk: vmdk
        vmdk-over: vmdk, over vmdk (not stated)
        vmdk-stream: vmdk
        vdi: vdi
        vhdx: raw
        vpc: vpc
        parallels: raw
        luks: raw, encrypted as luks
    "]]
    .assert_eq(&found);
}

/// A document with one disk.
fn document(path: &str) -> String {
    format!(
        "<domain type='qemu'><name>g</name><memory unit='MiB'>64</memory><os><type arch='x86_64' \
         machine='q35'>hvm</type></os><devices><disk type='file'><driver type='qcow2'/><source file='{path}'/>\
         <target dev='vda' bus='virtio'/></disk></devices></domain>"
    )
}

/// The images that the command line needs, top last, or the first problem.
fn layers(path: &str, host: &dyn virtargv::Host) -> String {
    let caps = builtin::get("qemu-10.0-x86_64", Release::default()).unwrap();
    let run = virtargv::run(&document(path), &Request::new(&caps, host));
    let Some(line) = run.command_line else {
        return run.report.first().unwrap().to_string();
    };
    let paths = line.needs.iter().filter_map(|need| match need {
        Need::Path { path, .. } if path != "/usr/bin/qemu-system-x86_64" => Some(path.as_str()),
        _ => None,
    });
    paths.collect::<Vec<_>>().join(" ")
}

#[test]
fn chains_of_qemu_img() {
    let Some(images) = Images::new("chains") else { return };
    images.create("-f raw", "base.raw");
    images.create("-f vmdk", "base.vmdk");
    images.create("-f qcow2 -F raw -b base.raw", "middle.qcow2");
    images.create("-f qcow2 -F qcow2 -b middle.qcow2", "top.qcow2");
    images.create("-f qcow2 -F qcow2 -b ../middle.qcow2", "sub/relative.qcow2");
    images.create("-f qcow2 -F vmdk -b base.vmdk", "over-vmdk.qcow2");
    images.create("-f qcow2 -o data_file=data.raw", "data.qcow2");
    images.create("-f qcow2 -u -F raw -b lost.raw", "orphan.qcow2");
    let host = images.host();
    let check = |name: &str, expected: Expect| {
        expected.assert_eq(&layers(&images.path(name), &host).replace(&images.directory, "DIR"));
    };
    check("top.qcow2", expect!["DIR/base.raw DIR/middle.qcow2 DIR/top.qcow2"]);
    check(
        "sub/relative.qcow2",
        expect!["DIR/sub/../base.raw DIR/sub/../middle.qcow2 DIR/sub/relative.qcow2"],
    );
    check("over-vmdk.qcow2", expect!["DIR/base.vmdk DIR/over-vmdk.qcow2"]);
    check("data.qcow2", expect!["DIR/data.raw DIR/data.qcow2"]);
    check(
        "orphan.qcow2",
        expect![
            "backing image `DIR/lost.raw` of image `DIR/orphan.qcow2` was not found (DIR/orphan.qcow2 -> DIR/lost.raw (missing))"
        ],
    );
}

/// Counts what is read.
#[derive(Default)]
struct Counting {
    host: FixedHost,
    bytes: Cell<usize>,
}

impl Files for Counting {
    fn stat(&self, path: &str) -> Answer<FileStat> {
        self.host.stat(path)
    }

    fn read_at(&self, path: &str, offset: u64, length: usize) -> Answer<Vec<u8>> {
        let bytes = self.host.read_at(path, offset, length)?;
        self.bytes.set(self.bytes.get() + bytes.len());
        Ok(bytes)
    }
}

/// Checks what is said of the image `/i/0` of `images`, in bounded time, with bounded reading.
fn check_hostile(images: impl IntoIterator<Item = (String, Vec<u8>)>, expected: Expect) {
    let images: BTreeMap<String, Vec<u8>> = images.into_iter().collect();
    let files =
        Counting { host: FixedHost { images: Some(images), ..FixedHost::default() }, ..Counting::default() };
    let under = FixedHost::default();
    let host = Override::new(&under).with_files(&files);
    let start = Instant::now();
    let said = layers("/i/0", &host);
    assert!(start.elapsed() < Duration::from_secs(5), "it took {:?}", start.elapsed());
    assert!(files.bytes.get() <= 200 * HEADER_LENGTH, "'{}' bytes were read", files.bytes.get());
    assert!(said.len() < 3000, "the message has '{}' bytes", said.len());
    expected.assert_eq(&said);
}

fn one(bytes: Vec<u8>) -> [(String, Vec<u8>); 1] {
    [("/i/0".to_owned(), bytes)]
}

#[test]
fn loops_are_refused() {
    check_hostile(
        one(overlay("0", "qcow2")),
        expect!["internal error: the backing chain of image `/i/0` is a loop (/i/0 -> /i/0)"],
    );
    check_hostile(
        one(overlay("./sub/../0", "qcow2")),
        expect!["internal error: the backing chain of image `/i/0` is a loop (/i/0 -> /i/./sub/../0)"],
    );
    let ring = (0..5).map(|n| (format!("/i/{n}"), overlay(&((n + 1) % 5).to_string(), "qcow2")));
    check_hostile(
        ring,
        expect![
            "internal error: the backing chain of image `/i/0` is a loop (/i/0 -> /i/1 -> /i/2 -> /i/3 -> /i/4 -> /i/0)"
        ],
    );
}

#[test]
fn chains_end_at_the_limit_of_libvirt() {
    let chain = |count: u32| {
        let base = std::iter::once((format!("/i/{}", count - 1), Vec::new()));
        let format = move |n: u32| if n + 2 == count { "raw" } else { "qcow2" };
        let over = move |n: u32| (format!("/i/{n}"), overlay(&(n + 1).to_string(), format(n)));
        base.chain((0..count - 1).map(over))
    };
    let images = chain(200).collect();
    let host = FixedHost { images: Some(images), ..FixedHost::default() };
    assert_eq!(layers("/i/0", &host).split(' ').count(), 200);
    check_hostile(
        chain(201),
        expect![
            "internal error: the backing chain of image `/i/0` has more than `200` images (/i/0 -> /i/1 -> /i/2 -> 195 more -> /i/198 -> /i/199 -> /i/200)"
        ],
    );
    check_hostile(
        chain(10_000),
        expect![
            "internal error: the backing chain of image `/i/0` has more than `200` images (/i/0 -> /i/1 -> /i/2 -> 195 more -> /i/198 -> /i/199 -> /i/200)"
        ],
    );
}

#[test]
fn damaged_headers_are_refused() {
    let with_length =
        |length| Qcow2 { backing: "1", claimed_length: Some(length), ..Qcow2::default() }.bytes();
    check_hostile(
        one(with_length(1 << 20)),
        expect![
            "internal error: the header of image `/i/0` is damaged: the name of its backing file is `1048576` bytes long, the format allows `1023`"
        ],
    );
    check_hostile(
        one(with_length(u32::MAX)),
        expect![
            "internal error: the header of image `/i/0` is damaged: the name of its backing file is `4294967295` bytes long, the format allows `1023`"
        ],
    );
    check_hostile(
        one(with_length(1000)),
        expect![
            "internal error: the header of image `/i/0` is damaged: the name of its backing file (`1000` bytes at offset `112`) is not in the first `33280` bytes of the image"
        ],
    );
    check_hostile(
        one(overlay(&"n".repeat(1 << 20), "raw")),
        expect![
            "internal error: the header of image `/i/0` is damaged: the name of its backing file is `1048576` bytes long, the format allows `1023`"
        ],
    );
    check_hostile(
        one(overlay("1", &"f".repeat(1 << 20))),
        expect![
            "internal error: the header of image `/i/0` is damaged: the format of its backing file (`1048576` bytes at offset `112`) is not in the first `33280` bytes of the image"
        ],
    );
    check_hostile(
        one(Qcow2 { data_file: &"d".repeat(1 << 20), ..Qcow2::default() }.bytes()),
        expect![
            "internal error: the header of image `/i/0` is damaged: the name of its data file (`1048576` bytes at offset `112`) is not in the first `33280` bytes of the image"
        ],
    );
    check_hostile(
        one(b"QFI\xfb\0\0\0\x03".to_vec()),
        expect![
            "internal error: the header of image `/i/0` is damaged: the header is cut off after `8` bytes"
        ],
    );
    let mut far = overlay("1", "raw");
    far.splice(8..16, u64::MAX.to_be_bytes());
    check_hostile(
        one(far),
        expect![
            "internal error: the header of image `/i/0` is damaged: the name of its backing file (`1` bytes at offset `18446744073709551615`) is not in the first `33280` bytes of the image"
        ],
    );
    check_hostile(
        one(overlay("\u{1b}[2J\nname", "raw")),
        expect![[
            r"backing image `/i/\u{1b}[2J\nname` of image `/i/0` was not found (/i/0 -> /i/\u{1b}[2J\nname (missing))"
        ]],
    );
    check_hostile(
        one(overlay(&format!("json:{}", "[".repeat(1000)), "raw")),
        expect![
            "internal error: in the header of image `/i/0`, `json:[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[..."
        ],
    );
    check_hostile(
        one(overlay(&format!("json:{{\"{}\":1}}", "a.".repeat(400)), "raw")),
        expect![[
            r#"internal error: in the header of image `/i/0`, `json:{"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a...."#
        ]],
    );
}

/// Paths that grow with every image are not followed for ever.
#[test]
fn growing_paths_are_refused() {
    struct Everywhere;
    impl Files for Everywhere {
        fn stat(&self, _: &str) -> Answer<FileStat> {
            Ok(FileStat { kind: virtargv_host::FileKind::Regular, size: 512 })
        }
        fn read_at(&self, path: &str, _: u64, _: usize) -> Answer<Vec<u8>> {
            Ok(overlay(&format!("{}/{}", "d".repeat(1000), path.len()), "qcow2"))
        }
    }
    let under = FixedHost::default();
    let host = Override::new(&under).with_files(&Everywhere);
    let said = layers("/i/0", &host);
    assert!(said.contains("its path is longer than `4096` bytes"), "{said}");
}

fn check_reference(name: &str, expected: Expect) {
    let said = match reference(name, "/i/sub/top.qcow2") {
        Ok(Reference::Opaque) => "opaque".to_owned(),
        Err(why) => format!("{}: {why}", why.class.as_str()),
        Ok(Reference::Image(image)) => {
            let slice = image.slice.map(|slice| format!(" from {} for {}", slice.offset, slice.size));
            let place = match &image.location {
                Location::Network(net) => {
                    let hosts: Vec<String> = net
                        .hosts
                        .iter()
                        .map(|host| {
                            let name = host.name.as_deref().or(host.socket.as_deref()).unwrap_or("-");
                            format!("{name} {:?}", host.port.unwrap_or(0))
                        })
                        .collect();
                    let more: Vec<&str> = [&net.query, &net.snapshot, &net.config_file]
                        .into_iter()
                        .filter_map(|x| x.as_deref())
                        .collect();
                    let protocol = net.protocol.map_or("-", Spelled::as_str);
                    format!("{protocol} {:?} at {} {}", net.name, hosts.join(", "), more.join(" "))
                }
                Location::Nvme(nvme) => format!("nvme {} {}", nvme.address, nvme.namespace),
                _ => format!("{} {}", image.kind(), image.path().unwrap_or("-")),
            };
            format!("{}{}", place.trim_end(), slice.unwrap_or_default())
        }
    };
    expected.assert_eq(&said);
}

#[test]
fn references_are_read_as_libvirt_reads_them() {
    for (name, expected) in [
        ("/a/b.raw", expect!["file /a/b.raw"]),
        ("b.raw", expect!["file /i/sub/b.raw"]),
        ("../b.raw", expect!["file /i/sub/../b.raw"]),
        ("./b:c.raw", expect!["file /i/sub/./b:c.raw"]),
        ("b:c.raw", expect!["internal error: protocol `b` in the name `b:c.raw` is not known"]),
        ("fat:/share", expect!["dir /share"]),
        ("nbd:store:10:exportname=a/b", expect![[r#"nbd Some("a/b") at store 10"#]]),
        ("nbd:[::1]:10", expect!["nbd None at ::1 10"]),
        ("nbd:unix:/run/s:exportname=e", expect![[r#"nbd Some("e") at /run/s 0"#]]),
        ("nbd:store", expect!["internal error: `nbd:store` is not nbd:HOST:PORT or nbd:unix:SOCKET"]),
        ("nbd:store:70000", expect!["invalid argument: port `70000` is not a number up to 65535"]),
        ("nbd://store", expect!["nbd None at store 0"]),
        ("nbd+unix:///e?socket=/run/s", expect![[r#"nbd Some("e") at /run/s 0"#]]),
        (
            "nbd+tls://store/e",
            expect!["internal error: transport `tls` in the name `nbd+tls://store/e` is not known"],
        ),
        (
            "rbd:pool/image@snap:id=u:mon_host=a\\:1\\;[\\:\\:1]\\:2:conf=/c",
            expect![[r#"rbd Some("pool/image") at a 1, ::1 2 snap /c"#]],
        ),
        ("iscsi://store/iqn.x/1", expect![[r#"iscsi Some("iqn.x/1") at store 0"#]]),
        (
            "iscsi://me%p@store/iqn.x/1",
            expect!["internal error: `iscsi://me%p@store/iqn.x/1` is not a valid URI"],
        ),
        ("https://store:8443/a%20b?c=d&e", expect![[r#"https Some("a b") at store 8443 c=d&e"#]]),
        ("http://me:secret@store/x", expect!["opaque"]),
        ("ssh://store/x", expect![[r#"ssh Some("x") at store 0"#]]),
        (
            "gluster://store/x",
            expect![
                "unsupported configuration: the name `gluster://store/x` of an image of protocol `gluster` needs a volume and a path in it"
            ],
        ),
        ("foo://store/x", expect!["internal error: protocol `foo` in the name `foo://store/x` is not known"]),
        ("sheepdog:x", expect!["internal error: the name of an image of protocol `sheepdog` must be a URI"]),
        (
            "ssh:x",
            expect!["internal error: the name of an image of protocol `ssh` must be a URI, it is `ssh:x`"],
        ),
    ] {
        check_reference(name, expected);
    }
}

#[test]
fn references_in_json_are_read_as_libvirt_reads_them() {
    for (name, expected) in [
        (r#"json:{"file.driver":"file","file.filename":"/a"}"#, expect!["file /a"]),
        (
            r#"json:{"driver":"raw","offset":512,"file":{"driver":"file","filename":"/a"}}"#,
            expect!["file /a from 512 for 0"],
        ),
        (
            r#"json:{"driver":"raw","file":{"driver":"raw"}}"#,
            expect![[
                r#"invalid argument: the name `json:{"driver":"raw","file":{"driver":"raw"}}` has a format driver (`raw`) below another"#
            ]],
        ),
        (
            r#"json:{"driver":"qcow2","file":{"driver":"file","filename":"/a"}}"#,
            expect![[
                r#"internal error: the name `json:{"driver":"qcow2","file":{"driver":"file","filename":"/a"}}` has the block driver `qcow2`, which libvirt cannot describe"#
            ]],
        ),
        (r#"json:{"driver":"host_device","filename":"/dev/x"}"#, expect!["block /dev/x"]),
        (
            r#"json:{"driver":"gluster","volume":"v","path":"p","server.0.type":"unix","server.0.path":"/s"}"#,
            expect![[r#"gluster Some("v/p") at /s 0"#]],
        ),
        (
            r#"json:{"driver":"iscsi","transport":"tcp","portal":"[::1]:3261","target":"iqn.x","lun":2}"#,
            expect![[r#"iscsi Some("iqn.x/2") at [::1] 3261"#]],
        ),
        (
            r#"json:{"driver":"iscsi","transport":"tcp","portal":"store","target":"t","user":"u"}"#,
            expect!["opaque"],
        ),
        (r#"json:{"driver":"nvme","device":"0000:01:00.0","namespace":1}"#, expect!["nvme 0000:01:00.0 1"]),
        (
            r#"json:{"driver":"nbd","host":"store","port":"ten"}"#,
            expect!["invalid argument: port `ten` is not a number up to 65535"],
        ),
        (
            r#"json:{"driver":"http","url":"https://store/x"}"#,
            expect![[
                r#"invalid argument: the name `json:{"driver":"http","url":"https://store/x"}` has the URI `https://store/x`, which is not one of protocol `http`"#
            ]],
        ),
        (
            "json:{",
            expect![
                "internal error: `json:{` is not valid JSON: EOF while parsing an object at line 1 column 1"
            ],
        ),
        ("json:[]", expect!["internal error: `json:[]` is not a JSON object"]),
        (
            r#"json:{"filename":"/a"}"#,
            expect![[r#"invalid argument: the name `json:{"filename":"/a"}` lacks `driver`"#]],
        ),
    ] {
        check_reference(name, expected);
    }
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..600), magic in 0_usize..5) {
        let magic: &[u8] = [&b""[..], b"QFI\xfb\0\0\0\x03", b"QFI\xfb\0\0\0\x01", b"QED\0", b"KDMV\x01\0\0\0"][magic];
        let bytes = [magic, &bytes].concat();
        let formats = ImageFormat::ALL.iter().copied().map(Some);
        for format in formats.chain([None]) {
            let _ = Header::read(format, &bytes);
        }
    }

    #[test]
    fn any_name_can_be_read(
        prefix in prop::sample::select(&["", "json:", "nbd:", "rbd:", "nbd://", "rbd:a/b:mon_host=", "iscsi://[", "json:{\"driver\":"]),
        rest in ".{0,80}",
    ) {
        let _ = reference(&format!("{prefix}{rest}"), "/i/top");
    }
}
