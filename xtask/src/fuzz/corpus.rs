//! What a run begins with.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{folder, output};
use crate::failure::Failure;
use crate::{files, process};

/// In the tree: few inputs, in one archive a target, so that a clone and a search are about the product.
pub(super) fn archive(target: &str) -> PathBuf {
    folder().join("corpus").join(format!("{target}.tar"))
}

/// The same, unpacked for a run.
pub(super) fn kept(target: &str) -> Result<PathBuf, Failure> {
    let place = files::emptied(output().join("corpus").join(target))?;
    unpack(&archive(target), &place)?;
    Ok(place)
}

/// On this machine: whatever runs have added.
pub(super) fn learned(target: &str) -> Result<PathBuf, Failure> {
    files::made(output().join("learned").join(target))
}

/// Puts as few inputs as reach the same edges, of both, in the place of those that are kept.
pub(super) fn merge(target: &str, programs: &Path) -> Result<(), Failure> {
    let fewer = files::emptied(output().join("merged").join(target))?;
    let both = [fewer.clone(), kept(target)?, learned(target)?];
    // How often an edge is passed does not count here: that would keep ten times as many.
    let flags = ["-merge=1", "-set_cover_merge=1", "-use_counters=0"];
    let longest = format!("-max_len={}", super::session::longest(target));
    process::quietly(Command::new(programs.join(target)).args(flags).arg(longest).args(&both))?;
    let count = pack(&fewer, &archive(target))?;
    println!("{target:16} {count} inputs");
    Ok(())
}

fn unpack(archive: &Path, place: &Path) -> Result<(), Failure> {
    let unpacked = || tar::Archive::new(File::open(archive)?).unpack(place);
    unpacked().map_err(files::failed(archive))
}

/// Writes the files of `folder` to `archive`, and says how many they are. The same files make the same archive.
fn pack(folder: &Path, archive: &Path) -> Result<usize, Failure> {
    let packed = || -> io::Result<usize> {
        let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        let mut builder = tar::Builder::new(File::create(archive)?);
        builder.mode(tar::HeaderMode::Deterministic);
        for file in &files {
            builder.append_path_with_name(file.path(), file.file_name())?;
        }
        builder.finish()?;
        Ok(files.len())
    };
    packed().map_err(files::failed(archive))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked_and_packed_again_the_same() {
        let place = files::emptied(output().join("corpus-test")).unwrap();
        let [one, two] = ["one", "two"].map(|name| files::made(place.join(name)).unwrap());
        for (name, text) in [("b", "2"), ("a", ""), ("c", "\0\u{ff}")] {
            files::write(&one.join(name), text).unwrap();
        }
        let [first, second] = ["first.tar", "second.tar"].map(|name| place.join(name));
        assert_eq!(pack(&one, &first).unwrap(), 3);
        unpack(&first, &two).unwrap();
        assert_eq!(std::fs::read_to_string(two.join("c")).unwrap(), "\0\u{ff}");
        assert_eq!(pack(&two, &second).unwrap(), 3);
        assert_eq!(std::fs::read(first).unwrap(), std::fs::read(second).unwrap());
        assert!(unpack(&place.join("none.tar"), &two).unwrap_err().message().unwrap().contains("none.tar"));
        std::fs::remove_dir_all(place).unwrap();
    }
}
