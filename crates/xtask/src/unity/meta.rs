//! The text of `.meta` files, in which Unity keeps how a file is imported, and the guid by which others refer to it. They are
//! made and not committed: half of the package's files are in other folders of this repository, and the guid comes from the
//! path, so that it is the same in each release.

use super::{NAME, PLATFORMS, Platform};

const TAIL: &str = "  userData: \n  assetBundleName: \n  assetBundleVariant: \n";
/// What Unity can build programs for, as the importer calls it, and for what kind of processor by default.
const TARGETS: &[(&str, &str, &str)] = &[
    ("Android", "Android", "ARMv7"),
    ("Standalone", "Linux64", "None"),
    ("Standalone", "OSXUniversal", "None"),
    ("WebGL", "WebGL", ""),
    ("Standalone", "Win", "None"),
    ("Standalone", "Win64", "None"),
    ("iPhone", "iOS", "AnyCPU"),
];

/// FNV-1a in 128 bits: the same path has the same guid in every release, so that scenes keep their references.
pub(super) fn guid(relative: &str) -> String {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in NAME.bytes().chain(*b"/").chain(relative.bytes()) {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

/// Everything but the guid.
pub(super) fn importer(relative: &str, is_folder: bool) -> String {
    let simple = |name: &str| format!("{name}:\n  externalObjects: {{}}\n{TAIL}");
    if is_folder {
        return format!("folderAsset: yes\n{}", simple("DefaultImporter"));
    }
    if let Some(platform) = PLATFORMS.iter().find(|platform| relative == platform.path()) {
        return plugin(platform);
    }
    match relative.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "cs" => format!(
            "MonoImporter:\n  externalObjects: {{}}\n  serializedVersion: 2\n  defaultReferences: []\n  \
             executionOrder: 0\n  icon: {{instanceID: 0}}\n{TAIL}"
        ),
        "asmdef" => simple("AssemblyDefinitionImporter"),
        "md" | "txt" => simple("TextScriptImporter"),
        "json" if relative == "package.json" => simple("PackageManifestImporter"),
        _ => simple("DefaultImporter"),
    }
}

/// A native library: in programs for its system, in the editor there, and said to be in nothing else, so that no importer
/// guesses. The first entry is what the editor shows as ticked off.
fn plugin(platform: &Platform) -> String {
    let Platform { standalone, cpu, editor, .. } = platform;
    let mut text = String::from(
        "PluginImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  iconMap: {}\n  executionOrder: {}\n  \
         defineConstraints: []\n  isPreloaded: 0\n  isOverridable: 0\n  isExplicitlyReferenced: 0\n  \
         validateReferences: 1\n  platformData:\n  - first:\n      : Any\n    second:\n      enabled: 0\n      settings:\n",
    );
    let mut excluded: Vec<_> = TARGETS.iter().map(|(_, name, _)| (*name, u8::from(name != standalone))).collect();
    excluded.push(("Editor", 0));
    excluded.sort_unstable();
    for (name, value) in excluded {
        text += &format!("        Exclude {name}: {value}\n");
    }
    text += "  - first:\n      Any: \n    second:\n      enabled: 0\n      settings: {}\n";
    text += &format!(
        "  - first:\n      Editor: Editor\n    second:\n      enabled: 1\n      settings:\n        CPU: {cpu}\n        \
         DefaultValueInitialized: true\n        OS: {editor}\n"
    );
    for (group, name, other_cpu) in TARGETS {
        let is_it = name == standalone;
        let cpu = if is_it { cpu } else { other_cpu };
        let settings = if cpu.is_empty() { " {}\n".to_owned() } else { format!("\n        CPU: {cpu}\n") };
        text += &format!(
            "  - first:\n      {group}: {name}\n    second:\n      enabled: {}\n      settings:{settings}",
            u8::from(is_it)
        );
    }
    text + TAIL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist;

    #[test]
    fn guids_depend_on_the_path_alone() {
        // Written down: another one would break the references of whoever has the package.
        assert_eq!(guid("package.json"), "cf1ea41b14ce8d12e07a3cc48fade678");
        assert_ne!(guid("Runtime"), guid("Runtime/Core"));
        assert_eq!(guid("Runtime").len(), 32);
    }

    #[test]
    fn each_library_says_yes_to_one_system_and_no_to_all_others() {
        for platform in PLATFORMS {
            let meta = importer(&platform.path(), false);
            for (group, name, _) in TARGETS {
                let is_it = *name == platform.standalone;
                let enabled = format!("{group}: {name}\n    second:\n      enabled: {}\n", u8::from(is_it));
                assert_eq!(meta.matches(&enabled).count(), 1, "{name}: {meta}");
                let excluded = format!("        Exclude {name}: {}\n", u8::from(!is_it));
                assert_eq!(meta.matches(&excluded).count(), 1, "{name}: {meta}");
            }
            assert_eq!(meta.matches("enabled: 1").count(), 2, "itself and the editor: {meta}");
            let editor = format!(
                "CPU: {}\n        DefaultValueInitialized: true\n        OS: {}\n",
                platform.cpu, platform.editor
            );
            assert!(meta.contains(&editor), "{meta}");
        }
    }

    #[test]
    fn each_library_is_one_that_dist_makes() {
        for platform in PLATFORMS {
            let made = dist::platform::Platform::of(platform.target).expect("dist knows it");
            assert!(made.shared().ends_with(&format!("/{}", platform.library)), "{}", platform.target);
        }
    }

    #[test]
    fn other_files_have_the_importer_of_their_kind() {
        assert!(importer("Runtime/Core/Client.cs", false).starts_with("MonoImporter:"));
        assert!(importer("Runtime/Core/Matchport.asmdef", false).starts_with("AssemblyDefinitionImporter:"));
        assert!(importer("package.json", false).starts_with("PackageManifestImporter:"));
        assert!(importer("Runtime", true).starts_with("folderAsset: yes\n"));
    }
}
