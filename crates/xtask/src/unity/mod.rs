//! The Unity package as Unity takes it: the C# sources, what is special to the engine, the native libraries, and a `.meta`
//! file for each of them. The same sources give the same bytes.

mod meta;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::dist;
use crate::process::Workspace;

const NAME: &str = "com.matchport.client";

/// A system that Unity builds programs for, and what its importer calls it.
pub(crate) struct Platform {
    /// The target of `cargo xtask dist`.
    pub(crate) target: &'static str,
    folder: &'static str,
    library: &'static str,
    standalone: &'static str,
    cpu: &'static str,
    editor: &'static str,
}

/// All that the package has a place for. Unity's programs for Linux are for x86_64 only.
pub(crate) const PLATFORMS: &[Platform] = &[
    Platform {
        target: "x86_64-unknown-linux-gnu",
        folder: "Linux/x86_64",
        library: "libmatchport.so",
        standalone: "Linux64",
        cpu: "x86_64",
        editor: "Linux",
    },
    Platform {
        target: "x86_64-pc-windows-gnu",
        folder: "Windows/x86_64",
        library: "matchport.dll",
        standalone: "Win64",
        cpu: "x86_64",
        editor: "Windows",
    },
    Platform {
        target: "aarch64-apple-darwin",
        folder: "macOS/arm64",
        library: "libmatchport.dylib",
        standalone: "OSXUniversal",
        cpu: "ARM64",
        editor: "OSX",
    },
    Platform {
        target: "x86_64-apple-darwin",
        folder: "macOS/x86_64",
        library: "libmatchport.dylib",
        standalone: "OSXUniversal",
        cpu: "x86_64",
        editor: "OSX",
    },
];

impl Platform {
    /// Where its library is in the package.
    pub(crate) fn path(&self) -> String {
        format!("Runtime/Plugins/{}/{}", self.folder, self.library)
    }
}

/// The libraries that `cargo xtask dist` has made.
pub(crate) fn libraries(workspace: &Workspace) -> Result<Vec<(&'static Platform, PathBuf)>> {
    let mut found = Vec::new();
    for platform in PLATFORMS {
        let package = workspace.path(&format!("dist/{}", platform.target));
        let file = package.join(dist::platform::Platform::of(platform.target)?.shared());
        if file.exists() {
            found.push((platform, file));
        }
    }
    Ok(found)
}

/// Puts the package together with those libraries, and gives its folder.
pub(crate) fn run(workspace: &Workspace) -> Result<PathBuf> {
    let libraries = libraries(workspace)?;
    if libraries.is_empty() {
        bail!("there is no library for any platform: run `cargo xtask dist --all` first");
    }
    for platform in PLATFORMS {
        let is_there = libraries.iter().any(|(there, _)| there.target == platform.target);
        println!("unity: {} the library for {}", if is_there { "with" } else { "without" }, platform.folder);
    }
    let folder = assemble(workspace, &workspace.path("dist/unity"), &libraries)?;
    println!("unity: {}", folder.display());
    Ok(folder)
}

/// Puts the package together in a folder of its name within `parent`.
pub(crate) fn assemble(workspace: &Workspace, parent: &Path, libraries: &[(&Platform, PathBuf)]) -> Result<PathBuf> {
    let package = parent.join(NAME);
    if package.exists() {
        fs::remove_dir_all(&package).with_context(|| format!("cannot empty {}", package.display()))?;
    }
    copy_tree(&workspace.path("bindings/unity"), &package)?;
    copy_tree(&workspace.path("bindings/csharp/src"), &package.join("Runtime/Core"))?;
    for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&workspace.path(license), &package.join(format!("{license}.md")))?;
    }
    copy(&workspace.path("CHANGELOG.md"), &package.join("CHANGELOG.md"))?;
    for (platform, file) in libraries {
        copy(file, &package.join(platform.path()))?;
    }
    write_metas(&package, &package)?;
    check(&package)?;
    Ok(package)
}

/// That everything which Unity imports has a `.meta` file, and no two have the same guid.
fn check(package: &Path) -> Result<()> {
    let mut guids = BTreeSet::new();
    for path in imported(package)? {
        let meta = fs::read_to_string(meta_of(&path)).with_context(|| format!("no .meta for {}", path.display()))?;
        let guid = meta.lines().find_map(|line| line.strip_prefix("guid: ")).unwrap_or_default();
        if guid.len() != 32 || !guids.insert(guid.to_owned()) {
            bail!("{} has no guid of its own", path.display());
        }
    }
    if guids.is_empty() {
        bail!("the package is empty");
    }
    Ok(())
}

fn write_metas(package: &Path, folder: &Path) -> Result<()> {
    for path in imported(folder)? {
        let relative = path.strip_prefix(package).context("a file of the package is not within it")?;
        let relative = relative.to_string_lossy().replace('\\', "/");
        let text = format!(
            "fileFormatVersion: 2\nguid: {}\n{}",
            meta::guid(&relative),
            meta::importer(&relative, path.is_dir())
        );
        fs::write(meta_of(&path), text).with_context(|| format!("cannot write the .meta of {}", path.display()))?;
    }
    Ok(())
}

/// Everything below a folder that Unity imports, folders too: not what ends in `~`, nor hidden files, nor `.meta` files.
fn imported(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with('~') || name.starts_with('.') || name.ends_with(".meta") {
            continue;
        }
        if path.is_dir() {
            found.extend(imported(&path)?);
        }
        found.push(path);
    }
    Ok(found)
}

fn meta_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".meta");
    PathBuf::from(name)
}

/// Copies a folder but for what is for tests only.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for path in entries(from)? {
        let name = path.file_name().unwrap_or_default();
        if name == "Tests~" {
            continue;
        }
        let target = to.join(name);
        if path.is_dir() { copy_tree(&path, &target)? } else { copy(&path, &target)? }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a file of the package is in no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Sorted, so that nothing depends on the file system.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
