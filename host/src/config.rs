//! The settings of libvirt's QEMU driver.

mod conf;
mod keys;
#[cfg(test)]
mod tests;

pub use conf::ConfProblem;
pub use keys::ConfHost;
use virtargv_model::Uuid;

/// The settings of libvirt's QEMU driver (`qemu.conf`) that affect a command line. Fields are named as the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(default, deny_unknown_fields))]
pub struct DriverConfig {
    /// The directory for the state of domains.
    pub lib_dir: String,
    /// The directory for the sockets of guest agents and other channels.
    pub channel_target_dir: String,
    /// The directory for the sockets and state of helper processes.
    pub state_dir: String,
    /// The directory for memory files: `libvirt/qemu` in `memory_backing_dir`.
    pub memory_backing_dir: String,
    /// The directory for the state of emulated TPMs, in a directory for each UUID.
    pub swtpm_dir: String,
    /// The directory for variable stores.
    pub nvram_dir: String,
    /// The directory of the UEFI variables that QEMU's device `uefi-vars` keeps.
    pub varstore_dir: String,
    /// `default_tls_x509_cert_dir`
    pub default_tls_x509_cert_dir: String,
    /// Whether the driver runs as root, for the system (`qemu:///system`).
    pub privileged: bool,
    /// `user`: the user that QEMU runs as; `None` for the one that libvirt was built with, or the user of the session.
    pub user: Option<String>,
    /// `group`: the group that QEMU runs as; `None` as for `user`.
    pub group: Option<String>,
    /// `nvram`: firmware images and the templates of their variable stores, for firmware without a descriptor file.
    pub nvram: Vec<(String, String)>,
    /// `security_driver`: the default model of security labels, the first where there are several.
    pub security_driver: String,
    /// `dump_guest_core`
    pub dump_guest_core: bool,
    /// `max_core`: the size in bytes of the largest core dump of QEMU; `None` for `"unlimited"`.
    pub max_core: Option<u64>,
    /// `max_files`: the most files that QEMU has open; 0 for the limit that it inherits.
    pub max_files: u32,
    /// `max_processes`: the most processes of QEMU's user; 0 for the limit that it inherits.
    pub max_processes: u32,
    /// `set_process_name`: whether the process has the name of the guest.
    pub set_process_name: bool,
    /// `log_timestamp`
    pub log_timestamp: bool,
    /// `seccomp_sandbox`: -1 for the default, 0 for off, 1 for on.
    pub seccomp_sandbox: i32,
    /// `vnc_listen`
    pub vnc_listen: String,
    /// `vnc_auto_unix_socket`
    pub vnc_auto_unix_socket: bool,
    /// `vnc_tls`
    pub vnc_tls: bool,
    /// `vnc_tls_x509_verify`
    pub vnc_tls_x509_verify: bool,
    /// `vnc_tls_x509_cert_dir`
    pub vnc_tls_x509_cert_dir: Option<String>,
    /// `vnc_tls_x509_secret_uuid`
    pub vnc_tls_x509_secret_uuid: Option<Uuid>,
    /// `vnc_password`
    pub vnc_password: Option<String>,
    /// `vnc_sasl`
    pub vnc_sasl: bool,
    /// `vnc_sasl_dir`
    pub vnc_sasl_dir: Option<String>,
    /// `vnc_allow_host_audio`
    pub vnc_allow_host_audio: bool,
    /// `nographics_allow_host_audio`
    pub nographics_allow_host_audio: bool,
    /// `remote_display_port_min`, `remote_display_port_max`: the TCP ports of displays with `autoport`.
    pub remote_display_ports: (u16, u16),
    /// `remote_websocket_port_min`, `remote_websocket_port_max`: the TCP ports of `websocket='-1'`.
    pub remote_websocket_ports: (u16, u16),
    /// `spice_listen`
    pub spice_listen: String,
    /// `spice_auto_unix_socket`
    pub spice_auto_unix_socket: bool,
    /// `spice_tls`
    pub spice_tls: bool,
    /// `spice_tls_x509_cert_dir`
    pub spice_tls_x509_cert_dir: Option<String>,
    /// `spice_password`
    pub spice_password: Option<String>,
    /// `spice_sasl`
    pub spice_sasl: bool,
    /// `spice_sasl_dir`
    pub spice_sasl_dir: Option<String>,
    /// `chardev_tls`
    pub chardev_tls: bool,
    /// `chardev_tls_x509_verify`
    pub chardev_tls_x509_verify: bool,
    /// `chardev_tls_x509_cert_dir`
    pub chardev_tls_x509_cert_dir: Option<String>,
    /// `chardev_tls_x509_secret_uuid`
    pub chardev_tls_x509_secret_uuid: Option<Uuid>,
    /// `vxhs_tls`
    pub vxhs_tls: bool,
    /// `vxhs_tls_x509_cert_dir`
    pub vxhs_tls_x509_cert_dir: Option<String>,
    /// `vxhs_tls_x509_secret_uuid`
    pub vxhs_tls_x509_secret_uuid: Option<Uuid>,
    /// `nbd_tls`
    pub nbd_tls: bool,
    /// `nbd_tls_x509_cert_dir`
    pub nbd_tls_x509_cert_dir: Option<String>,
    /// `nbd_tls_x509_secret_uuid`
    pub nbd_tls_x509_secret_uuid: Option<Uuid>,
    /// `rdp_tls_x509_cert_dir`
    pub rdp_tls_x509_cert_dir: Option<String>,
    /// `storage_use_nbdkit`
    pub storage_use_nbdkit: bool,
    /// `hugetlbfs_mount`, or else all mounted huge page file systems.
    pub hugetlbfs: Vec<Hugetlbfs>,
}

/// A mounted huge page file system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(deny_unknown_fields))]
pub struct Hugetlbfs {
    /// The mount point.
    pub path: String,
    /// The page size in KiB.
    pub size_kib: u64,
    /// Whether it is the default huge page size of the kernel.
    pub default: bool,
}

impl DriverConfig {
    /// The template of the variable store that the setting `nvram` has for the firmware image at `path`.
    pub fn nvram_template(&self, path: &str) -> Option<&String> {
        self.nvram.iter().find(|(image, _)| image == path).map(|(_, template)| template)
    }

    /// The settings of a new installation for the session of a user without root (`qemu:///session`). `config` is the
    /// user's `$XDG_CONFIG_HOME/libvirt`, `runtime` is `$XDG_RUNTIME_DIR/libvirt`. A user has a directory on a hugetlbfs only
    /// where `hugetlbfs_mount` says so.
    pub fn session(config: &str, runtime: &str) -> Self {
        let own = |name: &str| format!("{config}/qemu/{name}");
        let run = format!("{runtime}/qemu/run");
        Self {
            lib_dir: own("lib"),
            channel_target_dir: format!("{run}/channel"),
            state_dir: run,
            memory_backing_dir: own("ram"),
            swtpm_dir: own("swtpm"),
            nvram_dir: own("nvram"),
            varstore_dir: own("varstore"),
            privileged: false,
            hugetlbfs: Vec::new(),
            ..Self::default()
        }
    }
}

impl Default for DriverConfig {
    /// The settings of a new installation that runs as root.
    fn default() -> Self {
        let pki = |name: &str| Some(format!("/etc/pki/libvirt-{name}"));
        Self {
            lib_dir: "/var/lib/libvirt/qemu".into(),
            channel_target_dir: "/var/run/libvirt/qemu/channel".into(),
            state_dir: "/var/run/libvirt/qemu".into(),
            memory_backing_dir: "/var/lib/libvirt/qemu/ram".into(),
            swtpm_dir: "/var/lib/libvirt/swtpm".into(),
            nvram_dir: "/var/lib/libvirt/qemu/nvram".into(),
            varstore_dir: "/var/lib/libvirt/qemu/varstore".into(),
            nvram: [
                ("OVMF/OVMF_CODE", "OVMF/OVMF_VARS"),
                ("OVMF/OVMF_CODE.secboot", "OVMF/OVMF_VARS"),
                ("AAVMF/AAVMF_CODE", "AAVMF/AAVMF_VARS"),
                ("AAVMF/AAVMF32_CODE", "AAVMF/AAVMF32_VARS"),
                ("OVMF/OVMF_CODE.ms", "OVMF/OVMF_VARS.ms"),
            ]
            .map(|(code, vars)| (format!("/usr/share/{code}.fd"), format!("/usr/share/{vars}.fd")))
            .into(),
            default_tls_x509_cert_dir: "/etc/pki/qemu".into(),
            privileged: true,
            user: None,
            group: None,
            security_driver: "none".into(),
            dump_guest_core: false,
            max_core: Some(0),
            max_files: 0,
            max_processes: 0,
            set_process_name: false,
            log_timestamp: true,
            seccomp_sandbox: -1,
            vnc_listen: "127.0.0.1".into(),
            vnc_auto_unix_socket: false,
            vnc_tls: false,
            vnc_tls_x509_verify: false,
            vnc_tls_x509_cert_dir: pki("vnc"),
            vnc_tls_x509_secret_uuid: None,
            vnc_password: None,
            vnc_sasl: false,
            vnc_sasl_dir: None,
            vnc_allow_host_audio: false,
            nographics_allow_host_audio: false,
            remote_display_ports: (5900, 65535),
            remote_websocket_ports: (5700, 65535),
            spice_listen: "127.0.0.1".into(),
            spice_auto_unix_socket: false,
            spice_tls: false,
            spice_tls_x509_cert_dir: pki("spice"),
            spice_password: None,
            spice_sasl: false,
            spice_sasl_dir: None,
            chardev_tls: false,
            chardev_tls_x509_verify: false,
            chardev_tls_x509_cert_dir: pki("chardev"),
            chardev_tls_x509_secret_uuid: None,
            vxhs_tls: false,
            vxhs_tls_x509_cert_dir: pki("vxhs"),
            vxhs_tls_x509_secret_uuid: None,
            nbd_tls: false,
            nbd_tls_x509_cert_dir: pki("nbd"),
            nbd_tls_x509_secret_uuid: None,
            rdp_tls_x509_cert_dir: pki("rdp"),
            storage_use_nbdkit: false,
            hugetlbfs: vec![Hugetlbfs { path: "/dev/hugepages".into(), size_kib: 2048, default: true }],
        }
    }
}
