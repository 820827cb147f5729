//! GGUF files that lie, made by hand.

/// A GGUF file in the making.
#[derive(Clone)]
pub struct Gguf {
    /// 2 and 3 are read.
    pub version: u32,
    /// What the header says, where it is not their number.
    pub tensor_count: Option<u64>,
    /// Its entries, written.
    pub metadata: Vec<u8>,
    /// How many the header says there are.
    pub entries: u64,
    /// Sizes, kind and offset of each; the first is the embedding.
    pub tensors: Vec<(Vec<u64>, u32, u64)>,
    /// Bytes behind the header.
    pub data: usize,
}

/// As the format keeps a text.
pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

impl Gguf {
    /// An architecture and an embedding, nothing else.
    pub fn empty(architecture: &str) -> Self {
        let mut gguf = Self {
            version: 3,
            tensor_count: None,
            metadata: Vec::new(),
            entries: 0,
            tensors: vec![(vec![32, 8], 0, 0)],
            data: 1024,
        };
        gguf.entry("general.architecture", 8, &text(architecture));
        gguf
    }

    /// A llama of one block, tokenizer and tensors left out but for its embedding.
    pub fn llama() -> Self {
        let mut gguf = Self::empty("llama");
        for (key, value) in [
            ("llama.embedding_length", 32_u32),
            ("llama.block_count", 1),
            ("llama.attention.head_count", 2),
            ("llama.feed_forward_length", 64),
            ("llama.context_length", 128),
        ] {
            gguf.entry(key, 4, &value.to_le_bytes());
        }
        gguf.entry("llama.attention.layer_norm_rms_epsilon", 6, &1e-5_f32.to_le_bytes());
        gguf
    }

    /// Adds an entry of a kind, its bytes as they are.
    pub fn entry(&mut self, key: &str, kind: u32, value: &[u8]) -> &mut Self {
        self.metadata.extend(text(key));
        self.metadata.extend(kind.to_le_bytes());
        self.metadata.extend(value);
        self.entries += 1;
        self
    }

    /// The same, in one go.
    pub fn with(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.entry(key, kind, value);
        self
    }

    /// With these tensors instead of the embedding.
    pub fn with_tensors(mut self, tensors: Vec<(Vec<u64>, u32, u64)>) -> Self {
        self.tensors = tensors;
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(self.tensor_count.unwrap_or(self.tensors.len() as u64).to_le_bytes());
        bytes.extend(self.entries.to_le_bytes());
        bytes.extend(&self.metadata);
        for (index, (shape, kind, offset)) in self.tensors.iter().enumerate() {
            bytes.extend(text(if index == 0 { "token_embd.weight" } else { "output.weight" }));
            bytes.extend((shape.len() as u32).to_le_bytes());
            shape.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
            bytes.extend(kind.to_le_bytes());
            bytes.extend(offset.to_le_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(32) + self.data, 0);
        bytes
    }
}
