//! A sentence on its way: what of it the model is given, and which of the model's texts becomes its translation.

use bimo_engine::{Candidate, FinishReason, Rewriting};

use super::checks::check;
use super::inline::{Inline, taken_out};
use super::language::{Need, is_traditional, need_of, to_simplified, to_traditional};
use super::terms::spans;
use super::translator::{Translated, Wish};
use super::typography;
use super::wrapping::Wrapped;
use crate::wire::{Alternative, SegmentFlag, TargetLanguage};

/// A sentence that is being translated.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Its number in the request.
    pub number: usize,
    /// As it stands in the text.
    pub source: String,
    /// The same in simplified characters.
    pub simplified: String,
    /// Its words, without what is around them and without marks.
    pub input: String,
    /// The marks of Markdown inside it.
    pub inlines: Vec<Inline>,
    /// What the model is given at a time.
    pub pieces: Vec<String>,
    /// It was too long for the model.
    pub in_pieces: bool,
    /// The best of the tries before this one.
    pub best: Option<Judged>,
}

/// A text that the model wrote for a sentence, finished, with what is wrong with it. In simplified characters.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    text: String,
    /// Of a token, in the mean; nothing where the model does not tell.
    logprob: Option<f32>,
    flags: Vec<SegmentFlag>,
    /// The other texts, the best first.
    others: Vec<Alternative>,
}

impl Draft {
    /// A sentence to translate; or, where no model is needed, what becomes of it.
    pub fn of(number: usize, source: &str, wish: &Wish) -> Result<Self, Translated> {
        let flags = match need_of(source, wish.to) {
            Need::Translation => {
                let simplified =
                    if wish.to.is_chinese() { source.to_owned() } else { to_simplified(source) };
                let inner = input_of(Wrapped::of(&simplified).inner, wish.to);
                let (input, inlines) = taken_out(&inner);
                return Ok(Self {
                    number,
                    source: source.to_owned(),
                    simplified,
                    pieces: vec![input.clone()],
                    input,
                    inlines,
                    in_pieces: false,
                    best: None,
                });
            }
            Need::Nothing => Vec::new(),
            Need::Unreadable => vec![SegmentFlag::OtherLanguage],
        };
        Err(as_it_is(source, flags, wish.to))
    }

    /// Chooses among the texts of its pieces. Nothing where a piece has none: it was cancelled.
    pub fn judge(&self, pieces: &[Rewriting], wish: &Wish) -> Option<Judged> {
        let mut judged: Vec<Judged> = match pieces {
            [one] => {
                one.candidates.iter().map(|candidate| self.finish(&[candidate], wish)).collect()
            }
            _ => {
                let best: Option<Vec<&Candidate>> =
                    pieces.iter().map(|piece| piece.candidates.first()).collect();
                vec![self.finish(&best?, wish)]
            }
        };
        let mut texts = Vec::new();
        judged.retain(|one| {
            let is_new = !texts.contains(&one.text);
            texts.push(one.text.clone());
            is_new
        });
        if let Some(unwanted) = &wish.other_than
            && judged.len() > 1
        {
            judged.retain(|one| script(&one.text, wish.to) != *unwanted);
        }
        // The first of the least flagged: the model's own order counts where the checks see no difference.
        let best = (0..judged.len()).min_by_key(|at| judged[*at].faults())?;
        let mut chosen = judged.remove(best);
        chosen.others = judged
            .into_iter()
            .map(|one| Alternative {
                text: script(&one.text, wish.to),
                confidence: one.logprob.map(f32::exp),
            })
            .collect();
        Some(chosen)
    }

    /// A text of the model with its marks set, its terms in it, and what is around the sentence put back.
    fn finish(&self, pieces: &[&Candidate], wish: &Wish) -> Judged {
        let plain = match wish.to {
            TargetLanguage::Traditional => TargetLanguage::Simplified,
            other => other,
        };
        let between = if plain == TargetLanguage::English { " " } else { "" };
        let texts: Vec<&str> = pieces.iter().map(|piece| piece.text.trim()).collect();
        let curly = plain.is_chinese() || typography::has_curly_quotes(&self.source);
        let mut text = texts.join(between);
        if plain.is_chinese() && is_traditional(&text) {
            text = to_simplified(&text);
        }
        let mut text = typography::set(&text, plain, curly);
        let mut flags = Vec::new();
        for (term, _) in wish.terms.in_source(&self.simplified) {
            if !term.is_in(&text) {
                let renderings = wish.terms.rendering(&term.source).unwrap_or_default();
                match term.put_into(&text, &renderings) {
                    Some(honoured) => text = honoured,
                    None if flags.contains(&SegmentFlag::GlossaryMissed) => {}
                    None => flags.push(SegmentFlag::GlossaryMissed),
                }
            }
        }
        for inline in self.inlines.iter().rev() {
            let renderings = wish.terms.rendering(&inline.text).unwrap_or_default();
            match inline.put_into(&text, &renderings) {
                Some(marked) => text = marked,
                None if flags.contains(&SegmentFlag::Emphasis) => {}
                None => flags.push(SegmentFlag::Emphasis),
            }
        }
        let text = Wrapped::of(&self.simplified).around(&text, plain);
        flags.extend(check(&self.simplified, &text, plain));
        if pieces.iter().any(|piece| piece.finish == FinishReason::Length) {
            flags.push(SegmentFlag::CutShort);
        }
        if self.in_pieces {
            flags.push(SegmentFlag::InPieces);
        }
        let logprobs: Vec<f32> = pieces.iter().flat_map(|piece| &piece.logprobs).copied().collect();
        let logprob =
            (!logprobs.is_empty()).then(|| logprobs.iter().sum::<f32>() / logprobs.len() as f32);
        Judged { text, logprob, flags, others: Vec::new() }
    }

    /// The better of a try and of those before it; the earlier one where they are alike.
    pub fn better(&self, judged: Judged) -> Judged {
        match &self.best {
            Some(best) if best.faults() <= judged.faults() => best.clone(),
            _ => judged,
        }
    }
}

impl Judged {
    fn faults(&self) -> usize {
        self.flags.iter().filter(|flag| **flag != SegmentFlag::InPieces).count()
    }

    /// True where another try would not be better.
    pub fn is_good(&self) -> bool {
        self.faults() == 0
    }

    /// As it is told and kept.
    pub fn translated(&self, draft: &Draft, wish: &Wish) -> Translated {
        let target = script(&self.text, wish.to);
        let hits = wish.terms.in_source(&draft.simplified);
        Translated {
            terms: spans(&draft.source, &hits, &target),
            target,
            alternatives: self.others.clone(),
            logprob: self.logprob,
            flags: self.flags.clone(),
        }
    }
}

/// What needs no model: only its marks change.
fn as_it_is(source: &str, flags: Vec<SegmentFlag>, to: TargetLanguage) -> Translated {
    let target = match flags.is_empty() && to.is_chinese() {
        true => script(source, to),
        false => source.to_owned(),
    };
    Translated { target, alternatives: Vec::new(), logprob: None, flags, terms: Vec::new() }
}

/// A finished text in the script that is wanted.
pub(super) fn script(text: &str, to: TargetLanguage) -> String {
    match to {
        TargetLanguage::Traditional => to_traditional(&typography::cornered(text)),
        TargetLanguage::Simplified if is_traditional(text) => to_simplified(text),
        _ => text.to_owned(),
    }
}

/// One line, as models have seen it.
fn input_of(inner: &str, to: TargetLanguage) -> String {
    let between = if to.is_chinese() { " " } else { "" };
    let lines: Vec<&str> = inner.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join(between)
}
