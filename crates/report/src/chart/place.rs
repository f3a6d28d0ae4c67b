//! Where one of a chart's axes stands.

use crate::figures::canvas::Frame;

/// One of a chart's axes on the page.
pub(super) struct Place {
    pub frame: Frame,
    /// Whether its titles are not those of its neighbor to the left, or below.
    pub shows_x_title: bool,
    pub shows_y_title: bool,
}
