//! What can be started where, by whom: the configuration, indexed. It never changes while the emulator runs.

use std::collections::HashMap;
use std::sync::Arc;

use super::fault::{Fault, FaultKind};
use crate::config::{Config, Image, Location, Permission, Secret};

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

    /// Whether an image has a version, as a location sees it.
    ///
    /// # Errors
    /// 404 when there is no such location, no such image, or not this image there.
    pub(crate) fn has_tag(&self, location: &str, image: &str, version: &str) -> Result<bool, Fault> {
        let location = &self.locations[self.location_index(location)?];
        let image = self.image(image)?;
        check_offer(location, image)?;
        Ok(image.tags.iter().any(|tag| tag.name == version))
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

/// The version that a start gets, by its index in the image.
///
/// # Errors
/// 404 when the one asked for isn't there.
pub(super) fn choose_tag(image: &Image, version: Option<&str>) -> Result<usize, Fault> {
    let mut tags = image.tags.iter().enumerate();
    match version {
        Some(version) => tags.find(|(_, tag)| tag.name == version).map(|(index, _)| index).ok_or_else(|| {
            let known = image.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join(", ");
            let details = format!("the image {} has no such version; it has {known}", image.name);
            Fault::new(FaultKind::ResourceNotFound, "version not found", details)
        }),
        // `max_by_key` gives the last of equals, and the first is wanted.
        None => Ok(tags.rev().max_by_key(|(_, tag)| tag.priority).map_or(0, |(index, _)| index)),
    }
}
