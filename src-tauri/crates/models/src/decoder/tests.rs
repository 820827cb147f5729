//! What must hold for every family, on small models with made-up weights.

use std::collections::HashMap;

use bimo_engine::EngineError;
use candle_core::{Device, Tensor};

use super::*;
use crate::{Weight, Weights};

const FAMILIES: [Architecture; 7] = [
    Architecture::Llama,
    Architecture::Qwen2,
    Architecture::Qwen3,
    Architecture::SmolLm3,
    Architecture::Phi3,
    Architecture::Gemma3,
    Architecture::Gpt2,
];

/// Every tensor that is asked for is there, with numbers that depend on its name.
struct MadeUp {
    shapes: HashMap<&'static str, Vec<usize>>,
}

impl MadeUp {
    fn new(config: &DecoderConfig) -> Self {
        let (hidden, ffn) = (config.hidden_size, config.ffn_size);
        let (queries, keys) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
        let all = queries + 2 * keys;
        let up = if config.architecture == Architecture::Phi3 { 2 * ffn } else { ffn };
        let shapes = [
            ("token_embd.weight", vec![config.vocabulary, hidden]),
            ("position_embd.weight", vec![config.context_length, hidden]),
            ("output_norm.weight", vec![hidden]),
            ("output_norm.bias", vec![hidden]),
            ("attn_norm.weight", vec![hidden]),
            ("attn_norm.bias", vec![hidden]),
            ("attn_q.weight", vec![queries, hidden]),
            ("attn_q.bias", vec![queries]),
            ("attn_k.weight", vec![keys, hidden]),
            ("attn_k.bias", vec![keys]),
            ("attn_v.weight", vec![keys, hidden]),
            ("attn_v.bias", vec![keys]),
            ("attn_q_norm.weight", vec![config.head_dim]),
            ("attn_k_norm.weight", vec![config.head_dim]),
            ("post_attention_norm.weight", vec![hidden]),
            ("post_ffw_norm.weight", vec![hidden]),
            ("attn_qkv.weight", vec![all, hidden]),
            ("attn_qkv.bias", vec![all]),
            ("attn_output.weight", vec![hidden, queries]),
            ("attn_output.bias", vec![hidden]),
            ("ffn_norm.weight", vec![hidden]),
            ("ffn_norm.bias", vec![hidden]),
            ("ffn_gate.weight", vec![ffn, hidden]),
            ("ffn_up.weight", vec![up, hidden]),
            ("ffn_up.bias", vec![up]),
            ("ffn_down.weight", vec![hidden, ffn]),
            ("ffn_down.bias", vec![hidden]),
        ];
        Self { shapes: shapes.into() }
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        let part = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.'));
        let part = part.map_or(name, |(_, part)| part);
        self.shapes.get(part).map(Vec::as_slice)
    }
}

impl Weights for MadeUp {
    fn contains(&self, name: &str) -> bool {
        self.shape(name).is_some()
    }

    fn get(&self, name: &str) -> Result<Weight<'_>, EngineError> {
        let shape = self.shape(name).ok_or_else(|| EngineError::ModelIncomplete(name.into()))?;
        let mut state =
            name.bytes().fold(1u32, |state, byte| state * 31 % 65_521 + u32::from(byte));
        let numbers = (0..shape.iter().product()).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1u32 << 24) as f32 - 0.5
        });
        let tensor = Tensor::from_vec(numbers.collect(), shape, &Device::Cpu).unwrap();
        Ok(Weight::Float(tensor.try_into().unwrap()))
    }
}

fn config(architecture: Architecture) -> DecoderConfig {
    let learned = architecture == Architecture::Gpt2;
    let stretched = || RopeScaling::Long {
        short: vec![1.0, 1.1, 1.2, 1.3],
        long: vec![2.0, 3.0, 4.0, 5.0],
        original_context: 45,
        magnitude: 1.1,
    };
    let (width, scaling) = match architecture {
        Architecture::Phi3 => (8, Some(stretched())),
        _ => (12, None),
    };
    let rope = Rope { width, theta: 10_000.0, layout: RopeLayout::HalfSplit, scaling };
    let turned = LayerConfig { rope: (!learned).then_some(0), window: None };
    let other = match architecture {
        Architecture::SmolLm3 => LayerConfig { rope: None, window: None },
        Architecture::Phi3 => LayerConfig { rope: Some(0), window: Some(13) },
        Architecture::Gemma3 => LayerConfig { rope: Some(1), window: Some(9) },
        _ => turned,
    };
    DecoderConfig {
        architecture,
        hidden_size: 48,
        layers: vec![turned, other],
        heads: 4,
        kv_heads: if learned { 4 } else { 2 },
        head_dim: 12,
        ffn_size: 80,
        vocabulary: 50,
        context_length: 600,
        norm_eps: 1e-5,
        embedding_scale: (architecture == Architecture::Gemma3).then_some(7.0),
        attention_scale: 12f64.powf(-0.5),
        ropes: if learned { Vec::new() } else { vec![rope; 2] },
        tied_embeddings: true,
        end_tokens: vec![0],
    }
}

fn decoder(architecture: Architecture, precision: Precision) -> Decoder {
    let config = config(architecture);
    let placement = Placement { device: Device::Cpu, precision, wide_blocks: false };
    Decoder::load(&config, &MadeUp::new(&config), &placement).unwrap()
}

fn text(length: u32) -> Vec<u32> {
    (0..length).map(|i| i * i % 47 + 1).collect()
}

fn read(decoder: &Decoder, context: &mut Context, tokens: &[u32]) -> Vec<f32> {
    decoder.forward(&mut [Run { context, tokens }], Rows::Last).unwrap().pop().unwrap()
}

/// Largest difference as a part of the largest logit.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    let largest = b.iter().fold(0.0f32, |largest, logit| largest.max(logit.abs()));
    a.iter().zip(b).fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs())) / largest
}

/// What rounding in another order may change.
const ROUNDING: f32 = 2e-6;

#[test]
fn a_text_read_in_pieces_is_the_text_read_whole() {
    for architecture in FAMILIES {
        for precision in [Precision::Exact, Precision::Fast] {
            let decoder = decoder(architecture, precision);
            let tokens = text(300);
            let mut whole = decoder.context().unwrap();
            let expected = read(&decoder, &mut whole, &tokens);
            let mut pieces = decoder.context().unwrap();
            for tokens in [&tokens[..1], &tokens[1..100], &tokens[100..299]] {
                let mut run = [Run { context: &mut pieces, tokens }];
                assert!(decoder.forward(&mut run, Rows::None).unwrap().is_empty());
            }
            let found = read(&decoder, &mut pieces, &tokens[299..]);
            assert!(difference(&found, &expected) < ROUNDING, "{architecture:?} {precision:?}");
        }
    }
}

#[test]
fn what_was_truncated_leaves_no_trace() {
    for architecture in FAMILIES {
        let decoder = decoder(architecture, Precision::Exact);
        let tokens = text(40);
        let mut fresh = decoder.context().unwrap();
        let expected = read(&decoder, &mut fresh, &tokens);
        let mut context = decoder.context().unwrap();
        read(&decoder, &mut context, &tokens[..30]);
        read(&decoder, &mut context, &[7; 25]);
        context.truncate(30);
        assert_eq!(context.common_prefix(&tokens), 30);
        let found = read(&decoder, &mut context, &tokens[30..]);
        assert!(difference(&found, &expected) < ROUNDING, "{architecture:?}");
        assert_eq!(context.tokens(), tokens);
    }
}

#[test]
fn texts_of_unequal_length_do_not_disturb_each_other_in_a_batch() {
    for architecture in FAMILIES {
        let decoder = decoder(architecture, Precision::Exact);
        let tokens = text(20);
        let mut contexts = [decoder.context().unwrap(), decoder.context().unwrap()];
        read(&decoder, &mut contexts[1], &tokens[..9]);
        let [first, second] = &mut contexts;
        let mut runs = [
            Run { context: first, tokens: &tokens[..5] },
            Run { context: second, tokens: &tokens[9..12] },
        ];
        let rows = decoder.forward(&mut runs, Rows::All).unwrap();
        assert_eq!(rows.len(), 8);
        for (row, length) in [(&rows[0], 1), (&rows[4], 5), (&rows[7], 12)] {
            let mut alone = decoder.context().unwrap();
            let expected = read(&decoder, &mut alone, &tokens[..length]);
            assert!(difference(row, &expected) < ROUNDING, "{architecture:?} {length}");
        }
    }
}

#[test]
fn a_long_text_is_read_again_as_such_unless_it_was_foreseen() {
    let decoder = decoder(Architecture::Phi3, Precision::Exact);
    let tokens = text(60);
    let expected = read(&decoder, &mut decoder.context().unwrap(), &tokens);
    for foreseen in [0, 60] {
        let mut context = decoder.context().unwrap();
        context.foresee(foreseen);
        read(&decoder, &mut context, &tokens[..40]);
        assert_eq!(context.is_long(), foreseen == 60);
        let reused = if foreseen == 60 { 40 } else { 0 };
        assert_eq!(decoder.reusable(&context, &tokens), reused);
        let found = read(&decoder, &mut context, &tokens[40..]);
        assert!(difference(&found, &expected) < ROUNDING, "{foreseen}");
        assert_eq!(context.tokens(), tokens);
    }
}

#[test]
fn what_is_written_after_a_text_that_was_foreseen_has_its_room_already() {
    let decoder = decoder(Architecture::Llama, Precision::Exact);
    let mut context = decoder.context().unwrap();
    // The second text is as long as the room that the first one leaves.
    for length in [200, 512] {
        let tokens = text(length);
        context.truncate(0);
        context.foresee(tokens.len());
        for piece in tokens.chunks(100) {
            read(&decoder, &mut context, piece);
        }
        let room = context.bytes();
        read(&decoder, &mut context, &tokens[..1]);
        assert_eq!(context.bytes(), room, "{length}");
    }
}

#[test]
fn what_is_read_anew_after_branches_takes_no_more_room() {
    let decoder = decoder(Architecture::Llama, Precision::Exact);
    let mut context = decoder.context().unwrap();
    read(&decoder, &mut context, &text(300));
    let again = |context: &mut Context| {
        drop(context.branch().unwrap());
        context.truncate(290);
        read(&decoder, context, &[7]);
        context.truncate(300);
        context.bytes()
    };
    let room = again(&mut context);
    assert_eq!([(); 3].map(|()| again(&mut context)), [room; 3]);
}

#[test]
fn a_branch_goes_its_own_way() {
    let decoder = decoder(Architecture::Llama, Precision::Exact);
    let tokens = text(10);
    let mut context = decoder.context().unwrap();
    read(&decoder, &mut context, &tokens[..8]);
    let mut other = context.branch().unwrap();
    read(&decoder, &mut other, &[3, 3]);
    let found = read(&decoder, &mut context, &tokens[8..]);
    let mut fresh = decoder.context().unwrap();
    assert!(difference(&found, &read(&decoder, &mut fresh, &tokens)) < ROUNDING);
    assert_eq!(other.tokens()[8..], [3, 3]);
}

#[test]
fn eight_bits_stay_close_to_the_exact_model() {
    for architecture in FAMILIES {
        let tokens = text(30);
        let logits = [Precision::Fast, Precision::Exact].map(|precision| {
            let decoder = decoder(architecture, precision);
            read(&decoder, &mut decoder.context().unwrap(), &tokens)
        });
        let far = difference(&logits[0], &logits[1]);
        assert!(far < 0.03, "{architecture:?} {far}");
    }
}

#[test]
fn more_than_the_context_holds_is_refused_and_changes_nothing() {
    let decoder = decoder(Architecture::Gpt2, Precision::Exact);
    let mut context = decoder.context().unwrap();
    read(&decoder, &mut context, &text(590));
    let mut run = [Run { context: &mut context, tokens: &[1; 11] }];
    let refused = decoder.forward(&mut run, Rows::Last).unwrap_err();
    assert_eq!(refused, EngineError::PromptTooLong { prompt_tokens: 601, context_length: 600 });
    assert_eq!(context.tokens().len(), 590);
    read(&decoder, &mut context, &[1; 10]);
}

#[test]
fn a_tensor_of_another_shape_is_named() {
    let config = config(Architecture::Qwen3);
    let mut weights = MadeUp::new(&config);
    weights.shapes.insert("attn_k.weight", vec![25, 48]);
    let placement =
        Placement { device: Device::Cpu, precision: Precision::Exact, wide_blocks: false };
    match Decoder::load(&config, &weights, &placement).err().unwrap() {
        EngineError::ModelInvalid { field, reason } => {
            assert!(field.ends_with("attn_k.weight"));
            assert_eq!(reason, "its shape is [25, 48] and the model's is [24, 48]");
        }
        other => panic!("{other}"),
    }
}
