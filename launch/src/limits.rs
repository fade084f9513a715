//! The limits of QEMU's process.

use rustix::process::{Resource as Rlimited, Rlimit, getrlimit, prlimit, setrlimit};
use virtargv_qemu_cmd::{CommandLine, Need, Resource};

use crate::child::Process;
use crate::error::Error;

/// The resource as the kernel knows it; `None` for one that this launcher does not know.
fn of(resource: Resource) -> Option<Rlimited> {
    Some(match resource {
        Resource::LockedMemory => Rlimited::Memlock,
        Resource::CoreSize => Rlimited::Core,
        Resource::OpenFiles => Rlimited::Nofile,
        Resource::Processes => Rlimited::Nproc,
        _ => return None,
    })
}

/// Whether `limit` is more than `most`; `None` is no limit.
fn exceeds(limit: Option<u64>, most: Option<u64>) -> bool {
    most.is_some_and(|most| limit.is_none_or(|limit| limit > most))
}

/// The limit for the kernel. No core dumps are asked for in order to keep them off the disk, so a hard limit below the wanted one
/// is kept; any other limit is raised, which is root's alone.
fn wanted(resource: Resource, limit: Option<u64>, now: Rlimit) -> Rlimit {
    let limit = match resource {
        Resource::CoreSize if exceeds(limit, now.maximum) => now.maximum,
        _ => limit,
    };
    Rlimit { current: limit, maximum: limit }
}

/// Checks that QEMU can be given the limit. Whether the hard limit can be raised is found out by raising the launcher's own for a moment:
/// it needs `CAP_SYS_RESOURCE`, which root in a container often lacks.
///
/// # Errors
/// The hard limit that is less and cannot be raised.
pub(crate) fn check(resource: Resource, limit: Option<u64>) -> Result<(), u64> {
    let Some(limited) = of(resource) else { return Ok(()) };
    let now = getrlimit(limited);
    let raised = Rlimit { current: now.current, maximum: limit };
    match now.maximum {
        Some(most) if resource != Resource::CoreSize && exceeds(limit, Some(most)) => {
            setrlimit(limited, raised).map_err(|_| most)?;
            // Lowering it again is allowed to everyone.
            let _ = setrlimit(limited, now);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Sets the limits of QEMU, which has just begun. It locks memory once it makes devices, long after its program is loaded; the
/// launcher's own limits stay as they are.
pub(crate) fn apply(line: &CommandLine, qemu: &Process) -> Result<(), Error> {
    for need in &line.needs {
        let Need::Limit { resource, limit, .. } = need else { continue };
        let Some(limited) = of(*resource) else { continue };
        let wanted = wanted(*resource, *limit, getrlimit(limited));
        let failed = |why: rustix::io::Errno| Error::open(format!("give QEMU {need}"))(why.into());
        prlimit(Some(qemu.pid()), limited, wanted).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_raised_except_that_of_core_dumps() {
        let check = |resource, limit, maximum, expected| {
            let now = Rlimit { current: Some(1), maximum };
            assert_eq!(wanted(resource, limit, now).maximum, expected, "{resource:?} {limit:?} {maximum:?}");
        };
        check(Resource::LockedMemory, Some(9), Some(5), Some(9));
        check(Resource::LockedMemory, None, Some(5), None);
        check(Resource::LockedMemory, Some(2), Some(5), Some(2));
        check(Resource::CoreSize, None, Some(5), Some(5));
        check(Resource::CoreSize, Some(0), Some(5), Some(0));
        check(Resource::CoreSize, None, None, None);
    }
}
