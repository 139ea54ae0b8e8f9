//! Where file events come from: the one door to `notify`.
//!
//! Owns: the system's watches, one for each directory. Consumes: lists of directories. Produces:
//! [`FileEvent`]s on a thread of `notify`'s. Never: looks into files.
//!
//! Directories are watched one by one and not as trees, so that `target` below a package is
//! neither watched nor a source of thousands of events. Where the system's events are missing or
//! exhausted, the same directories are polled and a notice says so.

use super::WatchError;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{ErrorKind, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often to poll when nobody chose: often enough to feel immediate, and reading the sources
/// of a project once a second costs well below one percent of a core.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Only inotify tells when a writer closed the file; elsewhere the first write has to do.
const TELLS_CLOSING: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// What the file system said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileEvent {
    /// Something happened to these paths; whoever did it is done with them.
    Settled(Vec<PathBuf>),
    /// Something happened to these paths and may still go on.
    Ongoing(Vec<PathBuf>),
    /// Events were lost: everything may have changed.
    Rescan,
}

/// Takes events on `notify`'s thread; must not block.
pub(super) type Forward = Arc<dyn Fn(FileEvent) + Send + Sync>;

type Backend = Box<dyn Watcher + Send>;

/// The watched directories and whoever watches them.
pub(super) struct Source {
    backend: Backend,
    polling: bool,
    watched: BTreeSet<PathBuf>,
    forward: Forward,
}

impl Source {
    /// Starts with no directory watched; `root` is looked at to see whether its file system
    /// sends events. The text, if any, says why polling is used.
    ///
    /// # Errors
    /// [`WatchError::Source`] when not even polling can be started.
    pub(super) fn start(
        root: &Path,
        poll_interval: Option<Duration>,
        forward: Forward,
    ) -> Result<(Self, Option<String>), WatchError> {
        let handler = handler(forward.clone(), !TELLS_CLOSING);
        let system = || RecommendedWatcher::new(handler, notify::Config::default());
        let lacking = file_system_without_events(root);
        let (backend, notice): (Option<Backend>, _) = match (poll_interval, lacking) {
            (Some(_), _) => (None, None),
            (None, Some(kind)) => (None, Some(format!("{kind} sends no file events"))),
            (None, None) => match system() {
                Ok(system) => (Some(Box::new(system)), None),
                Err(error) => (None, Some(error.to_string())),
            },
        };
        let polling = backend.is_none();
        let backend = match backend {
            Some(system) => system,
            None => poller(root, poll_interval.unwrap_or(POLL_INTERVAL), &forward)?,
        };
        let notice = notice.map(|reason| polling_notice(&reason));
        let source = Self { backend, polling, watched: BTreeSet::new(), forward };
        Ok((source, notice))
    }

    /// Watches the directories that `dirs` lists, and asks again until it names no new one: what
    /// is created between listing a directory and watching it would be missed otherwise.
    ///
    /// # Errors
    /// [`WatchError::Source`] when polling became necessary and could not be started. The text,
    /// if any, says why it became necessary.
    pub(super) fn cover(
        &mut self,
        mut dirs: impl FnMut() -> BTreeSet<PathBuf>,
    ) -> Result<Option<String>, WatchError> {
        let mut notice = None;
        loop {
            let wanted = dirs();
            for gone in self.watched.difference(&wanted) {
                // The system forgets a deleted directory by itself; then this fails harmlessly.
                let _ = self.backend.unwatch(gone);
            }
            self.watched.retain(|dir| wanted.contains(dir));
            if wanted.len() == self.watched.len() {
                return Ok(notice);
            }
            for dir in wanted {
                if self.watched.contains(&dir) {
                    continue;
                }
                match self.backend.watch(&dir, RecursiveMode::NonRecursive) {
                    Err(error) if !self.polling && !is_unreachable(&error) => {
                        notice = Some(polling_notice(&error.to_string()));
                        self.backend = poller(&dir, POLL_INTERVAL, &self.forward)?;
                        self.polling = true;
                        self.watched.clear();
                        // What happened between the two watchers is in neither's events.
                        (self.forward)(FileEvent::Rescan);
                        break;
                    }
                    // An unreadable directory counts as watched, or this would never end.
                    _ => self.watched.insert(dir),
                };
            }
        }
    }

    /// Forgets `path` and everything below it, so that it is watched anew if it still exists:
    /// the system's watch sits on the directory that was, not on its name.
    pub(super) fn forget_below(&mut self, path: &Path) {
        let backend = &mut self.backend;
        self.watched.retain(|dir| {
            let keep = !dir.starts_with(path);
            if !keep {
                let _ = backend.unwatch(dir);
            }
            keep
        });
    }

    /// Whether `path` is a directory that is watched.
    pub(super) fn watches(&self, path: &Path) -> bool {
        self.watched.contains(path)
    }
}

fn poller(path: &Path, interval: Duration, forward: &Forward) -> Result<Backend, WatchError> {
    // Without contents it would compare times in whole seconds, and miss the second save in one.
    let config = notify::Config::default().with_poll_interval(interval).with_compare_contents(true);
    PollWatcher::new(handler(forward.clone(), true), config)
        .map(|poller| Box::new(poller) as Backend)
        .map_err(|source| WatchError::Source { path: path.to_owned(), source })
}

fn handler(
    forward: Forward,
    writes_are_settled: bool,
) -> impl FnMut(notify::Result<notify::Event>) + Send + 'static {
    move |event| {
        if let Some(event) = translate(event, writes_are_settled) {
            forward(event);
        }
    }
}

/// `None` for events that say nothing about content: without that, hashing a file would be an
/// event that makes us hash it.
fn translate(event: notify::Result<notify::Event>, writes_are_settled: bool) -> Option<FileEvent> {
    let Ok(event) = event else {
        return Some(FileEvent::Rescan);
    };
    if event.need_rescan() {
        return Some(FileEvent::Rescan);
    }
    let settled = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => true,
        EventKind::Access(_) => return None,
        _ => writes_are_settled,
    };
    Some(if settled { FileEvent::Settled(event.paths) } else { FileEvent::Ongoing(event.paths) })
}

/// The directory vanished, or may not be read: nothing that polling could do better.
fn is_unreachable(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => matches!(
            error.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
        ),
        _ => false,
    }
}

fn polling_notice(reason: &str) -> String {
    format!(
        "watching by polling every {} s, because {reason}; if a limit of the system was reached, raise fs.inotify.max_user_watches and max_user_instances",
        POLL_INTERVAL.as_secs()
    )
}

/// The name of the file system below `path` if it is known not to report what other machines,
/// or the other side of a mount, write.
#[cfg(target_os = "linux")]
fn file_system_without_events(path: &Path) -> Option<&'static str> {
    /// From `linux/magic.h` and the sources of the drivers outside the kernel.
    const KINDS: [(u64, &str); 8] = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xfe53_4d42, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0x0102_1997, "9p"),
        (0x6573_5546, "FUSE"),
        (0x786f_4256, "a VirtualBox shared folder"),
        (0xbacb_acbc, "a VMware shared folder"),
    ];
    let found = rustix::fs::statfs(path).ok()?;
    // The field is signed on some machines; the magic numbers have 32 bits everywhere.
    let magic = found.f_type as u64 & 0xffff_ffff;
    let known = KINDS.iter().find(|(number, _)| *number == magic);
    known.map(|(_, name)| *name)
}

#[cfg(not(target_os = "linux"))]
fn file_system_without_events(_path: &Path) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange, Flag, MetadataKind, RemoveKind};
    use std::sync::mpsc;

    #[test]
    fn d02_d08_events_are_translated_by_what_they_mean_for_content() {
        let settled = || Some(FileEvent::Settled(vec!["a".into()]));
        let ongoing = || Some(FileEvent::Ongoing(vec!["a".into()]));
        let close = |mode| EventKind::Access(AccessKind::Close(mode));
        let name = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let table = [
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), false, None),
            (EventKind::Access(AccessKind::Read), true, None),
            (close(AccessMode::Read), false, None),
            (close(AccessMode::Write), false, settled()),
            (name(RenameMode::To), false, settled()),
            (name(RenameMode::From), false, ongoing()),
            (EventKind::Create(CreateKind::File), false, ongoing()),
            (EventKind::Remove(RemoveKind::File), false, ongoing()),
            (EventKind::Modify(ModifyKind::Data(DataChange::Any)), false, ongoing()),
            (EventKind::Modify(ModifyKind::Data(DataChange::Any)), true, settled()),
            (EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)), false, ongoing()),
        ];
        for (kind, writes_are_settled, expected) in table {
            let event = notify::Event::new(kind).add_path("a".into());
            let translated = translate(Ok(event), writes_are_settled);
            assert_eq!(translated, expected, "{kind:?}, {writes_are_settled}");
        }
        let overflow = notify::Event::new(EventKind::Other).set_flag(Flag::Rescan);
        for event in [Ok(overflow), Err(notify::Error::generic("lost"))] {
            assert_eq!(translate(event, false), Some(FileEvent::Rescan));
        }
    }

    /// Stands for an inotify whose limit is reached.
    struct Full;

    impl Watcher for Full {
        fn new<F: notify::EventHandler>(_: F, _: notify::Config) -> notify::Result<Self> {
            Ok(Self)
        }
        fn watch(&mut self, _: &Path, _: RecursiveMode) -> notify::Result<()> {
            Err(notify::Error::new(ErrorKind::MaxFilesWatch))
        }
        fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
            Ok(())
        }
        fn kind() -> notify::WatcherKind {
            notify::WatcherKind::NullWatcher
        }
    }

    #[test]
    fn d05_a_reached_limit_falls_back_to_polling_and_says_so() {
        let temp = tempfile::tempdir().expect("create a temporary directory");
        let (sender, events) = mpsc::channel();
        let forward: Forward = Arc::new(move |event| sender.send(event).expect("the test listens"));
        let (mut source, _) = Source::start(temp.path(), None, forward).expect("start a source");
        source.backend = Box::new(Full);
        source.polling = false;
        let notice = source.cover(|| [temp.path().to_owned()].into()).expect("polling starts");
        assert!(
            notice
                .as_ref()
                .is_some_and(|text| text.contains("polling") && text.contains("max_user_watches")),
            "the notice says what happens and what to do: {notice:?}"
        );
        assert_eq!(events.recv(), Ok(FileEvent::Rescan), "nothing is lost");
        let file = temp.path().join("new.rs");
        std::fs::write(&file, "x").expect("write a file");
        let seen = events.recv_timeout(Duration::from_secs(10));
        assert_eq!(seen, Ok(FileEvent::Settled(vec![file])), "polling sees the new file");
    }
}
