//! How a prompt is laid out: memory first, then the text with the author's note some lines above its end.
//!
//! What changes least stands first, so that a model can reuse what it has read: from one request to the next only the
//! note and what follows it is new.

use bimo_engine::{Message, Piece, PieceKind, Prompt, Role};
use bimo_text::is_han;

use crate::wire::Guidance;

/// Characters at the end of a text by which its language is told.
const TELLING: usize = 1000;

/// Everything of a prompt but the text.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    memory: String,
    note: String,
    note_depth: usize,
    words: &'static Words,
    instruct: bool,
}

/// The program's own words, in the text's language.
#[derive(Debug)]
struct Words {
    task: &'static str,
    memory: &'static str,
    request: &'static str,
    note: (&'static str, &'static str),
}

const ENGLISH: Words = Words {
    task: "You are a novelist. Your reply is a story of which the first part is written. Write on from exactly where \
           it stops, in the same language, voice, person and tense. Write nothing but the story: no heading, no \
           comment, no summary, and nothing that is there already.",
    memory: "\n\nWhat is known about the story:\n",
    request: "Go on with the story.",
    note: ("[Author’s note: ", "]\n\n"),
};

const CHINESE: Words = Words {
    task: "你是一位小说家。你的回复是一篇已经写好开头的小说。请从它停下的地方接着往下写，语言、语气、人称和时态都与前文一致。\
           只写小说正文，不写标题、说明或总结，也不重复前文。",
    memory: "\n\n关于这篇小说：\n",
    request: "请接着写下去。",
    note: ("【作者注：", "】\n\n"),
};

impl Layout {
    /// For a text, or for its beginning where there is none yet, in its own language.
    pub fn new(guidance: &Guidance, text: &str, instruct: bool) -> Self {
        let sample = if text.trim().is_empty() { &guidance.memory } else { text };
        Self {
            memory: guidance.memory.trim().to_owned(),
            note: guidance.note.trim().to_owned(),
            note_depth: guidance.note_depth as usize,
            words: if is_chinese(sample) { &CHINESE } else { &ENGLISH },
            instruct,
        }
    }

    /// The prompt for a stretch of text that ends at the caret.
    pub fn prompt(&self, text: &str) -> Prompt {
        if self.instruct {
            let mut frame = vec![Piece::new(PieceKind::Instruction, self.words.task)];
            if !self.memory.is_empty() {
                frame.push(Piece::new(PieceKind::Instruction, self.words.memory));
                frame.push(Piece::new(PieceKind::Memory, self.memory.as_str()));
            }
            let request = vec![Piece::new(PieceKind::Instruction, self.words.request)];
            let messages = vec![
                Message { role: Role::System, pieces: frame },
                Message { role: Role::User, pieces: request },
            ];
            Prompt::Chat { messages, reply: self.noted(text) }
        } else {
            let memory = (!self.memory.is_empty())
                .then(|| Piece::new(PieceKind::Memory, format!("{}\n\n", self.memory)));
            Prompt::Text(memory.into_iter().chain(self.noted(text)).collect())
        }
    }

    /// The text with the note in its place.
    fn noted(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut push = |kind, text: &str| {
            if !text.is_empty() {
                pieces.push(Piece::new(kind, text));
            }
        };
        if self.note.is_empty() {
            push(PieceKind::Text, text);
        } else {
            let (above, below) = text.split_at(note_place(text, self.note_depth));
            let (open, close) = self.words.note;
            push(PieceKind::Text, above);
            push(PieceKind::Note, &format!("{open}{}{close}", self.note));
            push(PieceKind::Text, below);
        }
        pieces
    }
}

/// The byte above which `depth` lines of the text follow, empty ones not counted. The line that is being written stays
/// whole, or the model would continue the note.
fn note_place(text: &str, depth: usize) -> usize {
    let line_is_open = !text.is_empty() && !text.ends_with('\n');
    let depth = depth.max(usize::from(line_is_open));
    let mut place = text.len();
    let mut below = 0;
    for line in text.split_inclusive('\n').rev() {
        if below == depth {
            break;
        }
        place -= line.len();
        below += usize::from(!line.trim().is_empty());
    }
    place
}

/// True where Han characters carry the text. One of them says about as much as two letters.
fn is_chinese(text: &str) -> bool {
    let (mut han, mut letters) = (0, 0);
    for character in text.chars().rev().take(TELLING) {
        if is_han(character) {
            han += 1;
        } else if character.is_alphabetic() {
            letters += 1;
        }
    }
    han * 2 > letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guidance(memory: &str, note: &str, note_depth: u32) -> Guidance {
        Guidance { memory: memory.into(), note: note.into(), note_depth }
    }

    fn text_of(prompt: &Prompt) -> String {
        match prompt {
            Prompt::Text(pieces) => pieces.iter().map(|piece| piece.text.as_str()).collect(),
            Prompt::Chat { messages, reply } => {
                let said = messages.iter().flat_map(|message| &message.pieces).chain(reply);
                said.map(|piece| format!("{}|", piece.text)).collect()
            }
        }
    }

    #[test]
    fn memory_is_first_and_the_note_stands_above_the_end() {
        let text = "One.\n\nTwo.\n\nThree.\n\nFour";
        for (depth, expected) in [
            (0, "M\n\nOne.\n\nTwo.\n\nThree.\n\n[Author’s note: N]\n\nFour"),
            (1, "M\n\nOne.\n\nTwo.\n\nThree.\n\n[Author’s note: N]\n\nFour"),
            (3, "M\n\nOne.\n\n[Author’s note: N]\n\nTwo.\n\nThree.\n\nFour"),
            (9, "M\n\n[Author’s note: N]\n\nOne.\n\nTwo.\n\nThree.\n\nFour"),
        ] {
            let layout = Layout::new(&guidance(" M ", "N\n", depth), text, false);
            assert_eq!(text_of(&layout.prompt(text)), expected, "{depth}");
        }
        let layout = Layout::new(&guidance("", "N", 0), "One.\n\n", false);
        assert_eq!(text_of(&layout.prompt("One.\n\n")), "One.\n\n[Author’s note: N]\n\n");
    }

    #[test]
    fn without_memory_and_note_only_the_text_is_sent() {
        let layout = Layout::new(&Guidance::default(), "雪停了。", false);
        assert_eq!(
            layout.prompt("雪停了。"),
            Prompt::Text(vec![Piece::new(PieceKind::Text, "雪停了。")])
        );
    }

    #[test]
    fn an_instruct_model_is_asked_in_the_language_of_the_text_and_its_reply_has_begun() {
        let layout = Layout::new(&guidance("阿芸十六岁。", "", 3), "雪停了。", true);
        let asked = text_of(&layout.prompt("雪停了。"));
        assert!(asked.starts_with("你是一位小说家"), "{asked}");
        assert!(asked.ends_with("|阿芸十六岁。|请接着写下去。|雪停了。|"), "{asked}");
        let layout = Layout::new(&Guidance::default(), "The snow stopped. 雪。", true);
        assert!(text_of(&layout.prompt("The")).starts_with("You are a novelist"));
    }
}
