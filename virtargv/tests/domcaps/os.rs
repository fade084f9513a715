//! `<os>`: firmware.

use expect_test::{Expect, expect};
use virtargv::{FixedHost, Release};

use crate::common::{document, machine, section, set};

#[test]
fn firmware_is_that_of_the_descriptors_for_the_machine() {
    let descriptor = |image: &str, machine: &str, features: &str| {
        format!(
            r#"{{"interface-types": ["uefi"], "mapping": {{"device": "flash", "executable": {{"filename": "{image}", "format": "raw"}},
            "nvram-template": {{"filename": "/fw/vars", "format": "raw"}}}},
            "targets": [{{"architecture": "x86_64", "machines": ["{machine}"]}}], "features": [{features}]}}"#
        )
    };
    let mut host = FixedHost::default();
    for (name, text) in [
        (
            "20-smm.json",
            descriptor("/fw/smm", "pc-q35-*", r#""requires-smm", "secure-boot", "enrolled-keys""#),
        ),
        ("30-plain.json", descriptor("/fw/plain", "pc-*", "")),
        ("40-again.json", descriptor("/fw/plain", "pc-*", "")),
    ] {
        host.files.insert(format!("/usr/share/qemu/firmware/{name}"), text);
    }
    let check = |name: &str, release, wanted: &str, host: &FixedHost, expected: Expect| {
        expected.assert_eq(&section(&document(&machine(wanted), &set(name, release), host), "os"));
    };
    check(
        "qemu-11.1-x86_64",
        Release::V12_9,
        "q35",
        &host,
        expect![[r#"
        <os supported='yes'>
          <enum name='firmware'>
            <value>efi</value>
          </enum>
          <firmwareFeatures supported='yes'>
            <enum name='secureBoot'>
              <value>yes</value>
              <value>no</value>
            </enum>
            <enum name='enrolledKeys'>
              <value>yes</value>
              <value>no</value>
            </enum>
          </firmwareFeatures>
          <loader supported='yes'>
            <value>/fw/smm</value>
            <value>/fw/plain</value>
            <enum name='type'>
              <value>rom</value>
              <value>pflash</value>
            </enum>
            <enum name='readonly'>
              <value>yes</value>
              <value>no</value>
            </enum>
            <enum name='secure'>
              <value>yes</value>
              <value>no</value>
            </enum>
          </loader>
          <varstore supported='no'/>
        </os>
    "#]],
    );
    check(
        "qemu-10.0-x86_64",
        Release::V11_3,
        "pc",
        &host,
        expect![[r#"
        <os supported='yes'>
          <enum name='firmware'>
            <value>efi</value>
          </enum>
          <loader supported='yes'>
            <value>/fw/plain</value>
            <enum name='type'>
              <value>rom</value>
              <value>pflash</value>
            </enum>
            <enum name='readonly'>
              <value>yes</value>
              <value>no</value>
            </enum>
            <enum name='secure'>
              <value>no</value>
            </enum>
          </loader>
        </os>
    "#]],
    );
    // Without a descriptor for the machine, the images of the setting that are there.
    let mut host = FixedHost { images: Some([("/fw/old".to_owned(), vec![0])].into()), ..host };
    host.config.nvram = ["/fw/old", "/fw/gone"].map(|image| (image.to_owned(), "/fw/vars".to_owned())).into();
    check(
        "qemu-10.0-x86_64",
        Release::V11_3,
        "microvm",
        &host,
        expect![[r#"
        <os supported='yes'>
          <enum name='firmware'/>
          <loader supported='yes'>
            <value>/fw/old</value>
            <enum name='type'>
              <value>rom</value>
              <value>pflash</value>
            </enum>
            <enum name='readonly'>
              <value>yes</value>
              <value>no</value>
            </enum>
            <enum name='secure'>
              <value>no</value>
            </enum>
          </loader>
        </os>
    "#]],
    );
}
