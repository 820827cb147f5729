//! `bimo export`

use bimo_desk::{LibraryReader, WorkText};

use crate::arguments::Export;
use crate::output::{print_json, print_line};

/// Prints a work as Markdown: its title, then each chapter under its own.
pub async fn run(library: &LibraryReader, asked: &Export, json: bool) -> anyhow::Result<()> {
    let work = library.work_text(library.find_work(&asked.work).await?).await?;
    if json { print_json(&work) } else { Ok(print_line(&markdown(&work))?) }
}

fn markdown(work: &WorkText) -> String {
    let title = (!work.title.is_empty()).then(|| format!("# {}", work.title));
    let chapters = work.chapters.iter().flat_map(|chapter| {
        let title = (!chapter.title.is_empty()).then(|| format!("## {}", chapter.title));
        let body = chapter.body.trim_matches('\n');
        title.into_iter().chain((!body.is_empty()).then(|| body.to_owned()))
    });
    title.into_iter().chain(chapters).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use bimo_desk::ChapterText;

    use super::*;

    #[test]
    fn titles_become_headings_and_empty_ones_nothing() {
        let chapter =
            |title: &str, body: &str| ChapterText { title: title.into(), body: body.into() };
        let work = WorkText {
            title: "雪".into(),
            chapters: vec![chapter("一", "雪停了。\n"), chapter("", "他走了。"), chapter("三", "")],
        };
        assert_eq!(markdown(&work), "# 雪\n\n## 一\n\n雪停了。\n\n他走了。\n\n## 三");
    }
}
