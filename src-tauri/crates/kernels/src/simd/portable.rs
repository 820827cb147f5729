//! Plain loops: for processors that have nothing of their own here, and for checking those that have.

#![expect(
    unsafe_op_in_unsafe_fn,
    reason = "each function is one step whose conditions are the trait's"
)]

use std::array::from_fn;

use half::f16;

use super::Simd;

const LANES: usize = 16;

#[derive(Clone, Copy)]
pub(crate) struct Portable;

/// Four bytes of each row.
type Quads = [u8; 4 * LANES];

/// Written out for the compiler to turn into vector instructions.
#[inline(always)]
fn dot(sums: [i32; LANES], weights: &Quads, input: &Quads, offset: i16) -> [i32; LANES] {
    let mut products = [0i16; 4 * LANES];
    for at in 0..4 * LANES {
        products[at] = (i16::from(weights[at]) - offset) * i16::from(input[at] as i8);
    }
    let mut sums = sums;
    for row in 0..LANES {
        for at in 4 * row..4 * row + 4 {
            sums[row] += i32::from(products[at]);
        }
    }
    sums
}

impl Simd for Portable {
    type Quads = Quads;
    type Ints = [i32; LANES];
    type Floats = [f32; LANES];

    const LANES: usize = LANES;
    const PANEL: usize = 4;
    const TILES: usize = 1;
    const QUERIES: usize = 4;
    const KEEPS_OFFSET: bool = false;

    #[inline(always)]
    unsafe fn load_quads(from: *const u8) -> Quads {
        from.cast::<Quads>().read_unaligned()
    }

    #[inline(always)]
    unsafe fn splat_quad(from: *const u32) -> Quads {
        let quad = from.read_unaligned().to_ne_bytes();
        let mut quads = [0; 4 * LANES];
        for at in 0..4 * LANES {
            quads[at] = quad[at % 4];
        }
        quads
    }

    #[inline(always)]
    unsafe fn low_nibbles(quads: Quads) -> Quads {
        quads.map(|byte| byte & 15)
    }

    #[inline(always)]
    unsafe fn high_nibbles(quads: Quads) -> Quads {
        quads.map(|byte| byte >> 4)
    }

    #[inline(always)]
    unsafe fn with_two_bits<const PLACE: i32>(nibbles: Quads, bits: Quads) -> Quads {
        from_fn(|at| nibbles[at] | (bits[at] >> (2 * PLACE) & 3) << 4)
    }

    #[inline(always)]
    unsafe fn splat_int(number: i32) -> [i32; LANES] {
        [number; LANES]
    }

    #[inline(always)]
    unsafe fn dot_small(sums: [i32; LANES], small: Quads, signed: Quads) -> [i32; LANES] {
        dot(sums, &small, &signed, 0)
    }

    #[inline(always)]
    unsafe fn dot_offset(sums: [i32; LANES], offset: Quads, signed: Quads) -> [i32; LANES] {
        dot(sums, &offset, &signed, 128)
    }

    #[inline(always)]
    unsafe fn to_floats(ints: [i32; LANES]) -> [f32; LANES] {
        ints.map(|number| number as f32)
    }

    #[inline(always)]
    unsafe fn splat(number: f32) -> [f32; LANES] {
        [number; LANES]
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> [f32; LANES] {
        from.cast::<[f32; LANES]>().read_unaligned()
    }

    #[inline(always)]
    unsafe fn load_halves(from: *const u16) -> [f32; LANES] {
        let bits = from.cast::<[u16; LANES]>().read_unaligned();
        bits.map(|bits| f16::from_bits(bits).to_f32_const())
    }

    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> [f32; LANES] {
        from.cast::<[u8; LANES]>().read_unaligned().map(f32::from)
    }

    #[inline(always)]
    unsafe fn load_signed_bytes(from: *const i8) -> [f32; LANES] {
        from.cast::<[i8; LANES]>().read_unaligned().map(f32::from)
    }

    #[inline(always)]
    unsafe fn add(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        from_fn(|row| a[row] + b[row])
    }

    #[inline(always)]
    unsafe fn min(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        from_fn(|row| if a[row] < b[row] { a[row] } else { b[row] })
    }

    #[inline(always)]
    unsafe fn max(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        from_fn(|row| if a[row] > b[row] { a[row] } else { b[row] })
    }

    #[inline(always)]
    unsafe fn divide(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        from_fn(|row| a[row] / b[row])
    }

    #[inline(always)]
    unsafe fn times_power_of_two(numbers: [f32; LANES], power: [f32; LANES]) -> [f32; LANES] {
        from_fn(|row| {
            let power = power[row].to_bits() << 23;
            f32::from_bits(numbers[row].to_bits().wrapping_add(power))
        })
    }

    #[inline(always)]
    unsafe fn multiply(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
        from_fn(|row| a[row] * b[row])
    }

    #[inline(always)]
    unsafe fn multiply_add(a: [f32; LANES], b: [f32; LANES], c: [f32; LANES]) -> [f32; LANES] {
        from_fn(|row| a[row].mul_add(b[row], c[row]))
    }

    #[inline(always)]
    unsafe fn take_product(a: [f32; LANES], b: [f32; LANES], c: [f32; LANES]) -> [f32; LANES] {
        from_fn(|row| (-a[row]).mul_add(b[row], c[row]))
    }

    #[inline(always)]
    unsafe fn store_lowest_bytes(to: *mut u8, numbers: [f32; LANES]) {
        to.cast::<[u8; LANES]>().write_unaligned(numbers.map(|number| number.to_bits() as u8));
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, numbers: [f32; LANES]) {
        to.cast::<[f32; LANES]>().write_unaligned(numbers);
    }
}
