//! The images of attacks, as pixels and as files.

use assay_classifier_cells::{ELITES_FILE, EliteRecord};
use plotters::style::RGBColor;
use resvg::tiny_skia::Pixmap;
use safetensors::{Dtype, SafeTensors};

use super::index::{Index, PlannedAttack};
use assay_report::Folder;
use assay_report::ReportError;
use assay_report::figures::raster::enlarged;
use assay_report::image_grid::Tile;
use assay_report::tensors::read_if_there;

/// The folder of these images in the report.
const FOLDER: &str = "elites";

/// The images of one attack, in the order of its elites.
pub struct SampleImages {
    channels: usize,
    height: usize,
    width: usize,
    /// `[elites, channels, height, width]`, with one channel for gray or three for RGB.
    pixels: Vec<u8>,
}

impl SampleImages {
    /// The images of an attack; none if it has no elites, or the file was not kept.
    ///
    /// # Errors
    /// When the file cannot be read, or does not have one image for each elite.
    pub fn read(attack: &PlannedAttack) -> Result<Option<Self>, ReportError> {
        let Some(result) = attack.result() else { return Ok(None) };
        read_if_there(attack.cell_result, ELITES_FILE, |tensors| {
            Self::take(tensors, result.elites.len())
        })
    }

    /// The images in a file, one for each of `elites`.
    ///
    /// # Errors
    /// When the file has another number of images, or no images.
    pub fn take(tensors: &SafeTensors, elites: usize) -> Result<Self, String> {
        let tensor = tensors.tensor("pixels").map_err(|reason| reason.to_string())?;
        let shape = tensor.shape();
        match *shape {
            [count, channels @ (1 | 3), height @ (1..), width @ (1..)]
                if count == elites && tensor.dtype() == Dtype::U8 =>
            {
                Ok(Self { channels, height, width, pixels: tensor.data().to_vec() })
            }
            _ => Err(format!(
                "its pixels are {:?} of shape {shape:?}, not bytes of shape [{elites}, 1 or 3, \
                 height, width]",
                tensor.dtype()
            )),
        }
    }

    /// The image with index `at` in a figure, `width` CSS pixels wide, with lines below it.
    ///
    /// # Errors
    /// When it is too large to be drawn.
    pub fn tile(
        &self,
        at: usize,
        width: f64,
        figure: &str,
        below: Vec<(String, RGBColor)>,
    ) -> Result<Option<Tile>, ReportError> {
        // Twice the resolution of the figure's PNG, which has two pixels per CSS pixel.
        let pixels = self.pixmap(at, 4 * width as usize);
        let pixels = pixels.map_err(|reason| ReportError::figure(figure, &reason))?;
        Ok(Some(Tile { pixels, above: String::new(), below }))
    }

    /// The image with index `at`, at least `wanted` pixels wide. Each of its pixels is a square, so
    /// that no viewer blurs it.
    ///
    /// # Errors
    /// When it is too large to be drawn.
    ///
    /// # Panics
    /// If there is no such index.
    fn pixmap(&self, at: usize, wanted: usize) -> Result<Pixmap, String> {
        let shape = [self.channels, self.height, self.width];
        let size: usize = shape.iter().product();
        let image = &self.pixels[at * size..][..size];
        enlarged(shape, image, wanted).ok_or_else(|| {
            format!("an image of {} by {} pixels is too large", self.height, self.width)
        })
    }
}

/// Evenly spaced indices below `count`, at most `limit`, including the first and the last.
pub fn evenly_spaced(count: usize, limit: usize) -> Vec<usize> {
    if count <= limit {
        return (0..count).collect();
    }
    (0..limit).map(|at| at * (count - 1) / (limit - 1)).collect()
}

/// Every image of the run, as a PNG in its own size: `elites/ATTACK/CLASS.png`. In each round of
/// retraining, only those of the first attack on each network.
///
/// # Errors
/// When images are damaged.
pub fn folder(index: &Index) -> Result<Folder, ReportError> {
    let mut files = Vec::new();
    let of_rounds = index.round_attacks.iter().filter(|attack| attack.cell.repeat == 1);
    for attack in index.attacks.iter().chain(of_rounds) {
        let Some((images, result)) = SampleImages::read(attack)?.zip(attack.result()) else {
            continue;
        };
        for (at, elite) in result.elites.iter().enumerate() {
            let name = file_of(index, attack, elite);
            let png = images
                .pixmap(at, 1)
                .and_then(|pixmap| pixmap.encode_png().map_err(|reason| reason.to_string()))
                .map_err(|reason| ReportError::figure(&name, &reason))?;
            files.push((name, png));
        }
    }
    Ok(Folder { name: FOLDER, files })
}

/// The file of an elite, relative to the folder.
fn file_of(index: &Index, attack: &PlannedAttack, elite: &EliteRecord) -> String {
    format!(
        "{}/{}.png",
        attack.cell_result.cell.name(),
        file_name(&index.class(elite.class), elite)
    )
}

/// The file of an elite, relative to the report.
pub fn file_path(index: &Index, attack: &PlannedAttack, elite: &EliteRecord) -> String {
    format!("{FOLDER}/{}", file_of(index, attack, elite))
}

/// The number of the class, and its name in characters that every file system accepts. The number
/// is needed because two classes may have the same name.
fn file_name(class: &str, elite: &EliteRecord) -> String {
    let number = elite.class.to_string();
    if class == number {
        return number;
    }
    let plain = |sign: char| if sign.is_ascii_alphanumeric() { sign } else { '-' };
    format!("{number}-{}", class.chars().map(plain).take(60).collect::<String>())
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    fn saved(shape: &[usize], pixels: &[u8]) -> Vec<u8> {
        let view = TensorView::new(Dtype::U8, shape.to_vec(), pixels).unwrap();
        safetensors::serialize([("pixels", view)], None).unwrap()
    }

    fn parse(bytes: &[u8], elites: usize) -> Result<SampleImages, String> {
        SampleImages::take(&SafeTensors::deserialize(bytes).unwrap(), elites)
    }

    #[test]
    fn an_images_channels_stand_one_after_another_and_its_pixels_become_squares() {
        // The second of two images of 1 by 2: red 5 6, green 7 8, blue 9 10.
        let pixels = [0, 0, 0, 0, 0, 0, 5, 6, 7, 8, 9, 10];
        let images = parse(&saved(&[2, 3, 1, 2], &pixels), 2).unwrap();
        let pixmap = images.pixmap(1, 4).unwrap();
        let color = |x, y| {
            let pixel = pixmap.pixel(x, y).unwrap();
            [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]
        };
        assert_eq!((pixmap.width(), pixmap.height()), (4, 2));
        assert_eq!([color(0, 0), color(1, 1)], [[5, 7, 9, 255]; 2]);
        assert_eq!([color(2, 0), color(3, 1)], [[6, 8, 10, 255]; 2]);
    }

    #[test]
    fn images_that_are_not_one_for_each_elite_are_named() {
        let bytes = saved(&[2, 1, 1, 2], &[0; 4]);
        let reason = parse(&bytes, 3).err().unwrap();
        assert!(reason.contains("[2, 1, 1, 2]") && reason.contains("[3, 1 or 3"), "{reason}");
        let reason = parse(&saved(&[2, 2, 1, 1], &[0; 4]), 2).err().unwrap();
        assert!(reason.contains("[2, 2, 1, 1]"), "{reason}");
    }

    #[test]
    fn some_of_many_are_spread_from_the_first_to_the_last() {
        assert_eq!(evenly_spaced(4, 30), [0, 1, 2, 3]);
        assert_eq!(evenly_spaced(10, 4), [0, 3, 6, 9]);
        assert_eq!(evenly_spaced(16, 8), [0, 2, 4, 6, 8, 10, 12, 15]);
    }

    #[test]
    fn files_are_named_by_number_and_name() {
        let elite = |class| EliteRecord {
            class,
            confidence: 1.0,
            predicted: class,
            generation: 0,
            evaluations_to_99: None,
            evaluations_to_9999: None,
            lineage: vec![class],
        };
        assert_eq!(file_name("7", &elite(7)), "7");
        assert_eq!(file_name("tench, Tinca/tinca", &elite(0)), "0-tench--Tinca-tinca");
    }
}
