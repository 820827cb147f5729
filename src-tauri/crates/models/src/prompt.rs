//! A prompt in tokens.

use bimo_engine::{EncodedPiece, EncodedPrompt, EngineError, Piece, PieceKind, Prompt};

use crate::{ChatTemplate, TextTokenizer};

/// Encodes a prompt. A chat prompt needs the model's template.
pub fn encode_prompt(
    prompt: &Prompt,
    tokenizer: &TextTokenizer,
    _template: Option<&ChatTemplate>,
) -> Result<EncodedPrompt, EngineError> {
    match prompt {
        Prompt::Text(pieces) => encode_text(pieces, tokenizer),
        Prompt::Chat { .. } => {
            Err(EngineError::TemplateInvalid("conversations are not rendered".into()))
        }
    }
}

/// The pieces as one text, after the token that opens a text.
fn encode_text(pieces: &[Piece], tokenizer: &TextTokenizer) -> Result<EncodedPrompt, EngineError> {
    let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    let (ids, offsets) = tokenizer.encode_with_offsets(&text)?;
    let mut encoded =
        EncodedPrompt { tokens: Vec::with_capacity(ids.len() + 1), pieces: Vec::new() };
    if let Some(begin) = tokenizer.begin_token() {
        encoded.tokens.push(begin);
        encoded.pieces.push(EncodedPiece {
            kind: PieceKind::Template,
            text: tokenizer.control_text(begin).unwrap_or_default().to_owned(),
            tokens: 1,
        });
    }
    encoded.tokens.extend(ids);
    let mut starts = offsets.iter().map(|range| range.start).peekable();
    let mut end = 0;
    for (place, piece) in pieces.iter().enumerate() {
        end += piece.text.len();
        let last = place + 1 == pieces.len();
        let mut tokens = 0;
        while starts.next_if(|&start| start < end || last).is_some() {
            tokens += 1;
        }
        encoded.pieces.push(EncodedPiece { kind: piece.kind, text: piece.text.clone(), tokens });
    }
    Ok(encoded)
}
