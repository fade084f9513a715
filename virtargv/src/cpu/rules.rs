//! What must hold for CPU definitions that are compared, expanded or made one. No document is refused by these: they are about
//! CPUs apart from any domain, and are checked by the functions of [`cpu`](crate::cpu) alone. What the same CPU breaks in a
//! domain has the rule that it has there.

virtargv_model::rules! {
    /// A file with CPUs is XML: elements one after the other, or one document.
    TEXT = "cpu-file-xml": Xml, Read,
        "`<cpu>` is looked for at the top, in `<domain>`, in `virsh capabilities` and in `virsh domcapabilities`",
        help "give a domain document, the output of one of these commands, or bare `<cpu>` elements";
    /// A file with CPUs has one.
    NONE = "cpu-file-empty": OperationFailed, Read,
        "`<cpu>` is looked for at the top, in `<domain>`, in `virsh capabilities` and in `virsh domcapabilities` with a `host-model` that is supported",
        help "give a domain document with `<cpu>`, the output of one of these commands, or bare `<cpu>` elements";
    /// A host's CPU, which has `<arch>`, has no `match`.
    HOST_MATCH = "cpu-host-match": Xml, Read,
        "`<cpu><arch>`: only `virsh capabilities` has it, and `match=` is how a guest's CPU is compared",
        help "remove `match=` or `<arch>`";
    /// A word of a CPU is one of the domain format.
    WORD = "cpu-word": Unsupported, Read,
        "`<cpu mode= match=>`, `<feature policy=>`: the domain format",
        help "use a word of the domain format";
    /// A `<feature>` of a CPU has a name, which no other has.
    FEATURE_NAME = "cpu-feature-name": Xml, Read,
        "`<cpu><feature name=>`: a feature has one policy",
        help "name each feature once";
    /// QEMU runs guests of the type that is asked for.
    VIRTTYPE = "cpu-virttype": InvalidArgument, Build,
        "`--virttype`: a QEMU has machine types and CPU models for each accelerator that it was probed with",
        help "ask for another type, or give the capabilities of another QEMU (`--caps`)";
    /// QEMU has the machine type that is asked for.
    MACHINE = "cpu-machine": InvalidArgument, Build,
        "`--machine`: the machine types of this QEMU",
        help "use a machine type that `virtargv caps show SET` lists, where SET is as for `--caps`";
    /// A CPU that is compared or of which a baseline is made names its model.
    MODEL = "cpu-model-named": InvalidArgument, Build,
        "the features of a CPU follow from its model, and a mode such as `host-model` stands for another CPU on every host",
        help "name the model; for the CPU of a host give the output of its `virsh domcapabilities`";
    /// The vendor of a CPU is defined.
    VENDOR = "cpu-vendor-defined": OperationFailed, Build,
        "`<cpu><vendor>`: libvirt's CPU definitions (`/usr/share/libvirt/cpu_map`)",
        help "correct the vendor, or remove `<vendor>`";
    /// The CPUs of a baseline are of one vendor.
    VENDORS = "cpu-vendors-differ": OperationFailed, Build,
        "a guest sees one vendor, and relies on what its CPUs do",
        help "make a baseline for the hosts of each vendor";
    /// The CPUs of a baseline have features in common, and this QEMU a model for them.
    DISJOINT = "cpu-nothing-common": OperationFailed, Build,
        "a guest that runs on all of the hosts has only what each of them has",
        help "leave out the CPU that lacks what the others have";
    /// CPUs that are compared or of which a baseline is made are of x86 or s390x.
    ARCH = "cpu-baseline-arch": Unsupported, Build,
        "libvirt knows the features of CPU models of x86; for s390x it asks QEMU, and refuses others",
        help "compare the names of the models";
    /// A CPU of s390x is expanded, compared or made a baseline by a running QEMU.
    ASKS_QEMU = "cpu-asks-qemu": Plain, Build,
        "s390x: libvirt has no definitions of its models, and sends `query-cpu-model-expansion`, `query-cpu-model-comparison` or `query-cpu-model-baseline` to a QEMU on a host of that architecture",
        help "run `virsh hypervisor-cpu-baseline` or `virsh hypervisor-cpu-compare` on a host of s390x", severity Note;
    /// The host's features are left out of account for a baseline of several CPUs only.
    IGNORE_HOST = "cpu-ignore-host-one": InvalidOperation, Build,
        "without the host's features, one CPU is its own baseline",
        help "give a second CPU, or use `virtargv cpu expand`";
}
