//! A transient disk: what the guest writes goes into an overlay over the image, which QEMU creates.
//!
//! The image is added for reading alone, the overlay as the image of the disk. The size of the overlay is that of the image, which
//! only QEMU tells.

use virtargv_host::Request;
use virtargv_model::device::disk::{BackingChain, Disk};
use virtargv_model::device::storage::{Image, ImageFormat, Location};
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::{Domain, Report, Spelled as _};
use virtargv_resolve::Guest;

use super::command::{Command, Wait};
use super::reply::FromReply;
use super::{after, check, convert};
use crate::emit::emit_devices;
use crate::prepare::storage::Counters;
use crate::prepare::{Alone, alone};
use crate::text::{Text, text};
use crate::{Content, Need, Props, Value};

/// The image of a transient disk that is attached, below its overlay.
pub(super) struct Base {
    /// The commands that add its nodes.
    commands: Vec<Command>,
    needs: Vec<Need>,
    /// Its top node.
    node: Text,
    /// The disk with it, as the domain has it.
    disk: Disk,
    /// Its path.
    path: String,
    /// The path of the overlay.
    overlay: String,
    /// The numbers that are free after those of its nodes.
    pub(super) next: Counters,
}

/// The disk, where `id` is a transient one in a file. Others are refused before.
fn transient(devices: &Devices, id: DeviceId) -> Option<(&Disk, &str)> {
    let disk = devices.disks.get(id.index).filter(|_| id.kind == DeviceKind::Disk)?;
    let Location::File { path: Some(path), .. } = &disk.image.location else { return None };
    disk.transient.map(|_| (disk, path.as_str()))
}

impl Base {
    /// The image of disk `id` of `domain`, which is attached; `None` where that is no transient disk.
    pub(super) fn of(
        domain: &Domain,
        guest: &Guest,
        id: DeviceId,
        next: Counters,
        request: &Request<'_>,
    ) -> Result<Option<Self>, Report> {
        let Some((disk, path)) = transient(&domain.devices, id) else { return Ok(None) };
        let (path, place) = (path.to_owned(), disk.info.pos);
        let mut reading = domain.clone();
        if let Some(disk) = reading.devices.disks.get_mut(id.index) {
            (disk.readonly, disk.transient, disk.driver.copy_on_read) = (true, None, None);
            disk.throttle_filters.clear();
        }
        let wanted = Alone { domain: &reading, guest, devices: &[id], next, runs: false };
        let (prepared, alone) = alone(&wanted, request)?;
        check::key(&prepared, request, place)?;
        let line = emit_devices(&prepared, &alone);
        let mut commands = convert::commands(&line.arguments, &line.needs);
        commands.retain(|command| command.execute != "device_add");
        let top = commands.iter().rfind(|command| command.execute == "blockdev-add");
        let node = top.and_then(|command| command.arguments.text("node-name")).cloned();
        let index = alone.first().map_or(id.index, |id| id.index);
        let disk = prepared.domain.devices.disks.get(index).cloned();
        let (Some(node), Some(mut disk)) = (node, disk) else { return Ok(None) };
        after::number(&mut disk, &prepared, index);
        after::end_chain(&mut disk);
        let last = disk.images().filter_map(|image| image.index).max().unwrap_or(next.node);
        let overlay = format!("{path}.TRANSIENT-{}", prepared.name());
        let next = Counters { node: last.saturating_add(1), ..next };
        Ok(Some(Self { commands, needs: line.needs, node, disk, path, overlay, next }))
    }

    /// The domain in which disk `id` has the overlay as its image.
    pub(super) fn overlaid(&self, domain: &Domain, id: DeviceId) -> Box<Domain> {
        let mut domain = Box::new(domain.clone());
        if let Some(disk) = domain.devices.disks.get_mut(id.index) {
            let location = Location::File { path: Some(self.overlay.clone()), fdgroup: None };
            let format = Some(ImageFormat::Qcow2);
            disk.image = Image {
                pos: disk.image.pos,
                location,
                format,
                index: Some(self.next.node),
                ..Image::default()
            };
            disk.backing = BackingChain { ended: true, ..BackingChain::default() };
            disk.transient = None;
        }
        domain
    }

    /// The commands that attach the disk, of those that attach it with an overlay that is there.
    pub(super) fn under(&mut self, commands: Vec<Command>) -> Vec<Command> {
        let mut out = Vec::new();
        let mut nodes = 0;
        for command in commands {
            let node =
                command.arguments.text("node-name").filter(|_| command.execute == "blockdev-add").cloned();
            let Some(node) = node else {
                out.push(command);
                continue;
            };
            nodes += 1;
            match nodes {
                1 => {
                    out.append(&mut self.commands);
                    out.push(sizes());
                    out.push(command);
                    out.extend(self.create(&node));
                }
                2 => {
                    out.push(command);
                    out.push(self.snapshot(&node));
                }
                _ => out.push(command),
            }
        }
        out
    }

    /// The commands that make the file of node `storage` an overlay.
    fn create(&self, storage: &Text) -> [Command; 3] {
        let job = text!("create-", self.overlay_node());
        let format = self.disk.image.format.unwrap_or(ImageFormat::Raw);
        let options = Props::object()
            .with("driver", "qcow2")
            .with("file", storage.clone())
            .with("backing-file", self.path.clone())
            .with("backing-fmt", format.as_str());
        let arguments = Props::object().with("job-id", job.clone()).with("options", options);
        let image = |argument, value| FromReply {
            argument,
            query: NAMED_NODES,
            key: "/node-name",
            is: self.node.to_string(),
            value,
        };
        let mut from_reply = vec![image("/options/size", "/image/virtual-size")];
        if format == ImageFormat::Qcow2 {
            from_reply.push(image("/options/cluster-size", "/image/cluster-size"));
        }
        let data = Props::object().with("id", job.clone()).with("status", "concluded");
        let wait = Some(Wait { event: "JOB_STATUS_CHANGE", data });
        let create = Command::new("blockdev-create", arguments).because("the file becomes the overlay");
        [
            Command { wait, from_reply, ..create },
            Command::new("query-jobs", Props::object()).because("a job that has failed has an `error`"),
            Command::new("job-dismiss", Props::object().with("id", job)),
        ]
    }

    fn overlay_node(&self) -> Text {
        text!("libvirt-", self.next.node, "-format")
    }

    /// The command that lays the node `overlay` over the image.
    fn snapshot(&self, overlay: &Text) -> Command {
        let data = Props::object().with("node", self.node.clone()).with("overlay", overlay.clone());
        let action = Props::object().with("type", "blockdev-snapshot").with("data", data);
        Command::new("transaction", Props::object().with("actions", vec![Value::Object(action)]))
            .because("what the guest writes goes into the overlay")
    }

    /// What has to be ready: what the image needs, and `needs`, those of the disk with an overlay that is there; its file is
    /// empty before.
    pub(super) fn needs(&self, needs: Vec<Need>) -> Vec<Need> {
        let is_overlay = |need: &Need| matches!(need, Need::Path { path, .. } if *path == self.overlay);
        let purpose = "the overlay of a transient disk";
        let file = Need::Content { path: self.overlay.clone(), content: Content(Vec::new()), purpose };
        let needs = needs.into_iter().filter(|need| !is_overlay(need));
        self.needs.iter().cloned().chain(needs).chain([file]).collect()
    }

    /// Gives the disk of `devices` that has the overlay the image below it.
    pub(super) fn put_below(self, devices: &mut Devices, wanted: Option<&Disk>) {
        let mut base = self.disk;
        after::name_volume(&mut base, wanted);
        if let Some(disk) = devices.disks.iter_mut().find(|disk| disk.dst() == base.dst()) {
            disk.transient = wanted.and_then(|wanted| wanted.transient);
            disk.backing = base.backing;
            disk.backing.images.insert(0, base.image);
        }
    }
}

const NAMED_NODES: &str = "query-named-block-nodes";

/// The command whose reply has the sizes of images.
fn sizes() -> Command {
    Command::new(NAMED_NODES, Props::object().with("flat", true))
        .because("the overlay has the size of the image, which only QEMU tells")
}
