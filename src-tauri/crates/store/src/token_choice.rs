//! Generated tokens with what could have stood in their place, compact: 9 bytes a token and 8 an alternative.

use crate::{GenerationId, Store, StoreError};

/// A token that could stand at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its number in the model's vocabulary.
    pub token: u32,
    /// Natural logarithm of its probability.
    pub logprob: f32,
}

/// A token that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenChoice {
    /// The token itself.
    pub chosen: Candidate,
    /// The likeliest tokens at its place, likeliest first; at most 255 are kept.
    pub alternatives: Vec<Candidate>,
}

impl Store {
    /// All tokens of a generation with their alternatives, in order.
    pub async fn token_choices(
        &self,
        generation: GenerationId,
    ) -> Result<Vec<TokenChoice>, StoreError> {
        let batches: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT choices FROM token_choice WHERE generation = ? ORDER BY id")
                .bind(generation)
                .fetch_all(&self.readers)
                .await?;
        let mut choices = Vec::new();
        for batch in batches {
            let decoded = decode(&batch);
            choices.extend(decoded.ok_or_else(|| {
                StoreError::corrupted(format!("the tokens of generation {}", generation.0))
            })?);
        }
        Ok(choices)
    }
}

/// For each token: number and log-probability, the count of alternatives in a byte, then these in the same way.
/// Little-endian.
pub(crate) fn encode(choices: &[TokenChoice]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(choices.len() * 49);
    for choice in choices {
        let kept = &choice.alternatives[..choice.alternatives.len().min(usize::from(u8::MAX))];
        push(&mut bytes, choice.chosen);
        bytes.push(kept.len() as u8);
        for alternative in kept {
            push(&mut bytes, *alternative);
        }
    }
    bytes
}

fn push(bytes: &mut Vec<u8>, candidate: Candidate) {
    bytes.extend(candidate.token.to_le_bytes());
    bytes.extend(candidate.logprob.to_le_bytes());
}

/// The opposite of [`encode`]; nothing if the bytes end in the middle.
fn decode(mut bytes: &[u8]) -> Option<Vec<TokenChoice>> {
    let mut choices = Vec::new();
    while !bytes.is_empty() {
        let chosen = take(&mut bytes)?;
        let (&count, rest) = bytes.split_first()?;
        bytes = rest;
        let alternatives = (0..count).map(|_| take(&mut bytes)).collect::<Option<_>>()?;
        choices.push(TokenChoice { chosen, alternatives });
    }
    Some(choices)
}

fn take(bytes: &mut &[u8]) -> Option<Candidate> {
    let (token, rest) = bytes.split_first_chunk::<4>()?;
    let (logprob, rest) = rest.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(Candidate { token: u32::from_le_bytes(*token), logprob: f32::from_le_bytes(*logprob) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_as_they_were() {
        let candidate = |token, logprob| Candidate { token, logprob };
        let choices = vec![
            TokenChoice {
                chosen: candidate(7, -0.5),
                alternatives: vec![candidate(7, -0.5), candidate(u32::MAX, f32::NEG_INFINITY)],
            },
            TokenChoice { chosen: candidate(0, 0.0), alternatives: vec![] },
        ];
        let bytes = encode(&choices);
        assert_eq!(bytes.len(), 9 + 2 * 8 + 9);
        assert_eq!(bytes[..9], [7, 0, 0, 0, 0, 0, 0, 0xBF, 2]);
        assert_eq!(decode(&bytes), Some(choices));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
    }
}
