//! Limits on what a model file may claim.
