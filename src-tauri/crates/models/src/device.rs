//! Where models compute.

use bimo_engine::DeviceKind;
use candle_core::Device;

/// A device and why it was chosen.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device itself.
    pub device: Device,
    /// Its kind.
    pub kind: DeviceKind,
    /// Why it was chosen, in one plain sentence.
    pub reason: String,
}

/// The fastest device that this build can use and that answers.
pub fn choose_device() -> ChosenDevice {
    match gpu() {
        Ok(chosen) => chosen,
        Err(reason) => ChosenDevice { device: Device::Cpu, kind: DeviceKind::Cpu, reason },
    }
}

#[cfg(feature = "cuda")]
fn gpu() -> Result<ChosenDevice, String> {
    answering(Device::new_cuda(0), DeviceKind::Cuda, "the NVIDIA GPU")
}

#[cfg(all(feature = "metal", not(feature = "cuda")))]
fn gpu() -> Result<ChosenDevice, String> {
    answering(Device::new_metal(0), DeviceKind::Metal, "the Apple GPU")
}

#[cfg(not(any(feature = "cuda", feature = "metal")))]
fn gpu() -> Result<ChosenDevice, String> {
    Err("This program was built for the processor.".into())
}

#[cfg(any(feature = "cuda", feature = "metal"))]
fn answering(
    device: candle_core::Result<Device>,
    kind: DeviceKind,
    name: &str,
) -> Result<ChosenDevice, String> {
    match device {
        Ok(device) => Ok(ChosenDevice {
            device,
            kind,
            reason: format!("It is there: {name}, faster than the processor."),
        }),
        Err(error) => Err(format!("The processor, because {name} does not answer: {error}.")),
    }
}
