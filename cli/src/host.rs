//! The machine that the options of `--host` and its short forms describe.

use std::collections::BTreeMap;

use virtargv::model::network::Network;
use virtargv::model::pool::StoragePool;
use virtargv::model::write::Writer;
use virtargv::{Arch, DriverConfig, Request};
use virtargv_host::{
    Answer, Cpu, CpuMap, DescribedHost, Description, DomainId, Host, HostError, Hugetlbfs, Machine, Networks,
    Override, Random, SecretKey, SecretUse, Secrets, Seeded, Storage, Uuid, Volume, VolumeKind,
};
use virtargv_resolve::runs;
use virtargv_system::SystemHost;

use crate::args::{EnvChoice, HostArgs, HostChoice};
use crate::caps::Set;
use crate::{Unusable, input};

/// The `PATH` of a clean environment.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The machine that the options name, and what their short forms say of it.
pub(crate) struct Chosen<'a> {
    args: &'a HostArgs,
    base: Box<dyn Host + Send + Sync>,
    definitions: Option<Definitions>,
    short: Short,
    /// Whether the machine has no architecture of its own, and so that of the document.
    adapts: bool,
}

/// What the short forms say; all else is not known.
struct Short {
    networks: BTreeMap<String, Network>,
    pools: BTreeMap<String, Pool>,
    secrets: Vec<(String, Vec<u8>)>,
    now: Option<i64>,
    env: Option<EnvChoice>,
}

struct Pool {
    definition: StoragePool,
    dir: String,
}

impl<'a> Chosen<'a> {
    /// The machine of the options; `otherwise` if they name none.
    pub(crate) fn load(args: &'a HostArgs, otherwise: HostChoice) -> Result<Self, Unusable> {
        if let Some(dir) = args.cpu_map.as_ref().filter(|dir| !dir.is_dir()) {
            return Err(Unusable(format!("`{}`, given with --cpu-map, is not a directory", dir.display())));
        }
        let choice = args.host.clone().unwrap_or(otherwise);
        let base: Box<dyn Host + Send + Sync> = match &choice {
            HostChoice::Here => Box::new(here(args)),
            HostChoice::None => Box::new(Nowhere::new(args)),
            HostChoice::File(path) => {
                let shown = path.display();
                let text = input::text_file(path).map_err(|e| {
                    Unusable(format!("cannot read the description of the host `{shown}`: {e}"))
                })?;
                let described = Description::parse(&text)
                    .and_then(|told| DescribedHost::new(told, Box::new(SystemRandom(SystemHost::new(None)))));
                Box::new(
                    described.map_err(|e| Unusable(format!("the description of the host `{shown}`: {e}")))?,
                )
            }
        };
        let adapts = choice == HostChoice::None;
        let definitions = args.cpu_map.is_some().then(|| Definitions(here(args)));
        Ok(Self { args, base, definitions, short: Short::of(args)?, adapts })
    }

    /// The architecture of a document that names none.
    pub(crate) fn arch(&self) -> Arch {
        self.args.arch.unwrap_or_else(|| self.base.arch())
    }

    /// Calls `with` with the request for a document of architecture `arch`, if it names one, and the capabilities of `set`.
    pub(crate) fn with_request<T>(
        &self,
        arch: Option<Arch>,
        set: &Set,
        with: impl FnOnce(Request<'_>) -> T,
    ) -> T {
        let program = set.program.as_deref().map(|path| Program { arch: set.caps.arch(), path });
        let short =
            Override::new(&*self.base as &dyn Host).with_networks(&self.short).with_storage(&self.short);
        let mut host = short.with_secrets(&self.short).with_machine(&self.short);
        if let Some(definitions) = &self.definitions {
            host = host.with_cpu(definitions);
        }
        // Each document starts from the seed, so that it does not matter which others there are.
        let seeded = self.args.seed.map(Seeded::new);
        if let Some(seeded) = &seeded {
            host = host.with_random(seeded);
        }
        if let Some(arch) = self.args.arch.or(arch.filter(|_| self.adapts)) {
            host = host.with_arch(arch);
        }
        let binary = Override::new(&host);
        let host = match &program {
            Some(program) => binary.with_machine(program),
            None => binary,
        };
        let mut request = Request::new(&set.caps, &host);
        request.read.uuid = self.args.uuid;
        request.start.domain_id = self.args.domain_id.map_or(DomainId::NotAssigned, DomainId::Assigned);
        with(request)
    }
}

/// The CPU definitions of a machine, whose CPU is not that of the guest's host.
struct Definitions(SystemHost);

impl Cpu for Definitions {
    fn cpu_map(&self) -> Answer<&CpuMap> {
        self.0.cpu().cpu_map()
    }
}

/// This machine. What is wrong in its driver's settings is told on standard error.
fn here(args: &HostArgs) -> SystemHost {
    let host = SystemHost::new(args.arch);
    for problem in host.settings_problems() {
        anstream::eprintln!("warning: {}", virtargv::render::escaped(&problem.to_string()));
    }
    match &args.cpu_map {
        Some(dir) => host.with_cpu_map(dir),
        None => host,
    }
}

impl Short {
    fn of(args: &HostArgs) -> Result<Self, Unusable> {
        let mut networks = BTreeMap::new();
        for given in &args.networks {
            let (name, value) = pair("--network", given, "NAME=bridge:BRIDGE or NAME=FILE")?;
            networks.insert(name.to_owned(), network(value)?);
        }
        let mut pools = BTreeMap::new();
        for given in &args.pools {
            let (name, dir) = pair("--pool", given, "NAME=DIR")?;
            let dir = std::path::absolute(dir)?.into_os_string().into_string();
            let dir = dir.map_err(|_| Unusable("the directory of a storage pool is not UTF-8".to_owned()))?;
            pools.insert(name.to_owned(), Pool { definition: pool(&dir)?, dir });
        }
        let mut secrets = Vec::new();
        for given in &args.secrets {
            let (key, file) = pair("--secret", given, "UUID=FILE or USAGE=FILE")?;
            let value = input::file(file.as_ref())
                .map_err(|e| Unusable(format!("cannot read `{file}`, the value of secret `{key}`: {e}")))?;
            secrets.push((key.to_owned(), value));
        }
        Ok(Self { networks, pools, secrets, now: args.now, env: args.env })
    }
}

/// The two sides of `NAME=VALUE`.
fn pair<'t>(option: &str, given: &'t str, expected: &str) -> Result<(&'t str, &'t str), Unusable> {
    let sides = given.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty());
    sides.ok_or_else(|| Unusable(format!("the value `{given}` of {option} is not {expected}")))
}

fn network(value: &str) -> Result<Network, Unusable> {
    let text = match value.strip_prefix("bridge:") {
        Some("") => {
            return Err(Unusable("--network: 'bridge:' is not followed by the name of a bridge".to_owned()));
        }
        Some(bridge) => {
            let mut w = Writer::new();
            w.element("network").children(|w| {
                w.element("forward").attr("mode", "bridge").empty();
                w.element("bridge").attr("name", bridge).empty();
            });
            w.finish()
        }
        None => input::text_file(value.as_ref()).map_err(|e| {
            Unusable(format!(
                "cannot read `{value}`, the definition of a network (`bridge:{value}` is the bridge): {e}"
            ))
        })?,
    };
    Network::parse(&text)
        .map_err(|report| Unusable(format!("the definition of a network `{value}`: {report}")))
}

/// A pool of type `dir`.
fn pool(dir: &str) -> Result<StoragePool, Unusable> {
    let mut w = Writer::new();
    w.element("pool").attr("type", "dir").children(|w| {
        w.element("target").children(|w| w.text_element("path", dir));
    });
    StoragePool::parse(&w.finish())
        .map_err(|report| Unusable(format!("the storage pool in `{dir}`: {report}")))
}

impl Machine for Short {
    fn now(&self) -> Answer<i64> {
        self.now.ok_or(HostError::Unknown("another time"))
    }

    fn utc_offset(&self) -> Answer<i64> {
        self.now.map(|_| 0).ok_or(HostError::Unknown("another time zone"))
    }

    fn env(&self, name: &str) -> Answer<Option<String>> {
        match self.env {
            Some(EnvChoice::Clean) => Ok((name == "PATH").then(|| PATH.to_owned())),
            None => Err(HostError::Unknown("another environment")),
        }
    }
}

impl Networks for Short {
    fn network(&self, name: &str) -> Answer<Network> {
        self.networks.get(name).cloned().ok_or(HostError::Unknown("other networks"))
    }
}

impl Storage for Short {
    fn storage_pool(&self, name: &str) -> Answer<StoragePool> {
        let pool = self.pools.get(name).ok_or(HostError::Unknown("other storage pools"))?;
        Ok(pool.definition.clone())
    }

    fn storage_volume(&self, pool: &str, volume: &str) -> Answer<Volume> {
        let pool = self.pools.get(pool).ok_or(HostError::Unknown("other storage pools"))?;
        if volume.is_empty() || volume.contains('/') || matches!(volume, "." | "..") {
            return Err(HostError::not_found("storage volume", volume));
        }
        Ok(Volume { kind: VolumeKind::File, path: format!("{}/{volume}", pool.dir.trim_end_matches('/')) })
    }
}

impl Secrets for Short {
    fn secret(&self, _: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
        let is = |given: &str| match key {
            SecretKey::Uuid(uuid) => Uuid::parse(given) == Some(uuid),
            SecretKey::Usage(usage) => given == usage,
        };
        let found = self.secrets.iter().find(|(given, _)| is(given));
        found.map(|(_, value)| value.clone()).ok_or(HostError::Unknown("other secrets"))
    }
}

/// The binary that `--caps probe:PATH` names.
struct Program<'a> {
    arch: Arch,
    path: &'a str,
}

impl Machine for Program<'_> {
    fn emulator(&self, arch: Arch) -> Answer<String> {
        if runs(self.arch, arch) {
            Ok(self.path.to_owned())
        } else {
            Err(HostError::Unknown("other binaries"))
        }
    }
}

/// A machine of which nothing is known: it has libvirt's own settings, the usual size of pages, and huge pages of any size
/// that a CPU has, so that no document is refused for what another machine can have.
struct Nowhere {
    config: DriverConfig,
    arch: Arch,
    random: SystemRandom,
}

impl Nowhere {
    fn new(args: &HostArgs) -> Self {
        let mut config = DriverConfig::default();
        let sizes = [(64, "64kB"), (1 << 20, "1GB"), (16 << 10, "16MB"), (32 << 10, "32MB")];
        config.hugetlbfs.extend(sizes.map(|(size_kib, name)| Hugetlbfs {
            path: format!("/dev/hugepages-{name}"),
            size_kib,
            default: false,
        }));
        let arch = args.arch.unwrap_or(Arch::X86_64);
        Self { config, arch, random: SystemRandom(SystemHost::new(None)) }
    }
}

impl Host for Nowhere {
    fn config(&self) -> &DriverConfig {
        &self.config
    }

    fn arch(&self) -> Arch {
        self.arch
    }

    fn random(&self, buffer: &mut [u8]) {
        self.random.fill(buffer);
    }

    fn machine(&self) -> &dyn Machine {
        self
    }
}

impl Machine for Nowhere {
    fn page_size(&self) -> Answer<u64> {
        Ok(4096)
    }
}

/// The random bytes of this machine.
struct SystemRandom(SystemHost);

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.random(buffer);
    }
}
