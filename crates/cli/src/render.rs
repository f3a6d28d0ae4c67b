//! `assay render`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_fool_execute::drawings;
use assay_map_elites::Images;
use assay_runs::{file, record_in};
use clap::Args;
use image::{GrayImage, RgbImage};

use assay_engine::output;

/// Draws what an attack by CPPNs found at any size, from the genomes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay render runs/fool-mnist/cells/ATTACK
  assay render runs/fool-mnist/cells/ATTACK --size 2048 --class 3 --class 8 --out large

Prints the path of each PNG, which is named after its class's number. They are the same pictures, finer or
coarser; a network was shown them at the size they were found in.")]
pub struct Render {
    /// The folder of an attack's cell in a run, or the archive.json in it
    #[arg(value_name = "ATTACK")]
    attack: PathBuf,
    /// The longer side in pixels, at most 8192
    #[arg(long, value_name = "PIXELS", default_value_t = 512)]
    size: u32,
    /// A class by number; may be given several times [default: all]
    #[arg(long = "class", value_name = "NUMBER")]
    classes: Vec<usize>,
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "elites")]
    out: PathBuf,
}

impl Render {
    /// Draws, and prints where.
    pub fn run(self) -> Result<ExitCode> {
        let attack = self.attack;
        let file = if attack.is_dir() { attack.join(file::ARCHIVE) } else { attack };
        let bytes = published(&file)?;
        let drawn = drawings(&bytes, self.size, &self.classes, |class, picture| {
            std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
            let path = self.out.join(format!("{class}.png"));
            write(picture, &path).with_context(|| path.display().to_string())?;
            output::line(path.display())
        });
        drawn.with_context(|| file.display().to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The bytes of an archive, as they were published where a record is beside it.
fn published(archive: &Path) -> Result<Vec<u8>> {
    let folder = archive.parent().unwrap_or(Path::new(""));
    if archive.ends_with(file::ARCHIVE) && folder.join(file::RECORD).exists() {
        return Ok(record_in(folder)?.read_file(folder, file::ARCHIVE)?);
    }
    std::fs::read(archive).with_context(|| archive.display().to_string())
}

/// Writes one picture as PNG.
fn write(picture: Images, path: &Path) -> Result<()> {
    let Images { pixels, channels, height, width } = picture;
    let (rows, columns) = (u32::try_from(height)?, u32::try_from(width)?);
    if channels == 1 {
        let image = GrayImage::from_raw(columns, rows, pixels).context("a byte for each pixel")?;
        return Ok(image.save(path)?);
    }
    let places = height * width;
    let interleaved =
        (0..places).flat_map(|at| [pixels[at], pixels[places + at], pixels[2 * places + at]]);
    let image = RgbImage::from_raw(columns, rows, interleaved.collect());
    Ok(image.context("three bytes for each pixel")?.save(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_has_the_colors_of_the_picture_in_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.png");
        // Two pixels beside one another: (1, 3, 5) and (2, 4, 6).
        let picture = Images { pixels: vec![1, 2, 3, 4, 5, 6], channels: 3, height: 1, width: 2 };
        write(picture, &path).unwrap();
        let read = image::open(&path).unwrap().into_rgb8();
        assert_eq!((read.dimensions(), read.into_raw()), ((2, 1), vec![1, 3, 5, 2, 4, 6]));
        let picture = Images { pixels: vec![7, 8], channels: 1, height: 2, width: 1 };
        write(picture, &path).unwrap();
        let read = image::open(&path).unwrap().into_luma8();
        assert_eq!((read.dimensions(), read.into_raw()), ((1, 2), vec![7, 8]));
    }
}
