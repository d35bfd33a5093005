//! What can be started where, by whom: the configuration, indexed. It never changes while the emulator runs.

use std::collections::HashMap;
use std::sync::Arc;

use super::fault::{Fault, FaultKind};
use super::session::Millis;
use crate::config::{Config, Image, Location, Permission, Secret, Tag};

/// The configuration, indexed.
pub(crate) struct Catalogue {
    images: Vec<Arc<Image>>,
    locations: Vec<Arc<Location>>,
    /// Never printed.
    tokens: HashMap<Secret, Vec<Permission>>,
}

impl Catalogue {
    /// Indexes a checked configuration.
    pub(crate) fn new(config: &Config) -> Self {
        let images: Vec<_> = config.images.iter().cloned().map(Arc::new).collect();
        let locations: Vec<_> = config.locations.iter().cloned().map(Arc::new).collect();
        Self {
            tokens: config.tokens.iter().map(|token| (token.value.clone(), token.permissions.clone())).collect(),
            images,
            locations,
        }
    }

    /// Whether the value of an `Authorization` header may do something.
    ///
    /// # Errors
    /// 401 without a token or with an unknown one, 403 with one that lacks the permission.
    pub(crate) fn authorize(&self, authorization: Option<&[u8]>, permission: Permission) -> Result<(), Fault> {
        let unauthorized = |details: &str| Err(Fault::new(FaultKind::Unauthorized, "token missing or wrong", details));
        let Some(header) = authorization else {
            return unauthorized("send the header `Authorization: Bearer <token>`");
        };
        let token = match std::str::from_utf8(header).ok().and_then(|header| header.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start_matches(' '),
            _ => return unauthorized("the header must read `Authorization: Bearer <token>`"),
        };
        match self.tokens.get(token) {
            None => unauthorized("this token is not known here"),
            Some(permissions) if permissions.contains(&permission) => Ok(()),
            Some(_) => {
                let details = format!("this needs a token with the permission {}", permission.name());
                Err(Fault::new(FaultKind::Forbidden, "token without the permission", details))
            }
        }
    }

    /// # Errors
    /// 404 when there is no such image.
    pub(crate) fn image(&self, name: &str) -> Result<&Arc<Image>, Fault> {
        let known = || self.images.iter().map(|image| image.name.as_str()).collect::<Vec<_>>().join(", ");
        // A few, so that comparing is faster than hashing.
        self.images.iter().find(|image| image.name == name).ok_or_else(|| Fault::no_image(name, &known()))
    }

    /// All images, in the order of the configuration.
    pub(crate) fn images(&self) -> impl Iterator<Item = &Image> {
        self.images.iter().map(Arc::as_ref)
    }

    /// The index of a location.
    ///
    /// # Errors
    /// 404 when there is no such location.
    pub(super) fn location_index(&self, id: &str) -> Result<usize, Fault> {
        let known = || self.locations.iter().map(|location| location.id.as_str()).collect::<Vec<_>>().join(", ");
        self.locations.iter().position(|location| location.id == id).ok_or_else(|| Fault::no_location(id, &known()))
    }

    pub(super) fn locations(&self) -> &[Arc<Location>] {
        &self.locations
    }

    /// The locations that offer an image.
    ///
    /// # Errors
    /// 404 when there is no such image.
    pub(crate) fn offering(&self, image: &str) -> Result<impl Iterator<Item = &Location>, Fault> {
        let image = self.image(image)?;
        Ok(self.locations.iter().map(Arc::as_ref).filter(|location| offers(location, image)))
    }

    /// Whether an image has a version, as a location sees it `age` after the beginning.
    ///
    /// # Errors
    /// 404 when there is no such location, no such image, or not this image there.
    pub(super) fn has_tag(&self, location: &str, image: &str, version: &str, age: Millis) -> Result<bool, Fault> {
        let index = self.location_index(location)?;
        let image = self.image(image)?;
        check_offer(&self.locations[index], image)?;
        Ok(self.arrived_tags(index, image, age).any(|(_, tag)| tag.name == version))
    }

    /// The tags of an image that have reached a location `age` after the beginning, with their indexes. A tag reaches the
    /// locations that offer the image one after another, in the order of the configuration.
    pub(super) fn arrived_tags<'i>(
        &self,
        location: usize,
        image: &'i Image,
        age: Millis,
    ) -> impl DoubleEndedIterator<Item = (usize, &'i Tag)> + Clone + use<'i> {
        // Counted only when it matters, since every start asks.
        let is_spread = image.tags.iter().any(|tag| !tag.spread.is_zero());
        let before =
            self.locations.iter().take(location).filter(|location| is_spread && offers(location, image)).count();
        let has_arrived = move |tag: &Tag| tag.spread.as_millis().saturating_mul(before as u128) <= u128::from(age);
        image.tags.iter().enumerate().filter(move |(_, tag)| has_arrived(tag))
    }
}

/// # Errors
/// 404 when the location doesn't offer the image.
pub(super) fn check_offer(location: &Location, image: &Image) -> Result<(), Fault> {
    if offers(location, image) {
        return Ok(());
    }
    let details = format!("the location {} doesn't offer the image {}", location.id, image.name);
    Err(Fault::new(FaultKind::ResourceNotFound, "image not found in this location", details))
}

fn offers(location: &Location, image: &Image) -> bool {
    location.images.as_ref().is_none_or(|names| names.contains(&image.name))
}

/// The version that a start gets of those that have arrived, by its index in the image.
///
/// # Errors
/// 404 when the one asked for isn't there.
pub(super) fn choose_tag<'i>(
    image: &Image,
    mut arrived: impl DoubleEndedIterator<Item = (usize, &'i Tag)> + Clone,
    version: Option<&str>,
) -> Result<usize, Fault> {
    let there = arrived.clone();
    let chosen = match version {
        Some(version) => arrived.find(|(_, tag)| tag.name == version),
        // `max_by_key` gives the last of equals, and the first is wanted.
        None => arrived.rev().max_by_key(|(_, tag)| tag.priority),
    };
    // An image without tags has one without a name.
    if let Some(index) = chosen.map(|(index, _)| index).or((version.is_none() && image.tags.is_empty()).then_some(0)) {
        return Ok(index);
    }
    let names = there.map(|(_, tag)| tag.name.as_str()).collect::<Vec<_>>().join(", ");
    let known = if names.is_empty() { "none so far" } else { names.as_str() };
    let details = format!("the image {} has no such version here; there is {known}", image.name);
    Err(Fault::new(FaultKind::ResourceNotFound, "version not found", details))
}
