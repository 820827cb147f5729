//! Loops that the compiler turns into vector instructions.

/// Sums run over so many lanes side by side, whatever the processor's own width.
const LANES: usize = 16;

/// Compiles the work a second time for AVX2 and runs that where the processor has it. The numbers are the same.
#[inline(always)]
pub(crate) fn with_wide_registers(work: impl FnOnce()) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = pulp::x86::V3::try_new() {
        return pulp::Simd::vectorize(avx2, work);
    }
    work();
}

/// The sum of products; its rounding is the same on every processor.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a_whole, a_rest) = a.as_chunks::<LANES>();
    let (b_whole, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_whole.iter().zip(b_whole) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0] + rest
}
