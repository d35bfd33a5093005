//! The Unity package as Unity takes it: the C# sources, what is special to the engine, the native libraries, and a `.meta`
//! file for each of them. The same sources give the same bytes: the guids come from the paths.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::Workspace;

const NAME: &str = "com.matchport.client";

/// A system that Unity builds programs for, and what its importer calls it.
pub(crate) struct Platform {
    /// The target of `cargo xtask dist`.
    target: &'static str,
    folder: &'static str,
    library: &'static str,
    standalone: &'static str,
    cpu: &'static str,
    editor: &'static str,
}

/// All that the package has a place for.
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

/// Puts the package together with the libraries that `cargo xtask dist` has made, and gives its folder.
pub(crate) fn run(workspace: &Workspace) -> Result<PathBuf> {
    let built = |platform: &'static Platform| {
        let folder = workspace.path(&format!("dist/{}", platform.target));
        let file = ["lib", "bin"].map(|part| folder.join(part).join(platform.library)).into_iter().find(|f| f.exists());
        file.map(|file| (platform, file))
    };
    let libraries: Vec<_> = PLATFORMS.iter().filter_map(built).collect();
    if libraries.is_empty() {
        bail!("there is no library for any platform: run `cargo xtask dist` first");
    }
    for (platform, _) in &libraries {
        println!("unity: with the library for {}", platform.folder);
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
        copy(file, &package.join("Runtime/Plugins").join(platform.folder).join(platform.library))?;
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
        let text = format!("fileFormatVersion: 2\nguid: {}\n{}", guid(&relative), importer(&relative, path.is_dir()));
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

/// FNV-1a in 128 bits: the same path has the same guid in every release, so that scenes keep their references.
fn guid(relative: &str) -> String {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in NAME.bytes().chain(*b"/").chain(relative.bytes()) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

fn importer(relative: &str, is_folder: bool) -> String {
    let tail = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n";
    let simple = |name: &str| format!("{name}:\n  externalObjects: {{}}\n{tail}");
    if is_folder {
        return format!("folderAsset: yes\n{}", simple("DefaultImporter"));
    }
    if let Some(platform) = PLATFORMS.iter().find(|p| relative == format!("Runtime/Plugins/{}/{}", p.folder, p.library))
    {
        return plugin(platform, tail);
    }
    match relative.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "cs" => format!(
            "MonoImporter:\n  externalObjects: {{}}\n  serializedVersion: 2\n  defaultReferences: []\n  \
             executionOrder: 0\n  icon: {{instanceID: 0}}\n{tail}"
        ),
        "asmdef" => simple("AssemblyDefinitionImporter"),
        "md" | "txt" => simple("TextScriptImporter"),
        "json" if relative == "package.json" => simple("PackageManifestImporter"),
        _ => simple("DefaultImporter"),
    }
}

/// A native library: in programs for its system, and in the editor there.
fn plugin(platform: &Platform, tail: &str) -> String {
    let Platform { standalone, cpu, editor, .. } = platform;
    format!(
        "PluginImporter:\n  externalObjects: {{}}\n  serializedVersion: 2\n  iconMap: {{}}\n  executionOrder: {{}}\n  \
         defineConstraints: []\n  isPreloaded: 0\n  isOverridable: 0\n  isExplicitlyReferenced: 0\n  \
         validateReferences: 1\n  platformData:\n  - first:\n      Any: \n    second:\n      enabled: 0\n      \
         settings: {{}}\n  - first:\n      Editor: Editor\n    second:\n      enabled: 1\n      settings:\n        \
         CPU: {cpu}\n        DefaultValueInitialized: true\n        OS: {editor}\n  - first:\n      \
         Standalone: {standalone}\n    second:\n      enabled: 1\n      settings:\n        CPU: {cpu}\n{tail}"
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_depend_on_the_path_alone() {
        assert_eq!(guid("Runtime"), guid("Runtime"));
        assert_ne!(guid("Runtime"), guid("Runtime/Core"));
        assert_eq!(guid("package.json").len(), 32);
    }

    #[test]
    fn a_library_is_for_its_platform_only() {
        let meta = importer("Runtime/Plugins/Windows/x86_64/matchport.dll", false);
        assert!(meta.contains("Standalone: Win64") && meta.contains("OS: Windows"), "{meta}");
        assert!(!meta.contains("Linux64"), "{meta}");
        assert!(importer("Runtime/Core/Client.cs", false).starts_with("MonoImporter:"));
        assert!(importer("Runtime", true).starts_with("folderAsset: yes\n"));
    }
}
