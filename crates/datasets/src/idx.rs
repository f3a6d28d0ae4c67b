//! The idx format of MNIST: a magic number, dimensions, and bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::{DataError, Images, Shape};

/// Reads the images and labels of one part, such as `train`, from `DIR/PART-images-idx3-ubyte` and
/// `DIR/PART-labels-idx1-ubyte`; see [`find`] for other names.
///
/// # Errors
/// [`DataError::Io`] or [`DataError::Malformed`] naming a file that is missing, truncated, not in
/// idx format, or has a label that is not below `classes`.
pub fn read_part(dir: &Path, part: &str, classes: u16) -> Result<Images, DataError> {
    let images_path = find(dir, &format!("{part}-images-idx3-ubyte"))?;
    let labels_path = find(dir, &format!("{part}-labels-idx1-ubyte"))?;
    let (dimensions, pixels) = read(&images_path, 3)?;
    let (_, labels) = read(&labels_path, 1)?;
    let shape = Shape { channels: 1, height: dimensions[1], width: dimensions[2] };
    if labels.len() != dimensions[0] {
        let reason = format!("{} labels for {} images", labels.len(), dimensions[0]);
        return Err(DataError::malformed(labels_path, reason));
    }
    if let Some(index) = labels.iter().position(|&label| u16::from(label) >= classes) {
        let reason = format!("label {} of image {index}: 0 to {}", labels[index], classes - 1);
        return Err(DataError::malformed(labels_path, reason));
    }
    Ok(Images::new(shape, pixels, labels.into_iter().map(u16::from).collect()))
}

/// Finds a file by name, with or without `.gz`. Some copies have a dot before `idx`:
/// `train-images.idx3-ubyte`.
///
/// # Errors
/// [`DataError::Io`] when there is no such file.
pub fn find(dir: &Path, name: &str) -> Result<PathBuf, DataError> {
    let dotted = name.replacen("-idx", ".idx", 1);
    let names = [name, &dotted].map(|name| [name.to_owned(), format!("{name}.gz")]).concat();
    names.iter().map(|name| dir.join(name)).find(|path| path.is_file()).ok_or_else(|| {
        let reason = format!("neither with .gz nor without, nor as {dotted}");
        let missing = io::Error::new(io::ErrorKind::NotFound, reason);
        DataError::Io { path: dir.join(format!("{name}.gz")), source: missing }
    })
}

fn read(path: &Path, dimensions: u8) -> Result<(Vec<usize>, Vec<u8>), DataError> {
    let file = File::open(path).map_err(DataError::io(path))?;
    let length = file.metadata().map_err(DataError::io(path))?.len();
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let start = reader.fill_buf().map_err(DataError::io(path))?;
    let parsed = if start.starts_with(&[0x1f, 0x8b]) {
        parse(MultiGzDecoder::new(reader), dimensions, None)
    } else {
        parse(reader, dimensions, Some(length))
    };
    parsed.map_err(|reason| DataError::malformed(path, reason))
}

/// Parses an idx file of u8: its dimensions and its bytes.
///
/// - length: number of bytes in `reader`, if known
fn parse(
    mut reader: impl Read,
    dimensions: u8,
    length: Option<u64>,
) -> Result<(Vec<usize>, Vec<u8>), String> {
    let mut magic = [0; 4];
    reader.read_exact(&mut magic).map_err(|error| format!("no idx magic number: {error}"))?;
    if magic != [0, 0, 8, dimensions] {
        return Err(format!(
            "starts with {magic:?}, but idx of bytes in {dimensions} dimensions starts with \
             [0, 0, 8, {dimensions}]"
        ));
    }
    let mut sizes = Vec::new();
    for _ in 0..dimensions {
        let mut size = [0; 4];
        reader.read_exact(&mut size).map_err(|error| format!("no idx dimensions: {error}"))?;
        sizes.push(u32::from_be_bytes(size) as usize);
    }
    let total = sizes.iter().try_fold(1_usize, |total, &size| total.checked_mul(size));
    let total = total.filter(|&total| total > 0 && total < isize::MAX as usize);
    let total = total.ok_or_else(|| format!("its dimensions {sizes:?} are invalid"))?;
    let header = 4 + 4 * u64::from(dimensions);
    if let Some(length) = length.filter(|&length| length != header + total as u64) {
        return Err(format!(
            "{length} bytes, but {header} of header and dimensions {sizes:?} make {}",
            header + total as u64
        ));
    }
    Ok((sizes, read_body(reader, total, length.is_some())?))
}

/// Reads exactly `total` bytes. Allocates them at once only if the length of the file confirms the
/// header.
fn read_body(reader: impl Read, total: usize, trusted: bool) -> Result<Vec<u8>, String> {
    const UNTRUSTED: usize = 64 << 20;
    let mut body = Vec::with_capacity(if trusted { total } else { total.min(UNTRUSTED) });
    let mut limited = reader.take(total as u64 + 1);
    limited.read_to_end(&mut body).map_err(|error| {
        format!("cannot be unpacked past byte {} of {total}: {error}", body.len())
    })?;
    match body.len() {
        length if length < total => Err(format!("ends after {length} of {total} bytes of data")),
        length if length > total => Err(format!("has more than {total} bytes of data")),
        _ => Ok(body),
    }
}

#[cfg(test)]
mod tests;
