use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::record::LIMIT;
use super::{Record, Revision, StoreError, StoreKey, StoreLock, TokenStore, compare};

/// How long another process may take to compare and write a record.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a lock is tried, at first and at last.
const POLL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// Tokens in a directory, in files that only this user can read: one for each client at an issuer.
///
/// A file is written anew, made durable and renamed into place, so that a program that is killed leaves the old record
/// or the new one. A file or directory is refused if it belongs to another user, is a link, or could be read or changed
/// by other users. The locks are separate files beside it, which are not removed; the operating system releases a lock
/// when its process ends.
///
/// On Windows, files get the permissions of their directory, and a user's own directories are private there.
#[derive(Clone, Debug)]
pub struct FileStore {
    directory: PathBuf,
}

impl FileStore {
    /// Keeps tokens in `directory`, which is created, with permissions for this user only, when something is stored.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Keeps tokens in the platform's directory for the state of a program: in `program` below `$XDG_STATE_HOME` or
    /// `~/.local/state`; on macOS below `~/Library/Application Support`; on Windows below `%LOCALAPPDATA%`.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoDirectory`].
    pub fn for_program(program: &str) -> Result<Self, StoreError> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let below_home = |path| std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(path));
        let state = if cfg!(windows) {
            absolute("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            below_home("Library/Application Support")
        } else {
            absolute("XDG_STATE_HOME").or_else(|| below_home(".local/state"))
        };
        Ok(Self::new(state.ok_or(StoreError::NoDirectory)?.join(program)))
    }

    /// Returns the directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A name that tells a client apart on every file system.
    pub(super) fn name(key: &StoreKey) -> String {
        let mut hash = Sha256::new();
        hash.update((key.issuer().len() as u64).to_be_bytes());
        hash.update(key.issuer());
        hash.update(key.client_id());
        hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn path(&self, key: &StoreKey, extension: &str) -> PathBuf {
        self.directory.join(format!("{}.{extension}", Self::name(key)))
    }

    pub(super) fn read(&self, key: &StoreKey) -> Result<Option<Record>, StoreError> {
        let path = self.path(key, "json");
        let file = match open(OpenOptions::new().read(true), &path) {
            Err(StoreError::Io { error, .. }) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let length = file.metadata().map_err(io("read", &path))?.len();
        let length = usize::try_from(length).ok().filter(|length| *length <= LIMIT);
        let length = length.ok_or(StoreError::TooLarge { limit: LIMIT })?;
        // Space for all of it, so that growing leaves no copy of a token behind. A file is never changed in place.
        let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
        file.take(length as u64).read_to_end(&mut bytes).map_err(io("read", &path))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| StoreError::Malformed)?;
        Ok(Some(Record::parse(text.to_owned())?))
    }

    /// Locks against other writers.
    pub(super) fn lock_writing(&self, key: &StoreKey) -> Result<File, StoreError> {
        self.create_directory()?;
        lock(&self.path(key, "write-lock"), WRITE_TIMEOUT)
    }

    pub(super) fn write(&self, key: &StoreKey, record: &Record) -> Result<(), StoreError> {
        let (new, path) = (self.path(key, "new"), self.path(key, "json"));
        // What a program left behind that was killed here.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(io("remove", &new)(error)),
            _ => {}
        }
        let mut file = open(OpenOptions::new().write(true).create_new(true), &new)?;
        file.write_all(record.expose().as_bytes()).map_err(io("write", &new))?;
        file.sync_all().map_err(io("write", &new))?;
        drop(file);
        fs::rename(&new, &path).map_err(io("replace", &path))?;
        self.sync_directory()
    }

    pub(super) fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        let path = self.path(key, "json");
        fs::remove_file(&path).map_err(io("remove", &path))?;
        self.sync_directory()
    }

    fn create_directory(&self) -> Result<(), StoreError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.directory).map_err(io("create", &self.directory))?;
        self.check_directory()
    }

    /// Refuses a directory in which others could put, replace or remove files.
    fn check_directory(&self) -> Result<(), StoreError> {
        let path = &self.directory;
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            metadata => metadata.map_err(io("open", path))?,
        };
        if !metadata.is_dir() {
            return Err(StoreError::NotAFile { path: path.clone() });
        }
        check_owner(&metadata, path, 0o022, 0o700)
    }

    /// A new name is durable when its directory is.
    fn sync_directory(&self) -> Result<(), StoreError> {
        if cfg!(unix) {
            let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
            synced.map_err(io("write", &self.directory))?;
        }
        Ok(())
    }
}

impl TokenStore for FileStore {
    fn load(&self, key: &StoreKey) -> Result<Option<Record>, StoreError> {
        self.check_directory()?;
        self.read(key)
    }

    fn store(&self, key: &StoreKey, expected: Option<Revision>, record: &Record) -> Result<(), StoreError> {
        let _lock = self.lock_writing(key)?;
        compare(self.read(key)?.as_ref(), expected)?;
        self.write(key, record)
    }

    fn remove(&self, key: &StoreKey, expected: Revision) -> Result<(), StoreError> {
        let _lock = self.lock_writing(key)?;
        compare(self.read(key)?.as_ref(), Some(expected))?;
        self.delete(key)
    }

    fn lock(&self, key: &StoreKey, timeout: Duration) -> Result<StoreLock, StoreError> {
        self.create_directory()?;
        Ok(StoreLock::new(lock(&self.path(key, "lock"), timeout)?))
    }

    fn place(&self, key: &StoreKey) -> String {
        self.path(key, "json").display().to_string()
    }
}

impl fmt::Display for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.directory.display())
    }
}

/// Holds the lock until the file is closed. Waiting in the system would have no end if the holder is stopped.
fn lock(path: &Path, timeout: Duration) -> Result<File, StoreError> {
    let file = open(OpenOptions::new().write(true).create(true).truncate(false), path)?;
    let (begun, (mut pause, longest)) = (Instant::now(), POLL);
    loop {
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => return Ok(file),
            Err(fs4::TryLockError::Error(error)) => return Err(io("lock", path)(error)),
            Err(fs4::TryLockError::WouldBlock) => {}
        }
        let left = timeout.saturating_sub(begun.elapsed());
        if left == Duration::ZERO {
            return Err(StoreError::Busy { after: timeout });
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(longest);
    }
}

/// Opens a file for this user only. A link is not followed, and a pipe is not waited for.
fn open(options: &mut OpenOptions, path: &Path) -> Result<File, StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let file = match options.open(path) {
        Err(_) if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) => {
            return Err(StoreError::NotAFile { path: path.to_owned() });
        }
        opened => opened.map_err(io("open", path))?,
    };
    let metadata = file.metadata().map_err(io("open", path))?;
    if !metadata.is_file() {
        return Err(StoreError::NotAFile { path: path.to_owned() });
    }
    check_owner(&metadata, path, 0o077, 0o600)?;
    Ok(file)
}

/// Refuses what belongs to another user, or gives others one of the permissions `never`.
#[cfg(unix)]
fn check_owner(metadata: &fs::Metadata, path: &Path, never: u32, needed: u32) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt;

    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        return Err(StoreError::ForeignOwner { path: path.to_owned(), owner, user });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & never != 0 {
        return Err(StoreError::NotPrivate { path: path.to_owned(), mode, needed });
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &fs::Metadata, _: &Path, _: u32, _: u32) -> Result<(), StoreError> {
    Ok(())
}

fn io(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Io { doing, path: path.clone(), error }
}
