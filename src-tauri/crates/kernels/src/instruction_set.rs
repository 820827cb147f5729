//! Which instructions kernels use, found out once.

use std::sync::OnceLock;

use crate::simd::{Portable, Work};

/// Limits the instructions to those of one set, for comparisons: `portable`, `avx2`, `avx-vnni`, `avx512-vnni`,
/// `neon-dotprod` or `neon-i8mm`.
const VARIABLE: &str = "BIMO_INSTRUCTIONS";

/// Instructions that the processor has.
///
/// **Invariant**: there is no value of a set that this processor lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstructionSet(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    #[cfg(target_arch = "aarch64")]
    NeonI8mm,
}

impl InstructionSet {
    /// What any processor can do, in the words of the compiler.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// All that this processor has, the fastest last.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        all.extend(x86());
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            all.push(Self(Kind::NeonDot));
            if std::arch::is_aarch64_feature_detected!("i8mm") {
                all.push(Self(Kind::NeonI8mm));
            }
        }
        all
    }

    /// The fastest one, or the one that the environment names where the processor has it.
    pub fn chosen() -> Self {
        static CHOSEN: OnceLock<InstructionSet> = OnceLock::new();
        *CHOSEN.get_or_init(|| {
            let wished = std::env::var(VARIABLE).ok();
            let all = Self::all();
            let named = all.iter().find(|set| Some(set.name()) == wished.as_deref());
            *named.or(all.last()).unwrap_or(&Self::PORTABLE)
        })
    }

    /// Its name in the environment.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::AvxVnni => "avx-vnni",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni => "avx512-vnni",
            #[cfg(target_arch = "aarch64")]
            Kind::NeonDot => "neon-dotprod",
            #[cfg(target_arch = "aarch64")]
            Kind::NeonI8mm => "neon-i8mm",
        }
    }

    /// Does the work, compiled for these instructions.
    #[inline]
    pub(crate) fn run<W: Work>(self, work: W) {
        match self.0 {
            Kind::Portable => work.run::<Portable>(),
            // SAFETY: a value of this kind is made only where the processor has the instructions.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { crate::simd::with_avx2(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::AvxVnni => unsafe { crate::simd::with_avx_vnni(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni => unsafe { crate::simd::with_avx512_vnni(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Kind::NeonDot => unsafe { crate::simd::with_neon_dot(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Kind::NeonI8mm => unsafe { crate::simd::with_neon_i8mm(work) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn x86() -> Vec<InstructionSet> {
    let mut found = Vec::new();
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
    {
        found.push(InstructionSet(Kind::Avx2));
        if is_x86_feature_detected!("avxvnni") {
            found.push(InstructionSet(Kind::AvxVnni));
        }
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vnni")
        {
            found.push(InstructionSet(Kind::Avx512Vnni));
        }
    }
    found
}
