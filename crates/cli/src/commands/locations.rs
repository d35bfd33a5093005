//! `locations`, `ping` and `tag`: what the service offers, and how far away it is.

use std::process::ExitCode;
use std::time::Duration;

use matchport::PingOptions;
use owo_colors::OwoColorize;
use serde_json::json;

use crate::args::values::milliseconds;
use crate::args::{ImageArgs, PingArgs, TagArgs};
use crate::connect::Target;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, Table, ping as pings, printable};
use crate::progress::ProgressLine;

/// `matchport locations`.
pub(crate) async fn locations(args: ImageArgs, output: Output) -> Result<ExitCode, Fault> {
    let target = Target::of(args.connection)?;
    let locations =
        target.client()?.locations(args.image.as_str()).await.map_err(|e| target.asking("list locations", e))?;
    if output.is_json() {
        output.json(&json!({ "locations": locations }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if locations.is_empty() {
        output.text(&"no location offers this image".dimmed().to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["LOCATION", "ADDRESSES TO PING"]);
    for location in &locations {
        let addresses: Vec<_> = location.ips.iter().map(ToString::to_string).collect();
        table.row([printable(&location.id).into_owned(), addresses.join(", ")]);
    }
    output.text(&table.text(0))?;
    Ok(ExitCode::SUCCESS)
}

/// `matchport ping`.
pub(crate) async fn ping(args: PingArgs, output: Output) -> Result<ExitCode, Fault> {
    let duration = |option, text: &str| milliseconds(option, text).map(Duration::from_millis);
    let options = PingOptions {
        samples: args.samples,
        timeout: duration("--timeout", &args.timeout)?,
        interval: duration("--interval", &args.interval)?,
        ..PingOptions::default()
    };
    let target = Target::of(args.connection)?;
    let client = target.client()?;
    let locations = client.locations(args.image).await.map_err(|error| target.asking("list locations", error))?;
    let line = ProgressLine::begin(output, "pinging");
    let measured = client.ping(&locations, options).await;
    line.end();
    if output.is_json() {
        output.json(&json!({ "locations": pings::json(&measured) }))?;
    } else {
        output.text(&pings::table(&measured).text(0))?;
        output.text(&format!("\n{}", pings::method(&measured)))?;
        if let Some(option) = pings::player_option(&measured) {
            output.text(&format!("for matchport allocate: {option}"))?;
        }
    }
    if measured.iter().all(|location| location.median_ms().is_none()) {
        output.note("no location has answered");
        return Ok(Exit::Other.into());
    }
    Ok(ExitCode::SUCCESS)
}

/// `matchport tag`.
pub(crate) async fn tag(args: TagArgs, output: Output) -> Result<ExitCode, Fault> {
    let target = Target::of(args.connection)?;
    let (location, image, version) = (args.location.as_str(), args.image.as_str(), args.version.as_str());
    let exists = target.client()?.tag_exists(location, image, version).await;
    let exists = exists.map_err(|error| target.asking("ask for the tag", error))?;
    match (output.is_json(), exists) {
        (true, exists) => output.json(&json!({ "exists": exists }))?,
        (false, true) => output.text(&format!("{} has {image}:{version}", printable(location)))?,
        (false, false) => output.text(&format!("{} does not have {image}:{version}", printable(location)))?,
    }
    Ok(if exists { ExitCode::SUCCESS } else { Exit::NotFound.into() })
}
