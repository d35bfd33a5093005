//! What a shared library exports and what it needs, read from the file itself, of whatever system it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::read::elf::ElfFile64;
use object::read::macho::MachOFile64;
use object::read::pe::PeFile64;
use object::{FileKind, ImportFlags, NameOrOrdinal, Object, elf};

#[derive(Debug, Default)]
pub(super) struct Library {
    /// The names of functions and data, as in C.
    pub(super) exports: BTreeSet<String>,
    /// The libraries that are loaded with it; those of Windows in small letters.
    pub(super) needs: BTreeSet<String>,
    /// The newest version of glibc that something is asked of.
    pub(super) glibc: Option<(u32, u32)>,
}

impl Library {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&data).with_context(|| format!("{} is no shared library", path.display()))
    }

    fn parse(data: &[u8]) -> Result<Self> {
        match FileKind::parse(data)? {
            FileKind::Elf64 => {
                let file: ElfFile64<'_> = ElfFile64::parse(data)?;
                let mut library = Self { exports: exports(&file, "")?, ..Self::default() };
                let dynamic = file.elf_dynamic_table()?;
                for entry in dynamic.iter() {
                    if entry.tag == elf::DT_NEEDED {
                        library.needs.insert(text(dynamic.string(entry)?));
                    }
                }
                for import in file.imports()? {
                    if let ImportFlags::Elf { version: Some(version), .. } = import?.flags() {
                        library.glibc = library.glibc.max(glibc(&text(version)));
                    }
                }
                Ok(library)
            }
            FileKind::Pe64 => {
                let file: PeFile64<'_> = PeFile64::parse(data)?;
                Ok(Self { exports: exports(&file, "")?, needs: needs(&file, str::to_ascii_lowercase)?, glibc: None })
            }
            FileKind::MachO64 => {
                let file: MachOFile64<'_, object::Endianness> = MachOFile64::parse(data)?;
                Ok(Self { exports: exports(&file, "_")?, needs: needs(&file, str::to_owned)?, glibc: None })
            }
            kind => bail!("it is a file of the kind {kind:?}"),
        }
    }
}

fn exports<'data>(file: &impl Object<'data>, prefix: &str) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for export in file.exports()? {
        match export?.name() {
            NameOrOrdinal::Name(name) => {
                let name = text(name);
                names.insert(name.strip_prefix(prefix).unwrap_or(&name).to_owned());
            }
            NameOrOrdinal::Ordinal(ordinal) => bail!("number {ordinal} is exported without a name"),
        }
    }
    Ok(names)
}

fn needs<'data>(file: &impl Object<'data>, write: impl Fn(&str) -> String) -> Result<BTreeSet<String>> {
    let mut libraries = BTreeSet::new();
    for import in file.imports()? {
        libraries.insert(write(&text(import?.library())));
    }
    Ok(libraries)
}

/// `GLIBC_2.17` -> 2, 17. Other versions, those of libgcc for one, say nothing about glibc.
fn glibc(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix("GLIBC_")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(glibc("GLIBC_2.2.5"), Some((2, 2)));
        assert!(glibc("GLIBC_2.17") > glibc("GLIBC_2.9"));
        assert_eq!(glibc("GCC_3.0"), None);
        assert_eq!(glibc("GLIBC_PRIVATE"), None);
    }

    #[test]
    fn what_is_no_library_is_refused() {
        assert!(Library::parse(b"\x7fELF and then nothing").is_err());
        assert!(Library::parse(b"").is_err());
    }
}
