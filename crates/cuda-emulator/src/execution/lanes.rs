//! A value for each of the 32 lanes of a warp.

/// The threads of a warp.
pub const LANES: usize = 32;

/// A register of all lanes of a warp.
pub type Lanes = [u64; LANES];

/// A function of one number in every lane.
pub fn map(a: Lanes, function: impl Fn(u64) -> u64) -> Lanes {
    a.map(function)
}

/// A function of two numbers in every lane.
pub fn map2(a: Lanes, b: Lanes, function: impl Fn(u64, u64) -> u64) -> Lanes {
    std::array::from_fn(|lane| function(a[lane], b[lane]))
}

/// A function of three numbers in every lane.
pub fn map3(a: Lanes, b: Lanes, c: Lanes, function: impl Fn(u64, u64, u64) -> u64) -> Lanes {
    std::array::from_fn(|lane| function(a[lane], b[lane], c[lane]))
}

/// The lanes whose bit is set.
pub fn active(mask: u32) -> impl Iterator<Item = usize> {
    (0..LANES).filter(move |lane| mask >> lane & 1 == 1)
}
