//! Which instruction set the kernels run on, chosen when the program runs, and the kernels compiled for each.

use super::kernels::{
    activation, adapt, blend, conv, conv_gradient, conv_pool, dense_gradient, forget, gather, gradient,
    logits, loss, pixels, pool, product, scale, softmax, sums, transpose, winograd, winograd_back,
    winograd_gradient, winograd_image, winograd_kernel, winograd_kernel_gradient,
};
use super::lanes::{LANES, Portable};

/// An instruction set. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Simd {
    /// Plain Rust; on AArch64 the compiler turns it into NEON.
    Portable,
    /// 256-bit vectors with FMA (x86-64 since 2013).
    Avx2,
    /// 512-bit vectors.
    Avx512,
    /// The same with products of bfloat16 in pairs (AMD's processors since Zen 4, Intel's servers).
    Avx512Bf16,
}

/// A forced instruction set that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TENFOLD_SIMD is {found}, but this processor can do {possible}: choose one of these or unset it")]
pub struct UnknownSimd {
    found: String,
    possible: String,
}

impl Simd {
    /// The best this processor can do, or what the environment variable `TENFOLD_SIMD` forces.
    ///
    /// # Errors
    /// [`UnknownSimd`] where the variable names none of [`available`](Simd::available).
    pub fn detect() -> Result<Self, UnknownSimd> {
        let available = Self::available();
        match std::env::var_os("TENFOLD_SIMD").filter(|forced| !forced.is_empty()) {
            None => Ok(available.last().copied().unwrap_or(Self::Portable)),
            Some(forced) => {
                // Portable code has a name of its own where the compiler makes vectors of it.
                let named = |simd: &Self| {
                    forced.eq_ignore_ascii_case(simd.name())
                        || *simd == Self::Portable && forced.eq_ignore_ascii_case("portable")
                };
                available.iter().copied().find(named).ok_or_else(|| UnknownSimd {
                    found: forced.to_string_lossy().into_owned(),
                    possible: available.iter().map(|simd| simd.name()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    }

    /// What this processor can do, the slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut available = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            // What the kernels are compiled with, and every such processor has; what shows it to us may hide some.
            let scalar = is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("popcnt");
            if scalar && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                available.push(Self::Avx2);
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                {
                    available.push(Self::Avx512);
                    if is_x86_feature_detected!("avx512bf16") {
                        available.push(Self::Avx512Bf16);
                    }
                }
            }
        }
        available
    }

    /// `avx512bf16`, `avx512`, `avx2`, `neon` or `portable`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512Bf16 => "avx512bf16",
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Portable if cfg!(target_arch = "aarch64") => "neon",
            Self::Portable => "portable",
        }
    }

    /// The kernels for this instruction set.
    ///
    /// A set that the processor lacks is answered with the portable kernels.
    pub(crate) fn kernels(self) -> Kernels {
        #[cfg(target_arch = "x86_64")]
        if Self::available().contains(&self) {
            use super::lanes::{avx2::Avx2, avx512::Avx512};
            match self {
                Self::Avx512Bf16 => return Self::with_pairs(Self::Avx512.kernels()),
                Self::Avx512 => {
                    return compiled!(
                        Avx512<false>,
                        "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,popcnt"
                    );
                }
                Self::Avx2 => return compiled!(Avx2, "avx2,fma,bmi1,bmi2,popcnt"),
                Self::Portable => {}
            }
        }
        compiled!(Portable<LANES>)
    }

    /// `kernels` with those that multiply pairs compiled for [`Avx512Bf16`](Simd::Avx512Bf16), which nothing else gains by.
    #[cfg(target_arch = "x86_64")]
    fn with_pairs(kernels: Kernels) -> Kernels {
        macro_rules! with_pairs {
            ($name:ident, $work:ident) => {
                compiled!(@one $name, $name::$work, super::lanes::avx512::Avx512<true>,
                    "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,bmi1,bmi2,popcnt");
            };
        }
        with_pairs!(winograd, Winograd);
        with_pairs!(winograd_back, WinogradBack);
        with_pairs!(winograd_gradient, WinogradGradient);
        Kernels { winograd, winograd_back, winograd_gradient, ..kernels }
    }
}

/// The kernels of one instruction set. Each may only be called on a processor that has it, as its own contract says.
#[derive(Clone, Copy)]
pub(crate) struct Kernels {
    pub(crate) activation: unsafe fn(&activation::Activation),
    pub(crate) adapt: unsafe fn(&adapt::Adapt),
    pub(crate) blend: unsafe fn(&blend::Blend),
    pub(crate) conv: unsafe fn(&conv::Conv),
    pub(crate) conv_gradient: unsafe fn(&conv_gradient::ConvGradient),
    pub(crate) dense_gradient: unsafe fn(&dense_gradient::DenseGradient),
    pub(crate) forget: unsafe fn(&forget::Forget),
    pub(crate) logits: unsafe fn(&logits::Logits),
    pub(crate) loss: unsafe fn(&loss::Loss),
    pub(crate) pixels: unsafe fn(&pixels::Pixels),
    pub(crate) pool: unsafe fn(&pool::Pool),
    pub(crate) product: unsafe fn(&product::Product),
    pub(crate) scale: unsafe fn(&scale::Scale),
    pub(crate) sums: unsafe fn(&sums::Sums),
    pub(crate) winograd: unsafe fn(&winograd::Winograd),
    pub(crate) winograd_back: unsafe fn(&winograd_back::WinogradBack),
    pub(crate) winograd_gradient: unsafe fn(&winograd_gradient::WinogradGradient),
    pub(crate) winograd_image: unsafe fn(&winograd_image::WinogradImage),
    pub(crate) winograd_kernel: unsafe fn(&winograd_kernel::WinogradKernel),
    pub(crate) winograd_kernel_gradient: unsafe fn(&winograd_kernel_gradient::WinogradKernelGradient),
    pub(crate) conv_pool: unsafe fn(&conv_pool::ConvPool),
    pub(crate) gather: unsafe fn(&gather::Gather),
    pub(crate) gradient: unsafe fn(&gradient::Gradient),
    pub(crate) softmax: unsafe fn(&softmax::Softmax),
    pub(crate) transpose: unsafe fn(&transpose::Transpose),
}

/// Compiles every kernel for one kind of lanes with these processor features.
macro_rules! compiled {
    ($lanes:ty $(, $features:literal)?) => {{
        compiled!(@one activation, activation::Activation, $lanes $(, $features)?);
        compiled!(@one adapt, adapt::Adapt, $lanes $(, $features)?);
        compiled!(@one blend, blend::Blend, $lanes $(, $features)?);
        compiled!(@one conv, conv::Conv, $lanes $(, $features)?);
        compiled!(@one conv_gradient, conv_gradient::ConvGradient, $lanes $(, $features)?);
        compiled!(@one dense_gradient, dense_gradient::DenseGradient, $lanes $(, $features)?);
        compiled!(@one forget, forget::Forget, $lanes $(, $features)?);
        compiled!(@one logits, logits::Logits, $lanes $(, $features)?);
        compiled!(@one loss, loss::Loss, $lanes $(, $features)?);
        compiled!(@one pixels, pixels::Pixels, $lanes $(, $features)?);
        compiled!(@one pool, pool::Pool, $lanes $(, $features)?);
        compiled!(@one product, product::Product, $lanes $(, $features)?);
        compiled!(@one scale, scale::Scale, $lanes $(, $features)?);
        compiled!(@one sums, sums::Sums, $lanes $(, $features)?);
        compiled!(@one winograd, winograd::Winograd, $lanes $(, $features)?);
        compiled!(@one winograd_back, winograd_back::WinogradBack, $lanes $(, $features)?);
        compiled!(@one winograd_gradient, winograd_gradient::WinogradGradient, $lanes $(, $features)?);
        compiled!(@one winograd_image, winograd_image::WinogradImage, $lanes $(, $features)?);
        compiled!(@one winograd_kernel, winograd_kernel::WinogradKernel, $lanes $(, $features)?);
        compiled!(@one winograd_kernel_gradient, winograd_kernel_gradient::WinogradKernelGradient, $lanes $(, $features)?);
        compiled!(@one conv_pool, conv_pool::ConvPool, $lanes $(, $features)?);
        compiled!(@one gather, gather::Gather, $lanes $(, $features)?);
        compiled!(@one gradient, gradient::Gradient, $lanes $(, $features)?);
        compiled!(@one softmax, softmax::Softmax, $lanes $(, $features)?);
        compiled!(@one transpose, transpose::Transpose, $lanes $(, $features)?);
        Kernels {
            activation, adapt, blend, conv, conv_gradient, dense_gradient, forget, logits, loss, pixels, pool, sums, winograd, winograd_back, winograd_gradient, conv_pool,
            gather, gradient, softmax, transpose, product, scale, winograd_image, winograd_kernel,
            winograd_kernel_gradient,
        }
    }};
    (@one $name:ident, $work:ty, $lanes:ty $(, $features:literal)?) => {
        $(#[target_feature(enable = $features)])?
        unsafe fn $name(work: &$work) {
            // SAFETY: handed on; the features are enabled here, and the caller has checked the processor.
            unsafe { $name::run::<$lanes>(work) }
        }
    };
}
use compiled;
