//! SVG with its font inside, and PNG.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::ReportError;
use crate::font::{database, font_face_css};

/// Pixels of the PNG a pixel of the SVG.
const SCALE: f32 = 2.0;

/// Puts the font's style sheet first in an SVG.
pub(super) fn with_font(svg: &str) -> String {
    let after_tag = svg.find('>').map_or(0, |at| at + 1);
    let (tag, content) = svg.split_at(after_tag);
    format!("{tag}\n<style>{}</style>{content}", font_face_css())
}

/// Renders an SVG at twice its size with the carried fonts and no other.
pub(super) fn png(name: &str, svg: &str) -> Result<Vec<u8>, ReportError> {
    let options = Options { fontdb: database(), ..Options::default() };
    let tree =
        Tree::from_str(svg, &options).map_err(|reason| ReportError::figure(name, &reason))?;
    let size = tree.size().to_int_size();
    let size = size.scale_by(SCALE).unwrap_or(size);
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| ReportError::figure(name, &"it has no size"))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|reason| ReportError::figure(name, &reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::canvas::{Lettering, draw};
    use plotters::style::text_anchor::{HPos, VPos};

    #[test]
    fn text_is_rendered_with_the_carried_font_alone() {
        let svg = draw(200.0, 40.0, |canvas| {
            let style = Lettering::new(HPos::Left, VPos::Center);
            canvas.text(5.0, 20.0, "Ag ± μ − × → é …", style)
        })
        .unwrap();
        let svg = with_font(&svg);
        assert!(svg.contains("@font-face{font-family:Inter"));
        assert!(svg.contains(r#"font-family="Inter""#));
        let pixels = Pixmap::decode_png(&png("text", &svg).unwrap()).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (400, 80));
        let dark = pixels.pixels().iter().filter(|pixel| pixel.red() < 128).count();
        assert!(dark > 300, "{dark} dark pixels: the text is missing");
    }

    #[test]
    fn a_name_with_signs_that_xml_has_no_place_for_ends_no_figure() {
        for name in ["a\u{1b}x", "bell \u{7}", "\u{fffe}"] {
            let svg = draw(200.0, 40.0, |canvas| {
                canvas.text(5.0, 20.0, name, Lettering::new(HPos::Left, VPos::Center))
            });
            let svg = svg.unwrap();
            assert!(png("text", &with_font(&svg)).is_ok() && svg.contains("u{"), "{name:?}: {svg}");
        }
    }

    #[test]
    fn every_sign_the_figures_use_is_in_both_weights() {
        let database = database();
        assert_eq!(database.faces().count(), 2);
        for face in database.faces() {
            let svg = |sign: char, weight: u16| {
                format!(
                    r#"<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><text x="2" y="15" font-family="Inter" font-weight="{weight}">{sign}</text></svg>"#
                )
            };
            for sign in "AZaz09+−±×–…%()[]=≤≥·→αμ".chars() {
                let bytes = png("sign", &svg(sign, face.weight.0)).unwrap();
                // A sign the font lacks is drawn as the same box as any other it lacks.
                let lacking = png("sign", &svg('漢', face.weight.0)).unwrap();
                assert_ne!(bytes, lacking, "{sign} is not in the font");
            }
        }
    }
}
