//! Variables and parameters, and where they are in memory.

use std::collections::HashMap;

use super::{Type, parts};
use crate::ptx::CONSTANTS;
use crate::ptx::statements::braced;

/// The memory of a declared variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredSpace {
    Shared,
    /// Shared memory whose size a launch gives.
    Dynamic,
    Local,
    Parameter,
    Constant,
}

/// The declaration of a variable, such as `.shared .align 16 .b8 name[1024]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration<'a> {
    pub space: DeclaredSpace,
    name: &'a str,
    align: usize,
    bytes: usize,
    ty: Type,
    /// The values after `=`.
    values: Vec<&'a str>,
}

impl<'a> Declaration<'a> {
    /// The declaration in a statement; none if it declares no variable.
    pub fn parse(statement: &'a str) -> Option<Self> {
        let (declared, values) = match statement.split_once('=') {
            Some((declared, values)) => {
                (declared, braced(values).map_or(vec![values.trim()], parts))
            }
            None => (statement, Vec::new()),
        };
        let (declared, count) = match declared.split_once('[') {
            Some((declared, count)) => (declared, count.split(']').next()?.trim()),
            None => (declared, "1"),
        };
        let words: Vec<&str> = declared.split_whitespace().collect();
        let has = |word: &str| words.contains(&word);
        let space = match () {
            () if has(".shared") && count.is_empty() => DeclaredSpace::Dynamic,
            () if has(".shared") => DeclaredSpace::Shared,
            () if has(".local") => DeclaredSpace::Local,
            () if has(".param") => DeclaredSpace::Parameter,
            () if has(".global") || has(".const") => DeclaredSpace::Constant,
            () => return None,
        };
        let ty = words.iter().find_map(|word| Type::parse(word.strip_prefix('.')?))?;
        let align = words.iter().position(|word| *word == ".align");
        let align = align.and_then(|at| words.get(at + 1)?.parse().ok()).unwrap_or(ty.bytes());
        let count = if count.is_empty() { 0 } else { count.parse().ok()? };
        // A pointer's alignment, `.ptr .align 16`, is not that of the parameter.
        let align = if has(".ptr") { ty.bytes() } else { align };
        let bytes = count * ty.bytes();
        Some(Self { space, name: words.last()?, align, bytes, ty, values })
    }
}

/// Variables and parameters, and the sizes of their memories.
#[derive(Debug, Default)]
pub struct Symbols {
    addresses: HashMap<String, u64>,
    dynamic: Vec<String>,
    pub parameter_bytes: usize,
    pub shared_bytes: usize,
    pub local_bytes: usize,
    pub constants: Vec<u8>,
}

impl Symbols {
    /// Gives a variable its place; returns the offset and the bytes.
    pub fn declare(&mut self, declaration: &Declaration) -> (usize, usize) {
        let Declaration { space, name, align, bytes, .. } = declaration;
        let end = match space {
            DeclaredSpace::Dynamic => {
                self.dynamic.push((*name).to_owned());
                return (0, 0);
            }
            DeclaredSpace::Shared => &mut self.shared_bytes,
            DeclaredSpace::Local => &mut self.local_bytes,
            DeclaredSpace::Parameter => &mut self.parameter_bytes,
            DeclaredSpace::Constant => &mut self.constants.len(),
        };
        let offset = end.next_multiple_of((*align).max(1));
        *end = offset + bytes;
        let mut address = offset as u64;
        if *space == DeclaredSpace::Constant {
            self.constants.resize(offset + bytes, 0);
            self.initialize(offset, declaration);
            address += CONSTANTS;
        }
        self.addresses.insert((*name).to_owned(), address);
        (offset, *bytes)
    }

    fn initialize(&mut self, offset: usize, declaration: &Declaration) {
        let size = declaration.ty.bytes();
        for (at, value) in declaration.values.iter().enumerate() {
            let value = self.constant(value).unwrap_or(0).to_le_bytes();
            let start = offset + at * size;
            self.constants[start..start + size].copy_from_slice(&value[..size]);
        }
    }

    /// Dynamic shared memory begins after all that is declared.
    pub fn place_dynamic(&mut self) {
        self.shared_bytes = self.shared_bytes.next_multiple_of(16);
        for name in std::mem::take(&mut self.dynamic) {
            self.addresses.insert(name, self.shared_bytes as u64);
        }
    }

    /// The value of a number, or of a variable's address with an offset.
    pub fn constant(&self, text: &str) -> Option<u64> {
        if let Some(value) = number(text) {
            return Some(value);
        }
        let (name, offset) = text.split_once('+').unwrap_or((text, "0"));
        Some(self.addresses.get(name.trim())?.wrapping_add(number(offset.trim())?))
    }
}

/// A number: decimal, hexadecimal, or the bits of a float (`0f3f800000`, `0d...`).
fn number(text: &str) -> Option<u64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let hexadecimal = ["0x", "0X", "0f", "0F", "0d", "0D"];
    let digits = digits.strip_suffix('U').unwrap_or(digits);
    let value = match hexadecimal.iter().find_map(|prefix| digits.strip_prefix(prefix)) {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some(if negative { value.wrapping_neg() } else { value })
}
