//! `GET /available-location/{image}`: the locations that offer an image, with addresses to ping.

use std::net::IpAddr;

use matchport_json::{Error as JsonError, Kind, Reader};

use super::{Answer, Method, RequestParts, answer, encode};
use crate::check::{self, InvalidInput};
use crate::error::Error;
use crate::model::LocationInfo;

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
    let entries = answer.read(200, read_entries)?;
    entries.into_iter().enumerate().map(|(index, entry)| entry.checked(index, answer.status)).collect()
}

/// Reads the names alone, which is all that placement needs.
///
/// # Errors
/// The [`Error`] that the status stands for.
pub(crate) fn read_names(answer: &Answer<'_>) -> Result<Vec<String>, Error> {
    Ok(answer.read(200, read_entries)?.into_iter().map(|entry| entry.id).collect())
}

/// A location as it comes, its addresses not looked at yet.
struct Entry {
    id: String,
    /// `None` for what is no text.
    ips: Vec<Option<String>>,
}

fn read_entries(reader: &mut Reader<'_>) -> Result<Vec<Entry>, JsonError> {
    let mut entries = None;
    reader.begin_object()?;
    while let Some(key) = reader.key()? {
        match &*key {
            // Some encoders write an empty list as `null`.
            "locations" if reader.null()? => entries = Some(Vec::new()),
            "locations" => {
                let entries = entries.insert(Vec::new());
                reader.begin_list()?;
                while reader.item()? {
                    entries.push(Entry::read(reader)?);
                }
            }
            _ => reader.skip()?,
        }
    }
    entries.ok_or_else(|| reader.missing("locations"))
}

impl Entry {
    fn read(reader: &mut Reader<'_>) -> Result<Self, JsonError> {
        let (mut id, mut ips) = (None, Vec::new());
        reader.begin_object()?;
        while let Some(key) = reader.key()? {
            match &*key {
                "id" => id = Some(reader.text()?.into_owned()),
                "ips" if reader.null()? => {}
                "ips" => {
                    reader.begin_list()?;
                    while reader.item()? {
                        let is_text = reader.kind()? == Kind::Text;
                        ips.push(if is_text { reader.text_or_null()? } else { reader.skip().map(|()| None)? });
                    }
                }
                _ => reader.skip()?,
            }
        }
        Ok(Self { id: id.ok_or_else(|| reader.missing("id"))?, ips })
    }

    fn checked(self, index: usize, status: u16) -> Result<LocationInfo, Error> {
        let mut ips = Vec::new();
        for (position, value) in self.ips.iter().enumerate() {
            let address = value.as_ref().and_then(|text| text.parse::<IpAddr>().ok());
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
