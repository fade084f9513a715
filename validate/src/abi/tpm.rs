//! `<tpm>`.

use virtargv_model::device::tpm::{Tpm, TpmBackend, TpmEmulator};
use virtargv_model::info::DeviceInfo;

use super::compared::{At, Compared, Out, Row, Value, row};

virtargv_model::rules! {
    /// A TPM keeps the type of its backend.
    TYPE = "abi-tpm-type": Unsupported, Validate,
        "`<tpm><backend type=>`: where the state of the TPM is",
        help "set `type=` of `<backend>` as in the source";
    /// A TPM keeps its model.
    MODEL = "abi-tpm-model": Unsupported, Validate,
        "`<tpm model=>`: the device that the guest sees",
        help "set `model=` as in the source";
    /// An emulated TPM keeps its version.
    VERSION = "abi-tpm-version": Unsupported, Validate,
        "`<tpm><backend version=>`",
        help "set `version=` as in the source";
    /// An emulated TPM keeps its active PCR banks.
    BANKS = "abi-tpm-banks": Unsupported, Validate,
        "`<tpm><backend><active_pcr_banks>`: what the guest measures into",
        help "set `<active_pcr_banks>` as in the source", since "7.10";
}

impl Compared for Tpm {
    const ELEMENT: &'static str = "tpm";
    const ROWS: &'static [Row<Self>] = &[
        row(&TYPE, "backend/@type", |tpm| Value::word(Some(tpm.backend.kind()))),
        row(&MODEL, "@model", |tpm| Value::word(tpm.model)),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn more(source: &Self, target: &Self, at: &At, out: &mut Out) {
        let (TpmBackend::Emulator(source), TpmBackend::Emulator(target)) = (&source.backend, &target.backend)
        else {
            return;
        };
        let version = |tpm: &TpmEmulator| Value::word(tpm.version);
        out.value(&VERSION, at, "backend/@version", &version(source), &version(target));
        let banks = |tpm: &TpmEmulator| {
            let mut names: Vec<String> = tpm.active_pcr_banks.iter().map(ToString::to_string).collect();
            names.sort();
            if names.is_empty() { Value::Absent } else { Value::Text(names.join(" ")) }
        };
        out.value(&BANKS, at, "backend/active_pcr_banks", &banks(source), &banks(target));
    }
}
