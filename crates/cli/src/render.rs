//! `assay render`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_classifier_cells::ARCHIVE_FILE;
use assay_fool_execute::render_elites;
use assay_map_elites::Images;
use assay_runs::{file, read_record};
use clap::Args;
use image::ExtendedColorType;

use assay_engine::output;

/// Renders the images of a CPPN attack at any size, from their genomes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay render runs/fool-mnist/cells/ATTACK
  assay render runs/fool-mnist/cells/ATTACK --size 2048 --class 3 --class 8 --out large

Prints the path of each PNG, which is named by the number of its class. The images are the same at another
resolution; the network saw them at the resolution of the attack.")]
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
    /// Renders the images and prints their paths.
    pub fn run(self) -> Result<ExitCode> {
        let attack = self.attack;
        let file = if attack.is_dir() { attack.join(ARCHIVE_FILE) } else { attack };
        let bytes = read_archive(&file)?;
        let rendered = render_elites(&bytes, self.size, &self.classes, |class, image| {
            std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
            let path = self.out.join(format!("{class}.png"));
            save_png(&image, &path).with_context(|| path.display().to_string())?;
            output::print_line(path.display())
        });
        rendered.with_context(|| file.display().to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads an archive, and verifies it if its cell's record is in the same folder.
fn read_archive(archive: &Path) -> Result<Vec<u8>> {
    let folder = archive.parent().unwrap_or(Path::new(""));
    if archive.ends_with(ARCHIVE_FILE) && folder.join(file::RECORD).exists() {
        return Ok(read_record(folder)?.read_file(folder, ARCHIVE_FILE)?);
    }
    std::fs::read(archive).with_context(|| archive.display().to_string())
}

/// Saves an image as PNG.
fn save_png(image: &Images, path: &Path) -> Result<()> {
    let Images { pixels, channels, height, width } = image;
    let plane = height * width;
    let pixel = |at: usize| (0..*channels).map(move |channel| pixels[channel * plane + at]);
    let interleaved: Vec<u8> = (0..plane).flat_map(pixel).collect();
    let color = if *channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
    let (width, height) = (u32::try_from(*width)?, u32::try_from(*height)?);
    Ok(image::save_buffer(path, &interleaved, width, height, color)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_has_the_colors_of_the_image() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.png");
        // Two adjacent pixels: (1, 3, 5) and (2, 4, 6).
        let image = Images { pixels: vec![1, 2, 3, 4, 5, 6], channels: 3, height: 1, width: 2 };
        save_png(&image, &path).unwrap();
        let read = image::open(&path).unwrap().into_rgb8();
        assert_eq!((read.dimensions(), read.into_raw()), ((2, 1), vec![1, 3, 5, 2, 4, 6]));
        let image = Images { pixels: vec![7, 8], channels: 1, height: 2, width: 1 };
        save_png(&image, &path).unwrap();
        let read = image::open(&path).unwrap().into_luma8();
        assert_eq!((read.dimensions(), read.into_raw()), ((1, 2), vec![7, 8]));
    }
}
