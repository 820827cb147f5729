//! Products of rows with matrices: which thread works on which tiles, and in which order.
//!
//! A thread takes a few tiles at a time and goes through the rows panel by panel, so that the tiles are read from memory
//! once and stay near; of many rows it takes so many at a time that they stay near, too.

use std::cell::RefCell;
use std::ops::Range;

use crate::activations::{BLOCK, RECORD};
use crate::formats::q4_k::Q4K;
use crate::formats::q6_k::Q6K;
use crate::formats::q8_0::Q8_0;
use crate::formats::q8_k::Q8K;
use crate::formats::{self, Sums, TILE_ROWS, Tile};
use crate::simd::{Simd, Work};
use crate::{Activations, Curve, Format, InstructionSet, PackedMatrix, Pool};

/// Bytes of tiles that a thread takes at a time, and of rows that meet them: both stay in its second-level cache.
const TILES_AT_A_TIME: usize = 256 << 10;
const ROWS_AT_A_TIME: usize = 256 << 10;
/// Parts for each thread, so that one which is held up leaves its work to the others.
const PARTS_PER_THREAD: usize = 4;
/// Below so many bytes of weights, and so many multiplications, other threads take longer to wake than to help.
const WORTH_SHARING_BYTES: usize = 400 << 10;
const WORTH_SHARING_MULTIPLICATIONS: usize = 3 << 20;

/// One product of [`multiply`].
pub struct Product<'a> {
    /// What the rows are multiplied with.
    pub matrix: &'a PackedMatrix,
    /// Added to every row of the output.
    pub bias: Option<&'a [f32]>,
    /// Every number of the output goes through it.
    pub curve: Option<Curve>,
    /// For each row of the input as many numbers as the matrix has rows.
    pub output: &'a mut [f32],
}

/// Multiplies rows with matrices of as many columns: `output = curve(x matrix^T + bias)` for each. The input is rounded to 8 bits
/// once for all of them that want it alike.
///
/// # Panics
/// If the sizes do not fit each other.
pub fn multiply(pool: &Pool, set: InstructionSet, x: &[f32], products: &mut [Product<'_>]) {
    thread_local! {
        static ROUNDED: RefCell<Activations> = RefCell::default();
    }
    let sharing = |product: &Product<'_>| product.matrix.format().input_blocks();
    for products in products.chunk_by_mut(|one, other| sharing(one) == sharing(other)) {
        let (columns, sharing) = (products[0].matrix.columns(), sharing(&products[0]));
        ROUNDED.with_borrow_mut(|rounded| {
            rounded.fill(set, x, columns, sharing);
            multiply_rounded(pool, set, rounded, products);
        });
    }
}

fn multiply_rounded(
    pool: &Pool,
    set: InstructionSet,
    x: &Activations,
    products: &mut [Product<'_>],
) {
    let targets: Vec<Target<'_>> =
        products.iter_mut().map(|product| Target::new(product, x)).collect();
    let tiles: usize = targets.iter().map(|target| target.matrix.tiles()).sum();
    let bytes: usize = targets.iter().map(|target| target.matrix.bytes()).sum();
    if tiles == 0 || x.rows() == 0 {
        return;
    }
    let multiplications = tiles * TILE_ROWS * x.blocks() * BLOCK * x.rows();
    let is_large = bytes >= WORTH_SHARING_BYTES || multiplications >= WORTH_SHARING_MULTIPLICATIONS;
    let threads = if is_large { pool.threads() } else { 1 };
    let near = (TILES_AT_A_TIME * tiles / bytes).max(1);
    let share = tiles.div_ceil(PARTS_PER_THREAD * threads);
    let at_a_time = if threads == 1 { near } else { near.min(share) };
    // Tiles meet many rows in pairs.
    let at_a_time = at_a_time.next_multiple_of(2);
    let part = |part: usize| {
        let tiles = part * at_a_time..((part + 1) * at_a_time).min(tiles);
        set.run(Part { x, targets: &targets, tiles });
    };
    let parts = tiles.div_ceil(at_a_time);
    match threads {
        1 => (0..parts).for_each(part),
        _ => pool.run(parts, &part),
    }
}

/// Where products go.
struct Target<'a> {
    matrix: &'a PackedMatrix,
    bias: Option<&'a [f32]>,
    curve: Option<Curve>,
    output: *mut f32,
}

// SAFETY: threads write through the pointer, each the columns of tiles that are its own.
unsafe impl Sync for Target<'_> {}

impl<'a> Target<'a> {
    fn new(product: &'a mut Product<'_>, x: &Activations) -> Self {
        let Product { matrix, bias, curve, output } = product;
        assert_eq!(matrix.columns().div_ceil(BLOCK), x.blocks(), "matrices of as many columns");
        assert_eq!(output.len(), x.rows() * matrix.rows(), "room for the product");
        assert!(bias.is_none_or(|bias| bias.len() == matrix.rows()), "a bias for each row");
        Self { matrix, bias: *bias, curve: *curve, output: output.as_mut_ptr() }
    }
}

/// Tiles that a thread has taken, counted through all targets.
struct Part<'a> {
    x: &'a Activations,
    targets: &'a [Target<'a>],
    tiles: Range<usize>,
}

impl Work for Part<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let mut first = 0;
        for target in self.targets {
            let of_target = |tile: usize| tile.saturating_sub(first).min(target.matrix.tiles());
            let tiles = of_target(self.tiles.start)..of_target(self.tiles.end);
            first += target.matrix.tiles();
            if tiles.is_empty() {
                continue;
            }
            match target.matrix.format() {
                Format::Q8_0 => many::<S, Q8_0>(self.x, target, tiles),
                Format::Q4K => many::<S, Q4K>(self.x, target, tiles),
                Format::Q6K => many::<S, Q6K>(self.x, target, tiles),
                Format::Q8K => many::<S, Q8K>(self.x, target, tiles),
            }
        }
    }
}

/// Tiles of one matrix by all rows.
#[inline(always)]
fn many<S: Simd, T: Tile>(x: &Activations, target: &Target<'_>, tiles: Range<usize>) {
    let row_bytes = 4 * RECORD * x.blocks();
    let panels = (ROWS_AT_A_TIME / (row_bytes * S::PANEL)).max(1);
    let mut near = x.panels().peekable();
    while near.peek().is_some() {
        let near: Vec<_> = near.by_ref().take(panels).collect();
        let together = if T::IN_PAIRS { S::TILES } else { 1 };
        for tile in tiles.clone().step_by(together) {
            let count = together.min(tiles.end - tile);
            for &(first, rows, panel) in &near {
                let place = Meeting { target, first, blocks: x.blocks(), panel };
                if (rows, count) == (8, 2) {
                    place.write::<S, T, 8, 2>(tile);
                    continue;
                }
                for tile in tile..tile + count {
                    match rows {
                        8 => place.write::<S, T, 8, 1>(tile),
                        4 => place.write::<S, T, 4, 1>(tile),
                        3 => place.write::<S, T, 3, 1>(tile),
                        2 => place.write::<S, T, 2, 1>(tile),
                        _ => place.write::<S, T, 1, 1>(tile),
                    }
                }
            }
        }
    }
}

/// A panel, of whose rows `first` is the first, and where its products go.
struct Meeting<'a> {
    target: &'a Target<'a>,
    first: usize,
    blocks: usize,
    panel: &'a [u32],
}

impl Meeting<'_> {
    /// The products of the panel's `R` rows with `T` tiles.
    #[inline(always)]
    fn write<S: Simd, F: Tile, const R: usize, const T: usize>(&self, tile: usize) {
        debug_assert_eq!(self.panel.len(), self.blocks * RECORD * R);
        let mut tiles = [self.target.matrix.tile(tile).as_ptr(); T];
        for next in 1..T {
            tiles[next] = self.target.matrix.tile(tile + next).as_ptr();
        }
        // SAFETY: a matrix's tile has the bytes of its columns, which are as many blocks as those of the panel (asserted
        // where the target was made), and a panel's words are its records. `S` is the set that runs this work.
        let sums =
            unsafe { formats::multiply::<S, F, R, T>(tiles, self.blocks, self.panel.as_ptr()) };
        for next in 0..T {
            self.write_tile::<S, R, T>(tile + next, &sums, next);
        }
    }

    #[inline(always)]
    fn write_tile<S: Simd, const R: usize, const T: usize>(
        &self,
        tile: usize,
        sums: &Sums<S, R, T>,
        place: usize,
    ) {
        let Target { matrix, bias: added, curve, output } = self.target;
        let (rows, start) = (matrix.rows(), tile * TILE_ROWS);
        let count = (rows - start).min(TILE_ROWS);
        let mut bias = [0.0; TILE_ROWS];
        if let Some(numbers) = added {
            bias[..count].copy_from_slice(&numbers[start..start + count]);
        }
        for row in 0..R {
            let mut numbers = [0.0; TILE_ROWS];
            for part in 0..TILE_ROWS / S::LANES {
                let at = part * S::LANES;
                // SAFETY: `LANES` divides 16, so each part lies within the arrays.
                unsafe {
                    let sum = sums[part][place][row];
                    let with_bias = match added {
                        Some(_) => S::add(sum, S::load(bias.as_ptr().add(at))),
                        None => sum,
                    };
                    let bent = match curve {
                        Some(curve) => curve.of::<S>(with_bias),
                        None => with_bias,
                    };
                    S::store(numbers.as_mut_ptr().add(at), bent);
                }
            }
            // SAFETY: the output has `rows` numbers for each row of the input (asserted where the target was made);
            // these `count` are of a tile that no other thread has.
            unsafe {
                let to = output.add((self.first + row) * rows + start);
                match count {
                    // Known to the compiler, so that nothing is called.
                    TILE_ROWS => to.copy_from_nonoverlapping(numbers.as_ptr(), TILE_ROWS),
                    _ => to.copy_from_nonoverlapping(numbers.as_ptr(), count),
                }
            }
        }
    }
}
