//! Random edits against a plain list of characters that remember their authors.

use bimo_store::{ChapterId, Store};
use bimo_text::{AuthorSpan, Counts, TextEdit, Utf16Offset};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::{NOW_MS, Shelf};

#[derive(Debug, Clone)]
enum Operation {
    /// Edits in one save: place, length, text, author. Places are taken modulo the length of the text.
    Save(Vec<(usize, usize, String, Option<u32>)>),
    /// The same text again, as a whole.
    Replace,
    /// A save on a version that is not the stored one.
    Late,
}

fn operation() -> impl Strategy<Value = Operation> {
    let edit = (0usize..500, 0usize..8, "[a笔墨😀𠮷 \n。]{0,6}", prop::option::of(1u32..4));
    prop_oneof![
        8 => prop::collection::vec(edit, 1..4).prop_map(Operation::Save),
        1 => Just(Operation::Replace),
        1 => Just(Operation::Late),
    ]
}

/// What the page has to be.
#[derive(Default)]
struct Model(Vec<(char, Option<u32>)>);

impl Model {
    fn body(&self) -> String {
        self.0.iter().map(|(character, _)| character).collect()
    }

    fn unit(&self, character: usize) -> u32 {
        self.0[..character].iter().map(|(character, _)| character.len_utf16() as u32).sum()
    }

    fn edit(
        &mut self,
        (place, length, insert, author): (usize, usize, String, Option<u32>),
    ) -> TextEdit {
        let from = place % (self.0.len() + 1);
        let to = (from + length).min(self.0.len());
        let edit = TextEdit {
            from: Utf16Offset(self.unit(from)),
            to: Utf16Offset(self.unit(to)),
            insert: insert.clone(),
            generation: author,
        };
        self.0.splice(from..to, insert.chars().map(|character| (character, author)));
        edit
    }

    fn spans(&self) -> Vec<AuthorSpan> {
        let mut spans: Vec<AuthorSpan> = Vec::new();
        for (index, &(character, author)) in self.0.iter().enumerate() {
            let Some(generation) = author else { continue };
            let from = self.unit(index);
            let to = Utf16Offset(from + character.len_utf16() as u32);
            match spans.last_mut() {
                Some(last) if last.to.0 == from && last.generation == generation => last.to = to,
                _ => spans.push(AuthorSpan { from: Utf16Offset(from), to, generation }),
            }
        }
        spans
    }
}

async fn follow(
    store: &Store,
    chapter: ChapterId,
    operations: Vec<Operation>,
) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    let mut version = 0;
    for operation in operations {
        match operation {
            Operation::Save(edits) => {
                let edits: Vec<_> = edits.into_iter().map(|edit| model.edit(edit)).collect();
                let saved = store.apply_edits(chapter, version, &edits, NOW_MS).await;
                version += 1;
                prop_assert_eq!(saved.expect("a save").version, version);
            }
            Operation::Replace => {
                let spans = model.spans();
                store.replace_page(chapter, &model.body(), spans, NOW_MS).await.expect("replaced");
                version += 1;
            }
            Operation::Late => {
                let late = store.apply_edits(chapter, version + 1, &[], NOW_MS).await;
                prop_assert_eq!(late.expect_err("late").code(), "version_conflict");
            }
        }
        let page = store.chapter(chapter).await.expect("the page");
        prop_assert_eq!(&page.body, &model.body());
        prop_assert_eq!(page.version, version);
        prop_assert_eq!(page.authorship.spans(), model.spans());
        prop_assert_eq!(page.counts, Counts::of(&page.body));
    }
    Ok(())
}

#[test]
fn the_page_is_what_a_plain_text_would_be() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (_shelf, store, _) = runtime.block_on(Shelf::with_text(""));
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(64) });
    let operations = prop::collection::vec(operation(), 1..24);
    let outcome = runner.run(&operations, |operations| {
        runtime.block_on(async {
            let (_, chapter) = store.create_work("", NOW_MS).await.expect("a work");
            follow(&store, chapter, operations).await
        })
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let total = runtime.block_on(store.library()).expect("the library");
    assert!(total.works.len() > 64);
}
