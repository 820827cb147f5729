//! Functions of single numbers that processors have no instruction for, in steps that they have.

use super::Simd;

/// Added to a small number it leaves the nearest integer in the lowest bits.
const ROUNDING: f32 = 12_582_912.0;
/// Below this e to the power of it is as good as nothing, and above as good as endless.
const LEAST: f32 = -87.0;
const MOST: f32 = 88.0;
/// The logarithm of 2 in two parts, the first with few bits, so that its multiples are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Taylor's series up to the seventh power, which is within half of the last place on the half interval around 0.
const SERIES: [f32; 6] = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0];
const SEVENTH: f32 = 1.0 / 5040.0;

/// e to the power of `x`, within 2 units of the last place between -87 and 88; beyond, what it is there.
///
/// # Safety
/// That of [`Simd`].
#[inline(always)]
pub(crate) unsafe fn exp<S: Simd>(x: S::Floats) -> S::Floats {
    // SAFETY: the caller's.
    unsafe {
        let x = S::max(S::splat(LEAST), S::min(S::splat(MOST), x));
        let rounded = S::multiply_add(x, S::splat(std::f32::consts::LOG2_E), S::splat(ROUNDING));
        let power = S::add(rounded, S::splat(-ROUNDING));
        let rest = S::take_product(power, S::splat(LN_2_HIGH), x);
        let rest = S::take_product(power, S::splat(LN_2_LOW), rest);
        let mut sum = S::splat(SEVENTH);
        for factor in SERIES {
            sum = S::multiply_add(sum, rest, S::splat(factor));
        }
        sum = S::multiply_add(sum, rest, S::splat(1.0));
        S::times_power_of_two(sum, rounded)
    }
}

/// `x / (1 + e^-(slope x))`, where `slope x` is given.
///
/// # Safety
/// That of [`Simd`].
#[inline(always)]
pub(crate) unsafe fn gated<S: Simd>(x: S::Floats, slope_x: S::Floats) -> S::Floats {
    // SAFETY: the caller's.
    unsafe {
        let opposite = S::multiply(slope_x, S::splat(-1.0));
        S::divide(x, S::add(S::splat(1.0), exp::<S>(opposite)))
    }
}

/// GELU in its tanh form: `x / (1 + e^-2u)` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`.
///
/// # Safety
/// That of [`Simd`].
#[inline(always)]
pub(crate) unsafe fn gelu<S: Simd>(x: S::Floats) -> S::Floats {
    const TWICE_ROOT: f32 = 1.595_769;
    // SAFETY: the caller's.
    unsafe {
        let square = S::multiply(x, x);
        let factor =
            S::multiply_add(square, S::splat(TWICE_ROOT * 0.044_715), S::splat(TWICE_ROOT));
        gated::<S>(x, S::multiply(x, factor))
    }
}

/// GELU by the error function: `x (1 + erf(x / sqrt(2))) / 2`.
///
/// Source: Abramowitz and Stegun 7.1.26 for the error function, within 1.5e-7.
///
/// # Safety
/// That of [`Simd`].
#[inline(always)]
pub(crate) unsafe fn gelu_erf<S: Simd>(x: S::Floats) -> S::Floats {
    const FACTORS: [f32; 4] = [-1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6];
    // SAFETY: the caller's.
    unsafe {
        let size = S::max(x, S::multiply(x, S::splat(-1.0)));
        let z = S::multiply(size, S::splat(std::f32::consts::FRAC_1_SQRT_2));
        let one = S::splat(1.0);
        let t = S::divide(one, S::multiply_add(z, S::splat(0.327_591_1), one));
        let mut sum = S::splat(1.061_405_4);
        for factor in FACTORS {
            sum = S::multiply_add(sum, t, S::splat(factor));
        }
        let tail = S::multiply(
            S::multiply(sum, t),
            exp::<S>(S::multiply(S::multiply(z, z), S::splat(-1.0))),
        );
        // Both signs at once: x/2 + |x|/2 erf(|x| / sqrt(2)).
        let half = S::multiply(size, S::splat(0.5));
        let whole = S::multiply_add(x, S::splat(0.5), half);
        S::take_product(half, tail, whole)
    }
}
