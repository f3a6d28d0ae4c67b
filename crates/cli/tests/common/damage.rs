//! Ways in which a file is damaged.

use std::fmt;
use std::path::Path;

use assay_runs::digest;
use safetensors::{Dtype, SafeTensors};

/// A way in which a file is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    BitFlip,
    Truncated,
    Zeroed,
    Empty,
    Deleted,
    /// The file of another cell in its place.
    OfAnotherCell,
    /// The first number of its first tensor is none; the file is otherwise whole.
    NotANumber,
    /// The first number of its first tensor is the next one.
    LastBit,
    /// A digit of JSON is another.
    Edited,
    /// A record that cannot be, with the digest that belongs to it.
    Impossible,
}

impl Damage {
    /// Those that are named and repaired. What another version of assay may have written is not.
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

    /// Damages a file; `other` is that of another cell. False where it has no place for such a damage.
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
                bytes = resealed(&impossible(&String::from_utf8(bytes).unwrap())).into_bytes();
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

/// Where the first f32 of a safetensors file is.
fn first_float(bytes: &[u8]) -> Option<usize> {
    let tensors = SafeTensors::deserialize(bytes).unwrap();
    let of_floats = tensors.tensors().into_iter().filter(|(_, view)| view.dtype() == Dtype::F32);
    let places = of_floats.map(|(_, view)| view.data().as_ptr() as usize);
    Some(places.min()? - bytes.as_ptr() as usize)
}

/// More than all of its images are classified correctly, or more of its parameters were trained than it has.
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

/// A file of JSON with the digest of what it holds, as the program itself would write it.
pub fn resealed(text: &str) -> String {
    let start = "{\n  \"digest\": \"".len();
    let rest = &text[start + 64..];
    format!("{}{}{rest}", &text[..start], digest(rest.as_bytes()))
}
