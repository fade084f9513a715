//! What must hold for a command line that is verified. No document is refused by these alone: they are about the QEMU that
//! is to run it, and are checked on request only.

virtargv_model::rules! {
    /// QEMU knows the member of an option.
    UNKNOWN = "qemu-member-unknown": Plain, Build,
        "QEMU refuses an option with a parameter, member or property that it does not have",
        help "give the capabilities of the QEMU that is to run the guest (`--caps`); where the document itself adds the property (`<qemu:override>`, `<qemu:arg>`), correct it there";
    /// The members that QEMU requires of an option are there.
    MISSING = "qemu-member-missing": Plain, Build,
        "QEMU refuses an option that lacks a member which has no default",
        help "add it where the document makes the option (`<qemu:arg>`, `<qemu:override>`)";
    /// The value of a member has the type that QEMU expects.
    TYPE = "qemu-member-type": Plain, Build,
        "QEMU refuses a value of another type, such as a string where a number is expected",
        help "correct the value, or its `type=` in `<qemu:override>`";
    /// A word is one of those that QEMU accepts there.
    WORD = "qemu-word-unknown": Plain, Build,
        "QEMU refuses a type, driver, model or value that it does not have",
        help "use one that this QEMU has, or another QEMU";
    /// The value of an option has the form that QEMU reads.
    FORM = "qemu-option-form": Plain, Build,
        "QEMU reads JSON, or a list `key=value,...` with commas in values doubled",
        help "correct the option where the document has it (`<qemu:arg>`)";
    /// A member of an option is not deprecated.
    DEPRECATED = "qemu-member-deprecated": Plain, Build,
        "QEMU marks in its schema what a later version will not have any more",
        help "nothing has to be done for this QEMU", severity Warning;
}
