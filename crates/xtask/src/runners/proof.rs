//! The proofs with real sockets and processes, in short: every 16th byte, every step, ten seconds of load. The long forms
//! are `cargo xtask cut`, `cargo xtask kill --twice` and `cargo xtask soak`.

use anyhow::{Result, bail};

use super::tally::Tally;
use super::{Context, Outcome, Runner};
use crate::{process, proof};

/// A crowd and some seconds, a few kills, and all of the idle connections.
const SHORT_SOAK: &[&str] = &["--seconds", "10", "--sessions", "200", "--kills", "5"];

pub(super) struct Proof;

impl Runner for Proof {
    fn name(&self) -> &'static str {
        "proof"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        if !cfg!(target_os = "linux") {
            bail!("these proofs run on Linux only");
        }
        let workspace = context.workspace;
        let mut tally = Tally::default();
        for language in proof::LANGUAGES {
            let cut = proof::cut_command(workspace, 16, &[language], context.may_install);
            tally.add(
                &format!("cuts at every 16th byte, Rust and {language}"),
                cut.and_then(|mut cut| process::run(&mut cut)),
            );
        }
        let kill = proof::kill_command(workspace, &[]);
        tally.add("kills of the command line at every step", kill.and_then(|mut kill| process::run(&mut kill)));
        for language in proof::KILLED {
            let kill = proof::kill_languages_command(workspace, &[language], &["--brief"], context.may_install);
            let what = format!("kills of a matchmaker at every step, {language}");
            tally.add(&what, kill.and_then(|mut kill| process::run(&mut kill)));
        }
        let soak = proof::soak_command(workspace, SHORT_SOAK);
        tally.add("the emulator under load and faults", soak.and_then(|mut soak| process::run(&mut soak)));
        Ok(Outcome { counts: tally.0, note: None })
    }
}
