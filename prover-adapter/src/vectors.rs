//! Which vector instructions the prover uses.

use std::sync::Once;

/// Vector instructions of the prover's field arithmetic, by how much they do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Vectors {
    /// None: about seven times slower than the best.
    None,
    /// NEON, of 64-bit ARM.
    Neon,
    /// AVX2: the level x86-64-v3.
    Avx2,
    /// AVX-512: the level x86-64-v4.
    Avx512,
}

impl Vectors {
    /// What this build uses, as its `-Ctarget-cpu` decided.
    pub const fn built_for() -> Self {
        if cfg!(all(target_arch = "x86_64", target_feature = "avx512f")) {
            Self::Avx512
        } else if cfg!(all(target_arch = "x86_64", target_feature = "avx2")) {
            Self::Avx2
        } else if cfg!(all(target_arch = "aarch64", target_feature = "neon")) {
            Self::Neon
        } else {
            Self::None
        }
    }

    /// What this processor could use.
    pub fn of_processor() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") {
            return Self::Avx512;
        } else if is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        if cfg!(target_arch = "aarch64") { Self::Neon } else { Self::None }
    }

    /// The instructions' name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "no vectors",
            Self::Neon => "NEON",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
        }
    }

    /// What to say where proofs are slow for want of a compiler's option; `None` where they are not.
    pub fn advice() -> Option<String> {
        let (built, here) = (Self::built_for(), Self::of_processor());
        (built < here).then(|| {
            format!(
                "the prover was compiled for {} and this processor has {}: built with RUSTFLAGS=-Ctarget-cpu=native it \
                 proves several times as fast",
                built.name(),
                here.name()
            )
        })
    }

    /// Warns once in a process of a prover that is slow for want of a compiler's option.
    pub(crate) fn warn_once() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            if let Some(advice) = Self::advice() {
                tracing::warn!("{advice}");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_that_runs_uses_no_more_than_the_processor_has() {
        assert!(Vectors::built_for() <= Vectors::of_processor());
        assert_eq!(Vectors::advice().is_none(), Vectors::built_for() == Vectors::of_processor());
    }
}
