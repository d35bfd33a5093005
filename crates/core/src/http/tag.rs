//! `GET /tag/{region}/{image}/{version}`: whether an image tag has reached a location.

use serde::Deserialize;

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
    #[derive(Deserialize)]
    struct Tag {
        exists: bool,
    }
    Ok(answer.read::<Tag>(200)?.exists)
}
