//! `kill -9` at random moments: nothing that was acknowledged is lost, and nothing is half there.

use std::time::{Duration, Instant};

use bimo_store::{
    Candidate, ChapterId, GenerationId, GenerationStatus, HistoryQuery, LibraryItem, Store,
    StoreOptions, TokenChoice, restore_backup,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::child::{kill_after, say, text};
use crate::{DAY_MS, NOW_MS, Shelf, at, ended, typed, written};

/// What a person and a model write into one chapter, step by step, the same for the same seed.
///
/// The page is `head + placed + tail`: the person types at both its ends while the model writes in the middle.
struct Script {
    random: StdRng,
    version: u32,
    head: String,
    tail: String,
    placed: String,
    output: String,
    state: State,
    tokens: usize,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    Idle,
    Writing,
    /// The model has ended; the last of its text is not in the page.
    Ended,
}

enum Step {
    Start { anchor: u32 },
    Append { text: String },
    Finish,
    Type { at: u32, remove: u32, insert: String },
    Place { at: u32, insert: String },
}

fn units(text: &str) -> u32 {
    text.encode_utf16().count() as u32
}

impl Script {
    fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            version: 0,
            head: String::new(),
            tail: String::new(),
            placed: String::new(),
            output: String::new(),
            state: State::Idle,
            tokens: 0,
        }
    }

    fn body(&self) -> String {
        format!("{}{}{}", self.head, self.placed, self.tail)
    }

    fn next(&mut self) -> Step {
        let dice = self.random.random_range(0..10);
        match (self.state, dice) {
            (State::Idle, 0..3) => self.start(),
            (State::Ended, _) | (State::Writing, 0..2) if self.placed != self.output => {
                self.place()
            }
            (State::Writing, 2) if self.tokens > 20 => {
                self.state = State::Ended;
                Step::Finish
            }
            (State::Writing, 0..7) => self.append(),
            _ => self.type_something(),
        }
    }

    fn start(&mut self) -> Step {
        self.head.push_str(&std::mem::take(&mut self.placed));
        self.output.clear();
        self.tokens = 0;
        self.state = State::Writing;
        Step::Start { anchor: units(&self.head) }
    }

    fn append(&mut self) -> Step {
        let word = ["雪", "下了一夜。", " the snow", "😀", "\n\n", "𠮷"];
        let text = word[self.random.random_range(0..word.len())].to_owned();
        self.output.push_str(&text);
        self.tokens += 1;
        Step::Append { text }
    }

    fn place(&mut self) -> Step {
        let insert = self.output[self.placed.len()..].to_owned();
        let at = units(&self.head) + units(&self.placed);
        self.placed.push_str(&insert);
        self.version += 1;
        if self.state == State::Ended {
            self.state = State::Idle;
        }
        Step::Place { at, insert }
    }

    fn type_something(&mut self) -> Step {
        self.version += 1;
        if self.state == State::Ended {
            self.state = State::Idle;
        }
        let insert =
            format!("第{}次 typed {}。\n", self.version, self.random.random_range(0..1000));
        // At an empty beginning the person would type where the model writes: that place is the model's.
        if self.head.is_empty() || self.random.random_bool(0.5) {
            let at = units(&self.body());
            self.tail.push_str(&insert);
            return Step::Type { at, remove: 0, insert };
        }
        let removed = self.head.chars().next().map_or(0, char::len_utf8);
        let remove = units(&self.head[..removed]);
        self.head.replace_range(..removed, &insert);
        Step::Type { at: 0, remove, insert }
    }
}

fn tokens(script: &Script) -> Vec<TokenChoice> {
    let chosen = Candidate { token: script.tokens as u32, logprob: -0.5 };
    vec![TokenChoice { chosen, alternatives: vec![chosen] }]
}

/// The child's task: follows the script and says each step when the store has it.
pub async fn write(folder: &str, chapter: &str, seed: &str) {
    let store = Store::open(StoreOptions::new(folder, NOW_MS)).await.expect("the library opens");
    let chapter = ChapterId(chapter.parse().expect("a number"));
    let mut script = Script::new(seed.parse().expect("a number"));
    let mut generation = GenerationId(0);
    say("ready");
    for step in 1u64.. {
        let base = script.version;
        let next = script.next();
        let now = NOW_MS + step as i64;
        match next {
            Step::Start { anchor } => {
                generation =
                    store.start_generation(&at(chapter, anchor), now).await.expect("start");
            }
            Step::Append { text } => {
                let tokens = tokens(&script);
                store.append_output(generation, &text, &tokens).await.expect("append");
            }
            Step::Finish => {
                let end = ended(GenerationStatus::Complete);
                store.finish_generation(generation, &end, now).await.expect("finish");
            }
            Step::Type { at, remove, insert } => {
                let edits = [typed(at, at + remove, &insert)];
                store.apply_edits(chapter, base, &edits, now).await.expect("a save");
            }
            Step::Place { at, insert } => {
                let edits = [written(at, &insert, generation)];
                store.apply_edits(chapter, base, &edits, now).await.expect("a save");
            }
        }
        say(&step.to_string());
    }
}

/// What the store has of a script: the page and its version, the last generation's output and its tokens.
async fn kept(store: &Store, chapter: ChapterId) -> (u32, String, String, usize) {
    let page = store.chapter(chapter).await.expect("the chapter");
    let query = HistoryQuery { chapter: Some(chapter), limit: 1, ..HistoryQuery::default() };
    let last = store.history(&query).await.expect("the history").pop();
    let Some(last) = last else {
        return (page.version, page.body, String::new(), 0);
    };
    let tokens = store.token_choices(last.id).await.expect("its tokens").len();
    (page.version, page.body, last.output, tokens)
}

/// Checks a chapter against the script up to the last step that was said, or one more. Answers the page as it has to
/// be after recovery.
async fn compare(store: &Store, chapter: ChapterId, seed: u64, said: u64) -> String {
    let found = kept(store, chapter).await;
    let mut script = Script::new(seed);
    for _ in 0..said {
        script.next();
    }
    for _ in 0..2 {
        let expected = (script.version, script.body(), script.output.clone(), script.tokens);
        if found == expected {
            return format!("{}{}{}", script.head, script.output, script.tail);
        }
        script.next();
    }
    panic!("after {said} steps of script {seed}: {found:?}");
}

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let began = Instant::now();
    let shelf = Shelf::new();
    let mut random = StdRng::seed_from_u64(1);
    let (mut steps, mut recovered_texts) = (0, 0);
    let mut pages = Vec::new();
    for seed in 0..50u64 {
        let store = shelf.open().await;
        let (_, chapter) = store.create_work(&format!("{seed}"), NOW_MS).await.expect("a work");
        store.close().await;

        let pause = Duration::from_micros(random.random_range(0..120_000));
        let arguments = [text(&shelf.options.folder), &chapter.0.to_string(), &seed.to_string()];
        let said = kill_after("write", &arguments, pause);
        let said: u64 = said.last().map_or(0, |last| last.parse().expect("a number"));
        steps += said;

        // Opening runs `quick_check` and fails if it finds anything.
        let store = shelf.open().await;
        let expected = compare(&store, chapter, seed, said).await;
        let recovered = store.recover_interrupted(NOW_MS + DAY_MS).await.expect("recovery");
        recovered_texts += recovered.len();
        assert_eq!(crate::body_of(&store, chapter).await, expected, "script {seed}");
        assert_eq!(store.recover_interrupted(NOW_MS + DAY_MS).await.expect("again"), []);
        let newest = HistoryQuery { limit: 200, ..HistoryQuery::default() };
        let history = store.history(&newest).await.expect("the history");
        assert!(history.iter().all(|one| one.status != GenerationStatus::Running));
        pages.push((chapter, expected));
        store.close().await;
    }
    let store = shelf.open().await;
    for (chapter, expected) in pages {
        assert_eq!(crate::body_of(&store, chapter).await, expected);
    }
    eprintln!("50 kills, {steps} steps, {recovered_texts} texts recovered, {:?}", began.elapsed());
    assert!(steps > 500, "only {steps} steps were made");
    assert!(recovered_texts > 10, "only {recovered_texts} texts were recovered");
}

/// The child's task: one backup after another, a day apart, from a day on.
pub async fn back_up(folder: &str, first_day: &str) {
    let store = Store::open(StoreOptions::new(folder, NOW_MS)).await.expect("the library opens");
    say("ready");
    for day in first_day.parse::<i64>().expect("a number").. {
        let path = store.back_up(NOW_MS + day * DAY_MS).await.expect("a backup");
        say(text(&path));
    }
}

#[tokio::test]
async fn a_backup_that_has_its_name_is_whole() {
    let body = "雪下了一夜。The snow fell all night.\n".repeat(5000);
    let (shelf, store, chapter) = Shelf::with_text(&body).await;
    let (_, binned) = store.create_work("in the bin", NOW_MS).await.expect("another");
    store.move_to_bin(LibraryItem::Chapter(binned), NOW_MS).await.expect("thrown away");
    store.close().await;
    let mut random = StdRng::seed_from_u64(2);
    for round in 0..10 {
        let pause = Duration::from_micros(random.random_range(0..60_000));
        let first_day = (round * 1000).to_string();
        let said = kill_after("back-up", &[text(&shelf.options.folder), &first_day], pause);
        if let Some(last) = said.last() {
            assert!(std::fs::exists(last).expect("the folder"), "{last} was said to be there");
        }
        for entry in std::fs::read_dir(&shelf.options.backups).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "sqlite") {
                let other = Shelf::new();
                restore_backup(&other.options, &path).await.expect("the backup is whole");
                assert_eq!(crate::body_of(&other.open().await, chapter).await, body);
            }
        }
    }
    assert_eq!(crate::body_of(&shelf.open().await, chapter).await, body);
}
