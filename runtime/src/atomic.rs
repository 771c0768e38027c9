//! Files that are whole or not there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};

/// Writes a file so that its name always stands for a whole one, the old or the new, even if the program or
/// the machine stops meanwhile: into a temporary file in the same folder, to the disk, then renamed.
pub(crate) fn atomic_write(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    write_then_rename(path, write).map_err(|error| Error::io("writing", path, error))
}

/// That a file can be written there, as far as this can be told without writing it.
pub(crate) fn check(path: &Path) -> Result<()> {
    let fault = |kind: io::ErrorKind| Error::io("writing", path, kind.into());
    if path.is_dir() {
        return Err(fault(io::ErrorKind::IsADirectory));
    }
    let behind = behind_links(path).map_err(|error| Error::io("writing", path, error))?;
    let folder = folder(&behind);
    let made = tempfile::tempfile_in(folder).map_err(|error| nameless(folder, &error));
    made.map(drop).map_err(|error| Error::io("writing", path, error))
}

/// Why no file could be made in a folder, without the file's name, which means nothing to whoever asked for another.
fn nameless(folder: &Path, error: &io::Error) -> io::Error {
    fs::metadata(folder).err().unwrap_or_else(|| error.kind().into())
}

/// Whether this program writes there for the first time: what others left is not looked for at each save.
fn first_time(path: &Path) -> bool {
    static WRITTEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned())
}

/// Where a file stands.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Links that are followed one after the other, as many as Linux follows.
const LINKS: usize = 40;

/// The file that is written under a name: a link goes on pointing to what it points to, also if that is not there yet.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let found = fs::canonicalize(path);
    let mut at = path.to_owned();
    for _ in 0..LINKS {
        match (&found, fs::read_link(&at)) {
            (Ok(found), _) => return Ok(found.clone()),
            (Err(_), Ok(to)) => at = folder(&at).join(to),
            (Err(_), Err(_)) => return Ok(at),
        }
    }
    found
}

fn write_then_rename(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let path = &behind_links(path)?;
    let old = fs::metadata(path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        // A pipe or a device is written to, not replaced.
        return write(&mut File::options().write(true).open(path)?);
    }
    let folder = folder(path);
    // A name that tells what it was to become, cut short where names cannot be so long.
    let name: String = path.file_name().unwrap_or_default().to_string_lossy().chars().take(40).collect();
    let prefix = format!(".{name}.plywood-");
    if first_time(path) {
        sweep(folder, &prefix);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    {
        // As any new file: all that the user's mask allows. Temporary files are private otherwise.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(|error| nameless(folder, &error))?;
    // Held until the file has its name: so `sweep` knows it from those that nobody writes any more. Where files cannot
    // be locked, none are swept.
    let _ = file.as_file().lock();
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions())?;
    }
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name is on the disk when the folder is; where folders cannot be opened, this is the system's
    // affair.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// How long it may be at most until a program has locked a file that it made.
const LOCKED_AFTER: Duration = Duration::from_secs(60);

/// Removes what programs that were killed left of files that they wrote to the same name.
fn sweep(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(prefix) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        // One that is being written is locked before it has a first byte, and soon after it was made.
        let age = |about: &fs::Metadata| about.modified().ok()?.elapsed().ok();
        let is_left =
            |about: fs::Metadata| about.len() > 0 || age(&about).is_some_and(|age| age > LOCKED_AFTER);
        if file.try_lock().is_ok() && file.metadata().is_ok_and(is_left) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_a_killed_program_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [".a.txt.plywood-123456", ".b.txt.plywood-123456", ".a.txt", ".a.txt.plywood-empty"] {
            fs::write(at(name), if name.ends_with("empty") { "" } else { "left" }).unwrap();
        }
        // made by one that was killed before its first byte
        let long_ago = std::time::SystemTime::now() - 2 * LOCKED_AFTER;
        File::create(at(".a.txt.plywood-old")).unwrap().set_modified(long_ago).unwrap();
        let busy = File::create(at(".a.txt.plywood-busy")).unwrap();
        busy.lock().unwrap();
        (&busy).write_all(b"half of it").unwrap();
        atomic_write(&at("a.txt"), |file| file.write_all(b"whole")).unwrap();
        assert_eq!(fs::read(at("a.txt")).unwrap(), b"whole");
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let left =
            [".a.txt", ".a.txt.plywood-busy", ".a.txt.plywood-empty", ".b.txt.plywood-123456", "a.txt"];
        assert_eq!(names, left);
    }

    #[test]
    fn a_name_may_be_as_long_as_the_system_allows() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(255));
        atomic_write(&long, |file| file.write_all(b"long")).unwrap();
        assert_eq!(fs::read(&long).unwrap(), b"long");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("private");
        for mode in [0o600, 0o640, 0o755] {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            atomic_write(&path, |file| file.write_all(b"new")).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
            assert_eq!(fs::read(&path).unwrap(), b"new");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_written_through() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("far")).unwrap();
        symlink("far/b.txt", at("a.txt")).unwrap();
        symlink("../c.txt", at("far/b.txt")).unwrap();
        // first to what is not there yet
        for text in ["new", "newer"] {
            check(&at("a.txt")).unwrap();
            atomic_write(&at("a.txt"), |file| file.write_all(text.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(at("c.txt")).unwrap(), text);
            assert!(at("a.txt").is_symlink() && at("far/b.txt").is_symlink() && !at("c.txt").is_symlink());
        }
        // into a folder that is not there, and in a circle
        symlink("none/a.txt", at("nowhere")).unwrap();
        symlink("circle", at("circle")).unwrap();
        for name in ["nowhere", "circle"] {
            assert!(check(&at(name)).is_err());
            let error = atomic_write(&at(name), |_| Ok(())).unwrap_err().to_string();
            assert!(error.starts_with(&format!("writing `{}`: ", at(name).display())), "{error}");
            assert!(at(name).is_symlink());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_to() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        // open at both ends, so that no end waits for the other
        let mut reader = File::options().read(true).write(true).open(&path).unwrap();
        atomic_write(&path, |file| file.write_all(b"through it")).unwrap();
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
        let mut read = [0; 10];
        io::Read::read_exact(&mut reader, &mut read).unwrap();
        assert_eq!(&read, b"through it");
    }

    #[test]
    fn an_error_names_what_was_to_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/a.txt");
        let text = atomic_write(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(text.starts_with(&format!("writing `{}`: ", path.display())), "{text}");
        assert!(!text.contains("plywood-"), "{text}");
    }
}
