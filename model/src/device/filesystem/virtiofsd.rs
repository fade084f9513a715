//! `<binary>` of a virtiofs file system: the daemon virtiofsd.

use crate::OnOff;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

spelled! {
    /// `<cache mode=>`: what the guest caches.
    pub enum VirtiofsCache {
        /// Nothing is cached.
        None = "none",
        /// Metadata, data and path names are cached.
        Always = "always",
    }
}

spelled! {
    /// `<sandbox mode=>`: how the daemon is confined.
    pub enum VirtiofsSandbox {
        /// In namespaces, with `pivot_root`.
        Namespace = "namespace",
        /// With `chroot`.
        Chroot = "chroot",
    }
}

/// `<binary>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Virtiofsd {
    /// `path=` of the daemon.
    pub path: Option<String>,
    /// `xattr=`: whether extended attributes are passed through.
    pub xattr: Option<OnOff>,
    /// `<cache mode=>`
    pub cache: Option<VirtiofsCache>,
    /// `<sandbox mode=>`
    pub sandbox: Option<VirtiofsSandbox>,
    /// `<lock posix=>`
    pub posix_lock: Option<OnOff>,
    /// `<lock flock=>`
    pub flock: Option<OnOff>,
    /// `<thread_pool size=>`: the number of worker threads.
    pub thread_pool: Option<i32>,
    /// `<openfiles max=>`: the limit of open files.
    pub open_files: Option<u64>,
}

impl Element for Virtiofsd {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let lock = el.child("lock");
        Some(Self {
            path: el.string("path"),
            xattr: r.attr(el, "xattr"),
            cache: el.child("cache").and_then(|c| r.attr(c, "mode")),
            sandbox: r.child_since("7.2", el, "sandbox").and_then(|s| r.attr(s, "mode")),
            posix_lock: lock.and_then(|l| r.attr(l, "posix")),
            flock: lock.and_then(|l| r.attr(l, "flock")),
            thread_pool: r.child_since("8.5", el, "thread_pool").and_then(|t| r.attr(t, "size")),
            open_files: r.child_since("10.6", el, "openfiles").and_then(|o| r.attr(o, "max")),
        })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("binary").opt("path", self.path.as_ref()).opt("xattr", self.xattr);
        tag.children_or_nothing(|w| {
            w.element("cache").opt("mode", self.cache).children_or_nothing(|_| {});
            w.element("sandbox").opt("mode", self.sandbox).children_or_nothing(|_| {});
            let lock = w.element("lock").opt("posix", self.posix_lock).opt("flock", self.flock);
            lock.children_or_nothing(|_| {});
            w.element("thread_pool").opt("size", self.thread_pool).children_or_nothing(|_| {});
            w.element("openfiles").opt("max", self.open_files).children_or_nothing(|_| {});
        });
    }
}
