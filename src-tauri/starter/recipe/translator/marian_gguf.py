"""The container of a Marian model in one GGUF file (crates/models, files/gguf_seq2seq.rs, says what is in it).

What is written is taken from `config.json` and `generation_config.json`, by transformers' names. The reference fixtures of
`tests/reference` are written with it too.
"""

import re

import gguf
from gguf import TokenType
from sentencepiece.sentencepiece_model_pb2 import ModelProto

ARCHITECTURE = "marian"
_PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_o",
    "self_attn_layer_norm": "attn_norm",
    "encoder_attn.q_proj": "cross_attn_q",
    "encoder_attn.k_proj": "cross_attn_k",
    "encoder_attn.v_proj": "cross_attn_v",
    "encoder_attn.out_proj": "cross_attn_o",
    "encoder_attn_layer_norm": "cross_attn_norm",
    "fc1": "ffn_up",
    "fc2": "ffn_down",
    "final_layer_norm": "ffn_norm",
}
_WHOLE = {"model.shared.weight": "token_embd.weight", "final_logits_bias": "output.bias"}


def stored_name(name: str) -> str | None:
    """`model.decoder.layers.3.fc1.bias` -> `dec.blk.3.ffn_up.bias`; nothing for what is computed or stands there twice."""
    found = re.fullmatch(r"model\.(enc|dec)oder\.layers\.(\d+)\.(.+)\.(weight|bias)", name)
    if not found:
        return _WHOLE.get(name)
    side, layer, part, kind = found.groups()
    return f"{side}.blk.{layer}.{_PARTS[part]}.{kind}"


def add_shape(writer: gguf.GGUFWriter, config: dict) -> None:
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["d_model"])
    writer.add_block_count(config["encoder_layers"])
    writer.add_decoder_block_count(config["decoder_layers"])
    writer.add_feed_forward_length(config["encoder_ffn_dim"])
    writer.add_head_count(config["encoder_attention_heads"])
    writer.add_layer_norm_eps(1e-5)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_string(f"{ARCHITECTURE}.activation", config["activation_function"])
    writer.add_bool(f"{ARCHITECTURE}.scale_embedding", config["scale_embedding"])
    writer.add_decoder_start_token_id(config["decoder_start_token_id"])


def add_search(writer: gguf.GGUFWriter, search: dict) -> None:
    """Words that are never written are single tokens."""
    writer.add_uint32(f"{ARCHITECTURE}.generation.num_beams", search["num_beams"])
    writer.add_uint32(f"{ARCHITECTURE}.generation.max_length", search["max_length"])
    writer.add_float32(f"{ARCHITECTURE}.generation.length_penalty", search["length_penalty"])
    if "early_stopping" in search:
        writer.add_bool(f"{ARCHITECTURE}.generation.early_stopping", search["early_stopping"])
    writer.add_array(f"{ARCHITECTURE}.generation.bad_token_ids", [token for (token,) in search["bad_words_ids"]])


def add_pieces(writer: gguf.GGUFWriter, model: bytes, tokens: dict, control: list[str] = ()) -> None:
    """A unigram vocabulary with the table of replacements; `control` are pieces that stand around texts."""
    proto = ModelProto.FromString(model)
    kinds = [TokenType.CONTROL if piece.piece in control else TokenType(piece.type) for piece in proto.pieces]
    writer.add_tokenizer_model("t5")
    writer.add_token_list([piece.piece for piece in proto.pieces])
    writer.add_token_scores([piece.score for piece in proto.pieces])
    writer.add_token_types(kinds)
    spec = proto.normalizer_spec
    if spec.precompiled_charsmap:
        writer.add_precompiled_charsmap(spec.precompiled_charsmap)
    writer.add_add_space_prefix(spec.add_dummy_prefix)
    writer.add_remove_extra_whitespaces(spec.remove_extra_whitespaces)
    writer.add_unk_token_id(tokens["unk_token_id"])
    writer.add_eos_token_id(tokens["eos_token_id"])
    writer.add_pad_token_id(tokens["pad_token_id"])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(True)
