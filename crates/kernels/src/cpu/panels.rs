//! How the outputs of a product are divided into panels of SIMD vectors.

/// Some neighboring outputs that one tile computes: `vectors` SIMD vectors, from number `first`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panel {
    pub(crate) first: usize,
    pub(crate) vectors: usize,
}

/// Outputs in panels of 1 to 3 vectors. The last vector is padded.
#[derive(Debug, Clone)]
pub(crate) struct Panels {
    pub(crate) all: Vec<Panel>,
    /// Number of outputs, padding included.
    pub(crate) width: usize,
    pub(crate) lanes: usize,
}

impl Panels {
    /// Divides `outputs` outputs. A single vector stands alone only if there is no other.
    pub(crate) fn new(outputs: usize, lanes: usize) -> Self {
        let all = outputs.div_ceil(lanes);
        let mut panels = Vec::new();
        let mut first = 0;
        while first < all {
            let vectors = match all - first {
                rest @ 1..=3 => rest,
                4 => 2,
                _ => 3,
            };
            panels.push(Panel { first, vectors });
            first += vectors;
        }
        Self { all: panels, width: all * lanes, lanes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_cover_all_outputs_once() {
        for outputs in 1..200 {
            let panels = Panels::new(outputs, 8);
            assert!(panels.width >= outputs && panels.width < outputs + 8);
            let mut next = 0;
            for panel in &panels.all {
                assert_eq!(panel.first, next);
                assert!((1..=3).contains(&panel.vectors));
                next += panel.vectors;
            }
            assert_eq!(next * 8, panels.width);
        }
    }
}
