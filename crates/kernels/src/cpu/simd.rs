//! Which SIMD instructions the kernels use.

use std::sync::OnceLock;

use pulp::{Arch, Simd, WithSimd};

/// The widest instructions of this CPU. `ASSAY_SIMD=avx2` leaves AVX-512 unused, to compare the bits.
pub(crate) fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(|| match std::env::var("ASSAY_SIMD") {
        Ok(name) if name == "avx2" => avx2().unwrap_or_default(),
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
