//! Decoder-only transformers.

mod config;

pub use config::{
    Activation, Architecture, DecoderConfig, Llama3Scaling, Rope, RopeLayout, RopeScaling,
};
