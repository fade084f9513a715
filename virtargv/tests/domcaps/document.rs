//! The document as a whole.

use expect_test::expect;
use virtargv::domcaps::DomcapsRequest;
use virtargv::model::VirtType;
use virtargv::{Arch, Release};

use crate::common::{document, host, set};

#[test]
fn a_document_has_all_sections_in_their_order() {
    let caps = set("qemu-11.1-riscv64", Release::V12_9);
    let wanted = DomcapsRequest { virt_type: Some(VirtType::Qemu), ..DomcapsRequest::default() };
    expect![[r#"
        <domainCapabilities>
          <path>/usr/bin/qemu-system-riscv64</path>
          <domain>qemu</domain>
          <machine>virt</machine>
          <arch>riscv64</arch>
          <vcpu max='512'/>
          <iothreads supported='yes'/>
          <os supported='yes'>
            <enum name='firmware'/>
            <firmwareFeatures supported='yes'>
              <enum name='secureBoot'/>
              <enum name='enrolledKeys'/>
            </firmwareFeatures>
            <loader supported='yes'>
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
            <varstore supported='no'/>
          </os>
          <cpu>
            <mode name='host-passthrough' supported='no'/>
            <mode name='maximum' supported='yes'>
              <enum name='maximumMigratable'>
                <value>on</value>
                <value>off</value>
              </enum>
            </mode>
            <mode name='host-model' supported='no'/>
            <mode name='custom' supported='yes'>
              <model usable='unknown' vendor='unknown'>lowrisc-ibex</model>
              <model usable='unknown' vendor='unknown'>max</model>
              <model usable='unknown' vendor='unknown'>max32</model>
              <model usable='unknown' vendor='unknown'>mips-p8700</model>
              <model usable='unknown' vendor='unknown'>rv32</model>
              <model usable='unknown' vendor='unknown'>rv32e</model>
              <model usable='unknown' vendor='unknown'>rv32i</model>
              <model usable='unknown' vendor='unknown'>rv64</model>
              <model usable='unknown' vendor='unknown'>rv64e</model>
              <model usable='unknown' vendor='unknown'>rv64i</model>
              <model usable='unknown' vendor='unknown'>rva22s64</model>
              <model usable='unknown' vendor='unknown'>rva22u64</model>
              <model usable='unknown' vendor='unknown'>rva23s64</model>
              <model usable='unknown' vendor='unknown'>rva23u64</model>
              <model usable='unknown' vendor='unknown'>shakti-c</model>
              <model usable='unknown' vendor='unknown'>sifive-e31</model>
              <model usable='unknown' vendor='unknown'>sifive-e34</model>
              <model usable='unknown' vendor='unknown'>sifive-e51</model>
              <model usable='unknown' vendor='unknown'>sifive-u34</model>
              <model usable='unknown' vendor='unknown'>sifive-u54</model>
              <model usable='unknown' vendor='unknown'>thead-c906</model>
              <model usable='unknown' vendor='unknown'>thead-c908</model>
              <model usable='unknown' vendor='unknown'>thead-c908v</model>
              <model usable='unknown' vendor='unknown'>tt-ascalon</model>
              <model usable='unknown' vendor='unknown'>veyron-v1</model>
              <model usable='unknown' vendor='unknown'>x-rv128</model>
              <model usable='unknown' vendor='unknown'>xiangshan-kunminghu</model>
              <model usable='unknown' vendor='unknown'>xiangshan-nanhu</model>
            </mode>
          </cpu>
          <memoryBacking supported='yes'>
            <enum name='sourceType'>
              <value>file</value>
              <value>anonymous</value>
              <value>memfd</value>
            </enum>
          </memoryBacking>
          <devices>
            <disk supported='yes'>
              <enum name='diskDevice'>
                <value>disk</value>
                <value>cdrom</value>
                <value>lun</value>
              </enum>
              <enum name='bus'>
                <value>scsi</value>
                <value>virtio</value>
                <value>usb</value>
                <value>sata</value>
                <value>nvme</value>
              </enum>
              <enum name='model'>
                <value>virtio</value>
                <value>virtio-transitional</value>
                <value>virtio-non-transitional</value>
              </enum>
            </disk>
            <graphics supported='yes'>
              <enum name='type'>
                <value>sdl</value>
                <value>vnc</value>
                <value>spice</value>
                <value>egl-headless</value>
                <value>dbus</value>
              </enum>
            </graphics>
            <video supported='yes'>
              <enum name='modelType'>
                <value>vga</value>
                <value>cirrus</value>
                <value>virtio</value>
                <value>none</value>
                <value>bochs</value>
                <value>ramfb</value>
              </enum>
            </video>
            <hostdev supported='yes'>
              <enum name='mode'>
                <value>subsystem</value>
              </enum>
              <enum name='startupPolicy'>
                <value>default</value>
                <value>mandatory</value>
                <value>requisite</value>
                <value>optional</value>
              </enum>
              <enum name='subsysType'>
                <value>usb</value>
                <value>pci</value>
                <value>scsi</value>
              </enum>
              <enum name='capsType'/>
              <enum name='pciBackend'>
                <value>default</value>
                <value>vfio</value>
              </enum>
              <enum name='iommufd'>
                <value>no</value>
              </enum>
            </hostdev>
            <rng supported='yes'>
              <enum name='model'>
                <value>virtio</value>
                <value>virtio-transitional</value>
                <value>virtio-non-transitional</value>
              </enum>
              <enum name='backendModel'>
                <value>random</value>
                <value>egd</value>
                <value>builtin</value>
              </enum>
            </rng>
            <filesystem supported='yes'>
              <enum name='driverType'>
                <value>path</value>
                <value>virtiofs</value>
              </enum>
            </filesystem>
            <tpm supported='yes'>
              <enum name='model'>
                <value>tpm-tis</value>
              </enum>
              <enum name='backendModel'>
                <value>passthrough</value>
                <value>emulator</value>
                <value>external</value>
              </enum>
              <enum name='backendVersion'>
                <value>1.2</value>
                <value>2.0</value>
              </enum>
            </tpm>
            <redirdev supported='yes'>
              <enum name='bus'>
                <value>usb</value>
              </enum>
            </redirdev>
            <channel supported='yes'>
              <enum name='type'>
                <value>pty</value>
                <value>unix</value>
                <value>spicevmc</value>
              </enum>
            </channel>
            <crypto supported='yes'>
              <enum name='model'>
                <value>virtio</value>
              </enum>
              <enum name='type'>
                <value>qemu</value>
              </enum>
              <enum name='backendModel'>
                <value>builtin</value>
              </enum>
            </crypto>
            <interface supported='yes'>
              <enum name='backendType'>
                <value>default</value>
                <value>passt</value>
              </enum>
            </interface>
            <panic supported='yes'>
              <enum name='model'>
                <value>pvpanic</value>
              </enum>
            </panic>
            <console supported='yes'>
              <enum name='type'>
                <value>null</value>
                <value>vc</value>
                <value>pty</value>
                <value>dev</value>
                <value>file</value>
                <value>pipe</value>
                <value>stdio</value>
                <value>udp</value>
                <value>tcp</value>
                <value>unix</value>
                <value>spicevmc</value>
                <value>spiceport</value>
                <value>qemu-vdagent</value>
                <value>dbus</value>
              </enum>
            </console>
          </devices>
          <features>
            <gic supported='no'/>
            <vmcoreinfo supported='yes'/>
            <genid supported='no'/>
            <backingStoreInput supported='yes'/>
            <backup supported='yes'/>
            <async-teardown supported='yes'/>
            <s390-pv supported='no'/>
            <ps2 supported='no'/>
            <tdx supported='no'/>
            <sev supported='no'/>
            <sgx supported='no'/>
            <launchSecurity supported='no'/>
          </features>
        </domainCapabilities>
    "#]]
    .assert_eq(&document(&wanted, &caps, &host(Arch::X86_64)));
}
