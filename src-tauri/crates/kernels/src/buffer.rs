//! Memory for packed weights: aligned to cache lines, and offered to the system for huge pages where it is large.

use memmap2::MmapMut;

/// From so many bytes on, memory is taken from the system directly.
const LARGE: usize = 1 << 21;

/// A cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line([u8; 64]);

/// Bytes that begin at a cache line, zeros at first.
pub(crate) enum Buffer {
    Small { lines: Vec<Line>, length: usize },
    Large(MmapMut),
}

impl Buffer {
    pub fn zeros(length: usize) -> Self {
        if length >= LARGE
            && let Ok(map) = MmapMut::map_anon(length)
        {
            return Self::Large(map);
        }
        Self::Small { lines: vec![Line([0; 64]); length.div_ceil(64)], length }
    }

    /// Says that it is filled, and stays. The system may join its pages to larger ones then, in its own time, which are found
    /// sooner. Asked for before, they are a wait for everybody who has none that are free: virtual machines take ten times as
    /// long to clear one as to clear small ones of as many bytes.
    pub fn settle(&self) {
        #[cfg(target_os = "linux")]
        if let Self::Large(map) = self {
            // It may decline; small pages hold the same numbers.
            let _ = map.advise(memmap2::Advice::HugePage);
        }
    }
}

impl std::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            // SAFETY: the lines are that long or longer, initialised, and a line is bytes without padding.
            Self::Small { lines, length } => unsafe {
                std::slice::from_raw_parts(lines.as_ptr().cast(), *length)
            },
            Self::Large(map) => map,
        }
    }
}

impl std::ops::DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            // SAFETY: as above, and the vector is borrowed for as long as the slice.
            Self::Small { lines, length } => unsafe {
                std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), *length)
            },
            Self::Large(map) => map,
        }
    }
}
