//! What goes on inside, on stderr: `--verbose`, and the requests of an emulator with `--log-format`.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::args::LogFormat;

/// Once: what the crates of matchport do; twice: every detail of theirs, and what the HTTP library says. A format alone:
/// requests, warnings and errors. `RUST_LOG` chooses more finely.
pub(crate) fn begin(verbose: u8, format: Option<LogFormat>) {
    let filter = match verbose {
        0 if format.is_none() => return,
        0 => "warn,matchport_emulator=info",
        1 => "warn,matchport=debug,matchport_core=debug,matchport_emulator=debug",
        _ => "info,matchport=trace,matchport_core=trace,matchport_emulator=trace,reqwest=debug,hyper_util=debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let colour = std::io::stderr().is_terminal()
        && anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        Some(LogFormat::Json) => log.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
        Some(LogFormat::Text) | None => log.with_ansi(colour).init(),
    }
}
