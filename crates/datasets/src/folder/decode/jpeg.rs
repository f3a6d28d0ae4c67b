//! Where the image in a JPEG file ends: phones and editors put more after it.

/// The bytes up to the image's own end-of-image marker; none where it has no end.
///
/// Goes from marker to marker (ITU T.81, annex B): a segment says how long it is, so a preview within one is
/// passed over; in the data after a start of scan, ff stands before a zero, a restart or the next marker.
pub fn up_to_end(jpeg: &[u8]) -> Option<&[u8]> {
    let mut at = 2;
    loop {
        at += jpeg.get(at..)?.windows(2).position(is_marker)?;
        match jpeg[at + 1] {
            0xd9 => return Some(&jpeg[..at + 2]),
            // Of no length: a temporary marker, restarts and another start.
            0x01 | 0xd0..=0xd8 => at += 2,
            _ => {
                let length = jpeg.get(at + 2..at + 4)?;
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
            }
        }
    }
}

/// Whether two bytes are a marker, and neither ff in the data nor filling before a marker.
fn is_marker(pair: &[u8]) -> bool {
    pair[0] == 0xff && pair[1] != 0 && pair[1] != 0xff
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment with a preview in it, a scan with a restart and a byte ff, and the end.
    const WHOLE: [u8; 24] = [
        0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9, 0xff, 0xda, 0, 3, 1, 7, 0xff, 0,
        0xff, 0xd0, 9, 0xff, 0xff, 0xd9,
    ];

    #[test]
    fn an_image_ends_at_its_own_end_whatever_is_after_or_within_it() {
        assert_eq!(up_to_end(&WHOLE), Some(&WHOLE[..]));
        for after in [&[0xff, 0xda, 0, 9][..], &[0xff, 0xd8, 0xff], &[0; 5], &[0xff]] {
            assert_eq!(up_to_end(&[&WHOLE, after].concat()), Some(&WHOLE[..]), "{after:?}");
        }
    }

    #[test]
    fn an_image_cut_anywhere_has_no_end() {
        for length in 0..WHOLE.len() {
            assert_eq!(up_to_end(&WHOLE[..length]), None, "{length}");
        }
    }
}
