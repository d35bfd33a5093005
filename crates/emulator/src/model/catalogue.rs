//! What can be started where, by whom: the configuration, indexed. It never changes while the emulator runs.

use std::collections::HashMap;
use std::sync::Arc;

use super::fault::{Fault, FaultKind};
use crate::config::{Config, Image, Location, Permission, Secret};

/// The configuration, indexed.
pub(crate) struct Catalogue {
    images: Vec<Arc<Image>>,
    image_by_name: HashMap<String, usize>,
    locations: Vec<Arc<Location>>,
    location_by_id: HashMap<String, usize>,
    /// Never printed.
    tokens: HashMap<Secret, Vec<Permission>>,
}

impl Catalogue {
    /// Indexes a checked configuration.
    pub(crate) fn new(config: &Config) -> Self {
        let images: Vec<_> = config.images.iter().cloned().map(Arc::new).collect();
        let locations: Vec<_> = config.locations.iter().cloned().map(Arc::new).collect();
        Self {
            image_by_name: images.iter().enumerate().map(|(index, image)| (image.name.clone(), index)).collect(),
            location_by_id: locations.iter().enumerate().map(|(index, place)| (place.id.clone(), index)).collect(),
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
        match self.tokens.get(&Secret::new(token)) {
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
        let index = self.image_by_name.get(name).ok_or_else(|| Fault::no_image(name, &known()))?;
        Ok(&self.images[*index])
    }

    /// The index of a location.
    ///
    /// # Errors
    /// 404 when there is no such location.
    pub(super) fn location_index(&self, id: &str) -> Result<usize, Fault> {
        let known = || self.locations.iter().map(|location| location.id.as_str()).collect::<Vec<_>>().join(", ");
        self.location_by_id.get(id).copied().ok_or_else(|| Fault::no_location(id, &known()))
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

/// The name of the version that a start gets.
///
/// # Errors
/// 404 when the one asked for isn't there.
pub(super) fn choose_tag<'i>(image: &'i Image, version: Option<&str>) -> Result<&'i str, Fault> {
    match version {
        Some(version) => {
            image.tags.iter().find(|tag| tag.name == version).map(|tag| tag.name.as_str()).ok_or_else(|| {
                let known = image.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join(", ");
                let details = format!("the image {} has no such version; it has {known}", image.name);
                Fault::new(FaultKind::ResourceNotFound, "version not found", details)
            })
        }
        // `max_by_key` gives the last of equals, and the first is wanted.
        None => Ok(image.tags.iter().rev().max_by_key(|tag| tag.priority).map_or("latest", |tag| tag.name.as_str())),
    }
}
