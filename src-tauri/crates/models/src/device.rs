//! Where models compute.

use bimo_engine::{DeviceKind, DeviceReason, EngineError};
use candle_core::Device;

/// Where a model is to compute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceWish {
    /// On the GPU that this build is for; where that does not answer, on the processor.
    #[default]
    Fastest,
    /// On the GPU that this build is for; where that does not answer, [`EngineError::DeviceFailed`], so that a person can
    /// be asked. A build for the processor takes the processor.
    FastestOrAsk,
    /// On the processor.
    Processor,
}

/// A device and why it was chosen.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device itself.
    pub device: Device,
    /// Its kind.
    pub kind: DeviceKind,
    /// Why it was chosen.
    pub reason: DeviceReason,
}

/// Whose GPUs this build can use; nobody's where it is for the processor.
pub fn gpu_of_this_build() -> Option<&'static str> {
    if cfg!(feature = "cuda") {
        Some(gpu_of(DeviceKind::Cuda))
    } else {
        cfg!(feature = "metal").then(|| gpu_of(DeviceKind::Metal))
    }
}

/// The device that is wished for, or the next best.
pub fn choose_device(wish: DeviceWish) -> Result<ChosenDevice, EngineError> {
    if wish == DeviceWish::Processor && gpu_of_this_build().is_some() {
        return Ok(cpu(DeviceReason::ProcessorChosen));
    }
    decide(wish, gpu())
}

/// What follows from whether the GPU has answered.
fn decide(
    wish: DeviceWish,
    gpu: Result<ChosenDevice, DeviceReason>,
) -> Result<ChosenDevice, EngineError> {
    match (wish, gpu) {
        (_, Ok(chosen)) => Ok(chosen),
        (DeviceWish::FastestOrAsk, Err(DeviceReason::GpuSilent { gpu, cause })) => {
            Err(EngineError::DeviceFailed { gpu, cause })
        }
        (_, Err(reason)) => Ok(cpu(reason)),
    }
}

fn cpu(reason: DeviceReason) -> ChosenDevice {
    ChosenDevice { device: Device::Cpu, kind: DeviceKind::Cpu, reason }
}

/// A failure to compute on a GPU is the GPU's: its memory is full, its driver has gone, it has been taken away.
pub(crate) fn on_device(error: EngineError, device: DeviceKind) -> EngineError {
    match (error, device) {
        (EngineError::Compute(cause), DeviceKind::Cuda | DeviceKind::Metal) => {
            EngineError::DeviceFailed { gpu: gpu_of(device).to_owned(), cause }
        }
        (error, _) => error,
    }
}

fn gpu_of(device: DeviceKind) -> &'static str {
    match device {
        DeviceKind::Cuda => "NVIDIA",
        DeviceKind::Metal => "Apple",
        DeviceKind::Cpu | DeviceKind::Server => "",
    }
}

#[cfg(feature = "cuda")]
fn gpu() -> Result<ChosenDevice, DeviceReason> {
    answering(|| Device::new_cuda(0), DeviceKind::Cuda)
}

#[cfg(all(feature = "metal", not(feature = "cuda")))]
fn gpu() -> Result<ChosenDevice, DeviceReason> {
    answering(|| Device::new_metal(0), DeviceKind::Metal)
}

#[cfg(not(any(feature = "cuda", feature = "metal")))]
fn gpu() -> Result<ChosenDevice, DeviceReason> {
    Err(DeviceReason::BuiltForProcessor)
}

#[cfg(any(feature = "cuda", feature = "metal"))]
fn answering(
    open: impl FnOnce() -> candle_core::Result<Device> + std::panic::UnwindSafe,
    kind: DeviceKind,
) -> Result<ChosenDevice, DeviceReason> {
    let gpu = gpu_of(kind).to_owned();
    // Where the driver is not there, the bindings panic as soon as they are asked.
    let cause = match std::panic::catch_unwind(open) {
        Ok(Ok(device)) => {
            return Ok(ChosenDevice { device, kind, reason: DeviceReason::GpuFound { gpu } });
        }
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic.downcast_ref::<String>().map_or_else(String::new, |words| {
            words.split(" - ").next().unwrap_or_default().to_owned()
        }),
    };
    Err(DeviceReason::GpuSilent { gpu, cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent() -> Result<ChosenDevice, DeviceReason> {
        Err(DeviceReason::GpuSilent { gpu: "NVIDIA".into(), cause: "no driver".into() })
    }

    #[test]
    fn a_gpu_that_does_not_answer_is_told_of_where_somebody_can_be_asked() {
        let error = decide(DeviceWish::FastestOrAsk, silent()).expect_err("somebody is asked");
        let failed = EngineError::DeviceFailed { gpu: "NVIDIA".into(), cause: "no driver".into() };
        assert_eq!((error.code(), error.retryable()), ("device_failed", true));
        assert_eq!(error, failed);
        let chosen = decide(DeviceWish::Fastest, silent()).expect("nobody is asked");
        assert_eq!(chosen.kind, DeviceKind::Cpu);
        assert!(matches!(chosen.reason, DeviceReason::GpuSilent { .. }));
        let built = decide(DeviceWish::FastestOrAsk, Err(DeviceReason::BuiltForProcessor));
        assert_eq!(built.expect("the processor").kind, DeviceKind::Cpu);
    }

    #[test]
    fn what_fails_to_compute_on_a_gpu_is_the_gpus_failure_and_nothing_else_is() {
        let full = || EngineError::Compute("out of memory".into());
        assert_eq!(on_device(full(), DeviceKind::Cuda).code(), "device_failed");
        assert_eq!(on_device(full(), DeviceKind::Metal).code(), "device_failed");
        assert_eq!(on_device(full(), DeviceKind::Cpu), full());
        assert_eq!(on_device(EngineError::NotANumber, DeviceKind::Cuda), EngineError::NotANumber);
    }
}
