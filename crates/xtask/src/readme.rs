//! The examples of the READMEs, so that they can be compiled and run: the first fenced block of a language, as it stands there.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Workspace};

/// The example of `language` in the README at `path`. It speaks to the emulator at `url` instead of the one at the usual
/// address, which is the first "local" in it.
pub(crate) fn example(workspace: &Workspace, path: &str, language: &str, url: &str) -> Result<String> {
    let text = fs::read_to_string(workspace.path(path)).with_context(|| format!("cannot read {path}"))?;
    let block = block(&text, language).with_context(|| format!("{path} has no example in {language}"))?;
    if !block.contains("\"local\"") {
        bail!("the example in {language} of {path} names no \"local\" environment");
    }
    Ok(block.replacen("\"local\"", &format!("\"{url}\""), 1))
}

/// Runs an example, which has to print where the emulator has put the game server.
pub(crate) fn runs(example: &mut Command) -> Result<()> {
    let finished = process::watch(example)?;
    if !finished.status.success() || !finished.output.contains("127.0.0.1:") {
        bail!("ended with {}, and has to print an address at 127.0.0.1", finished.status);
    }
    Ok(())
}

fn block(text: &str, language: &str) -> Option<String> {
    let fence = format!("```{language}");
    let mut lines = text.lines();
    lines.find(|line| *line == fence)?;
    let block: Vec<&str> = lines.take_while(|line| *line != "```").collect();
    Some(block.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_of_a_language_is_found() {
        let text = "```sh\nls\n```\n\n```cpp\nint x;\n```\n```c\nlong y;\n\nlong z;\n```\n```c\nno\n```\n";
        assert_eq!(block(text, "c").as_deref(), Some("long y;\n\nlong z;\n"));
        assert_eq!(block(text, "cpp").as_deref(), Some("int x;\n"));
        assert_eq!(block(text, "csharp"), None);
    }
}
