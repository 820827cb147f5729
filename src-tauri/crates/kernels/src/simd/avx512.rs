//! 16 rows in a register of 512 bits; four products and their sum are one instruction.

#![expect(
    unsafe_op_in_unsafe_fn,
    reason = "each function is one instruction or two, whose conditions are the trait's"
)]

use std::arch::x86_64::*;

use super::{Simd, Work};

#[derive(Clone, Copy)]
pub(crate) struct Avx512Vnni;

/// Does the work with AVX512-VNNI.
#[target_feature(
    enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,bmi1,bmi2,lzcnt,popcnt"
)]
pub(crate) fn with_avx512_vnni<W: Work>(work: W) {
    work.run::<Avx512Vnni>();
}

impl Simd for Avx512Vnni {
    type Quads = __m512i;
    type Ints = __m512i;
    type Floats = __m512;

    const LANES: usize = 16;
    const PANEL: usize = 8;
    const TILES: usize = 2;
    const QUERIES: usize = 8;
    const KEEPS_OFFSET: bool = true;

    #[inline(always)]
    unsafe fn prefetch(from: *const u8) {
        _mm_prefetch::<_MM_HINT_T1>(from.cast());
    }

    #[inline(always)]
    unsafe fn load_quads(from: *const u8) -> __m512i {
        _mm512_loadu_si512(from.cast())
    }

    #[inline(always)]
    unsafe fn splat_quad(from: *const u32) -> __m512i {
        _mm512_set1_epi32(from.read_unaligned() as i32)
    }

    #[inline(always)]
    unsafe fn low_nibbles(quads: __m512i) -> __m512i {
        _mm512_and_si512(quads, _mm512_set1_epi8(15))
    }

    #[inline(always)]
    unsafe fn high_nibbles(quads: __m512i) -> __m512i {
        _mm512_and_si512(_mm512_srli_epi16::<4>(quads), _mm512_set1_epi8(15))
    }

    #[inline(always)]
    unsafe fn with_two_bits<const PLACE: i32>(nibbles: __m512i, bits: __m512i) -> __m512i {
        let shifted = match PLACE {
            0 => _mm512_slli_epi16::<4>(bits),
            1 => _mm512_slli_epi16::<2>(bits),
            2 => bits,
            _ => _mm512_srli_epi16::<2>(bits),
        };
        // nibbles | (shifted & 0x30)
        _mm512_ternarylogic_epi64::<0xF8>(nibbles, shifted, _mm512_set1_epi8(0x30))
    }

    #[inline(always)]
    unsafe fn splat_int(number: i32) -> __m512i {
        _mm512_set1_epi32(number)
    }

    #[inline(always)]
    unsafe fn dot_small(sums: __m512i, small: __m512i, signed: __m512i) -> __m512i {
        _mm512_dpbusd_epi32(sums, small, signed)
    }

    #[inline(always)]
    unsafe fn dot_offset(sums: __m512i, offset: __m512i, signed: __m512i) -> __m512i {
        _mm512_dpbusd_epi32(sums, offset, signed)
    }

    #[inline(always)]
    unsafe fn to_floats(ints: __m512i) -> __m512 {
        _mm512_cvtepi32_ps(ints)
    }

    #[inline(always)]
    unsafe fn splat(number: f32) -> __m512 {
        _mm512_set1_ps(number)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        _mm512_loadu_ps(from)
    }

    #[inline(always)]
    unsafe fn load_halves(from: *const u16) -> __m512 {
        _mm512_cvtph_ps(_mm256_loadu_si256(from.cast()))
    }

    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> __m512 {
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast())))
    }

    #[inline(always)]
    unsafe fn load_signed_bytes(from: *const i8) -> __m512 {
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast())))
    }

    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        _mm512_add_ps(a, b)
    }

    #[inline(always)]
    unsafe fn min(a: __m512, b: __m512) -> __m512 {
        _mm512_min_ps(a, b)
    }

    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        _mm512_max_ps(a, b)
    }

    #[inline(always)]
    unsafe fn divide(a: __m512, b: __m512) -> __m512 {
        _mm512_div_ps(a, b)
    }

    #[inline(always)]
    unsafe fn times_power_of_two(numbers: __m512, power: __m512) -> __m512 {
        let power = _mm512_slli_epi32::<23>(_mm512_castps_si512(power));
        _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(numbers), power))
    }

    #[inline(always)]
    unsafe fn multiply(a: __m512, b: __m512) -> __m512 {
        _mm512_mul_ps(a, b)
    }

    #[inline(always)]
    unsafe fn multiply_add(a: __m512, b: __m512, c: __m512) -> __m512 {
        _mm512_fmadd_ps(a, b, c)
    }

    #[inline(always)]
    unsafe fn take_product(a: __m512, b: __m512, c: __m512) -> __m512 {
        _mm512_fnmadd_ps(a, b, c)
    }

    #[inline(always)]
    unsafe fn store_lowest_bytes(to: *mut u8, numbers: __m512) {
        _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(_mm512_castps_si512(numbers)));
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, numbers: __m512) {
        _mm512_storeu_ps(to, numbers);
    }
}
