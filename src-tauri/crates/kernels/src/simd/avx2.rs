//! 8 rows in a register of 256 bits, with AVX-VNNI or without.
//!
//! Without it a product of bytes is taken in pairs, whose sums have 16 bits: one factor must be unsigned, so the sign of
//! the weight goes to the input. No pair overflows: 2 * 128 * 127 < 2^15. Of smaller weights pairs are added in 16 bits,
//! which takes one instruction and not two, and are sums of 32 bits only at the end of a block.

#![expect(
    unsafe_op_in_unsafe_fn,
    reason = "each function is one instruction or a few, whose conditions are the trait's"
)]

use std::arch::x86_64::*;

use super::{Simd, Work};

#[derive(Clone, Copy)]
pub(crate) struct Avx2<const VNNI: bool>;

/// Does the work with AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
pub(crate) fn with_avx2<W: Work>(work: W) {
    work.run::<Avx2<false>>();
}

/// The same with AVX-VNNI.
#[target_feature(enable = "avx2,fma,f16c,avxvnni,bmi1,bmi2,lzcnt,popcnt")]
pub(crate) fn with_avx_vnni<W: Work>(work: W) {
    work.run::<Avx2<true>>();
}

/// The sums of two pairs each.
#[inline(always)]
unsafe fn add_pairs(pairs: __m256i) -> __m256i {
    _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
}

impl<const VNNI: bool> Simd for Avx2<VNNI> {
    type Quads = __m256i;
    type Ints = __m256i;
    type Floats = __m256;

    const LANES: usize = 8;
    const PANEL: usize = 8;
    const TILES: usize = 1;
    const QUERIES: usize = 4;
    const KEEPS_OFFSET: bool = VNNI;

    #[inline(always)]
    fn steps(count: usize, rows: usize) -> usize {
        if VNNI || rows == 1 { count } else { std::hint::black_box(count) }
    }

    #[inline(always)]
    unsafe fn prefetch(from: *const u8) {
        _mm_prefetch::<_MM_HINT_T1>(from.cast());
    }

    #[inline(always)]
    unsafe fn load_quads(from: *const u8) -> __m256i {
        _mm256_loadu_si256(from.cast())
    }

    #[inline(always)]
    unsafe fn splat_quad(from: *const u32) -> __m256i {
        _mm256_set1_epi32(from.read_unaligned() as i32)
    }

    #[inline(always)]
    unsafe fn low_nibbles(quads: __m256i) -> __m256i {
        _mm256_and_si256(quads, _mm256_set1_epi8(15))
    }

    #[inline(always)]
    unsafe fn high_nibbles(quads: __m256i) -> __m256i {
        _mm256_and_si256(_mm256_srli_epi16::<4>(quads), _mm256_set1_epi8(15))
    }

    #[inline(always)]
    unsafe fn with_two_bits<const PLACE: i32>(nibbles: __m256i, bits: __m256i) -> __m256i {
        let shifted = match PLACE {
            0 => _mm256_slli_epi16::<4>(bits),
            1 => _mm256_slli_epi16::<2>(bits),
            2 => bits,
            _ => _mm256_srli_epi16::<2>(bits),
        };
        _mm256_or_si256(nibbles, _mm256_and_si256(shifted, _mm256_set1_epi8(0x30)))
    }

    #[inline(always)]
    unsafe fn splat_int(number: i32) -> __m256i {
        _mm256_set1_epi32(number)
    }

    #[inline(always)]
    unsafe fn small_offset(numbers: &[u8; 16], sum: i32) -> i32 {
        if VNNI {
            return -32 * sum;
        }
        let pairs = _mm_maddubs_epi16(_mm_set1_epi8(1), _mm_loadu_si128(numbers.as_ptr().cast()));
        let pairs = _mm_add_epi16(pairs, _mm_unpackhi_epi64(pairs, pairs));
        let pairs = _mm_add_epi16(pairs, _mm_srli_epi64::<32>(pairs));
        _mm_cvtsi128_si32(_mm_mullo_epi16(pairs, _mm_set1_epi16(-32)))
    }

    #[inline(always)]
    unsafe fn dot_small(sums: __m256i, small: __m256i, signed: __m256i) -> __m256i {
        match VNNI {
            true => _mm256_dpbusd_avx_epi32(sums, small, signed),
            false => _mm256_add_epi16(sums, _mm256_maddubs_epi16(small, signed)),
        }
    }

    #[inline(always)]
    unsafe fn small_to_floats(sums: __m256i) -> __m256 {
        Self::to_floats(if VNNI { sums } else { add_pairs(sums) })
    }

    #[inline(always)]
    unsafe fn dot_offset(sums: __m256i, offset: __m256i, signed: __m256i) -> __m256i {
        if VNNI {
            return _mm256_dpbusd_avx_epi32(sums, offset, signed);
        }
        let weights = _mm256_xor_si256(offset, _mm256_set1_epi8(-128));
        let turned = _mm256_sign_epi8(signed, weights);
        let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), turned);
        _mm256_add_epi32(sums, add_pairs(pairs))
    }

    #[inline(always)]
    unsafe fn to_floats(ints: __m256i) -> __m256 {
        _mm256_cvtepi32_ps(ints)
    }

    #[inline(always)]
    unsafe fn splat(number: f32) -> __m256 {
        _mm256_set1_ps(number)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m256 {
        _mm256_loadu_ps(from)
    }

    #[inline(always)]
    unsafe fn load_halves(from: *const u16) -> __m256 {
        _mm256_cvtph_ps(_mm_loadu_si128(from.cast()))
    }

    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> __m256 {
        _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast())))
    }

    #[inline(always)]
    unsafe fn load_signed_bytes(from: *const i8) -> __m256 {
        _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast())))
    }

    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        _mm256_add_ps(a, b)
    }

    #[inline(always)]
    unsafe fn min(a: __m256, b: __m256) -> __m256 {
        _mm256_min_ps(a, b)
    }

    #[inline(always)]
    unsafe fn max(a: __m256, b: __m256) -> __m256 {
        _mm256_max_ps(a, b)
    }

    #[inline(always)]
    unsafe fn divide(a: __m256, b: __m256) -> __m256 {
        _mm256_div_ps(a, b)
    }

    #[inline(always)]
    unsafe fn times_power_of_two(numbers: __m256, power: __m256) -> __m256 {
        let power = _mm256_slli_epi32::<23>(_mm256_castps_si256(power));
        _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(numbers), power))
    }

    #[inline(always)]
    unsafe fn multiply(a: __m256, b: __m256) -> __m256 {
        _mm256_mul_ps(a, b)
    }

    #[inline(always)]
    unsafe fn multiply_add(a: __m256, b: __m256, c: __m256) -> __m256 {
        _mm256_fmadd_ps(a, b, c)
    }

    #[inline(always)]
    unsafe fn take_product(a: __m256, b: __m256, c: __m256) -> __m256 {
        _mm256_fnmadd_ps(a, b, c)
    }

    #[inline(always)]
    unsafe fn store_lowest_bytes(to: *mut u8, numbers: __m256) {
        let lowest = _mm256_and_si256(_mm256_castps_si256(numbers), _mm256_set1_epi32(255));
        let (low, high) = (_mm256_castsi256_si128(lowest), _mm256_extracti128_si256::<1>(lowest));
        let words = _mm_packus_epi32(low, high);
        _mm_storel_epi64(to.cast(), _mm_packus_epi16(words, words));
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, numbers: __m256) {
        _mm256_storeu_ps(to, numbers);
    }
}
