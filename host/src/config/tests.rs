use super::{ConfHost, DriverConfig, Hugetlbfs};

/// A host with certificates for VNC, and a hugetlbfs.
struct Files;

impl ConfHost for Files {
    fn exists(&self, path: &str) -> bool {
        path == "/etc/pki/libvirt-vnc"
    }

    fn huge_page_kib(&self, path: &str) -> Option<u64> {
        path.strip_prefix("/huge/").and_then(|size| size.parse().ok())
    }
}

fn applied(text: &str) -> (DriverConfig, Vec<String>) {
    let mut config = DriverConfig::default();
    let problems = config.apply(text, &Files);
    (config, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn values_are_read_as_libvirt_reads_them() {
    let check = |text: &str, wanted: &str| {
        let (config, problems) = applied(text);
        assert_eq!((config.vnc_listen.as_str(), problems), (wanted, Vec::new()), "{text}");
    };
    check("", "127.0.0.1");
    check("# vnc_listen = 'x'\n\n\t# another\n", "127.0.0.1");
    check("vnc_listen='0.0.0.0'", "0.0.0.0");
    check("  vnc_listen\t=\t\"::\"  # all\r\n", "::");
    check("vnc_listen = 'first'; vnc_listen = 'second'", "first");
    check("vnc_listen = \"it's\"", "it's");
    check("vnc_listen = 'a\\'", "a\\");
    check("vnc_listen = \"\"\"two\nlines\"\"\"", "two\nlines");
    check("vnc_listen = \"\"", "");
    check("other = [ 1, -2, [ 'x' ],\n 'y', ]\nvnc_listen = 'v'", "v");
}

#[test]
fn settings_are_those_of_their_keys() {
    let (config, problems) = applied(
        "user = 'qemu'\ngroup = 'kvm'\nvnc_tls = 1\nlog_timestamp = 0\nseccomp_sandbox = -1\n\
         max_core = \"unlimited\"\nmax_files = 1024\nmax_processes = 0\nvnc_password = 'pass'\nmemory_backing_dir = '/mem'\nsecurity_driver = [ 'selinux', 'dac' ]\n\
         nvram = [\n  '/a.fd:/b.fd',\n  '/c.fd:/d.fd'\n]\nhugetlbfs_mount = ['/huge/2048', '/huge/1048576']\n",
    );
    assert_eq!(problems, Vec::<String>::new());
    let pair = |code: &str, vars: &str| (code.to_owned(), vars.to_owned());
    let mount = |path: &str, size_kib, default| Hugetlbfs { path: path.to_owned(), size_kib, default };
    let wanted = DriverConfig {
        user: Some("qemu".into()),
        group: Some("kvm".into()),
        vnc_tls: true,
        log_timestamp: false,
        max_core: None,
        max_files: 1024,
        vnc_password: Some("pass".into()),
        memory_backing_dir: "/mem/libvirt/qemu".into(),
        security_driver: "selinux".into(),
        nvram: vec![pair("/a.fd", "/b.fd"), pair("/c.fd", "/d.fd")],
        hugetlbfs: vec![mount("/huge/2048", 2048, false), mount("/huge/1048576", 1 << 20, true)],
        // What TLS uses without settings is settled too.
        spice_tls_x509_cert_dir: None,
        chardev_tls_x509_cert_dir: None,
        chardev_tls_x509_verify: true,
        vxhs_tls_x509_cert_dir: None,
        nbd_tls_x509_cert_dir: None,
        rdp_tls_x509_cert_dir: None,
        ..DriverConfig::default()
    };
    assert_eq!(config, wanted);
}

#[test]
fn settings_of_tls_default_to_the_common_ones() {
    let (config, problems) = applied(
        "default_tls_x509_cert_dir = '/pki'\ndefault_tls_x509_verify = 0\n\
         default_tls_x509_secret_uuid = '8ff2b2a2-3a6e-4d6f-9d8c-6c3a8cb8a3d9'\n\
         nbd_tls_x509_secret_uuid = 'c2d6b3a4-1f0e-4a57-8b6d-2e9f71c05d38'\nspice_tls_x509_cert_dir = '/spice'",
    );
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(config.default_tls_x509_cert_dir, "/pki");
    let dirs =
        [&config.vnc_tls_x509_cert_dir, &config.spice_tls_x509_cert_dir, &config.nbd_tls_x509_cert_dir];
    assert_eq!(dirs.map(Option::as_deref), [Some("/etc/pki/libvirt-vnc"), Some("/spice"), None]);
    assert!(!config.vnc_tls_x509_verify && !config.chardev_tls_x509_verify);
    let secret = |uuid: Option<super::Uuid>| uuid.map(|uuid| uuid.to_string());
    let common = "8ff2b2a2-3a6e-4d6f-9d8c-6c3a8cb8a3d9";
    assert_eq!(secret(config.vnc_tls_x509_secret_uuid).as_deref(), Some(common));
    let own = "c2d6b3a4-1f0e-4a57-8b6d-2e9f71c05d38";
    assert_eq!(secret(config.nbd_tls_x509_secret_uuid).as_deref(), Some(own));
}

#[test]
fn ranges_of_ports_do_not_begin_below_the_first_display() {
    let (config, problems) = applied(
        "remote_display_port_min = 6000\nremote_display_port_max = 5999\nremote_websocket_port_min = 80\n\
         remote_websocket_port_max = 5800",
    );
    assert_eq!(config.remote_display_ports, (6000, 65535));
    assert_eq!(config.remote_websocket_ports, (5700, 5800));
    let wanted = [
        "line 2: `remote_display_port_max` is the number `5999`, it must be a port from `6000` on",
        "line 3: `remote_websocket_port_min` is the number `80`, it must be a port from `5700` on",
    ];
    assert_eq!(problems, wanted);
}

#[test]
fn problems_name_line_and_setting() {
    let check = |text: &str, wanted: &[&str]| assert_eq!(applied(text).1, wanted, "{text}");
    check("\nvnc_tls = 2", &["line 2: `vnc_tls` is the number `2`, it must be `0` or `1`"]);
    check(
        "vnc_tls = 'yes'\nlog_timestamp = [ ]",
        &[
            "line 1: `vnc_tls` is the string `yes`, it must be `0` or `1`",
            "line 2: `log_timestamp` is a list, it must be `0` or `1`",
        ],
    );
    check(
        "max_core = 'all'",
        &["line 1: `max_core` is the string `all`, it must be a number of bytes or the string `unlimited`"],
    );
    check(
        "max_files = -1",
        &["line 1: `max_files` is the number `-1`, it must be a whole number of 32 bits, not negative"],
    );
    check("vnc_listen = 5", &["line 1: `vnc_listen` is the number `5`, it must be a string in quotes"]);
    check(
        "seccomp_sandbox = 3000000000",
        &["line 1: `seccomp_sandbox` is the number `3000000000`, it must be a whole number of 32 bits"],
    );
    check(
        "nvram = [ 'a:b', 'c' ]",
        &["line 1: `nvram` is a list, it must be a list of strings `FIRMWARE:TEMPLATE`"],
    );
    check(
        "hugetlbfs_mount = '/nowhere'",
        &[
            "line 1: `hugetlbfs_mount` is the string `/nowhere`, it must be a mounted hugetlbfs or a list of them",
        ],
    );
    check(
        "nbd_tls_x509_secret_uuid = 'x'",
        &["line 1: `nbd_tls_x509_secret_uuid` is the string `x`, it must be a UUID in quotes"],
    );
}

#[test]
fn errors_of_syntax_name_their_line() {
    let check = |text: &str, wanted: &str| assert_eq!(applied(text).1, [wanted], "{text}");
    check("# one\n= 1", "line 2: `= 1` is not the name of a setting");
    check("user", "line 1: `user` lacks `=` and a value");
    check("user =\n", "line 1: a value is missing: a string in quotes, a number, or a list in `[ ]`");
    check("user = root", "line 1: a value is missing: a string in quotes, a number, or a list in `[ ]`");
    check("user = 'root\n'", "line 1: a string lacks its closing '");
    check("user = \"\"\"root", "line 1: a string lacks its closing \"\"\"");
    check("user = 'a' 'b'", "line 1: `'b'` follows the value of `user`");
    check("x = -", "line 1: a number lacks its digits");
    check("x = 99999999999999999999", "line 1: the number `99999999999999999999` is too large");
    check("x = [ 1,\n 2\n", "line 1: a list lacks its closing ]");
    check("x = [ 1 2 ]", "line 1: a list has `2 ]` where `,` or `]` must be");
    check("x = [ , ]", "line 1: a value is missing: a string in quotes, a number, or a list in `[ ]`");
    check(&format!("x = {}", "[".repeat(100_000)), "line 1: lists are nested more than `8` deep");
    check(&"#".repeat(11 << 20), "line 1: the file has `11534336` bytes, more than `10485760`");
}
