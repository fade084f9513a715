//! `SystemHost` below a root directory that the test fills.

#![allow(clippy::disallowed_methods, reason = "tests fill a directory")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use virtargv_host::{
    Accel, Arch, Host as _, HostError, Hugetlbfs, SecretKey, SecretUse, UsbDevice, Uuid, Volume, VolumeKind,
};
use virtargv_model::network::ForwardMode;
use virtargv_model::pool::PoolType;
use virtargv_system::{Driver, SystemHost};

/// A directory of the test, which is removed in the end.
struct Tree(PathBuf);

impl Tree {
    /// A tree with these files; a path that ends in `/` is a directory.
    fn of(files: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("virtargv-tree-{}-{number}", std::process::id()));
        let tree = Self(root);
        for (path, content) in files {
            tree.add(path, content.as_bytes());
        }
        tree
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }

    fn add(&self, path: &str, content: &[u8]) {
        let file = self.path(path);
        if path.ends_with('/') {
            return fs::create_dir_all(file).unwrap();
        }
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        let link = self.path(path);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(target, link).unwrap();
    }

    fn host(&self) -> SystemHost {
        SystemHost::at(&self.0, &Driver::System, Some(Arch::X86_64))
    }

    /// The host of a user, whose directories are `/home/me/.config/libvirt` and `/run/user/7/libvirt`.
    fn session(&self) -> SystemHost {
        let driver = Driver::Session {
            config_dir: "/home/me/.config/libvirt".to_owned(),
            runtime_dir: "/run/user/7/libvirt".to_owned(),
        };
        SystemHost::at(&self.0, &driver, Some(Arch::X86_64))
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Names of documents that must not lead to a file.
const BAD_NAMES: &[&str] = &["", ".", "..", "../on", "a/b", "/etc/passwd", "on\0"];

fn inactive(what: &'static str, name: &str) -> HostError {
    HostError::Inactive { what, name: name.to_owned() }
}

#[test]
fn networks_are_known_while_they_are_active() {
    let defined = "<network><name>n</name><bridge name='old'/></network>";
    let state = "<networkstatus><network><forward mode='nat'/><bridge name='virbr0'/><mtu size='1400'/>\
        <portgroup name='eng'/></network></networkstatus>";
    let tree = Tree::of(&[
        ("/run/", ""),
        ("/etc/libvirt/qemu/networks/on.xml", defined),
        ("/run/libvirt/network/on.xml", state),
        ("/etc/libvirt/qemu/networks/off.xml", defined),
        ("/run/libvirt/network/bad.xml", "<network"),
    ]);
    let host = tree.host();
    let network = host.networks().network("on").unwrap();
    assert_eq!((network.forward.mode, network.bridge.as_deref()), (ForwardMode::Nat, Some("virbr0")));
    assert_eq!((network.mtu, network.port_groups.len()), (Some(1400), 1));
    assert_eq!(host.networks().network("off"), Err(inactive("network", "off")));
    assert!(matches!(host.networks().network("bad"), Err(HostError::Failed { .. })));
    for name in ["gone", ".on"].iter().chain(BAD_NAMES) {
        assert_eq!(host.networks().network(name), Err(HostError::not_found("network", *name)), "{name:?}");
    }
}

#[test]
fn virtual_functions_are_those_of_the_device() {
    let pool = |mode: &str| {
        format!(
            "<networkstatus><network><forward mode='{mode}'><pf dev='eth0'/></forward></network></networkstatus>"
        )
    };
    let tree = Tree::of(&[
        ("/run/libvirt/network/functions.xml", &pool("hostdev")),
        ("/run/libvirt/network/devices.xml", &pool("passthrough")),
        ("/run/libvirt/network/gone.xml", &pool("hostdev").replace("eth0", "eth9")),
        ("/run/libvirt/network/out.xml", &pool("hostdev").replace("eth0", "../eth0")),
        ("/sys/class/net/eth0/device/other", ""),
        ("/sys/devices/0000:05:10.0/net/eth7/", ""),
    ]);
    for number in [10, 2, 0] {
        let address = format!("/sys/class/net/eth0/device/virtfn{number}");
        tree.link(&address, &format!("../../../../devices/0000:05:{:02x}.{}", 0x10 + number / 8, number % 8));
    }
    let host = tree.host();
    let functions = host.networks().network("functions").unwrap().forward.functions;
    let names: Vec<String> = functions.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["0000:05:10.0", "0000:05:10.2", "0000:05:11.2"]);
    assert_eq!(host.networks().network("devices").unwrap().forward.dev.as_deref(), Some("eth7"));
    for (network, device) in [("gone", "eth9"), ("out", "../eth0")] {
        assert_eq!(host.networks().network(network), Err(HostError::not_found("network device", device)));
    }
}

#[test]
fn volumes_are_in_the_directory_of_an_active_pool() {
    let pool = "<pool type='dir'><target><path>/srv/pool/</path></target></pool>";
    let state = format!("<poolstate>{pool}</poolstate>");
    let tree = Tree::of(&[
        ("/run/libvirt/storage/on.xml", &state),
        ("/etc/libvirt/storage/on.xml", pool),
        ("/etc/libvirt/storage/off.xml", pool),
        ("/run/libvirt/storage/lost.xml", "<poolstate><pool type='dir'/></poolstate>"),
        ("/srv/pool/disk.img", "data"),
        ("/srv/pool/tree/", ""),
        ("/srv/pool/ploop/DiskDescriptor.xml", ""),
        ("/srv/on", "outside"),
    ]);
    let host = tree.host();
    let storage = host.storage();
    assert_eq!(storage.storage_pool("on").map(|pool| pool.kind), Ok(PoolType::Dir));
    assert_eq!(storage.storage_pool("off"), Err(inactive("storage pool", "off")));
    assert_eq!(storage.storage_volume("off", "disk.img"), Err(inactive("storage pool", "off")));
    let check = |name: &str, kind| {
        let volume = Volume { kind, path: format!("/srv/pool/{name}") };
        assert_eq!(storage.storage_volume("on", name), Ok(volume));
    };
    check("disk.img", VolumeKind::File);
    check("tree", VolumeKind::Dir);
    check("ploop", VolumeKind::Ploop);
    for name in ["gone"].iter().chain(BAD_NAMES) {
        let error = HostError::not_found("storage volume", *name);
        assert_eq!(storage.storage_volume("on", name), Err(error), "{name:?}");
    }
    assert!(matches!(storage.storage_volume("lost", "disk.img"), Err(HostError::Failed { .. })));
}

#[test]
fn units_of_an_iscsi_target_are_links_to_devices() {
    let pool = "<poolstate><pool type='iscsi'><source><host name='store'/><device path='iqn.x:y'/></source>\
        <target><path>/dev/disk/by-path</path></target></pool></poolstate>";
    let link = "ip-192.0.2.1:3260-iscsi-iqn.x:y-lun-1";
    let tree = Tree::of(&[
        ("/run/libvirt/storage/units.xml", pool),
        (&format!("/dev/disk/by-path/{link}"), ""),
        ("/dev/disk/by-path/ip-192.0.2.1:3260-iscsi-iqn.x:y-lun-11", ""),
    ]);
    let host = tree.host();
    let volume = |name| host.storage().storage_volume("units", name);
    let path = format!("/dev/disk/by-path/{link}");
    assert_eq!(volume("unit:0:0:1"), Ok(Volume { kind: VolumeKind::Block, path }));
    for name in ["unit:0:0:2", "unit:0:0:x", "disk"] {
        assert_eq!(volume(name), Err(HostError::not_found("storage volume", name)));
    }
}

const DISK: &str = "10000000-0000-4000-8000-000000000001";
const EMPTY: &str = "10000000-0000-4000-8000-000000000002";
const LONG: &str = "10000000-0000-4000-8000-000000000003";
const BROKEN: &str = "10000000-0000-4000-8000-000000000004";
const GONE: &str = "10000000-0000-4000-8000-000000000005";

fn secret_file(uuid: &str, ending: &str) -> String {
    format!("/etc/libvirt/secrets/{uuid}.{ending}")
}

#[test]
fn secrets_are_found_by_uuid_and_by_usage() {
    let definition = |usage: &str| format!("<secret ephemeral='no'><usage {usage}</usage></secret>");
    let tree = Tree::of(&[
        (&secret_file(DISK, "xml"), &definition("type='volume'><volume>/srv/a.img</volume>")),
        (&secret_file(DISK, "base64"), "b3BlbiBzZXNhbWU=\n"),
        (&secret_file(EMPTY, "xml"), &definition("type='iscsi'><target>units</target>")),
        (&secret_file(LONG, "xml"), &definition("type='vtpm'><name>units</name>")),
        (&secret_file(BROKEN, "xml"), &definition("type='ceph'><name>user</name>")),
        (&secret_file(BROKEN, "base64"), "***"),
        ("/etc/libvirt/secrets/notes.xml", "<secret/>"),
    ]);
    tree.add(&secret_file(LONG, "base64"), &vec![b'A'; (1 << 20) + 1]);
    let host = tree.host();
    let by_uuid =
        |usage, uuid: &str| host.secrets().secret(usage, SecretKey::Uuid(Uuid::parse(uuid).unwrap()));
    let by_usage = |usage, name: &str| host.secrets().secret(usage, SecretKey::Usage(name));
    assert_eq!(by_uuid(SecretUse::Volume, DISK), Ok(b"open sesame".to_vec()));
    assert_eq!(by_usage(SecretUse::Volume, "/srv/a.img"), Ok(b"open sesame".to_vec()));
    let no_value = HostError::NoValue { what: "secret", name: EMPTY.to_owned() };
    assert_eq!(by_uuid(SecretUse::Iscsi, EMPTY), Err(no_value.clone()));
    assert_eq!(by_usage(SecretUse::Iscsi, "units"), Err(no_value));
    let said = |error: Result<Vec<u8>, HostError>| error.unwrap_err().to_string();
    let other = format!("secret `{DISK}` is of type `volume`, not `ceph`");
    assert_eq!(said(by_uuid(SecretUse::Ceph, DISK)), other);
    assert_eq!(said(by_uuid(SecretUse::Volume, GONE)), format!("secret `{GONE}` was not found"));
    assert_eq!(said(by_usage(SecretUse::Ceph, "units")), "secret `units` was not found");
    assert!(said(by_uuid(SecretUse::Vtpm, LONG)).ends_with("has more than `1048576` bytes"));
    assert!(said(by_usage(SecretUse::Ceph, "user")).contains("its value is not in base64"));
}

#[test]
fn a_host_without_libvirt_has_nothing() {
    let tree = Tree::of(&[("/etc/", "")]);
    let host = tree.host();
    let secret = host.secrets().secret(SecretUse::Tls, SecretKey::Usage("keys"));
    assert_eq!(secret, Err(HostError::not_found("secret", "keys")));
    assert_eq!(host.networks().network("default"), Err(HostError::not_found("network", "default")));
    assert_eq!(host.storage().storage_pool("p"), Err(HostError::not_found("storage pool", "p")));
    assert!(host.settings_problems().is_empty());
    assert_eq!(host.config().state_dir, "/var/run/libvirt/qemu");
}

#[test]
fn definitions_are_read_with_a_limit() {
    let tree = Tree::of(&[]);
    tree.add("/run/libvirt/network/long.xml", &vec![b' '; (16 << 20) + 1]);
    tree.add("/run/libvirt/network/dir.xml/", b"");
    tree.add("/run/libvirt/network/bytes.xml", &[0xff, 0xfe]);
    let host = tree.host();
    let said = |name| host.networks().network(name).unwrap_err().to_string();
    assert!(said("long").ends_with("has more than `16777216` bytes"));
    assert!(said("dir").ends_with("is not a file"));
    assert!(said("bytes").ends_with("it is not text in UTF-8"));
}

#[test]
fn settings_are_those_of_qemu_conf() {
    let tree = Tree::of(&[
        ("/etc/libvirt/qemu.conf", "user = 'qemu'\nvnc_tls = 1\nspice_tls = 'yes'\nunknown = 5\n"),
        ("/etc/pki/libvirt-vnc/", ""),
        ("/sys/module/apparmor/parameters/enabled", "Y\n"),
        ("/etc/apparmor.d/libvirt/", ""),
    ]);
    let host = tree.host();
    let config = host.config();
    assert_eq!((config.user.as_deref(), config.vnc_tls, config.privileged), (Some("qemu"), true, true));
    assert_eq!(config.vnc_tls_x509_cert_dir.as_deref(), Some("/etc/pki/libvirt-vnc"));
    assert_eq!(
        (config.spice_tls_x509_cert_dir.as_deref(), config.security_driver.as_str()),
        (None, "apparmor")
    );
    let problems: Vec<String> = host.settings_problems().iter().map(ToString::to_string).collect();
    let problem = "`/etc/libvirt/qemu.conf`, line 3: `spice_tls` is the string `yes`, it must be `0` or `1`";
    assert_eq!(problems, [problem]);
}

#[test]
fn the_state_directory_is_the_one_that_libvirt_was_built_with() {
    let check = |files: &[(&str, &str)], wanted: &str| {
        assert_eq!(Tree::of(files).host().config().state_dir, wanted, "{files:?}");
    };
    check(&[("/run/", "")], "/run/libvirt/qemu");
    check(&[("/etc/", "")], "/var/run/libvirt/qemu");
    let unit = "[Socket]\n# the socket\nListenStream=/var/run/libvirt/libvirt-sock\nSocketMode=0666\n";
    check(&[("/run/", ""), ("/usr/lib/systemd/system/libvirtd.socket", unit)], "/var/run/libvirt/qemu");
    let other = "[Socket]\nListenStream=/run/libvirt/virtqemud-sock\n";
    let units =
        [("/lib/systemd/system/libvirtd.socket", unit), ("/etc/systemd/system/virtqemud.socket", other)];
    check(&units, "/run/libvirt/qemu");
}

#[test]
fn a_session_has_directories_of_its_own() {
    let state = "<networkstatus><network><bridge name='br0'/></network></networkstatus>";
    let tree = Tree::of(&[
        ("/home/me/.config/libvirt/qemu.conf", "log_timestamp = 0"),
        ("/run/user/7/libvirt/network/lib/mine.xml", state),
        ("/home/me/.config/libvirt/storage/off.xml", "<pool type='dir'/>"),
        ("/etc/libvirt/qemu.conf", "vnc_tls = 1"),
        ("/run/libvirt/network/default.xml", state),
    ]);
    let host = tree.session();
    let config = host.config();
    assert!(!config.privileged && !config.log_timestamp && !config.vnc_tls && config.hugetlbfs.is_empty());
    let dirs = [&config.state_dir, &config.channel_target_dir, &config.lib_dir, &config.nvram_dir];
    assert_eq!(
        dirs.map(String::as_str),
        [
            "/run/user/7/libvirt/qemu/run",
            "/run/user/7/libvirt/qemu/run/channel",
            "/home/me/.config/libvirt/qemu/lib",
            "/home/me/.config/libvirt/qemu/nvram",
        ]
    );
    assert!(host.networks().network("mine").is_ok());
    assert_eq!(host.networks().network("default"), Err(HostError::not_found("network", "default")));
    assert_eq!(host.storage().storage_pool("off"), Err(inactive("storage pool", "off")));
}

#[test]
fn huge_pages_are_the_mounted_ones() {
    let mounts = "proc /proc proc rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n\
        none /mnt/huge\\0401G hugetlbfs rw,pagesize=1024M 0 0\nnone /old hugetlbfs rw 0 0\n";
    let tree = Tree::of(&[
        ("/proc/self/mounts", mounts),
        ("/proc/meminfo", "MemTotal: 5 kB\nHugepagesize:       2048 kB\n"),
    ]);
    let mount = |path: &str, size_kib, default| Hugetlbfs { path: path.to_owned(), size_kib, default };
    let wanted = vec![
        mount("/dev/hugepages", 2048, true),
        mount("/mnt/huge 1G", 1 << 20, false),
        mount("/old", 2048, true),
    ];
    assert_eq!(tree.host().config().hugetlbfs, wanted);
    tree.add("/etc/libvirt/qemu.conf", b"hugetlbfs_mount = '/mnt/huge 1G'");
    assert_eq!(tree.host().config().hugetlbfs, [mount("/mnt/huge 1G", 1 << 20, false)]);
}

#[test]
fn numa_nodes_and_their_cpus_are_those_of_sysfs() {
    let tree = Tree::of(&[
        ("/sys/devices/system/node/node0/cpu0/", ""),
        ("/sys/devices/system/node/node10/cpu1/", ""),
        ("/sys/devices/system/node/node2/cpu11/", ""),
        ("/sys/devices/system/node/online", "0"),
    ]);
    let host = tree.host();
    assert_eq!(host.numa().numa_nodes(), Ok(vec![0, 2, 10]));
    assert_eq!(host.numa().numa_node_of_cpu(1), Ok(10));
    assert!(host.numa().numa_node_of_cpu(2).is_err());
    assert_eq!(Tree::of(&[("/sys/", "")]).host().numa().numa_nodes(), Ok(vec![0]));
}

#[test]
fn devices_are_those_of_sysfs_and_dev() {
    let usb = |name: &str, attribute: &str| format!("/sys/bus/usb/devices/{name}/{attribute}");
    let tree = Tree::of(&[
        (&usb("1-4", "busnum"), "1\n"),
        (&usb("1-4", "devnum"), "12\n"),
        (&usb("1-4", "devpath"), "4\n"),
        (&usb("1-4", "idVendor"), "1d6b\n"),
        (&usb("1-4", "idProduct"), "0002\n"),
        (&usb("1-4:1.0", "bInterfaceNumber"), "00\n"),
        ("/dev/dri/card0", ""),
        ("/dev/dri/renderD129", ""),
        ("/dev/vhost-net", ""),
    ]);
    let host = tree.host();
    let devices = host.devices();
    assert_eq!(
        devices.usb_devices(),
        Ok(vec![UsbDevice { bus: 1, device: 12, port: Some("4".into()), vendor: 0x1d6b, product: 2 }])
    );
    assert_eq!(devices.render_node().as_deref(), Ok("/dev/dri/renderD129"));
    assert_eq!((devices.vhost_net(Accel::Kvm), devices.vhost_net(Accel::Tcg)), (Ok(true), Ok(false)));
    assert_eq!(devices.vhost_vsock(), Ok(false));
    let error = Tree::of(&[("/sys/", "")]).host().devices().usb_devices().unwrap_err();
    assert_eq!(error.to_string(), "directory `/sys/bus/usb/devices` was not found");
}

/// The answer on a TPM of `version` where this script is swtpm.
fn tpm(script: &str, version: &str) -> Result<bool, HostError> {
    let tree = Tree::of(&[("/usr/bin/swtpm", script), ("/bin/swtpm", script)]);
    for path in ["/usr/bin/swtpm", "/bin/swtpm"] {
        fs::set_permissions(tree.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    tree.host().services().emulates_tpm(version)
}

#[test]
fn swtpm_says_which_tpms_it_emulates() {
    let says = |features: &str| {
        format!("#!/bin/sh\n[ \"$*\" = 'socket --print-capabilities' ] && echo '{features}'\n")
    };
    let only_2 = says(r#"{ "type": "swtpm", "features": [ "tpm-2.0", "cmdarg-seccomp" ] }"#);
    assert_eq!((tpm(&only_2, "2.0"), tpm(&only_2, "1.2")), (Ok(true), Ok(false)));
    let leaves_one_behind = format!("{only_2}sleep 60 &\n");
    assert_eq!(tpm(&leaves_one_behind, "2.0"), Ok(true));
    for script in [&says("{ }"), "#!/bin/sh\nexit 1\n", "#!/bin/sh\nexec sleep 60\n", "no program"] {
        assert!(tpm(script, "2.0").unwrap_err().is_unknown(), "{script}");
    }
}

#[test]
fn helper_programs_are_those_that_are_installed() {
    let plugin = "/usr/lib/nbdkit/plugins/nbdkit-ssh-plugin.so";
    let files = [(plugin, ""), ("/usr/bin/nbdkit", ""), ("/bin/nbdkit", ""), ("/usr/bin/slirp-helper", "")];
    let tree = Tree::of(&files);
    let host = tree.host();
    let services = host.services();
    assert_eq!((services.nbdkit_plugin("ssh"), services.nbdkit_plugin("curl")), (Ok(true), Ok(false)));
    assert_eq!(services.slirp_helper(), Ok(true));
    let bare = Tree::of(&[(plugin, "")]);
    let host = bare.host();
    assert_eq!(
        (host.services().nbdkit_plugin("ssh"), host.services().slirp_helper()),
        (Ok(false), Ok(false))
    );
}
