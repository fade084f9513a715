//! What may have to be opened before QEMU starts.

/// Something QEMU is handed as an open descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Descriptor<'a> {
    /// A queue of a tap device.
    Tap {
        /// The name the interface is to have, if one was given.
        name: Option<&'a str>,
        /// Whether it is connected to a bridge or network.
        bridged: bool,
        /// Which of the device's queues it is, from 0.
        queue: u32,
    },
    /// `/dev/vhost-net`, one a queue.
    VhostNet {
        /// Which of the device's queues it is for, from 0.
        queue: u32,
    },
    /// A vDPA character device.
    Vdpa {
        /// Its path.
        path: &'a str,
    },
    /// `/dev/vhost-vsock`.
    VhostVsock,
    /// `/dev/vhost-scsi`.
    VhostScsi,
    /// A listening UNIX socket.
    UnixListen {
        /// Its path.
        path: &'a str,
    },
    /// A file that a character device writes.
    ChardevFile {
        /// Its path.
        path: &'a str,
    },
    /// The log file of a character device.
    ChardevLog {
        /// Its path.
        path: &'a str,
    },
    /// The TPM device of the host.
    Tpm {
        /// Its path.
        path: &'a str,
    },
    /// The file that cancels a TPM command.
    TpmCancel {
        /// Its path.
        path: &'a str,
    },
    /// The socket of a vhost-user helper.
    VhostUserGpu,
    /// The socket of a slirp helper process.
    SlirpHelper,
}
