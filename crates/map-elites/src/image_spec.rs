//! The size and the color space of the evolved images.

use serde::{Deserialize, Serialize};

use crate::color::Color;
use crate::error::{MapElitesError, require};

/// The size and the color space of the evolved images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSpec {
    /// Height in pixels, in 1..=8192.
    pub height: u32,
    /// Width in pixels, in 1..=8192.
    pub width: u32,
    /// The meaning of the color channels.
    pub color: Color,
}

impl ImageSpec {
    /// Pixels per image.
    #[must_use]
    pub fn pixels(self) -> usize {
        self.height as usize * self.width as usize
    }

    /// Values per image: pixels times channels.
    #[must_use]
    pub fn values(self) -> usize {
        self.pixels() * self.color.channels()
    }

    pub(crate) fn check(self) -> Result<(), MapElitesError> {
        /// Larger sides are mistakes, and could overflow the number of values.
        const MAX_SIDE: u32 = 8192;
        let is_valid = |side| (1..=MAX_SIDE).contains(&side);
        require(is_valid(self.height), "picture.height", &self.height, "in 1..=8192")?;
        require(is_valid(self.width), "picture.width", &self.width, "in 1..=8192")
    }
}
