//! What a kernel needs of a processor, in one trait with an implementation for each instruction set.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod functions;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::{with_avx_vnni, with_avx2};
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::with_avx512_vnni;
pub(crate) use functions::{exp, gated, gelu, gelu_erf};
#[cfg(target_arch = "aarch64")]
pub(crate) use neon::{with_neon_dot, with_neon_i8mm};
pub(crate) use portable::Portable;

/// Something to do with whatever instructions there are. `run` is to be `#[inline(always)]`, like all that it calls, so
/// that it is compiled for the instructions of its caller.
pub(crate) trait Work {
    fn run<S: Simd>(self);
}

/// Vectors of [`Simd::LANES`] numbers, one for each of so many rows of a matrix.
///
/// # Safety
/// Functions that take a pointer read or write as many numbers as their name and [`Simd::LANES`] say, at any alignment.
/// All of them may be called only where the processor has the instructions: within the [`Work`] that an
/// [`crate::InstructionSet`] runs.
pub(crate) trait Simd: Copy {
    /// Four small integers of each row.
    type Quads: Copy;
    /// An i32 of each row.
    type Ints: Copy;
    /// An f32 of each row.
    type Floats: Copy;

    /// Rows in a vector; divides 16.
    const LANES: usize;
    /// Rows of input that are worked on together: as many as there are registers for.
    const PANEL: usize;
    /// Tiles that a whole panel meets together, 1 or 2: a number of the input is then read once for both.
    const TILES: usize;
    /// Queries that attention works on together: each of them takes registers for all rows of a tile.
    const QUERIES: usize;
    /// Whether [`Simd::dot_offset`] multiplies by stored bytes as they are, so that 128 times the input must be taken away.
    const KEEPS_OFFSET: bool;

    /// How many steps a block takes with so many rows of input, known to the compiler where it does well to write them out.
    /// Where a sum of products takes several instructions it would add them in another order, and keep all of a block's weights
    /// on the stack for the rows to come.
    #[inline(always)]
    fn steps(count: usize, _rows: usize) -> usize {
        count
    }

    /// Has the bytes there on their way from memory to the second-level cache, if there are any.
    #[inline(always)]
    unsafe fn prefetch(_from: *const u8) {}

    /// Four unsigned bytes of each row.
    unsafe fn load_quads(from: *const u8) -> Self::Quads;
    /// The same four signed bytes for each row.
    unsafe fn splat_quad(from: *const u32) -> Self::Quads;
    /// The lower four bits of each byte.
    unsafe fn low_nibbles(quads: Self::Quads) -> Self::Quads;
    /// The upper four bits of each byte.
    unsafe fn high_nibbles(quads: Self::Quads) -> Self::Quads;
    /// `nibbles + 16 b`, where `b` are the bits `2 PLACE` and `2 PLACE + 1` of each byte.
    unsafe fn with_two_bits<const PLACE: i32>(
        nibbles: Self::Quads,
        bits: Self::Quads,
    ) -> Self::Quads;

    /// The same number for each row.
    unsafe fn splat_int(number: i32) -> Self::Ints;
    /// What [`Simd::dot_small`] adds to where 32 is to be taken from each small byte: -32 times the sum of 16 signed numbers.
    #[inline(always)]
    unsafe fn small_offset(_numbers: &[u8; 16], sum: i32) -> i32 {
        -32 * sum
    }
    /// Adds the products of unsigned bytes up to 63 with signed ones above -128. Of every four columns the first two and the
    /// last two may be summed apart, in 16 bits: only what it comes to in the end must have room there.
    unsafe fn dot_small(sums: Self::Ints, small: Self::Quads, signed: Self::Quads) -> Self::Ints;
    /// Each sum of small products as a float.
    #[inline(always)]
    unsafe fn small_to_floats(sums: Self::Ints) -> Self::Floats {
        // SAFETY: the caller's.
        unsafe { Self::to_floats(sums) }
    }
    /// Adds the products of bytes less 128 with signed ones above -128; see [`Simd::KEEPS_OFFSET`].
    unsafe fn dot_offset(sums: Self::Ints, offset: Self::Quads, signed: Self::Quads) -> Self::Ints;

    /// Adds the products of a block of 32 columns as [`Simd::dot_offset`] has them, for each tile and each of `R` rows of input. A
    /// block is eight groups of four columns; `inputs` has for each row 32 signed bytes, one after another.
    #[inline(always)]
    unsafe fn dot_block<const R: usize, const T: usize>(
        blocks: [*const u8; T],
        inputs: *const u32,
        products: &mut [[Self::Ints; R]; T],
    ) {
        // SAFETY: the caller's.
        unsafe { dot_rows::<Self, R, T>(blocks, inputs, products, 0) }
    }

    /// Each number as a float.
    unsafe fn to_floats(ints: Self::Ints) -> Self::Floats;
    /// The same number for each row.
    unsafe fn splat(number: f32) -> Self::Floats;
    /// Floats as they are.
    unsafe fn load(from: *const f32) -> Self::Floats;
    /// Floats from halves.
    unsafe fn load_halves(from: *const u16) -> Self::Floats;
    /// Floats from unsigned bytes.
    unsafe fn load_bytes(from: *const u8) -> Self::Floats;
    /// Floats from signed bytes.
    unsafe fn load_signed_bytes(from: *const i8) -> Self::Floats;
    /// `a + b`.
    unsafe fn add(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The smaller of each two; `b` where one is no number.
    unsafe fn min(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The larger of each two; `b` where one is no number.
    unsafe fn max(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a / b`.
    unsafe fn divide(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// Adds the lowest bits of `power`, as an integer, to the exponent of each number.
    unsafe fn times_power_of_two(numbers: Self::Floats, power: Self::Floats) -> Self::Floats;
    /// `a b`.
    unsafe fn multiply(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a b + c`, rounded once.
    unsafe fn multiply_add(a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// `c - a b`, rounded once.
    unsafe fn take_product(a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// Writes the lowest eight bits of each number.
    unsafe fn store_lowest_bytes(to: *mut u8, numbers: Self::Floats);
    /// Writes the numbers.
    unsafe fn store(to: *mut f32, numbers: Self::Floats);
}

/// Groups of four columns in a block, which are as many words of a row of input.
const GROUPS: usize = 8;

/// [`Simd::dot_block`] for the rows from `first` on, a group at a time.
///
/// # Safety
/// That of the method.
#[inline(always)]
unsafe fn dot_rows<S: Simd, const R: usize, const T: usize>(
    blocks: [*const u8; T],
    inputs: *const u32,
    products: &mut [[S::Ints; R]; T],
    first: usize,
) {
    // SAFETY: the groups are the block's, and the words the rows'.
    unsafe {
        for group in 0..S::steps(GROUPS, R) {
            let from = group.unchecked_mul(4 * ROWS);
            let mut weights = [S::load_quads(blocks[0].add(from)); T];
            for tile in 1..T {
                weights[tile] = S::load_quads(blocks[tile].add(from));
            }
            let inputs = inputs.add(group);
            for row in first..R {
                let input = S::splat_quad(inputs.add(row * GROUPS));
                for tile in 0..T {
                    let product = &mut products[tile][row];
                    *product = S::dot_offset(*product, weights[tile], input);
                }
            }
        }
    }
}

/// Rows of a tile.
const ROWS: usize = 16;
