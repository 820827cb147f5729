//! The smallest layers: linear and norm.

use bimo_kernels::{InstructionSet, Scaling, add_and_normalise, normalise};
use candle_core::{Result, Tensor};
use candle_nn::ops;

use super::matrix::Wanted;
use super::{Activation, Matrix, numbers, with_numbers};

/// `x W^T + b`.
pub(crate) struct Linear {
    matrix: Matrix,
    bias: Option<Tensor>,
    /// The same on the processor.
    bias_numbers: Option<Vec<f32>>,
}

impl Linear {
    pub fn new(matrix: Matrix, bias: Option<Tensor>) -> Result<Self> {
        let bias_numbers = bias.as_ref().map(numbers).transpose()?;
        Ok(Self { matrix, bias, bias_numbers })
    }

    /// Numbers of a row of its outputs.
    pub fn outputs(&self) -> usize {
        self.matrix.rows()
    }

    /// `[n, inputs]` to `[n, outputs]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.matrix.multiply_adding(x, self.bias.as_ref())
    }

    /// The same, and every number goes through the activation.
    pub fn forward_bent(&self, x: &Tensor, activation: Activation) -> Result<Tensor> {
        self.matrix.multiply_bending(x, self.bias.as_ref(), Some(activation))
    }

    /// Rows of inputs, one after another on the processor, to rows of outputs, every number through the activation.
    pub fn write(&self, x: &[f32], bend: Option<Activation>, output: &mut [f32]) -> Result<()> {
        Matrix::write_all(x, [self.wanted(bend, output)])
    }

    /// The same with several layers of one input.
    pub fn write_all<const N: usize>(
        layers: [&Self; N],
        x: &[f32],
        outputs: [&mut [f32]; N],
    ) -> Result<()> {
        let mut outputs = outputs.into_iter();
        let wanted = layers.map(|layer| layer.wanted(None, outputs.next().unwrap_or_default()));
        Matrix::write_all(x, wanted)
    }

    fn wanted<'a>(&'a self, bend: Option<Activation>, output: &'a mut [f32]) -> Wanted<'a> {
        let (bias, bias_numbers) = (self.bias.as_ref(), self.bias_numbers.as_deref());
        Wanted { matrix: &self.matrix, bias, bias_numbers, bend, output }
    }

    /// The outputs of several layers of one input, as numbers row after row.
    pub fn forward_all<const N: usize>(layers: [&Self; N], x: &Tensor) -> Result<[Vec<f32>; N]> {
        Matrix::multiply_all(layers.map(|layer| (&layer.matrix, layer.bias.as_ref())), x)
    }
}

/// Brings the numbers of the last dimension to a common scale.
pub(crate) enum Norm {
    /// Zhang and Sennrich 2019.
    RootMeanSquare { weight: Tensor, eps: f32 },
    /// Ba, Kiros and Hinton 2016.
    Layer { weight: Tensor, bias: Tensor, eps: f32 },
}

impl Norm {
    /// Any shape, the last dimension being the norm's width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if x.device().is_cpu() {
            let mut rows = numbers(x)?;
            self.normalise(&mut rows)?;
            return Tensor::from_vec(rows, x.dims(), x.device());
        }
        let x = x.contiguous()?;
        match self {
            Self::RootMeanSquare { weight, eps } => ops::rms_norm(&x, weight, *eps),
            Self::Layer { weight, bias, eps } => ops::layer_norm(&x, weight, bias, *eps),
        }
    }

    /// The same on the processor, in place.
    pub fn normalise(&self, rows: &mut [f32]) -> Result<()> {
        self.with_scaling(|scaling| normalise(InstructionSet::chosen(), scaling, rows))
    }

    /// The same of sums.
    pub fn add_and_normalise(&self, rows: &mut [f32], added: &[f32]) -> Result<()> {
        let set = InstructionSet::chosen();
        self.with_scaling(|scaling| add_and_normalise(set, scaling, rows, added))
    }

    fn with_scaling(&self, work: impl FnOnce(Scaling<'_>)) -> Result<()> {
        match self {
            Self::RootMeanSquare { weight, eps } => with_numbers(weight, |weight| {
                work(Scaling::RootMeanSquare { weight, eps: *eps });
            }),
            Self::Layer { weight, bias, eps } => with_numbers(weight, |weight| {
                with_numbers(bias, |bias| work(Scaling::Layer { weight, bias, eps: *eps }))
            })?,
        }
    }
}
