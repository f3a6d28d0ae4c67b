//! Ways to damage a file.

use std::fmt;
use std::path::Path;

use assay_runs::digest;
use safetensors::{Dtype, SafeTensors};

/// A way to damage a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    BitFlip,
    Truncated,
    Zeroed,
    Empty,
    Deleted,
    /// Replace it with the file of another cell.
    OfAnotherCell,
    /// Make the first value of its first tensor NaN, with an intact header.
    NotANumber,
    /// Change the first value of its first tensor to the next larger one.
    LastBit,
    /// Change a digit of its JSON.
    Edited,
    /// Make a record impossible, with a valid digest.
    Impossible,
}

impl Damage {
    /// The damages that are named and repaired. A record with a valid digest may come from another version of assay.
    pub const ALL: [Self; 8] = [
        Self::BitFlip,
        Self::Truncated,
        Self::Zeroed,
        Self::Empty,
        Self::Deleted,
        Self::OfAnotherCell,
        Self::NotANumber,
        Self::Edited,
    ];

    /// Damages a file. `other` is the file of another cell. Returns false if this damage does not apply to the file.
    pub fn apply(self, path: &Path, other: Option<&Path>) -> bool {
        let mut bytes = std::fs::read(path).unwrap();
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        match self {
            Self::BitFlip => {
                let at = bytes.len() * 3 / 4;
                bytes[at] ^= 8;
            }
            Self::Truncated => bytes.truncate(bytes.len() / 2),
            Self::Zeroed => bytes.fill(0),
            Self::Empty => bytes.clear(),
            Self::Deleted => {
                std::fs::remove_file(path).unwrap();
                return true;
            }
            Self::OfAnotherCell => {
                let Some(other) = other else { return false };
                let others = std::fs::read(other).unwrap();
                if others == bytes {
                    return false;
                }
                bytes = others;
            }
            Self::NotANumber if !is_json => match first_float(&bytes) {
                Some(at) => bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes()),
                None => return false,
            },
            Self::LastBit if !is_json => match first_float(&bytes) {
                Some(at) => bytes[at] ^= 1,
                None => return false,
            },
            Self::Edited if is_json => {
                let at = bytes.iter().rposition(|byte| (b'0'..=b'8').contains(byte)).unwrap();
                bytes[at] += 1;
            }
            Self::Impossible if path.ends_with("record.json") => {
                bytes = reseal(&impossible(&String::from_utf8(bytes).unwrap())).into_bytes();
            }
            Self::NotANumber | Self::LastBit | Self::Edited | Self::Impossible => return false,
        }
        std::fs::write(path, bytes).unwrap();
        true
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// The position of the first f32 in a safetensors file.
fn first_float(bytes: &[u8]) -> Option<usize> {
    let tensors = SafeTensors::deserialize(bytes).unwrap();
    let of_floats = tensors.tensors().into_iter().filter(|(_, view)| view.dtype() == Dtype::F32);
    let places = of_floats.map(|(_, view)| view.data().as_ptr() as usize);
    Some(places.min()? - bytes.as_ptr() as usize)
}

/// Makes a record impossible: more correct images than images, or more trained parameters than parameters.
fn impossible(record: &str) -> String {
    for (field, number) in [("\"correct\": ", "7000000"), ("\"trained\": ", "7000000")] {
        if let Some(at) = record.find(field) {
            let (before, after) = record.split_at(at + field.len());
            let end = after.find(|sign: char| !sign.is_ascii_digit()).unwrap();
            return format!("{before}{number}{}", &after[end..]);
        }
    }
    panic!("no number to change in {record}");
}

/// JSON with a valid digest, as the program itself writes it.
pub fn reseal(text: &str) -> String {
    let start = "{\n  \"digest\": \"".len();
    let rest = &text[start + 64..];
    format!("{}{}{rest}", &text[..start], digest(rest.as_bytes()))
}
