//! Finds the end of a JPEG image. Phones and editors append other data to it.

/// The bytes up to the end-of-image marker; none if the image is truncated.
///
/// Walks over the markers (ITU T.81, annex B). Segments are skipped by their length, including
/// embedded previews. In entropy-coded data, 0xff is followed by zero, a restart marker or the next
/// marker.
pub fn truncate_at_end_marker(jpeg: &[u8]) -> Option<&[u8]> {
    let mut at = 2;
    loop {
        at += jpeg.get(at..)?.windows(2).position(is_marker)?;
        match jpeg[at + 1] {
            0xd9 => return Some(&jpeg[..at + 2]),
            // Markers without a length: temporary, restart, start of image.
            0x01 | 0xd0..=0xd8 => at += 2,
            _ => {
                let length = jpeg.get(at + 2..at + 4)?;
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
            }
        }
    }
}

/// Whether two bytes are a marker, and not an escaped 0xff or a fill byte.
fn is_marker(pair: &[u8]) -> bool {
    pair[0] == 0xff && pair[1] != 0 && pair[1] != 0xff
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment with an embedded preview, a scan with a restart marker and an escaped 0xff, and
    /// the end.
    const WHOLE: [u8; 24] = [
        0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9, 0xff, 0xda, 0, 3, 1, 7, 0xff, 0,
        0xff, 0xd0, 9, 0xff, 0xff, 0xd9,
    ];

    #[test]
    fn trailing_data_and_previews_are_ignored() {
        assert_eq!(truncate_at_end_marker(&WHOLE), Some(&WHOLE[..]));
        for after in [&[0xff, 0xda, 0, 9][..], &[0xff, 0xd8, 0xff], &[0; 5], &[0xff]] {
            assert_eq!(
                truncate_at_end_marker(&[&WHOLE, after].concat()),
                Some(&WHOLE[..]),
                "{after:?}"
            );
        }
    }

    #[test]
    fn a_truncated_image_has_no_end() {
        for length in 0..WHOLE.len() {
            assert_eq!(truncate_at_end_marker(&WHOLE[..length]), None, "{length}");
        }
    }
}
