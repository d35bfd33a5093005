//! `GET /tag/{region}/{image}/{version}`: whether an image tag has reached a location.

use matchport_json::{Error as JsonError, Reader};

use super::{Answer, Method, RequestParts, encode};
use crate::check::{self, InvalidInput};
use crate::error::Error;

/// Builds the request.
///
/// # Errors
/// [`InvalidInput`] for `location`, `image` or `version`.
pub fn request(location: &str, image: &str, version: &str) -> Result<RequestParts, InvalidInput> {
    check::segment("location", location)?;
    check::segment("image", image)?;
    check::segment("version", version)?;
    Ok(RequestParts::json(Method::Get, encode::path("/tag", [location, image, version])))
}

/// Reads whether the tag is there.
///
/// # Errors
/// The [`Error`] that the status stands for.
pub fn read(answer: &Answer<'_>) -> Result<bool, Error> {
    answer.read(200, read_exists)
}

fn read_exists(reader: &mut Reader<'_>) -> Result<bool, JsonError> {
    let mut exists = None;
    reader.begin_object()?;
    while let Some(key) = reader.key()? {
        match &*key {
            "exists" => exists = Some(reader.bool()?),
            _ => reader.skip()?,
        }
    }
    exists.ok_or_else(|| reader.missing("exists"))
}
