//! Prints include/matchport.h, made from `crates/ffi`: `cargo xtask drift` compares it, `cargo xtask drift --write`
//! writes it. The conventions at its head stand in `conventions.h`; everything else is the comments of the Rust code.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use cbindgen::{
    Builder, Config, DocumentationStyle, EnumConfig, ExportConfig, Language, LineEndingStyle, RenameRule, SortKey,
    Style,
};

fn main() -> Result<()> {
    let ffi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ffi");
    let config = Config {
        language: Language::C,
        header: Some(include_str!("conventions.h").trim_end().to_owned()),
        include_guard: Some("MATCHPORT_H".to_owned()),
        no_includes: true,
        sys_includes: vec!["stddef.h".to_owned(), "stdint.h".to_owned()],
        cpp_compat: true,
        documentation_style: DocumentationStyle::Cxx,
        line_endings: LineEndingStyle::LF,
        line_length: 110,
        tab_width: 4,
        style: Style::Both,
        sort_by: SortKey::None,
        usize_is_size_t: true,
        // Options take enums as plain numbers, so that no function mentions them.
        export: ExportConfig { include: enums(&ffi.join("src"))?, ..ExportConfig::default() },
        enumeration: EnumConfig { rename_variants: RenameRule::QualifiedScreamingSnakeCase, ..EnumConfig::default() },
        ..Config::default()
    };
    let bindings = Builder::new().with_config(config).with_crate(&ffi).generate();
    let mut text = Vec::new();
    bindings.with_context(|| format!("cannot read {}", ffi.display()))?.write(&mut text);
    let text = plain_enums(&String::from_utf8(text).context("the header is not UTF-8")?);
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the header")
}

/// The names of all enums in a folder of code and below.
fn enums(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            names.append(&mut enums(&path)?);
        } else {
            let code = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let declared = code.lines().filter_map(|line| line.strip_prefix("pub enum "));
            names.extend(declared.map(|rest| rest.trim_end_matches(" {").to_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// Writes each enum as a number with names, which is the same in C and C++ of whatever version:
///
/// ```text
/// enum NAME                          typedef int32_t NAME;
/// #if ...                            enum {
///   : int32_t              ──▶           ...
/// #endif                             };
///  {
///     ...
/// };
/// #ifndef __cplusplus
/// ...
/// #endif // __cplusplus
/// ```
fn plain_enums(header: &str) -> String {
    let mut plain = String::new();
    let mut lines = header.lines();
    let mut is_in_enum = false;
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("enum ").filter(|name| !name.contains(' ')) {
            lines.by_ref().find(|line| *line == " {");
            plain.push_str(&format!("typedef int32_t {name};\nenum {{\n"));
            is_in_enum = true;
        } else if is_in_enum && line == "#ifndef __cplusplus" {
            lines.by_ref().find(|line| *line == "#endif // __cplusplus");
            is_in_enum = false;
        } else {
            plain.push_str(line);
            plain.push('\n');
        }
    }
    plain
}
