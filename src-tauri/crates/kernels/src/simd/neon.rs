//! 16 rows in four registers of 128 bits; four products and their sum are one instruction. With i8mm two rows of eight columns
//! meet two rows of input in one, four times eight products.
//!
//! The instructions have no stable functions, so they are written in assembly.

#![expect(
    unsafe_op_in_unsafe_fn,
    reason = "each function is a few instructions, whose conditions are the trait's"
)]

use std::arch::aarch64::*;
use std::arch::asm;

use super::{GROUPS, Simd, Work, dot_rows};

/// Registers of 16 rows.
const PARTS: usize = 4;
const LANES: usize = 4 * PARTS;

/// With i8mm or without.
#[derive(Clone, Copy)]
pub(crate) struct Neon<const I8MM: bool>;

type Quads = [uint8x16_t; PARTS];
type Ints = [int32x4_t; PARTS];
type Floats = [float32x4_t; PARTS];

/// Does the work with NEON and its products of bytes.
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn with_neon_dot<W: Work>(work: W) {
    work.run::<Neon<false>>();
}

/// The same with its products of small matrices.
#[target_feature(enable = "neon,dotprod,i8mm")]
pub(crate) fn with_neon_i8mm<W: Work>(work: W) {
    work.run::<Neon<true>>();
}

/// Adds four products of signed bytes to each sum.
#[inline(always)]
unsafe fn dot(mut sums: Ints, weights: Quads, input: Quads) -> Ints {
    for part in 0..PARTS {
        asm!(
            "sdot {sum:v}.4s, {weights:v}.16b, {input:v}.16b",
            sum = inout(vreg) sums[part],
            weights = in(vreg) weights[part],
            input = in(vreg) input[part],
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// Adds the products of two rows of eight signed bytes with two others: `[a0 b0, a0 b1, a1 b0, a1 b1]`.
#[inline(always)]
unsafe fn dot_pairs(mut sums: int32x4_t, a: uint8x16_t, b: uint8x16_t) -> int32x4_t {
    asm!(
        "smmla {sums:v}.4s, {a:v}.16b, {b:v}.16b",
        sums = inout(vreg) sums,
        a = in(vreg) a,
        b = in(vreg) b,
        options(pure, nomem, nostack, preserves_flags),
    );
    sums
}

/// Eight columns of 16 rows as signed bytes, two rows in a register: of two groups of four columns, with 128 added.
#[inline(always)]
unsafe fn pairs_of_rows(from: *const u8) -> [uint8x16_t; 2 * PARTS] {
    let mut pairs = [vdupq_n_u8(0); 2 * PARTS];
    for part in 0..PARTS {
        let signed = |group: uint8x16_t| vreinterpretq_u32_u8(veorq_u8(group, vdupq_n_u8(128)));
        let first = signed(vld1q_u8(from.add(16 * part)));
        let second = signed(vld1q_u8(from.add(16 * (PARTS + part))));
        pairs[2 * part] = vreinterpretq_u8_u32(vzip1q_u32(first, second));
        pairs[2 * part + 1] = vreinterpretq_u8_u32(vzip2q_u32(first, second));
    }
    pairs
}

/// Adds the products of a tile's block with `P` pairs of rows of input, of 32 bytes each, which lie one after another. Answers
/// how many rows that are.
#[inline(always)]
unsafe fn dot_row_pairs<const P: usize>(
    block: *const u8,
    inputs: *const u8,
    to: &mut [Ints],
) -> usize {
    const COLUMNS: usize = 32;
    let mut sums = [[vdupq_n_s32(0); 2 * PARTS]; P];
    for eight in 0..COLUMNS / 8 {
        let weights = pairs_of_rows(block.add(eight * 8 * LANES));
        for pair in 0..P {
            let both = inputs.add(2 * pair * COLUMNS + eight * 8);
            let both = vcombine_u8(vld1_u8(both), vld1_u8(both.add(COLUMNS)));
            for rows in 0..2 * PARTS {
                sums[pair][rows] = dot_pairs(sums[pair][rows], weights[rows], both);
            }
        }
    }
    for pair in 0..P {
        for part in 0..PARTS {
            let (low, high) = (sums[pair][2 * part], sums[pair][2 * part + 1]);
            to[2 * pair][part] = vaddq_s32(to[2 * pair][part], vuzp1q_s32(low, high));
            to[2 * pair + 1][part] = vaddq_s32(to[2 * pair + 1][part], vuzp2q_s32(low, high));
        }
    }
    2 * P
}

/// Sixteen bytes as floats.
#[inline(always)]
unsafe fn bytes_to_floats(bytes: uint8x16_t) -> Floats {
    let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
    [
        vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))),
        vcvtq_f32_u32(vmovl_high_u16(low)),
        vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
        vcvtq_f32_u32(vmovl_high_u16(high)),
    ]
}

impl<const I8MM: bool> Simd for Neon<I8MM> {
    type Quads = Quads;
    type Ints = Ints;
    type Floats = Floats;

    const LANES: usize = LANES;
    const PANEL: usize = 4;
    const TILES: usize = 1;
    const QUERIES: usize = 4;
    const KEEPS_OFFSET: bool = false;

    #[inline(always)]
    unsafe fn load_quads(from: *const u8) -> Quads {
        [vld1q_u8(from), vld1q_u8(from.add(16)), vld1q_u8(from.add(32)), vld1q_u8(from.add(48))]
    }

    #[inline(always)]
    unsafe fn splat_quad(from: *const u32) -> Quads {
        [vreinterpretq_u8_u32(vdupq_n_u32(from.read_unaligned())); PARTS]
    }

    #[inline(always)]
    unsafe fn low_nibbles(mut quads: Quads) -> Quads {
        for part in 0..PARTS {
            quads[part] = vandq_u8(quads[part], vdupq_n_u8(15));
        }
        quads
    }

    #[inline(always)]
    unsafe fn high_nibbles(mut quads: Quads) -> Quads {
        for part in 0..PARTS {
            quads[part] = vshrq_n_u8::<4>(quads[part]);
        }
        quads
    }

    #[inline(always)]
    unsafe fn with_two_bits<const PLACE: i32>(mut nibbles: Quads, bits: Quads) -> Quads {
        for part in 0..PARTS {
            let shifted = match PLACE {
                0 => vshlq_n_u8::<4>(bits[part]),
                1 => vshlq_n_u8::<2>(bits[part]),
                2 => bits[part],
                _ => vshrq_n_u8::<2>(bits[part]),
            };
            nibbles[part] = vorrq_u8(nibbles[part], vandq_u8(shifted, vdupq_n_u8(0x30)));
        }
        nibbles
    }

    #[inline(always)]
    unsafe fn splat_int(number: i32) -> Ints {
        [vdupq_n_s32(number); PARTS]
    }

    #[inline(always)]
    unsafe fn dot_small(sums: Ints, small: Quads, signed: Quads) -> Ints {
        dot(sums, small, signed)
    }

    #[inline(always)]
    unsafe fn dot_offset(sums: Ints, mut offset: Quads, signed: Quads) -> Ints {
        for part in 0..PARTS {
            offset[part] = veorq_u8(offset[part], vdupq_n_u8(128));
        }
        dot(sums, offset, signed)
    }

    #[inline(always)]
    unsafe fn dot_block<const R: usize, const T: usize>(
        blocks: [*const u8; T],
        inputs: *const u32,
        products: &mut [[Ints; R]; T],
    ) {
        let paired = if I8MM { R / 2 * 2 } else { 0 };
        for tile in 0..T {
            let mut row = 0;
            while row < paired {
                let (inputs, to) = (inputs.add(row * GROUPS).cast(), &mut products[tile][row..]);
                row += match paired - row {
                    4.. => dot_row_pairs::<2>(blocks[tile], inputs, to),
                    _ => dot_row_pairs::<1>(blocks[tile], inputs, to),
                };
            }
        }
        if paired < R {
            dot_rows::<Self, R, T>(blocks, inputs, products, paired);
        }
    }

    #[inline(always)]
    unsafe fn to_floats(ints: Ints) -> Floats {
        let mut floats = [vdupq_n_f32(0.0); PARTS];
        for part in 0..PARTS {
            floats[part] = vcvtq_f32_s32(ints[part]);
        }
        floats
    }

    #[inline(always)]
    unsafe fn splat(number: f32) -> Floats {
        [vdupq_n_f32(number); PARTS]
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Floats {
        [vld1q_f32(from), vld1q_f32(from.add(4)), vld1q_f32(from.add(8)), vld1q_f32(from.add(12))]
    }

    #[inline(always)]
    unsafe fn load_halves(from: *const u16) -> Floats {
        let mut floats = [vdupq_n_f32(0.0); PARTS];
        for part in 0..PARTS {
            floats[part] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from.add(4 * part))));
        }
        floats
    }

    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> Floats {
        bytes_to_floats(vld1q_u8(from))
    }

    #[inline(always)]
    unsafe fn load_signed_bytes(from: *const i8) -> Floats {
        let offset = veorq_u8(vld1q_u8(from.cast()), vdupq_n_u8(128));
        let mut floats = bytes_to_floats(offset);
        for part in 0..PARTS {
            floats[part] = vsubq_f32(floats[part], vdupq_n_f32(128.0));
        }
        floats
    }

    #[inline(always)]
    unsafe fn add(mut a: Floats, b: Floats) -> Floats {
        for part in 0..PARTS {
            a[part] = vaddq_f32(a[part], b[part]);
        }
        a
    }

    #[inline(always)]
    unsafe fn min(mut a: Floats, b: Floats) -> Floats {
        for part in 0..PARTS {
            a[part] = vbslq_f32(vcltq_f32(a[part], b[part]), a[part], b[part]);
        }
        a
    }

    #[inline(always)]
    unsafe fn max(mut a: Floats, b: Floats) -> Floats {
        for part in 0..PARTS {
            a[part] = vbslq_f32(vcgtq_f32(a[part], b[part]), a[part], b[part]);
        }
        a
    }

    #[inline(always)]
    unsafe fn divide(mut a: Floats, b: Floats) -> Floats {
        for part in 0..PARTS {
            a[part] = vdivq_f32(a[part], b[part]);
        }
        a
    }

    #[inline(always)]
    unsafe fn times_power_of_two(mut numbers: Floats, power: Floats) -> Floats {
        for part in 0..PARTS {
            let power = vshlq_n_s32::<23>(vreinterpretq_s32_f32(power[part]));
            let bits = vaddq_s32(vreinterpretq_s32_f32(numbers[part]), power);
            numbers[part] = vreinterpretq_f32_s32(bits);
        }
        numbers
    }

    #[inline(always)]
    unsafe fn multiply(mut a: Floats, b: Floats) -> Floats {
        for part in 0..PARTS {
            a[part] = vmulq_f32(a[part], b[part]);
        }
        a
    }

    #[inline(always)]
    unsafe fn multiply_add(a: Floats, b: Floats, mut c: Floats) -> Floats {
        for part in 0..PARTS {
            c[part] = vfmaq_f32(c[part], a[part], b[part]);
        }
        c
    }

    #[inline(always)]
    unsafe fn take_product(a: Floats, b: Floats, mut c: Floats) -> Floats {
        for part in 0..PARTS {
            c[part] = vfmsq_f32(c[part], a[part], b[part]);
        }
        c
    }

    #[inline(always)]
    unsafe fn store_lowest_bytes(to: *mut u8, numbers: Floats) {
        let mut narrow = [vdup_n_u16(0); PARTS];
        for part in 0..PARTS {
            narrow[part] = vmovn_u32(vreinterpretq_u32_f32(numbers[part]));
        }
        let low = vmovn_u16(vcombine_u16(narrow[0], narrow[1]));
        let high = vmovn_u16(vcombine_u16(narrow[2], narrow[3]));
        vst1q_u8(to, vcombine_u8(low, high));
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, numbers: Floats) {
        for part in 0..PARTS {
            vst1q_f32(to.add(4 * part), numbers[part]);
        }
    }
}
