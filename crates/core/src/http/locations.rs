//! `GET /available-location/{image}`: the locations that offer an image, with addresses to ping.

use std::net::IpAddr;

use serde::Deserialize;

use super::{Answer, Method, RequestParts, answer, encode};
use crate::check::{self, InvalidInput};
use crate::error::Error;
use crate::model::{LocationInfo, null_is_default};

/// Builds the request.
///
/// # Errors
/// [`InvalidInput`] for `image`.
pub fn request(image: &str) -> Result<RequestParts, InvalidInput> {
    check::segment("image", image)?;
    Ok(RequestParts::json(Method::Get, encode::path("/available-location", [image])))
}

/// Reads the locations with their addresses.
///
/// # Errors
/// The [`Error`] that the status stands for; an entry of `ips` that is no address is an unreadable answer whose
/// `field` names the entry.
pub fn read(answer: &Answer<'_>) -> Result<Vec<LocationInfo>, Error> {
    let entries = answer.read::<Locations>(200)?.locations;
    entries.into_iter().enumerate().map(|(index, entry)| entry.checked(index, answer.status)).collect()
}

/// Reads the names alone, which is all that placement needs.
///
/// # Errors
/// The [`Error`] that the status stands for.
pub(crate) fn read_names(answer: &Answer<'_>) -> Result<Vec<String>, Error> {
    Ok(answer.read::<Locations>(200)?.locations.into_iter().map(|entry| entry.id).collect())
}

#[derive(Deserialize)]
struct Locations {
    /// Some encoders write an empty list as `null`.
    #[serde(deserialize_with = "null_is_default")]
    locations: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    ips: Option<Vec<serde_json::Value>>,
}

impl Entry {
    fn checked(self, index: usize, status: u16) -> Result<LocationInfo, Error> {
        let mut ips = Vec::new();
        for (position, value) in self.ips.unwrap_or_default().iter().enumerate() {
            let address = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
            ips.push(address.ok_or_else(|| {
                let field = format!("locations[{index}].ips[{position}]");
                let mut error = answer::unreadable(status, &format!("{field} is no IP address"));
                error.field = Some(field.into());
                error
            })?);
        }
        Ok(LocationInfo { id: self.id, ips })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer<'_> {
        Answer { status: 200, retry_after: None, body: body.as_bytes() }
    }

    #[test]
    fn names_and_addresses() {
        let body = r#"{"locations":[{"id":"eu-west-1","ips":["185.12.34.56"]},{"id":"na-east"}]}"#;
        let locations = read(&answer(body)).expect("locations");
        assert_eq!(locations[0].ips, ["185.12.34.56".parse::<IpAddr>().expect("address")]);
        assert!(locations[1].ips.is_empty());
    }

    #[test]
    fn an_entry_that_is_no_address_is_named() {
        let body = r#"{"locations":[{"id":"a","ips":["1.2.3.4","nowhere"]}]}"#;
        let error = read(&answer(body)).expect_err("no address");
        assert_eq!(error.field.as_deref(), Some("locations[0].ips[1]"));
        assert_eq!(read_names(&answer(body)).expect("names are fine"), ["a"]);
    }
}
