//! Blocks as files have them, and what they mean, read as ggml's description has it and not as the packing does.

use bimo_kernels::Format;
use half::f16;

/// Numbers without a pattern.
pub struct Dice(pub u64);

impl Dice {
    pub fn byte(&mut self) -> u8 {
        // Knuth's MMIX.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }

    /// Between -1 and 1.
    pub fn float(&mut self) -> f32 {
        let bits =
            u32::from(self.byte()) << 16 | u32::from(self.byte()) << 8 | u32::from(self.byte());
        bits as f32 / (1u32 << 23) as f32 - 1.0
    }

    fn half(&mut self) -> f16 {
        f16::from_f32(self.float() / 64.0)
    }
}

/// A matrix in blocks, with what they mean.
pub struct FileMatrix {
    pub rows: usize,
    pub columns: usize,
    pub bytes: Vec<u8>,
    pub numbers: Vec<f64>,
    /// The largest number that is added or taken away to make one.
    pub largest: f64,
    /// Numbers of its input that are rounded with one scale.
    pub sharing: usize,
}

/// Numbers of the input that are rounded with one scale.
fn sharing(format: Format) -> usize {
    if format == Format::Q8K { 256 } else { 32 }
}

impl FileMatrix {
    pub fn random(format: Format, rows: usize, columns: usize, dice: &mut Dice) -> Self {
        Self::new(format, rows, columns, || dice.byte(), Dice(11))
    }

    /// All quants are of the same byte, and so are all small scales.
    pub fn of_bytes(format: Format, rows: usize, columns: usize, quants: u8, small: u8) -> Self {
        let mut matrix = Self::new(format, rows, columns, || quants, Dice(7));
        for block in matrix.bytes.chunks_mut(format.block_bytes()) {
            match format {
                Format::Q8_0 | Format::Q8K => {}
                Format::Q4K => block[4..16].fill(small),
                Format::Q6K => block[192..208].fill(small),
            }
        }
        matrix.numbers = matrix.numbers_of(format);
        matrix
    }

    fn new(
        format: Format,
        rows: usize,
        columns: usize,
        mut byte: impl FnMut() -> u8,
        mut scales: Dice,
    ) -> Self {
        let blocks = rows * columns / format.block_columns();
        let mut bytes: Vec<u8> = (0..blocks * format.block_bytes()).map(|_| byte()).collect();
        let halves: &[usize] = match format {
            Format::Q8_0 => &[0],
            Format::Q4K => &[0, 2],
            Format::Q6K => &[208],
            Format::Q8K => &[],
        };
        for block in bytes.chunks_mut(format.block_bytes()) {
            for &at in halves {
                block[at..at + 2].copy_from_slice(&scales.half().to_le_bytes());
            }
            if format == Format::Q8K {
                block[..4].copy_from_slice(&(scales.float() / 64.0).to_le_bytes());
            }
        }
        let sharing = sharing(format);
        let mut matrix = Self { rows, columns, bytes, numbers: Vec::new(), largest: 0.0, sharing };
        matrix.numbers = matrix.numbers_of(format);
        matrix
    }

    fn numbers_of(&mut self, format: Format) -> Vec<f64> {
        let bytes = std::mem::take(&mut self.bytes);
        let mut numbers = Vec::with_capacity(self.rows * self.columns);
        for block in bytes.chunks(format.block_bytes()) {
            match format {
                Format::Q8_0 => q8_0(block, &mut numbers),
                Format::Q4K => self.largest = self.largest.max(q4_k(block, &mut numbers)),
                Format::Q6K => q6_k(block, &mut numbers),
                Format::Q8K => q8_k(block, &mut numbers),
            }
        }
        self.bytes = bytes;
        self.largest = numbers.iter().fold(self.largest, |top, number| top.max(number.abs()));
        numbers
    }
}

fn half(block: &[u8], at: usize) -> f64 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f64()
}

fn q8_0(block: &[u8], numbers: &mut Vec<f64>) {
    let scale = half(block, 0);
    numbers.extend(block[2..].iter().map(|&byte| scale * f64::from(byte as i8)));
}

fn q8_k(block: &[u8], numbers: &mut Vec<f64>) {
    let scale = f64::from(f32::from_le_bytes([block[0], block[1], block[2], block[3]]));
    numbers.extend(block[4..].iter().map(|&byte| scale * f64::from(byte as i8)));
}

/// Answers the largest number that was taken away.
fn q4_k(block: &[u8], numbers: &mut Vec<f64>) -> f64 {
    let (scale, least) = (half(block, 0), half(block, 2));
    let (small, quants) = (&block[4..16], &block[16..]);
    let six = |sub: usize| match sub {
        0..4 => (small[sub] & 63, small[sub + 4] & 63),
        _ => (
            small[sub + 4] & 15 | small[sub - 4] >> 6 << 4,
            small[sub + 4] >> 4 | small[sub] >> 6 << 4,
        ),
    };
    let mut largest = 0.0f64;
    for sub in 0..8 {
        let (scales, leasts) = six(sub);
        let taken = least * f64::from(leasts);
        for place in 0..32 {
            let byte = quants[sub / 2 * 32 + place];
            let quant = if sub % 2 == 0 { byte & 15 } else { byte >> 4 };
            numbers.push(scale * f64::from(scales) * f64::from(quant) - taken);
            largest = largest.max(taken.abs()).max((scale * f64::from(scales) * 15.0).abs());
        }
    }
    largest
}

fn q6_k(block: &[u8], numbers: &mut Vec<f64>) {
    let (low, high, small, scale) =
        (&block[..128], &block[128..192], &block[192..208], half(block, 208));
    for half in 0..2 {
        for quarter in 0..4 {
            for place in 0..32 {
                let nibbles = low[half * 64 + quarter % 2 * 32 + place];
                let nibble = if quarter < 2 { nibbles & 15 } else { nibbles >> 4 };
                let bits = high[half * 32 + place] >> (2 * quarter) & 3;
                let quant = f64::from(nibble | bits << 4) - 32.0;
                let small = small[half * 8 + quarter * 2 + place / 16] as i8;
                numbers.push(scale * f64::from(small) * quant);
            }
        }
    }
}
