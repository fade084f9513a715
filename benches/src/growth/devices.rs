//! The kinds of devices, and of the lists that a device has.

use super::Kind;
use super::Machine::{Arm, I440, Ppc, S390};

const fn device(name: &'static str, item: &'static str) -> Kind {
    Kind::new(name, "<devices>{items}</devices>", item)
}

/// A list in a disk.
const DISK: &str = "<devices><disk type='file'><driver name='qemu' type='qcow2'/><source file='/i'/>\
                    <target dev='vda' bus='virtio'/>{items}</disk></devices>";
/// A list in an interface.
const NIC: &str = "<devices><interface type='ethernet'><model type='virtio'/>{items}</interface></devices>";

/// The kinds of devices.
pub static DEVICES: &[Kind] = &[
    device(
        "disk virtio",
        "<disk type='file'><source file='/i/{n}'/><target dev='vd{t}' bus='virtio'/></disk>",
    ),
    device("disk scsi", "<disk type='file'><source file='/i/{n}'/><target dev='sd{t}' bus='scsi'/></disk>"),
    device("disk sata", "<disk type='file'><source file='/i/{n}'/><target dev='sd{t}' bus='sata'/></disk>"),
    device("disk ide", "<disk type='file'><source file='/i/{n}'/><target dev='hd{t}' bus='ide'/></disk>").on(I440),
    device("disk usb", "<disk type='file'><source file='/i/{n}'/><target dev='sd{t}' bus='usb'/></disk>"),
    device("disk fdc", "<disk type='file' device='floppy'><source file='/i/{n}'/><target dev='fd{t}'/></disk>"),
    device("disk ccw", "<disk type='file'><source file='/i/{n}'/><target dev='vd{t}' bus='virtio'/></disk>").on(S390),
    device("disk spapr-vscsi", "<disk type='file'><source file='/i/{n}'/><target dev='sd{t}' bus='scsi'/></disk>")
        .on(Ppc),
    device(
        "disk with boot order",
        "<disk type='file'><source file='/i/{n}'/><target dev='vd{t}' bus='virtio'/><boot order='{n}'/></disk>",
    ),
    device(
        "disk with address",
        "<disk type='file'><source file='/i/{n}'/><target dev='sd{t}' bus='scsi'/>\
         <address type='drive' controller='{n}' unit='0'/></disk>",
    )
    .up_to(1000),
    device(
        "disk with the same address",
        "<disk type='file'><source file='/i/{n}'/><target dev='vd{t}' bus='virtio'/>\
         <address type='pci' bus='0x00' slot='0x10'/></disk>",
    ),
    device(
        "disk with the same drive address",
        "<disk type='file'><source file='/i/{n}'/><target dev='sd{t}' bus='scsi'/>\
         <address type='drive' controller='0' unit='0'/></disk>",
    ),
    device("disk with the same target", "<disk type='file'><source file='/i'/><target dev='vda' bus='virtio'/></disk>"),
    device(
        "disk with the same wwn and serial",
        "<disk type='file'><source file='/i{n}'/><target dev='sd{t}' bus='scsi'/><wwn>5000c50015ea71ad</wwn>\
         <serial>s</serial></disk>",
    ),
    device(
        "disk with alias",
        "<disk type='file'><source file='/i/{n}'/><target dev='vd{t}' bus='virtio'/><alias name='ua-{n}'/></disk>",
    ),
    device(
        "disk with the same alias",
        "<disk type='file'><source file='/i/{n}'/><target dev='vd{t}' bus='virtio'/><alias name='ua-a'/></disk>",
    ),
    device(
        "disk with secret",
        "<disk type='file'><source file='/i/{n}'><encryption format='luks'><secret type='passphrase' \
         usage='u{n}'/></encryption></source><target dev='vd{t}' bus='virtio'/></disk>",
    ),
    device(
        "disk with iothread",
        "<disk type='file'><driver name='qemu' iothread='{n}'/><source file='/i/{n}'/>\
         <target dev='vd{t}' bus='virtio'/></disk>",
    )
    .inside("<iothreads>{count}</iothreads><devices>{items}</devices>"),
    device(
        "disk with iotune group",
        "<disk type='file'><source file='/i/{n}'/><target dev='vd{t}' bus='virtio'/>\
         <iotune><total_bytes_sec>{n}</total_bytes_sec><group_name>g{n}</group_name></iotune></disk>",
    ),
    device(
        "disk with throttle filter",
        "<disk type='file'><driver name='qemu' type='qcow2'/><source file='/i/{n}'/>\
         <target dev='vd{t}' bus='virtio'/><throttlefilters><throttlefilter group='g{n}'/></throttlefilters></disk>",
    )
    .inside("<throttlegroups>{others}</throttlegroups><devices>{items}</devices>")
    .with_others("<throttlegroup><group_name>g{n}</group_name><total_bytes_sec>1</total_bytes_sec></throttlegroup>"),
    device(
        "disk of iscsi",
        "<disk type='network'><driver name='qemu' type='raw'/><source protocol='iscsi' name='iqn.2020-01.org.example:t/{n}'>\
         <host name='h{n}' port='3260'/><auth username='u'><secret type='iscsi' usage='s{n}'/></auth>\
         <initiator><iqn name='iqn.2020-01.org.example:{n}'/></initiator></source>\
         <target dev='vd{t}' bus='virtio'/></disk>",
    ),
    device(
        "disk of a lun",
        "<disk type='block' device='lun'><source dev='/dev/s{n}'><reservations managed='yes'/></source>\
         <target dev='sd{t}' bus='scsi'/></disk>",
    ),
    device(
        "disk of vhost-user",
        "<disk type='vhostuser'><driver name='qemu' type='raw'/><source type='unix' path='/s{n}'/>\
         <target dev='vd{t}' bus='virtio'/></disk>",
    )
    .inside("<memoryBacking><access mode='shared'/></memoryBacking><devices>{items}</devices>"),
    device(
        "disk of nvme",
        "<disk type='nvme'><driver name='qemu' type='raw'/><source type='pci' namespace='{n}'>\
         <address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>\
         <target dev='vd{t}' bus='virtio'/></disk>",
    ),
    Kind::new(
        "disk iothread map",
        "<iothreads>{count}</iothreads><devices><disk type='file'><driver name='qemu' queues='1'><iothreads>{items}\
         </iothreads></driver><source file='/i'/><target dev='vda' bus='virtio'/></disk></devices>",
        "<iothread id='{n}'/>",
    ),
    Kind::new(
        "disk iothread map with queues",
        "<iothreads>2</iothreads><devices><disk type='file'><driver name='qemu' queues='1024'><iothreads>\
         <iothread id='1'>{items}</iothread></iothreads></driver><source file='/i'/>\
         <target dev='vda' bus='virtio'/></disk></devices>",
        "<queue id='{n}'/>",
    )
    .up_to(1000),
    Kind::new(
        "disk iothread map with queues out of range",
        "<iothreads>2</iothreads><devices><disk type='file'><driver name='qemu' queues='1024'><iothreads>\
         <iothread id='1'>{items}</iothread></iothreads></driver><source file='/i'/>\
         <target dev='vda' bus='virtio'/></disk></devices>",
        "<queue id='{high}'/>",
    ),
    Kind::new(
        "disk hosts",
        "<devices><disk type='network'><driver name='qemu' type='raw'/><source protocol='rbd' name='p/i'>{items}\
         </source><target dev='vda' bus='virtio'/></disk></devices>",
        "<host name='h{n}' port='6789'/>",
    ),
    Kind::new(
        "disk hosts of gluster",
        "<devices><disk type='network'><driver name='qemu' type='raw'/><source protocol='gluster' name='v/i'>{items}\
         </source><target dev='vda' bus='virtio'/></disk></devices>",
        "<host name='h{n}' port='24007'/>",
    ),
    Kind::new(
        "disk cookies",
        "<devices><disk type='network'><driver name='qemu' type='raw'/><source protocol='https' name='i'>\
         <host name='h' port='443'/><cookies>{items}</cookies></source><target dev='vda' bus='virtio'/></disk></devices>",
        "<cookie name='c{n}'>v{n}</cookie>",
    ),
    Kind::new(
        "disk cookies of the same name",
        "<devices><disk type='network'><driver name='qemu' type='raw'/><source protocol='https' name='i'>\
         <host name='h' port='443'/><cookies>{items}</cookies></source><target dev='vda' bus='virtio'/></disk></devices>",
        "<cookie name='c'>v{n}</cookie>",
    ),
    Kind::new(
        "disk slices",
        "<devices><disk type='file'><driver name='qemu' type='raw'/><source file='/i'><slices>{items}</slices></source>\
         <target dev='vda' bus='virtio'/></disk></devices>",
        "<slice type='storage' offset='{n}' size='1'/>",
    ),
    Kind::new("disk throttle filters", DISK, "<throttlefilter group='g{n}'/>")
        .inside(
            "<throttlegroups>{others}</throttlegroups><devices><disk type='file'><driver name='qemu' type='qcow2'/>\
             <source file='/i'/><target dev='vda' bus='virtio'/><throttlefilters>{items}</throttlefilters></disk></devices>",
        )
        .with_others("<throttlegroup><group_name>g{n}</group_name><total_bytes_sec>1</total_bytes_sec></throttlegroup>"),
    Kind::new("disk seclabels", DISK, "<seclabel model='m{n}' relabel='no'/>").inside(
        "<devices><disk type='file'><driver name='qemu' type='raw'/><source file='/i'>{items}</source>\
         <target dev='vda' bus='virtio'/></disk></devices>",
    ),
    Kind::new("disk encryption secrets", DISK, "<secret type='passphrase' usage='u{n}'/>").inside(
        "<devices><disk type='file'><driver name='qemu' type='qcow2'/><source file='/i'><encryption format='luks'>\
         {items}</encryption></source><target dev='vda' bus='virtio'/></disk></devices>",
    ),
    Kind::new("disk encryption secrets of rbd", DISK, "<secret type='passphrase' usage='u{n}'/>").inside(
        "<devices><disk type='network'><driver name='qemu' type='raw'/><source protocol='rbd' name='p/i'><host name='h'/>\
         <encryption format='luks2' engine='librbd'>{items}</encryption></source>\
         <target dev='vda' bus='virtio'/></disk></devices>",
    ),
    Kind::new("disk latency histograms", DISK, "<latency-histogram type='read'><bin start='{n}'/></latency-histogram>")
        .inside(
            "<devices><disk type='file'><driver name='qemu' type='qcow2'><statistics>{items}</statistics></driver>\
             <source file='/i'/><target dev='vda' bus='virtio'/></disk></devices>",
        ),
    Kind::new("disk statistics", DISK, "<statistic interval='{n}'/>").inside(
        "<devices><disk type='file'><driver name='qemu' type='qcow2'><statistics>{items}</statistics></driver>\
         <source file='/i'/><target dev='vda' bus='virtio'/></disk></devices>",
    ),
    Kind::new("disk latency bins", DISK, "<bin start='{n}'/>").inside(
        "<devices><disk type='file'><driver name='qemu' type='qcow2'><statistics><latency-histogram type='read'>\
         {items}</latency-histogram></statistics></driver>\
         <source file='/i'/><target dev='vda' bus='virtio'/></disk></devices>",
    ),
    Kind::new("unknown elements of a disk", DISK, "<unheard{n}/>"),
    // Interfaces.
    device("interface user", "<interface type='user'><mac address='{mac}'/><model type='virtio'/></interface>"),
    device("interface without model", "<interface type='user'/>"),
    device("interface e1000", "<interface type='user'><mac address='{mac}'/><model type='e1000'/></interface>").on(I440),
    device("interface with the same mac", "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>"),
    device("interface bridge", "<interface type='bridge'><source bridge='br{n}'/><target dev='tap{n}'/><model type='virtio'/></interface>"),
    device("interface network", "<interface type='network'><source network='n{n}'/><model type='virtio'/></interface>"),
    device("interface ethernet", "<interface type='ethernet'><target dev='t{n}' managed='no'/><model type='virtio'/></interface>"),
    device("interface direct", "<interface type='direct'><source dev='eth{n}' mode='vepa'/><model type='virtio'/></interface>"),
    device(
        "interface vhostuser",
        "<interface type='vhostuser'><source type='unix' path='/s{n}' mode='server'/><model type='virtio'/></interface>",
    )
    .inside("<memoryBacking><access mode='shared'/></memoryBacking><devices>{items}</devices>"),
    device("interface vdpa", "<interface type='vdpa'><source dev='/dev/vhost-vdpa-{n}'/></interface>"),
    device("interface vds", "<interface type='vds'><source switchid='{uuid}' portid='{n}' portgroupid='pg' connectionid='1'/></interface>"),
    device("interface null", "<interface type='null'><model type='virtio'/></interface>"),
    device("interface udp", "<interface type='udp'><source address='1.2.3.4' port='{n}'><local address='1.2.3.5' port='1'/></source></interface>"),
    device("interface client", "<interface type='client'><source address='1.2.3.4' port='{n}'/></interface>"),
    device("interface internal", "<interface type='internal'><source name='n{n}'/></interface>"),
    device("interface hostdev", "<interface type='hostdev' managed='yes'><source><address type='pci' domain='{n}' bus='1' slot='0' function='0'/></source></interface>"),
    device(
        "interface on pseries",
        "<interface type='user'><model type='spapr-vlan'/></interface>",
    )
    .on(Ppc),
    device(
        "interface teaming",
        "<interface type='user'><model type='virtio'/><teaming type='persistent'/><alias name='ua-p{n}'/></interface>\
         <interface type='hostdev' managed='yes'><mac address='{mac}'/><source><address type='pci' domain='{n}' bus='1' slot='0'/></source>\
         <teaming type='transient' persistent='ua-p{n}'/></interface>",
    ),
    device(
        "interface teaming of nobody",
        "<interface type='hostdev' managed='yes'><source><address type='pci' domain='{n}' bus='1' slot='0'/></source>\
         <teaming type='transient' persistent='ua-x{n}'/></interface>",
    ),
    device(
        "interface teaming misnamed",
        "<interface type='user'><model type='virtio'/><teaming type='persistent'/><alias name='ua-pair{n}'/></interface>\
         <interface type='hostdev' managed='yes'><source><address type='pci' domain='{n}' bus='1' slot='0'/></source>\
         <teaming type='transient' persistent='ua-piar{n}'/></interface>",
    ),
    Kind::new("interface IPs", NIC, "<ip family='ipv4' address='10.0.0.1' prefix='24'/>"),
    Kind::new("interface IPs of user", NIC, "<ip family='ipv4' address='10.0.0.1' prefix='24'/>")
        .inside("<devices><interface type='user'><model type='virtio'/>{items}</interface></devices>"),
    Kind::new("interface source IPs", NIC, "<ip family='ipv4' address='10.0.0.1' prefix='24'/>")
        .inside("<devices><interface type='ethernet'><source>{items}</source></interface></devices>"),
    Kind::new("interface routes", NIC, "<route family='ipv4' address='10.0.0.0' prefix='24' gateway='10.0.0.1'/>"),
    Kind::new("interface source routes", NIC, "<route family='ipv4' address='10.0.0.0' prefix='24' gateway='10.0.0.1'/>")
        .inside("<devices><interface type='ethernet'><source>{items}</source></interface></devices>"),
    Kind::new("interface vlan tags", NIC, "<tag id='{n}'/>").inside(
        "<devices><interface type='bridge'><source bridge='b'/><virtualport type='openvswitch'/>\
         <vlan trunk='yes'>{items}</vlan></interface></devices>",
    )
    .up_to(4000),
    Kind::new("interface vlan tags out of range", NIC, "<tag id='{high}'/>").inside(
        "<devices><interface type='bridge'><source bridge='b'/><virtualport type='openvswitch'/>\
         <vlan trunk='yes'>{items}</vlan></interface></devices>",
    ),
    Kind::new("interface filter parameters", NIC, "<parameter name='P{n}' value='1'/>").inside(
        "<devices><interface type='bridge'><source bridge='b'/><filterref filter='clean-traffic'>{items}</filterref>\
         </interface></devices>",
    ),
    Kind::new("interface filter parameters of the same name", NIC, "<parameter name='IP' value='10.0.0.{n}'/>").inside(
        "<devices><interface type='bridge'><source bridge='b'/><filterref filter='clean-traffic'>{items}</filterref>\
         </interface></devices>",
    ),
    Kind::new("interface port forwards", NIC, "<portForward proto='tcp' address='10.0.0.1'><range start='{n}'/></portForward>")
        .inside(
            "<devices><interface type='user'><backend type='passt'/>{items}<model type='virtio'/></interface></devices>",
        ),
    Kind::new("interface port forward ranges", NIC, "<range start='{n}' to='{n}'/>").inside(
        "<devices><interface type='user'><backend type='passt'/><portForward proto='tcp'>{items}</portForward>\
         <model type='virtio'/></interface></devices>",
    ),
    Kind::new("interface hostnames", NIC, "<backend type='passt' hostname='h{n}'/>"),
    // Controllers.
    device("controller scsi", "<controller type='scsi' index='{n}' model='virtio-scsi'/>"),
    device("controller scsi without index", "<controller type='scsi' model='virtio-scsi'/>"),
    device("controller scsi of the same index", "<controller type='scsi' index='0' model='virtio-scsi'/>"),
    device("controller lsi", "<controller type='scsi' index='{n}' model='lsilogic'/>").on(I440),
    device("controller sata", "<controller type='sata' index='{n}'/>"),
    device("controller ide", "<controller type='ide' index='{n}'/>").on(I440),
    device("controller fdc", "<controller type='fdc' index='{n}'/>"),
    device("controller virtio-serial", "<controller type='virtio-serial' index='{n}'/>"),
    device("controller ccid", "<controller type='ccid' index='{n}'/>"),
    device("controller usb", "<controller type='usb' index='{n}' model='qemu-xhci'/>"),
    device("controller usb of the same index", "<controller type='usb' index='0' model='qemu-xhci'/>"),
    device("controller usb piix3", "<controller type='usb' index='{n}' model='piix3-uhci'/>").on(I440),
    device("controller usb ehci", "<controller type='usb' index='{n}' model='ich9-ehci1'/>"),
    device("controller usb with companions", "<controller type='usb' index='{n}' model='ich9-ehci1'/><controller type='usb' index='{n}' model='ich9-uhci1'><master startport='0'/></controller>"),
    device("controller usb companions alone", "<controller type='usb' index='{n}' model='ich9-uhci1'><master startport='0'/></controller>"),
    device("controller usb parts without index", "<controller type='usb' model='ich9-uhci1'><master startport='0'/></controller><controller type='usb' model='ich9-ehci1'/>"),
    device("controller usb companions first", "<controller type='usb' index='{n}' model='ich9-uhci1'><master startport='0'/></controller><controller type='usb' index='{n}' model='ich9-ehci1'/>"),
    device("controller scsi half with index", "<controller type='scsi' index='{n}'/><controller type='scsi'/>"),
    device("controller scsi in falling order", "<controller type='scsi' index='{down}'/>"),
    device("controller xenbus", "<controller type='xenbus' index='{n}'/>"),
    device("controller isa", "<controller type='isa' index='{n}'/>").on(I440),
    device("controller nvme", "<controller type='nvme' index='{n}'><serial>s{n}</serial></controller>"),
    device("controller pcie-root-port", "<controller type='pci' index='{next}' model='pcie-root-port'/>").up_to(250),
    device("controller pcie-root-port out of range", "<controller type='pci' index='{high}' model='pcie-root-port'/>"),
    device("controller pcie-root-port without index", "<controller type='pci' model='pcie-root-port'/>").up_to(250),
    device("controller pcie-root-port of the same index", "<controller type='pci' index='1' model='pcie-root-port'/>"),
    device("controller pcie-root of the same index", "<controller type='pci' index='0' model='pcie-root'/>"),
    device("controller pci-bridge", "<controller type='pci' index='{next}' model='pci-bridge'/>").on(I440).up_to(250),
    device("controller dmi-to-pci-bridge", "<controller type='pci' index='{next}' model='dmi-to-pci-bridge'/>").up_to(250),
    device("controller pcie-to-pci-bridge", "<controller type='pci' index='{next}' model='pcie-to-pci-bridge'/>").up_to(250),
    device("controller pcie-switch", "<controller type='pci' index='{next}' model='pcie-switch-upstream-port'/>").up_to(120),
    device("controller pcie-switch out of range", "<controller type='pci' index='{high}' model='pcie-switch-upstream-port'/>"),
    device("controller pcie-switch-downstream", "<controller type='pci' index='{next}' model='pcie-switch-downstream-port'/>").up_to(250),
    device("controller pcie-expander-bus", "<controller type='pci' index='{next}' model='pcie-expander-bus'/>").up_to(250),
    device("controller pci-expander-bus", "<controller type='pci' index='{next}' model='pci-expander-bus'><target busNr='{next}'/></controller>").on(I440).up_to(250),
    device("controller pci-expander-bus out of range", "<controller type='pci' index='{high}' model='pci-expander-bus'><target busNr='{high}'/></controller>").on(I440),
    device("controller pci with bridges in turn", "<controller type='pci' index='{next}' model='pcie-root-port'><address type='pci' domain='0' bus='{n}' slot='0' function='0'/></controller>").up_to(250),
    device("controller spapr-pci-host-bridge", "<controller type='pci' index='{n}' model='pci-root'/>").on(Ppc),
    device("controller spapr-pci-host-bridge with target", "<controller type='pci' index='{n}' model='pci-root'><target index='{n}'/></controller>").on(Ppc),
    device("controller spapr-vscsi", "<controller type='scsi' index='{n}' model='ibmvscsi'/>").on(Ppc),
    device("controller spapr-vscsi with address", "<controller type='scsi' index='{n}' model='ibmvscsi'><address type='spapr-vio' reg='0x2000'/></controller>").on(Ppc),
    device("controller ccw", "<controller type='scsi' index='{n}' model='virtio-scsi'/>").on(S390),
    device("controller ccw with address", "<controller type='scsi' index='{n}'><address type='ccw' cssid='0xfe' ssid='0' devno='1'/></controller>").on(S390),
    device("controller mmio", "<controller type='scsi' index='{n}' model='virtio-scsi'><address type='virtio-mmio'/></controller>").on(Arm),
    // Host devices.
    device("hostdev usb", "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>"),
    device("hostdev usb of an address", "<hostdev mode='subsystem' type='usb'><source><address bus='{n}' device='1'/></source></hostdev>"),
    device("hostdev pci", "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='{n}' bus='1' slot='0' function='0'/></source></hostdev>"),
    device("hostdev pci twice", "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='1' slot='0' function='0'/></source></hostdev>"),
    device("hostdev pci on pseries", "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='{n}' bus='1' slot='0' function='0'/></source></hostdev>").on(Ppc),
    device("hostdev scsi", "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host{n}'/><address bus='0' target='0' unit='0'/></source></hostdev>"),
    device("hostdev scsi with address", "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host{n}'/><address bus='0' target='0' unit='0'/></source><address type='drive' controller='0' bus='0' target='0' unit='{n}'/></hostdev>"),
    device("hostdev iscsi", "<hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='iqn.1992-01.com.example:s/{n}'><host name='h{n}' port='3260'/><auth username='u'><secret type='iscsi' usage='s{n}'/></auth></source></hostdev>"),
    device("hostdev scsi_host", "<hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abc{n}'/></hostdev>"),
    device("hostdev mdev", "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='{uuid}'/></source></hostdev>"),
    device("hostdev mdev ccw", "<hostdev mode='subsystem' type='mdev' model='vfio-ccw'><source><address uuid='{uuid}'/></source></hostdev>").on(S390),
    device("hostdev mdev ap", "<hostdev mode='subsystem' type='mdev' model='vfio-ap'><source><address uuid='{uuid}'/></source></hostdev>").on(S390),
    device("hostdev caps", "<hostdev mode='capabilities' type='misc'><source><char>/dev/c{n}</char></source></hostdev>"),
    device("hostdev teaming of nobody", "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='{n}' bus='1' slot='0' function='0'/></source><teaming type='transient' persistent='ua-x{n}'/></hostdev>"),
    // Character devices.
    device("serial pty", "<serial type='pty'/>"),
    device("serial isa", "<serial type='pty'><target type='isa-serial' port='{n}'/></serial>"),
    device("serial of the same port", "<serial type='pty'><target type='isa-serial' port='0'/></serial>"),
    device("serial pci", "<serial type='file'><source path='/s{n}'/><target type='pci-serial'/></serial>"),
    device("serial usb", "<serial type='unix'><source mode='bind' path='/s{n}'/><target type='usb-serial'/></serial>"),
    device("serial tcp tls", "<serial type='tcp'><source mode='connect' host='h{n}' service='1' tls='yes'/><target type='pci-serial'/></serial>"),
    device("serial spapr-vio", "<serial type='pty'><target type='spapr-vio-serial'/></serial>").on(Ppc),
    device("serial spapr-vio with address", "<serial type='pty'><target type='spapr-vio-serial'/><address type='spapr-vio' reg='0x30000000'/></serial>").on(Ppc),
    device("serial sclp", "<console type='pty'><target type='sclp'/></console>").on(S390),
    device("parallel", "<parallel type='file'><source path='/p{n}'/></parallel>"),
    device("console serial", "<console type='pty'/>"),
    device("console serial of the same port", "<console type='pty'><target type='serial' port='0'/></console>"),
    device("console virtio", "<console type='pty'><target type='virtio'/></console>"),
    device("console virtio on s390", "<console type='pty'><target type='virtio'/></console>").on(S390),
    device("channel virtio", "<channel type='unix'><target type='virtio' name='c{n}'/></channel>"),
    device("channel virtio of the same name", "<channel type='unix'><target type='virtio' name='c'/></channel>"),
    device("channel virtio with address", "<channel type='unix'><target type='virtio' name='c{n}'/><address type='virtio-serial' controller='{n}' bus='0' port='1'/></channel>"),
    device("channel virtio with the same address", "<channel type='unix'><target type='virtio' name='c{n}'/><address type='virtio-serial' controller='0' bus='0' port='1'/></channel>"),
    device("channel spicevmc", "<channel type='spicevmc'><target type='virtio'/></channel>"),
    device("channel spiceport", "<channel type='spiceport'><source channel='org.example.{n}'/><target type='virtio' name='c{n}'/></channel>"),
    device("channel guestfwd", "<channel type='pipe'><source path='/p{n}'/><target type='guestfwd' address='10.0.2.1' port='{n}'/></channel>"),
    device("channel dbus", "<channel type='dbus'><source channel='c{n}'/><target type='virtio' name='c{n}'/></channel>"),
    device("channel qemu-vdagent", "<channel type='qemu-vdagent'><target type='virtio' name='c{n}'/></channel>"),
    device("channel udp", "<channel type='udp'><source mode='connect' host='h{n}' service='1'/><target type='virtio' name='c{n}'/></channel>"),
    device("channel with log", "<channel type='pty'><log file='/l{n}'/><target type='virtio' name='c{n}'/></channel>"),
    Kind::new("channel seclabels", "<devices><channel type='unix'><source mode='bind' path='/s'>{items}</source><target type='virtio' name='c'/></channel></devices>", "<seclabel model='m{n}' relabel='no'/>"),
    Kind::new("channel sources", "<devices><channel type='udp'>{items}<target type='virtio' name='c'/></channel></devices>", "<source mode='connect' host='h{n}' service='1'/>"),
    // Others.
    device("smartcard host", "<smartcard mode='host'/>"),
    device("smartcard passthrough", "<smartcard mode='passthrough' type='spicevmc'/>"),
    device("smartcard certificates", "<smartcard mode='host-certificates'><certificate>a{n}</certificate><certificate>b</certificate><certificate>c</certificate></smartcard>"),
    Kind::new("smartcard list of certificates", "<devices><smartcard mode='host-certificates'>{items}</smartcard></devices>", "<certificate>a{n}</certificate>"),
    device("smartcard with the same address", "<smartcard mode='host'><address type='ccid' controller='0' slot='0'/></smartcard>"),
    device("input usb", "<input type='tablet' bus='usb'/>"),
    device("input virtio", "<input type='mouse' bus='virtio'/>"),
    device("input ps2", "<input type='mouse' bus='ps2'/>"),
    device("input passthrough", "<input type='passthrough' bus='virtio'><source evdev='/dev/e{n}'/></input>"),
    device("input evdev", "<input type='evdev'><source dev='/dev/e{n}' grab='all'/></input>"),
    device("input usb of the same address", "<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>"),
    device("input of the same alias", "<input type='tablet' bus='usb'><alias name='ua-a'/></input>"),
    device("filesystem 9p", "<filesystem type='mount'><source dir='/d{n}'/><target dir='t{n}'/></filesystem>"),
    device("filesystem of the same target", "<filesystem type='mount'><source dir='/d{n}'/><target dir='t'/></filesystem>"),
    device("filesystem virtiofs", "<filesystem type='mount'><driver type='virtiofs'/><source dir='/d{n}'/><target dir='t{n}'/></filesystem>")
        .inside("<memoryBacking><access mode='shared'/></memoryBacking><devices>{items}</devices>"),
    Kind::new("filesystem idmap", "<memoryBacking><access mode='shared'/></memoryBacking><devices><filesystem type='mount'><driver type='virtiofs'/><source dir='/d'/><target dir='t'/><idmap>{items}</idmap></filesystem></devices>", "<uid start='{n}' target='{n}' count='1'/><gid start='{n}' target='{n}' count='1'/>"),
    device("watchdog", "<watchdog model='i6300esb' action='reset'/>"),
    device("watchdog itco", "<watchdog model='itco' action='reset'/>"),
    device("memballoon", "<memballoon model='virtio'/>"),
    device("rng", "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"),
    device("rng egd", "<rng model='virtio'><backend model='egd' type='unix'><source mode='connect' path='/r{n}'/></backend></rng>"),
    Kind::new("rng backends", "<devices><rng model='virtio'>{items}</rng></devices>", "<backend model='random'>/dev/r{n}</backend>"),
    device("nvram", "<nvram/>").on(Ppc),
    device("hub", "<hub type='usb'/>"),
    device("hub with address", "<hub type='usb'><address type='usb' bus='0' port='1'/></hub>"),
    device("shmem", "<shmem name='s{n}'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>"),
    device("shmem doorbell", "<shmem name='s{n}'><model type='ivshmem-doorbell'/><server path='/s{n}'/><msi vectors='4' ioeventfd='on'/></shmem>"),
    device("shmem of the same name", "<shmem name='s'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>"),
    device("tpm emulator", "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"),
    device("tpm passthrough", "<tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/t{n}'/></backend></tpm>"),
    Kind::new(
        "rng egd parts",
        "<devices><rng model='virtio'><backend model='egd' type='tcp'>{items}</backend></rng></devices>",
        "<source mode='connect' host='h{n}' service='1'/><protocol type='raw'/><log file='/l{n}'/>",
    ),
    Kind::new("tpm backends", "<devices><tpm model='tpm-tis'>{items}</tpm></devices>", "<backend type='passthrough'><device path='/dev/t{n}'/></backend>"),
    device("panic", "<panic model='isa'/>"),
    device("panic pvpanic", "<panic model='pvpanic'/>"),
    device("panic hyperv", "<panic model='hyperv'/>"),
    device("memory dimm", "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>")
        .inside("<maxMemory slots='255' unit='GiB'>8000</maxMemory><vcpu>1</vcpu><cpu><numa><cell id='0' cpus='0' memory='1048576'/></numa></cpu><devices>{items}</devices>"),
    device("memory dimm with slot", "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target><address type='dimm' slot='{n}'/></memory>")
        .inside("<maxMemory slots='255' unit='GiB'>8000</maxMemory><vcpu>1</vcpu><cpu><numa><cell id='0' cpus='0' memory='1048576'/></numa></cpu><devices>{items}</devices>").up_to(250),
    device("memory dimm with the same slot", "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target><address type='dimm' slot='1' base='0x100000000'/></memory>")
        .inside("<maxMemory slots='255' unit='GiB'>8000</maxMemory><vcpu>1</vcpu><cpu><numa><cell id='0' cpus='0' memory='1048576'/></numa></cpu><devices>{items}</devices>"),
    device("memory nvdimm", "<memory model='nvdimm'><source><path>/n{n}</path></source><target><size unit='MiB'>128</size><node>0</node></target></memory>")
        .inside("<maxMemory slots='255' unit='GiB'>8000</maxMemory><vcpu>1</vcpu><cpu><numa><cell id='0' cpus='0' memory='1048576'/></numa></cpu><devices>{items}</devices>"),
    device("memory virtio-mem", "<memory model='virtio-mem'><target><size unit='MiB'>128</size><node>0</node><block unit='MiB'>2</block><requested unit='MiB'>0</requested></target></memory>")
        .inside("<maxMemory unit='GiB'>8000</maxMemory><vcpu>1</vcpu><cpu><numa><cell id='0' cpus='0' memory='1048576'/></numa></cpu><devices>{items}</devices>"),
    device("memory virtio-pmem", "<memory model='virtio-pmem'><source><path>/n{n}</path></source><target><size unit='MiB'>128</size></target></memory>")
        .inside("<maxMemory unit='GiB'>8000</maxMemory><devices>{items}</devices>"),
    device("memory sgx-epc", "<memory model='sgx-epc'><target><size unit='MiB'>16</size></target></memory>"),
    device("iommu", "<iommu model='intel'/>"),
    device("iommu smmuv3", "<iommu model='smmuv3'/>").on(Arm),
    device("vsock", "<vsock model='virtio'><cid auto='no' address='{n}'/></vsock>"),
    device("crypto", "<crypto model='virtio' type='qemu'><backend model='builtin' queues='1'/></crypto>"),
    device("pstore", "<pstore backend='acpi-erst'><path>/p{n}</path><size unit='KiB'>8</size></pstore>"),
    device("redirdev spicevmc", "<redirdev bus='usb' type='spicevmc'/>"),
    device("redirdev tcp", "<redirdev bus='usb' type='tcp'><source mode='connect' host='h{n}' service='1'/></redirdev>"),
    Kind::new("redirfilter", "<devices><redirdev bus='usb' type='spicevmc'/><redirfilter>{items}</redirfilter></devices>", "<usbdev class='0x08' vendor='0x15e1' product='0x2007' version='1.10' allow='yes'/>"),
    device("redirfilters", "<redirfilter><usbdev allow='no'/></redirfilter>"),
    device("graphics vnc", "<graphics type='vnc' port='{n}'/>"),
    device("graphics vnc of a socket", "<graphics type='vnc' socket='/s{n}'/>"),
    device("graphics vnc autoport", "<graphics type='vnc' autoport='yes'/>"),
    device("graphics spice", "<graphics type='spice' port='{n}'/>"),
    device("graphics sdl", "<graphics type='sdl' display=':{n}'/>"),
    device("graphics egl-headless", "<graphics type='egl-headless'><gl rendernode='/dev/r{n}'/></graphics>"),
    device("graphics dbus", "<graphics type='dbus' p2p='yes'/>"),
    device("graphics rdp", "<graphics type='rdp' port='{n}'/>"),
    Kind::new("graphics listens", "<devices><graphics type='vnc' port='5900'>{items}</graphics></devices>", "<listen type='address' address='10.0.0.{n}'/>"),
    Kind::new("graphics channels", "<devices><graphics type='spice' port='5900' tlsPort='5901'>{items}</graphics></devices>", "<channel name='main' mode='insecure'/>"),
    device("sound ich9", "<sound model='ich9'><audio id='1'/></sound>"),
    device("sound usb", "<sound model='usb'/>"),
    Kind::new("sound codecs", "<devices><sound model='ich9'>{items}</sound></devices>", "<codec type='micro'/>"),
    device("audio none", "<audio id='{n}' type='none'/>"),
    device("audio of the same id", "<audio id='1' type='none'/>"),
    device("audio pulseaudio", "<audio id='{n}' type='pulseaudio' serverName='s{n}'><input name='i{n}'/><output name='o'/></audio>"),
    device("audio with sound", "<audio id='{n}' type='none'/><sound model='ich9'><audio id='{n}'/></sound>"),
    device("audio with a missing id", "<sound model='ich9'><audio id='{n}'/></sound>"),
    device("video virtio", "<video><model type='virtio'/></video>"),
    device("video qxl", "<video><model type='qxl' ram='65536' vram='65536'/></video>"),
    device("video primary", "<video><model type='virtio' primary='yes'/></video>"),
    device("video none", "<video><model type='none'/></video>"),
    device("video ramfb", "<video><model type='ramfb'/></video>"),
    device("lease", "<lease><lockspace>l</lockspace><key>k{n}</key><target path='/l{n}' offset='{n}'/></lease>"),
    device("emulator", "<emulator>/q{n}</emulator>"),
    // What devices of any kind can have.
    Kind::new(
        "parts of a device",
        "<devices><hostdev mode='subsystem' type='usb'><source><address bus='1' device='1'/></source>{items}</hostdev></devices>",
        "<alias name='ua-{n}'/><address type='usb' bus='0' port='{n}'/><boot order='{n}'/><acpi index='{n}'/><rom bar='on'/>\
         <master startport='0'/>",
    ),
    Kind::new(
        "parts of a character device",
        "<devices><serial type='tcp'>{items}</serial></devices>",
        "<source mode='connect' host='h{n}' service='1'/><protocol type='raw'/><log file='/l{n}'/><target port='0'/>",
    ),
    Kind::new("parts of a controller", "<devices><controller type='pci' model='pcie-root-port'>{items}</controller></devices>", "<model name='pcie-root-port'/><target chassis='{n}'/>"),
    Kind::new("parts of an interface", "<devices><interface type='ethernet'>{items}</interface></devices>", "<bandwidth><inbound average='{n}'/><outbound average='{n}'/></bandwidth><filterref filter='f{n}'/>"),
    Kind::new("parts of a bandwidth", "<devices><interface type='ethernet'><bandwidth>{items}</bandwidth></interface></devices>", "<inbound average='{n}'/><outbound average='{n}'/>"),
    device("devices that are unknown", "<dsik{n} type='file'/>"),
    device("devices with refused values", "<disk type='fiel{n}'><target dev='vd{t}' bus='vritio'/></disk>"),
    device("devices with unknown attributes", "<input type='tablet' bus='usb' buss='{n}'/>"),
    device("devices with bad addresses", "<input type='tablet' bus='usb'><address type='pci' bus='0x{high}' slot='99'/></input>"),
    device("devices on missing buses", "<input type='mouse' bus='virtio'><address type='pci' bus='0x99' slot='0x01'/></input>"),
    device("devices with acpi indexes", "<interface type='user'><model type='virtio'/><acpi index='{n}'/></interface>"),
    device("devices with the same acpi index", "<interface type='user'><model type='virtio'/><acpi index='1'/></interface>"),
    device("devices with the same boot order", "<interface type='user'><model type='virtio'/><boot order='1'/></interface>"),
    device("devices of zpci", "<interface type='user'><model type='virtio'/><address type='pci'><zpci uid='{n}' fid='{n}'/></address></interface>").on(S390),
    device("devices of the same zpci", "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='{n}' bus='1' slot='0' function='0'/></source><address type='pci'><zpci uid='1' fid='1'/></address></hostdev>").on(S390),
    device("devices without zpci", "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='{n}' bus='1' slot='0' function='0'/></source></hostdev>").on(S390),
    device("devices on virtio-mmio", "<interface type='user'><model type='virtio'/><address type='virtio-mmio'/></interface>").on(Arm),
    device("devices on arm", "<disk type='file'><source file='/i/{n}'/><target dev='vd{t}' bus='virtio'/></disk>").on(Arm),
    device("devices of isa", "<serial type='pty'><target type='isa-serial'/><address type='isa' iobase='0x3f8' irq='0x4'/></serial>").on(I440),
];
