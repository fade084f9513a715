//! The completed document of a domain: what `virsh define` and `virsh dumpxml --inactive` make of a document.

use virtargv_model::{Domain, Outcome, Report, Severity, Stage, complete_text, format, parse_as};
use virtargv_resolve::Guest;

use crate::{Release, Request, qemu_cmd};

/// A domain whose defaults, implied devices and addresses are filled in, and which no rule of libvirt's definition refuses.
#[derive(Debug, Clone)]
pub struct Completed {
    domain: Box<Domain>,
    guest: Guest,
    release: Release,
    report: Report,
}

/// Completes the document `text`, as libvirt does when the domain is defined. What only a start would refuse is not asked.
///
/// ```
/// use virtargv::{FixedHost, Release, Request, Secrets, builtin};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
/// let host = FixedHost::default();
/// let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
///   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
/// let completed = virtargv::complete(text, &Request::new(&caps, &host))?;
/// assert!(completed.to_xml(Secrets::Hidden).contains("<controller type='pci' index='0' model='pcie-root'/>"));
/// # Ok::<(), virtargv::Report>(())
/// ```
///
/// # Errors
/// All problems for which libvirt does not define the domain.
pub fn complete(text: &str, request: &Request<'_>) -> Result<Completed, Report> {
    let release = request.release();
    let resolved = virtargv_resolve::resolve(parse_as(text, release), request);
    let completed = resolved.value.as_ref().map(|resolved| {
        (Box::new(virtargv_resolve::document(resolved.domain(), release)), resolved.guest().clone())
    });
    let Outcome { report, .. } = virtargv_validate::validate(resolved, request);
    let is_refused =
        report.iter().any(|problem| problem.severity == Severity::Error && problem.stage != Stage::Build);
    match completed {
        Some((domain, guest)) if !is_refused => Ok(Completed { domain, guest, release, report }),
        _ => Err(report),
    }
}

/// Whether a document that is written has passwords and cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Secrets {
    /// They are left out, as `virsh dumpxml` does.
    #[default]
    Hidden,
    /// They are written, as `virsh dumpxml --security-info` does.
    Shown,
}

impl Completed {
    /// The completed domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The notes, and what only a start refuses.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Gives every device the alias that it gets at the start.
    ///
    /// # Errors
    /// A device has no place that an alias could be made of.
    pub fn assign_aliases(&mut self, request: &Request<'_>) -> Result<(), Report> {
        qemu_cmd::assign_aliases(&mut self.domain, &self.guest, request.caps).map_err(Report::from)
    }

    /// The document, in libvirt's layout.
    pub fn to_xml(&self, secrets: Secrets) -> String {
        match secrets {
            Secrets::Shown => format(&self.domain),
            Secrets::Hidden => {
                let mut domain = self.domain.clone();
                domain.hide_secrets();
                format(&domain)
            }
        }
    }

    /// The document as an edit of `text`, from which it was completed: what was completed is inserted, and the rest stays as
    /// it is, with its comments, its layout, and what libvirt does not know. Hidden secrets are removed.
    pub fn in_text(&self, text: &str, secrets: Secrets) -> String {
        let completed = self.to_xml(secrets);
        let read = parse_as(text, self.release).value;
        let in_text = read.and_then(|read| complete_text(text, &format(&read), &completed));
        in_text.unwrap_or(completed)
    }
}
