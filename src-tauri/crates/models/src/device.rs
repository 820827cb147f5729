//! Where models compute.

use bimo_engine::{DeviceKind, DeviceReason};
use candle_core::Device;

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

/// The fastest device that this build can use and that answers.
pub fn choose_device() -> ChosenDevice {
    match gpu() {
        Ok(chosen) => chosen,
        Err(reason) => ChosenDevice { device: Device::Cpu, kind: DeviceKind::Cpu, reason },
    }
}

#[cfg(feature = "cuda")]
fn gpu() -> Result<ChosenDevice, DeviceReason> {
    answering(Device::new_cuda(0), DeviceKind::Cuda, "NVIDIA")
}

#[cfg(all(feature = "metal", not(feature = "cuda")))]
fn gpu() -> Result<ChosenDevice, DeviceReason> {
    answering(Device::new_metal(0), DeviceKind::Metal, "Apple")
}

#[cfg(not(any(feature = "cuda", feature = "metal")))]
fn gpu() -> Result<ChosenDevice, DeviceReason> {
    Err(DeviceReason::BuiltForProcessor)
}

#[cfg(any(feature = "cuda", feature = "metal"))]
fn answering(
    device: candle_core::Result<Device>,
    kind: DeviceKind,
    gpu: &str,
) -> Result<ChosenDevice, DeviceReason> {
    let gpu = gpu.to_owned();
    match device {
        Ok(device) => Ok(ChosenDevice { device, kind, reason: DeviceReason::GpuFound { gpu } }),
        Err(error) => Err(DeviceReason::GpuSilent { gpu, cause: error.to_string() }),
    }
}
