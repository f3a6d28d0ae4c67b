//! SVG with its font inside, and PNG.

use std::fmt::Display;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::Figure;
use crate::ReportError;
use crate::font::{database, font_face_css};

/// Pixels of the PNG a pixel of the SVG.
const SCALE: f32 = 2.0;

impl Figure {
    /// SVG that stands alone: the font's style sheet is inside.
    pub(crate) fn standalone_svg(&self) -> String {
        let after_tag = self.svg.find('>').map_or(0, |end| end + 1);
        let (tag, content) = self.svg.split_at(after_tag);
        format!("{tag}\n<style>{}</style>{content}", font_face_css())
    }

    /// PNG at twice the size, with the carried fonts and no other.
    ///
    /// # Errors
    /// When the SVG cannot be rendered.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        let failed = |reason: &dyn Display| ReportError::figure(self.name, reason);
        let options = Options { fontdb: database(), ..Options::default() };
        let tree =
            Tree::from_str(&self.standalone_svg(), &options).map_err(|error| failed(&error))?;
        let size = tree.size().to_int_size();
        let size = size.scale_by(SCALE).unwrap_or(size);
        let pixels = Pixmap::new(size.width(), size.height());
        let mut pixels = pixels.ok_or_else(|| failed(&"it has no size"))?;
        resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
        pixels.encode_png().map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::canvas::{Lettering, draw};
    use plotters::style::text_anchor::{HPos, VPos};

    fn figure(svg: String) -> Figure {
        Figure { name: "test", title: String::new(), caption: String::new(), svg }
    }

    #[test]
    fn text_is_rendered_with_the_carried_font_alone() {
        let svg = draw(200.0, 40.0, |canvas| {
            let style = Lettering::new(HPos::Left, VPos::Center);
            canvas.text(5.0, 20.0, "Ag ± μ − × → é …", style)
        })
        .unwrap();
        let figure = figure(svg);
        let svg = figure.standalone_svg();
        assert!(svg.contains("@font-face{font-family:Inter"));
        assert!(svg.contains(r#"font-family="Inter""#));
        let pixels = Pixmap::decode_png(&figure.png().unwrap()).unwrap();
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
            let figure = figure(svg.unwrap());
            assert!(figure.png().is_ok() && figure.svg.contains("u{"), "{name:?}: {}", figure.svg);
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
                let bytes = figure(svg(sign, face.weight.0)).png().unwrap();
                // A sign the font lacks is drawn as the same box as any other it lacks.
                let lacking = figure(svg('漢', face.weight.0)).png().unwrap();
                assert_ne!(bytes, lacking, "{sign} is not in the font");
            }
        }
    }
}
