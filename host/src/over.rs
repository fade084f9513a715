//! Another host with some answers replaced.

use virtargv_caps::Arch;

use crate::{
    Cpu, Descriptors, Devices, DriverConfig, Files, Host, Machine, Networks, Numa, Random, Secrets, Services,
    Storage,
};

/// Another host with some of its answers replaced. A question is asked of the replacement for its subject first. If
/// there is none, or it answers [`HostError::Unknown`](crate::HostError::Unknown), the other host is asked. So a
/// replacement implements only the questions whose answers it replaces.
///
/// ```
/// use virtargv_host::{Answer, FixedHost, Host, Override, SecretKey, SecretUse, Secrets};
///
/// /// Knows one secret.
/// struct Vault;
///
/// impl Secrets for Vault {
///     fn secret(&self, _: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
///         match key {
///             SecretKey::Usage("disks") => Ok(b"open sesame".to_vec()),
///             _ => Err(virtargv_host::HostError::Unknown("other secrets")),
///         }
///     }
/// }
///
/// let machine = FixedHost::default();
/// let host = Override::new(&machine).with_secrets(&Vault);
/// assert!(host.secrets().secret(SecretUse::Volume, SecretKey::Usage("disks")).is_ok());
/// assert_eq!(host.machine().page_size(), Ok(4096));
/// ```
#[derive(Clone, Copy)]
pub struct Override<'h> {
    pub(crate) under: &'h dyn Host,
    config: Option<&'h DriverConfig>,
    arch: Option<Arch>,
    pub(crate) machine: Option<&'h dyn Machine>,
    pub(crate) files: Option<&'h dyn Files>,
    pub(crate) cpu: Option<&'h dyn Cpu>,
    pub(crate) numa: Option<&'h dyn Numa>,
    pub(crate) devices: Option<&'h dyn Devices>,
    pub(crate) storage: Option<&'h dyn Storage>,
    pub(crate) networks: Option<&'h dyn Networks>,
    pub(crate) secrets: Option<&'h dyn Secrets>,
    pub(crate) services: Option<&'h dyn Services>,
    descriptors: Option<&'h dyn Descriptors>,
    random: Option<&'h dyn Random>,
}

/// Defines the methods that replace a subject.
macro_rules! replace {
    ($($with:ident: $field:ident, $subject:ident, $what:literal;)+) => {
        $(
            #[doc = concat!("Replaces answers about ", $what, ".")]
            #[must_use]
            pub fn $with(self, $field: &'h dyn $subject) -> Self {
                Self { $field: Some($field), ..self }
            }
        )+
    };
}

impl<'h> Override<'h> {
    /// All answers of `under`; the other methods replace some.
    pub fn new(under: &'h dyn Host) -> Self {
        Self {
            under,
            config: None,
            arch: None,
            machine: None,
            files: None,
            cpu: None,
            numa: None,
            devices: None,
            storage: None,
            networks: None,
            secrets: None,
            services: None,
            descriptors: None,
            random: None,
        }
    }

    /// Replaces the driver's settings.
    #[must_use]
    pub fn with_config(self, config: &'h DriverConfig) -> Self {
        Self { config: Some(config), ..self }
    }

    /// Replaces the architecture of the CPU.
    #[must_use]
    pub fn with_arch(self, arch: Arch) -> Self {
        Self { arch: Some(arch), ..self }
    }

    replace! {
        with_machine: machine, Machine, "the machine and the driver's process";
        with_files: files, Files, "files";
        with_cpu: cpu, Cpu, "the CPU";
        with_numa: numa, Numa, "NUMA nodes";
        with_devices: devices, Devices, "devices of the host";
        with_storage: storage, Storage, "storage pools and volumes";
        with_networks: networks, Networks, "networks";
        with_secrets: secrets, Secrets, "secrets";
        with_services: services, Services, "helper programs";
        with_descriptors: descriptors, Descriptors, "the numbers of descriptors";
        with_random: random, Random, "random bytes";
    }
}

impl Host for Override<'_> {
    fn config(&self) -> &DriverConfig {
        self.config.unwrap_or_else(|| self.under.config())
    }

    fn arch(&self) -> Arch {
        self.arch.unwrap_or_else(|| self.under.arch())
    }

    fn random(&self, buffer: &mut [u8]) {
        match self.random {
            Some(random) => random.fill(buffer),
            None => self.under.random(buffer),
        }
    }

    crate::answers_itself!();

    #[expect(clippy::disallowed_methods, reason = "the same question, passed on")]
    fn descriptors(&self) -> &dyn Descriptors {
        self.descriptors.unwrap_or_else(|| self.under.descriptors())
    }
}
