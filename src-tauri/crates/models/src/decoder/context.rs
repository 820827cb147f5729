//! What a model has read: tokens, and their keys and values, so that nothing is read twice.

use bimo_engine::TokenId;
use bimo_kernels::{Kept, KvCache};
use candle_core::{DType, Device, Result, Tensor, bail};

use super::DecoderConfig;

/// The cache is allocated for at least so many tokens at a time.
const GROWTH_TOKENS: usize = 256;

/// Tokens that a model has read, with the keys and values of every layer.
pub struct Context {
    tokens: Vec<TokenId>,
    layers: Vec<Layer>,
    capacity: usize,
    shape: Shape,
    /// A text of at least so many tokens is being read.
    foreseen: usize,
    /// Its keys are turned as those of a long text.
    is_long: bool,
}

/// Keys and values of one layer.
enum Layer {
    /// On the processor.
    Cache(KvCache),
    /// On a GPU, each `[kv_heads, capacity, head_dim]`.
    Tensors { keys: Tensor, values: Tensor },
}

#[derive(Clone)]
struct Shape {
    kv_heads: usize,
    head_dim: usize,
    kept: Kept,
    limit: usize,
    device: Device,
}

impl Context {
    /// An empty one. Memory is taken as it fills. On a GPU numbers are kept whole.
    pub(super) fn new(config: &DecoderConfig, device: &Device, kept: Kept) -> Result<Self> {
        let shape = Shape {
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            kept,
            limit: config.context_length,
            device: device.clone(),
        };
        let layers = (0..config.layers.len()).map(|_| shape.layer()).collect::<Result<_>>()?;
        Ok(Self { tokens: Vec::new(), layers, capacity: 0, shape, foreseen: 0, is_long: false })
    }

    /// The tokens read.
    pub fn tokens(&self) -> &[TokenId] {
        &self.tokens
    }

    /// Bytes of its keys and values.
    pub fn bytes(&self) -> u64 {
        let Shape { kv_heads, head_dim, .. } = self.shape;
        let bytes = |layer: &Layer| match layer {
            Layer::Cache(cache) => cache.bytes(),
            Layer::Tensors { .. } => 2 * self.capacity * kv_heads * head_dim * size_of::<f32>(),
        };
        self.layers.iter().map(bytes).sum::<usize>() as u64
    }

    /// Forgets all but the first `length` tokens.
    pub fn truncate(&mut self, length: usize) {
        self.tokens.truncate(length);
    }

    /// Says that a text of so many tokens is about to be read, piece by piece. Some models turn the heads of a long text
    /// otherwise; told in time, they need not begin again when it turns out to be long.
    pub fn foresee(&mut self, length: usize) {
        self.foreseen = length;
    }

    /// The length of the text that has `additional` tokens more, as far as it is known.
    pub(super) fn length_with(&self, additional: usize) -> usize {
        self.foreseen.max(self.tokens.len() + additional)
    }

    /// Whether its keys are turned as those of a long text.
    pub(super) fn is_long(&self) -> bool {
        self.is_long
    }

    /// Begins again as a long text, or a short one. Answers the tokens that have to be read again.
    pub(super) fn begin_again(&mut self, is_long: bool) -> Vec<TokenId> {
        self.is_long = is_long;
        std::mem::take(&mut self.tokens)
    }

    /// How many of `tokens`, from the first, have been read already.
    pub fn common_prefix(&self, tokens: &[TokenId]) -> usize {
        self.tokens.iter().zip(tokens).take_while(|(a, b)| a == b).count()
    }

    /// One that has read the same and can go another way. On the processor what was read is shared, not copied.
    pub fn branch(&mut self) -> Result<Self> {
        let read = self.tokens.len();
        let capacity = match self.shape.device.is_cpu() {
            true => (read + GROWTH_TOKENS).min(self.shape.limit),
            false => self.capacity,
        };
        let branch = |layer: &mut Layer| -> Result<Layer> {
            Ok(match layer {
                Layer::Cache(cache) => Layer::Cache(cache.branch(capacity, read)),
                Layer::Tensors { keys, values } => {
                    Layer::Tensors { keys: keys.copy()?, values: values.copy()? }
                }
            })
        };
        let layers = self.layers.iter_mut().map(branch).collect::<Result<_>>()?;
        self.capacity = capacity;
        Ok(Self {
            tokens: self.tokens.clone(),
            layers,
            capacity,
            shape: self.shape.clone(),
            foreseen: self.foreseen,
            is_long: self.is_long,
        })
    }

    /// Makes room for so many tokens more. The caller has checked that the model's limit allows them.
    pub(super) fn reserve(&mut self, additional: usize) -> Result<()> {
        let read = self.tokens.len();
        let needed = read + additional;
        let shares_more = |layer: &Layer| match layer {
            Layer::Cache(cache) => cache.shared() > read,
            Layer::Tensors { .. } => false,
        };
        // With room for what is written after it: to grow copies everything, and costs least while there is nothing.
        let whole = if self.foreseen > 0 { self.foreseen + GROWTH_TOKENS } else { 0 };
        let whole = needed.max(whole.min(self.shape.limit));
        let wanted = if read == 0 { whole } else { needed };
        let fits = wanted <= self.capacity;
        if fits && !self.layers.iter().any(shares_more) {
            return Ok(());
        }
        let generous = (self.capacity + self.capacity / 2).max(whole);
        let larger = generous.next_multiple_of(GROWTH_TOKENS).min(self.shape.limit).max(whole);
        let capacity = if fits { self.capacity } else { larger };
        for layer in &mut self.layers {
            match layer {
                Layer::Cache(cache) => cache.grow(capacity, self.tokens.len()),
                Layer::Tensors { keys, values } => {
                    let (new_keys, new_values) =
                        (self.shape.zeros(capacity)?, self.shape.zeros(capacity)?);
                    if !self.tokens.is_empty() {
                        let read =
                            |tensor: &Tensor| tensor.narrow(1, 0, self.tokens.len())?.contiguous();
                        new_keys.slice_set(&read(keys)?, 1, 0)?;
                        new_values.slice_set(&read(values)?, 1, 0)?;
                    }
                    (*keys, *values) = (new_keys, new_values);
                }
            }
        }
        self.capacity = capacity;
        Ok(())
    }

    /// On the processor, the keys and values of a layer. There is room for what was reserved; tokens count as read only
    /// after [`Context::push`].
    pub(super) fn cache(&self, layer: usize) -> Result<&KvCache> {
        match &self.layers[layer] {
            Layer::Cache(cache) => Ok(cache),
            Layer::Tensors { .. } => bail!("a cache of another device"),
        }
    }

    /// The same, to write in.
    pub(super) fn cache_mut(&mut self, layer: usize) -> Result<&mut KvCache> {
        match &mut self.layers[layer] {
            Layer::Cache(cache) => Ok(cache),
            Layer::Tensors { .. } => bail!("a cache of another device"),
        }
    }

    /// On a GPU, writes keys and values, `[kv_heads, n, head_dim]`, of the next `n` tokens into the room reserved for
    /// them. Answers those of all tokens, these included. The tokens count as read only after [`Context::push`].
    pub(super) fn write(
        &mut self,
        layer: usize,
        new_keys: &Tensor,
        new_values: &Tensor,
    ) -> Result<(Tensor, Tensor)> {
        let Layer::Tensors { keys, values } = &self.layers[layer] else {
            bail!("a cache of another device")
        };
        let length = self.tokens.len() + new_keys.dim(1)?;
        keys.slice_set(&new_keys.contiguous()?, 1, self.tokens.len())?;
        values.slice_set(&new_values.contiguous()?, 1, self.tokens.len())?;
        Ok((keys.narrow(1, 0, length)?, values.narrow(1, 0, length)?))
    }

    /// Counts tokens as read, when every layer has written them.
    pub(super) fn push(&mut self, tokens: &[TokenId]) {
        self.tokens.extend_from_slice(tokens);
    }
}

impl Shape {
    fn layer(&self) -> Result<Layer> {
        Ok(match self.device.is_cpu() {
            true => Layer::Cache(KvCache::new(self.kv_heads, self.head_dim, self.kept)),
            false => Layer::Tensors { keys: self.zeros(0)?, values: self.zeros(0)? },
        })
    }

    fn zeros(&self, capacity: usize) -> Result<Tensor> {
        Tensor::zeros((self.kv_heads, capacity, self.head_dim), DType::F32, &self.device)
    }
}
