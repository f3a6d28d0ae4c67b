//! Which SIMD instructions the kernels use.

use std::sync::OnceLock;

use pulp::{Arch, Simd, WithSimd};

/// The widest instructions of this CPU. `ASSAY_SIMD=avx2` leaves AVX-512 unused, to compare the bits.
///
/// # Panics
/// If `ASSAY_SIMD` has another value, or this CPU has no AVX2: a comparison would compare nothing.
pub(crate) fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(|| match std::env::var("ASSAY_SIMD") {
        Ok(name) if name == "avx2" => avx2().expect("ASSAY_SIMD is avx2, which this CPU lacks"),
        Ok(name) if !name.is_empty() => panic!("ASSAY_SIMD is {name:?}; it can be avx2"),
        _ => Arch::new(),
    })
}

/// AVX2 with fused multiply-add, if this CPU has it.
pub(crate) fn avx2() -> Option<Arch> {
    #[cfg(target_arch = "x86_64")]
    return pulp::x86::V3::try_new().map(Arch::V3);
    #[cfg(not(target_arch = "x86_64"))]
    None
}

/// Number of f32 values in a SIMD vector of the kernels.
pub(crate) fn lanes() -> usize {
    lanes_of(arch())
}

/// Number of f32 values in a SIMD vector.
pub(crate) fn lanes_of(arch: Arch) -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        fn with_simd<S: Simd>(self, _simd: S) -> usize {
            S::F32_LANES
        }
    }
    arch.dispatch(Lanes)
}

/// One vector of values; 0 beyond the last value.
#[inline(always)]
pub(crate) fn load<S: Simd>(simd: S, values: &[f32]) -> S::f32s {
    // Partial vectors cost a call.
    match S::as_simd_f32s(values) {
        ([vector], []) => *vector,
        _ => simd.partial_load_f32s(values),
    }
}

/// Stores the first values of a vector, as many as there is space for.
#[inline(always)]
pub(crate) fn store<S: Simd>(simd: S, target: &mut [f32], values: S::f32s) {
    if let ([vector], []) = S::as_mut_simd_f32s(target) {
        *vector = values;
        return;
    }
    simd.partial_store_f32s(target, values);
}

/// One vector of numbers; 0 beyond the last number.
#[inline(always)]
pub(crate) fn load_numbers<S: Simd>(simd: S, numbers: &[u32]) -> S::u32s {
    match S::as_simd_u32s(numbers) {
        ([vector], []) => *vector,
        _ => simd.partial_load_u32s(numbers),
    }
}

/// Stores the first numbers of a vector, as many as there is space for.
#[inline(always)]
pub(crate) fn store_numbers<S: Simd>(simd: S, target: &mut [u32], numbers: S::u32s) {
    if let ([vector], []) = S::as_mut_simd_u32s(target) {
        *vector = numbers;
        return;
    }
    simd.partial_store_u32s(target, numbers);
}

/// Copies a few values, which are too few for a call of the system's function to pay off.
#[inline(always)]
pub(crate) fn copy_values(source: &[f32], target: &mut [f32]) {
    update(source, target, |_, source| source);
}

/// Adds a few values.
#[inline(always)]
pub(crate) fn add_values(values: &[f32], target: &mut [f32]) {
    update(values, target, |target, value| target + value);
}

/// Updates values in pieces of constant sizes, which become one instruction each.
#[inline(always)]
fn update(source: &[f32], target: &mut [f32], value: impl Fn(f32, f32) -> f32) {
    #[inline(always)]
    fn pieces<'a, const N: usize>(
        source: &'a [f32],
        target: &'a mut [f32],
        value: &impl Fn(f32, f32) -> f32,
    ) -> (&'a [f32], &'a mut [f32]) {
        let (sources, source) = source.as_chunks::<N>();
        let (targets, target) = target.as_chunks_mut::<N>();
        for (source, target) in sources.iter().zip(targets) {
            *target = std::array::from_fn(|at| value(target[at], source[at]));
        }
        (source, target)
    }
    let (source, target) = pieces::<16>(source, target, &value);
    let (source, target) = pieces::<8>(source, target, &value);
    let (source, target) = pieces::<4>(source, target, &value);
    pieces::<1>(source, target, &value);
}
