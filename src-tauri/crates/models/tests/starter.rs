//! The model that comes with the program, through the interface that the desk uses.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bimo_engine::{
    CancellationToken, FinishReason, Flow, GenerationEvent, GenerationOutcome, GenerationRequest,
    Piece, PieceKind, Prompt, SamplingParams, TextGenerator,
};
use bimo_models::{
    CacheBits, DecoderGenerator, LoadOptions, ModelSource, Precision, load, load_decoder,
};

fn starter() -> Box<dyn TextGenerator> {
    starter_in(Precision::Fast)
}

fn starter_in(precision: Precision) -> Box<dyn TextGenerator> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../starter/story/story.gguf");
    let options = LoadOptions { precision, ..LoadOptions::default() };
    load(&ModelSource::Path(PathBuf::from(path)), &options).unwrap()
}

const ENGLISH: &str = "Once upon a time there was a poor miller who had a daughter. One day";
const CHINESE: &str = "夜里下起了雨，街上一个人也没有。他推开门，";

fn prompt(model: &dyn TextGenerator, text: &str) -> Vec<u32> {
    let prompt = Prompt::Text(vec![Piece::new(PieceKind::Text, text)]);
    model.encode_prompt(&prompt).unwrap().tokens
}

fn request(prompt: Vec<u32>, max_tokens: usize) -> GenerationRequest {
    GenerationRequest {
        prompt,
        sampling: SamplingParams { temperature: 0.8, seed: 7, ..SamplingParams::default() },
        choices: 1,
        max_tokens,
        min_tokens: 0,
        stop: Vec::new(),
        top_logprobs: 0,
    }
}

/// The text of each choice, and how it ended.
fn write(
    model: &mut dyn TextGenerator,
    request: &GenerationRequest,
) -> (Vec<String>, GenerationOutcome) {
    let mut texts = vec![String::new(); request.choices];
    let outcome = model.generate(request, &CancellationToken::new(), &mut |event| {
        match event {
            GenerationEvent::Token { choice, text, .. }
            | GenerationEvent::Tail { choice, text } => {
                texts[choice] += &text;
            }
            GenerationEvent::Ignored { .. } | GenerationEvent::Prefill { .. } => {}
        }
        Flow::Continue
    });
    (texts, outcome.unwrap())
}

#[test]
fn a_story_goes_on_in_both_languages() {
    let mut model = starter();
    for text in [ENGLISH, CHINESE] {
        let request = request(prompt(model.as_ref(), text), 60);
        let (texts, outcome) = write(model.as_mut(), &request);
        println!("{text}|{}", texts[0]);
        assert!(texts[0].chars().count() > 30, "{texts:?}");
        assert!(!texts[0].contains('\u{FFFD}'), "{texts:?}");
        assert_eq!(outcome.choices[0].tokens, 60);
        assert_eq!(outcome.choices[0].finish, FinishReason::Length);
    }
}

#[test]
#[cfg_attr(
    any(feature = "cuda", feature = "metal"),
    ignore = "a GPU rounds by the shape of a batch"
)]
fn the_same_seed_writes_the_same_text_whether_or_not_the_prompt_was_read_before() {
    let mut model = starter();
    for text in [ENGLISH, CHINESE] {
        let tokens = prompt(model.as_ref(), text);
        let first = write(starter().as_mut(), &request(tokens.clone(), 80));
        // The end is read again after the beginning, then after another continuation.
        write(model.as_mut(), &request(tokens[..tokens.len() / 2].to_vec(), 5));
        for _ in 0..2 {
            let again = write(model.as_mut(), &request(tokens.clone(), 80));
            assert!(again.1.reused_tokens >= tokens.len() / 2);
            assert_eq!(again.0, first.0);
        }
        // What was written is a prompt now: reading it anew gives what writing had kept.
        let longer: Vec<u32> = [tokens, model.tokenize(&first.0[0]).unwrap()].concat();
        let kept = write(model.as_mut(), &request(longer.clone(), 40));
        let anew = write(starter().as_mut(), &request(longer, 40));
        assert_eq!(kept.0, anew.0);
    }
}

#[test]
#[cfg_attr(
    any(feature = "cuda", feature = "metal"),
    ignore = "a GPU rounds by the shape of a batch"
)]
fn choices_are_the_texts_of_their_own_seeds() {
    let mut model = starter();
    let tokens = prompt(model.as_ref(), ENGLISH);
    let three = GenerationRequest { choices: 3, ..request(tokens.clone(), 40) };
    let (texts, outcome) = write(model.as_mut(), &three);
    assert_eq!(outcome.choices.len(), 3);
    assert_ne!(texts[0], texts[1]);
    for (choice, text) in texts.iter().enumerate() {
        let mut alone = request(tokens.clone(), 40);
        alone.sampling.seed += choice as u32;
        assert_eq!(&write(model.as_mut(), &alone).0[0], text);
    }
}

#[test]
fn a_stop_text_ends_the_text_before_it_and_a_banned_one_never_appears() {
    let mut model = starter();
    let tokens = prompt(model.as_ref(), ENGLISH);
    let (free, _) = write(model.as_mut(), &request(tokens.clone(), 60));
    let word = free[0].split_whitespace().nth(6).unwrap().to_owned();
    let mut stopping = request(tokens.clone(), 60);
    stopping.stop = vec![word.clone()];
    let (texts, outcome) = write(model.as_mut(), &stopping);
    assert_eq!(outcome.choices[0].finish, FinishReason::Stop);
    assert_eq!(texts[0], free[0][..free[0].find(&word).unwrap()]);
    let mut banning = request(tokens, 60);
    banning.sampling.banned_phrases = vec![word.clone()];
    let (texts, outcome) = write(model.as_mut(), &banning);
    assert!(!texts[0].to_lowercase().contains(&word.to_lowercase()), "{texts:?}");
    assert!(texts[0].starts_with(&free[0][..free[0].find(&word).unwrap()]), "{texts:?}");
    assert_eq!(outcome.choices[0].tokens, 60);
}

#[test]
fn a_full_context_and_a_satisfied_reader_end_a_text() {
    let mut model = starter();
    let room = model.card().context_length;
    let tokens: Vec<u32> = prompt(model.as_ref(), &ENGLISH.repeat(room))[..room - 3].to_vec();
    let (_, outcome) = write(model.as_mut(), &request(tokens.clone(), 50));
    assert_eq!(outcome.choices[0].finish, FinishReason::ContextFull);
    assert_eq!(outcome.choices[0].tokens, 3);
    let cancel = CancellationToken::new();
    let satisfied = &mut |_| Flow::Finish(FinishReason::SentenceEnd);
    let outcome = model.generate(&request(tokens[..50].to_vec(), 50), &cancel, satisfied).unwrap();
    assert_eq!(outcome.choices[0].finish, FinishReason::SentenceEnd);
    assert_eq!(outcome.choices[0].tokens, 1);
}

#[test]
fn cancelling_stops_within_a_tenth_of_a_second() {
    let mut model = starter();
    let room = model.card().context_length;
    let tokens: Vec<u32> = prompt(model.as_ref(), &ENGLISH.repeat(room))[..room - 100].to_vec();
    for after_events in [1, 3, 30] {
        let cancel = CancellationToken::new();
        let mut events = 0;
        let mut cancelled = None;
        let outcome = model.generate(&request(tokens.clone(), 90), &cancel, &mut |_| {
            events += 1;
            if events == after_events {
                cancel.cancel();
                cancelled = Some(Instant::now());
            }
            Flow::Continue
        });
        let waited = cancelled.unwrap().elapsed();
        assert_eq!(outcome.unwrap().choices[0].finish, FinishReason::Cancelled);
        assert!(waited < Duration::from_millis(100), "{waited:?}");
    }
}

#[test]
#[cfg_attr(
    any(feature = "cuda", feature = "metal"),
    ignore = "a GPU rounds by the shape of a batch"
)]
fn the_alternatives_are_the_likeliest_and_scores_agree_with_what_was_written() {
    let mut model = starter();
    let tokens = prompt(model.as_ref(), ENGLISH);
    let mut asking = request(tokens.clone(), 20);
    asking.top_logprobs = 4;
    let mut written = Vec::new();
    model
        .generate(&asking, &CancellationToken::new(), &mut |event| {
            if let GenerationEvent::Token { token, logprob, alternatives, .. } = event {
                assert_eq!(alternatives.len(), 4);
                let logprob = logprob.expect("it is known here");
                assert!(alternatives.windows(2).all(|pair| pair[0].logprob >= pair[1].logprob));
                assert!(alternatives[0].logprob >= logprob);
                written.push((token, logprob));
            }
            Flow::Continue
        })
        .unwrap();
    let all: Vec<u32> = tokens.iter().copied().chain(written.iter().map(|pair| pair.0)).collect();
    let scores = model.score(&all, &CancellationToken::new()).unwrap();
    assert_eq!(scores.len(), all.len() - 1);
    for (score, (token, logprob)) in scores[tokens.len() - 1..].iter().zip(&written) {
        assert_eq!(score.token, *token);
        assert!((score.logprob - logprob).abs() < 1e-3, "{} {logprob}", score.logprob);
    }
}

#[test]
fn eight_bits_judge_a_text_as_the_exact_model_does() {
    let mut models = [starter_in(Precision::Fast), starter_in(Precision::Exact)];
    for text in [ENGLISH, CHINESE] {
        let tokens = prompt(models[0].as_ref(), text);
        let [fast, exact] =
            models.each_mut().map(|model| model.score(&tokens, &CancellationToken::new()).unwrap());
        let differences = fast.iter().zip(&exact).map(|(a, b)| f64::from(a.logprob - b.logprob));
        let mean = differences.map(f64::abs).sum::<f64>() / fast.len() as f64;
        println!("log-probabilities are {mean:.4} apart in the mean");
        assert!(mean < 0.1, "{mean}");
    }
}

#[test]
fn sixteen_bits_of_what_was_read_write_and_judge_as_32_do() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../starter/story/story.gguf");
    let mut models = [CacheBits::Sixteen, CacheBits::ThirtyTwo].map(|cache| {
        // In eight bits the last bit of an input can turn into a step of its rounding.
        let options = LoadOptions { cache, ..LoadOptions::computing(Precision::Exact) };
        load(&ModelSource::Path(PathBuf::from(path)), &options).unwrap()
    });
    for text in [ENGLISH, CHINESE] {
        let tokens = prompt(models[0].as_ref(), text);
        let [halves, whole] =
            models.each_mut().map(|model| model.score(&tokens, &CancellationToken::new()).unwrap());
        assert!(
            halves.iter().zip(&whole).any(|(a, b)| a.logprob != b.logprob),
            "both are the same"
        );
        for (half, whole) in halves.iter().zip(&whole) {
            assert!((half.logprob - whole.logprob).abs() < 0.02, "{half:?} {whole:?}");
        }
        let greedy = GenerationRequest {
            sampling: SamplingParams::greedy(),
            ..request(prompt(models[0].as_ref(), text), 30)
        };
        let [halves, whole] = models.each_mut().map(|model| write(model.as_mut(), &greedy).0);
        assert_eq!(halves, whole);
    }
    let [halves, whole] = models.map(|model| model.gauge().bytes());
    assert_eq!(2 * halves, whole);
}

#[test]
fn guesses_change_no_text() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../starter/story/story.gguf");
    let load = || -> DecoderGenerator {
        load_decoder(&ModelSource::Path(PathBuf::from(path)), &LoadOptions::default()).unwrap()
    };
    let (mut guessing, mut careful) = (load(), load().without_guesses());
    // A refrain: much is guessed right. And plain prose, where most guesses are wrong.
    let refrain = "\u{201c}Row,\u{201d} said the old man, and she rowed.\n\n".repeat(6);
    let mut guessed = 0;
    for (text, temperature, seed) in
        [(refrain.as_str(), 0.0, 1), (&refrain, 0.8, 2), (ENGLISH, 0.0, 3), (CHINESE, 0.9, 4)]
    {
        let sampling = SamplingParams { temperature, seed, ..SamplingParams::default() };
        let request = GenerationRequest { sampling, ..request(prompt(&guessing, text), 80) };
        let (texts, outcome) = write(&mut guessing, &request);
        let (expected, without) = write(&mut careful, &request);
        assert_eq!(texts, expected, "{temperature}");
        assert_eq!(outcome.choices, without.choices);
        assert_eq!(without.guessed_tokens, 0);
        guessed += outcome.guessed_tokens;
    }
    assert!(guessed > 20, "{guessed} of 320 tokens were guessed");
}

#[test]
fn what_was_read_ahead_need_not_be_read_again_and_changes_no_text() {
    let (mut model, mut other) = (starter(), starter());
    let request = request(prompt(model.as_ref(), ENGLISH), 12);
    model.read_ahead(&request.prompt, &CancellationToken::new()).unwrap();
    let (texts, outcome) = write(model.as_mut(), &request);
    assert_eq!(outcome.reused_tokens, request.prompt.len() - 1);
    assert_eq!(texts, write(other.as_mut(), &request).0);
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    other.read_ahead(&prompt(other.as_ref(), CHINESE), &cancelled).unwrap();
    assert_eq!(write(other.as_mut(), &request).0, texts, "what was cancelled is in nobody's way");
}
