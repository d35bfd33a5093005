//! `--verbose`: what goes on inside, on stderr.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Once: what the crates of matchport do; twice: every detail of theirs, and what the HTTP library says. `RUST_LOG`
/// chooses more finely.
pub(crate) fn begin(verbose: u8) {
    let filter = match verbose {
        0 => return,
        1 => "warn,matchport=debug,matchport_core=debug,matchport_emulator=debug",
        _ => "info,matchport=trace,matchport_core=trace,matchport_emulator=trace,reqwest=debug,hyper_util=debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let colour = std::io::stderr().is_terminal()
        && anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour).init();
}
