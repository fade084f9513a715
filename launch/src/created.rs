//! What a start has created, to be removed in the end.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::program;

/// What was created, in order. Dropping it removes everything in the opposite order.
#[derive(Debug, Default)]
pub(crate) struct Created(Vec<Item>);

#[derive(Debug)]
enum Item {
    /// A directory with all that QEMU puts in it.
    Tree(PathBuf),
    /// A directory that is removed unless there is something in it.
    Directory(PathBuf),
    /// A file or socket.
    File(PathBuf),
    /// A network device.
    Link(String),
    /// A script that takes a tap device down, and the name of the device.
    Script(String, String),
}

impl Created {
    /// Creates a directory that is removed with its content. With `fresh` there must be none yet; otherwise one that exists
    /// is used, and stays.
    pub fn tree(&mut self, path: &Path, fresh: bool) -> Result<(), Error> {
        let made = self.above(path, || DirBuilder::new().mode(0o700).create(path));
        match made? {
            Ok(()) => self.0.push(Item::Tree(path.to_owned())),
            Err(_) if !fresh && path.is_dir() => {}
            Err(why) => {
                return Err(Error::Open { what: format!("create the directory `{}`", path.display()), why });
            }
        }
        Ok(())
    }

    /// Creates what `create` makes at `path`, after the directories above it. Another run can remove these at the same moment,
    /// as each removes those that it has made; then they are made again.
    fn above(&mut self, path: &Path, create: impl Fn() -> io::Result<()>) -> Result<io::Result<()>, Error> {
        for _ in 0..10 {
            self.parents(path)?;
            let made = create();
            if !matches!(&made, Err(why) if why.kind() == io::ErrorKind::NotFound) {
                return Ok(made);
            }
        }
        Ok(create())
    }

    /// Creates the directories above `path` that do not exist. They are removed in the end unless another run uses them.
    pub fn parents(&mut self, path: &Path) -> Result<(), Error> {
        let mut absent: Vec<&Path> = path.ancestors().skip(1).take_while(|dir| !dir.exists()).collect();
        while let Some(dir) = absent.pop() {
            match DirBuilder::new().mode(0o755).create(dir) {
                Ok(()) => self.0.push(Item::Directory(dir.to_owned())),
                Err(_) if dir.is_dir() => {}
                Err(why) => {
                    return Err(Error::Open {
                        what: format!("create the directory `{}`", dir.display()),
                        why,
                    });
                }
            }
        }
        Ok(())
    }

    /// Removes the file at `path` in the end.
    pub fn file(&mut self, path: &Path) {
        self.0.push(Item::File(path.to_owned()));
    }

    /// Removes the directory at `path` with its content in the end.
    pub fn whole(&mut self, path: &Path) {
        self.0.push(Item::Tree(path.to_owned()));
    }

    /// Removes the network device in the end.
    pub fn link(&mut self, name: &str) {
        self.0.push(Item::Link(name.to_owned()));
    }

    /// Calls the script with the name of the device in the end.
    pub fn script(&mut self, path: &str, device: &str) {
        self.0.push(Item::Script(path.to_owned(), device.to_owned()));
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        while let Some(item) = self.0.pop() {
            // What cannot be removed stays; there is nobody to tell.
            match item {
                Item::Tree(path) => drop(fs::remove_dir_all(path)),
                Item::Directory(path) => drop(fs::remove_dir(path)),
                Item::File(path) => drop(fs::remove_file(path)),
                Item::Link(name) => {
                    if let Some(ip) = program::find("ip") {
                        let mut command = Command::new(ip);
                        command.args(["link", "delete", "dev", &name]);
                        let _ = command.stdin(Stdio::null()).stderr(Stdio::null()).status();
                    }
                }
                Item::Script(path, device) => {
                    let _ = Command::new(path).arg(device).stdin(Stdio::null()).status();
                }
            }
        }
    }
}
