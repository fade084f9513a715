//! The keys of `qemu.conf`, and the fields of [`DriverConfig`] that they set.

use super::conf::{Conf, ConfProblem};
use super::{DriverConfig, Hugetlbfs};

/// What the meaning of some settings depends on.
pub trait ConfHost {
    /// Whether there is something at `path`.
    fn exists(&self, path: &str) -> bool;
    /// The page size in KiB of the hugetlbfs that is mounted at `path`; `None` if there is none.
    fn huge_page_kib(&self, path: &str) -> Option<u64>;
}

/// Sets the fields of these names to the settings of the same names, where the file has them.
macro_rules! set {
    ($conf:ident.$kind:ident => $config:ident: $($key:ident)+) => {
        $(
            if let Some(value) = $conf.$kind(stringify!($key)) {
                $config.$key = value.into();
            }
        )+
    };
}

/// Sets the fields to the settings of these names, to the directory of the service where there is one, or to `None`: the
/// default directory.
macro_rules! set_cert_dirs {
    ($conf:ident, $host:ident => $config:ident: $($key:ident = $directory:literal)+) => {
        $(
            let given = $conf.text(stringify!($key));
            $config.$key = given.or_else(|| $host.exists($directory).then(|| $directory.to_owned()));
        )+
    };
}

/// Sets the fields to the settings of these names, or to the default secret.
macro_rules! set_secrets {
    ($conf:ident, $default:ident => $config:ident: $($key:ident)+) => {
        $($config.$key = $conf.uuid(stringify!($key)).or($default);)+
    };
}

impl DriverConfig {
    /// Applies a `qemu.conf`; `text` is empty where there is none. What TLS uses without a setting of its own (certificates,
    /// secrets, whether peers are verified) is settled too. Keys that are not known are ignored, as libvirt does. A setting
    /// that is wrong is left as it was, and reported; libvirt's driver would not start with it.
    pub fn apply(&mut self, text: &str, host: &dyn ConfHost) -> Vec<ConfProblem> {
        let config = self;
        let mut conf = Conf::parse(text);
        set!(conf.text => config: vnc_listen spice_listen vnc_password vnc_sasl_dir spice_password spice_sasl_dir user group);
        set!(conf.flag => config: dump_guest_core set_process_name log_timestamp storage_use_nbdkit
            vnc_auto_unix_socket vnc_tls vnc_sasl vnc_allow_host_audio nographics_allow_host_audio
            spice_auto_unix_socket spice_tls spice_sasl chardev_tls vxhs_tls nbd_tls);
        set!(conf.integer => config: seccomp_sandbox);
        set!(conf.count => config: max_files max_processes);
        conf.size("max_core", &mut config.max_core);
        let displays = ("remote_display_port_min", "remote_display_port_max");
        conf.ports(displays, &mut config.remote_display_ports, 5900);
        let websockets = ("remote_websocket_port_min", "remote_websocket_port_max");
        conf.ports(websockets, &mut config.remote_websocket_ports, 5700);
        config.set_tls(&mut conf, host);
        config.set_memory(&mut conf, host);
        if let Some(drivers) = conf.list("security_driver", "a string or a list of strings", true, text_item)
            && let Some(first) = drivers.into_iter().next()
        {
            config.security_driver = first;
        }
        if let Some(nvram) = conf.list("nvram", "a list of strings `FIRMWARE:TEMPLATE`", false, firmware) {
            config.nvram = nvram;
        }
        conf.into_problems()
    }

    fn set_tls(&mut self, conf: &mut Conf<'_>, host: &dyn ConfHost) {
        let config = self;
        set!(conf.text => config: default_tls_x509_cert_dir);
        set_cert_dirs!(conf, host => config:
            vnc_tls_x509_cert_dir = "/etc/pki/libvirt-vnc"
            spice_tls_x509_cert_dir = "/etc/pki/libvirt-spice"
            chardev_tls_x509_cert_dir = "/etc/pki/libvirt-chardev"
            vxhs_tls_x509_cert_dir = "/etc/pki/libvirt-vxhs"
            nbd_tls_x509_cert_dir = "/etc/pki/libvirt-nbd"
            rdp_tls_x509_cert_dir = "/etc/pki/libvirt-rdp");
        let secret = conf.uuid("default_tls_x509_secret_uuid");
        set_secrets!(conf, secret => config: vnc_tls_x509_secret_uuid chardev_tls_x509_secret_uuid
            vxhs_tls_x509_secret_uuid nbd_tls_x509_secret_uuid);
        // Without any setting, clients of VNC are not verified, but peers of character devices are.
        let verify = conf.flag("default_tls_x509_verify");
        config.vnc_tls_x509_verify = conf.flag("vnc_tls_x509_verify").or(verify).unwrap_or(false);
        config.chardev_tls_x509_verify = conf.flag("chardev_tls_x509_verify").or(verify).unwrap_or(true);
    }

    fn set_memory(&mut self, conf: &mut Conf<'_>, host: &dyn ConfHost) {
        if let Some(dir) = conf.text("memory_backing_dir") {
            self.memory_backing_dir = format!("{dir}/libvirt/qemu");
        }
        let mount = |path: &str| {
            let size_kib = host.huge_page_kib(path)?;
            Some(Hugetlbfs { path: path.to_owned(), size_kib, default: false })
        };
        let wanted = "a mounted hugetlbfs or a list of them";
        if let Some(mut mounts) = conf.list("hugetlbfs_mount", wanted, true, mount) {
            // libvirt takes the second of several as the default, not the one with the kernel's default size.
            for (n, mount) in mounts.iter_mut().enumerate() {
                mount.default = n != 0;
            }
            self.hugetlbfs = mounts;
        }
    }
}

fn text_item(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// `FIRMWARE:TEMPLATE`
fn firmware(text: &str) -> Option<(String, String)> {
    let (code, template) = text.split_once(':')?;
    (!template.contains(':')).then(|| (code.to_owned(), template.to_owned()))
}
