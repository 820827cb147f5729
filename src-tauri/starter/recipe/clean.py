"""What of a digitised book is story, and what is not.

A book comes with a title page, a table of contents, notes by whoever transcribed it, verse, and lines of asterisks.
A story model that learns them writes them. The rules here work on one document and lose a little story rather than
keep a little apparatus.
"""

import re

HAN = re.compile(r"[\u4e00-\u9fff]")

# A title page can run long, but past this share of a book it is the book itself.
FRONT_MATTER_SHARE = 0.05
SENTENCE_END = tuple(".!?:;,\"'”’)-—…")
CHINESE_SENTENCE_END = tuple("。！？：；，”’」』…）—")
APPARATUS = re.compile(
    r"gutenberg|transcriber|e-?text|\bcopyright\b|all rights reserved|\billustrations?\b|\bfootnotes?\b|"
    r"^\W*(contents|table of contents|chapter|book|part|volume|canto|act|scene)\b.{0,80}$|^\W*[ivxlc\d]+\W*$",
    re.IGNORECASE,
)
NOTE_MARK = re.compile(r"\s*\[(?:\d+|[A-Z]|\*+|Illustration[^\]]*|Footnote[^\]]*)\]")
SPEAKERS = re.compile(r"[生旦末净丑外贴]{1,2}(?:白|唱|云|上|下|介)")
CHINESE_APPARATUS = re.compile(r"^(?:第[一二三四五六七八九十百零〇\d]+[回章节卷折出]|诗曰|词曰|有诗为证)|全书完|书名|编校|打字|注释")


def english(text: str) -> str:
    """The story of an English document: paragraphs in straight order, one blank line between."""
    paragraphs = [tidy_english(p) for p in re.split(r"\n\s*\n", text)]
    start = front_matter_end(paragraphs, len(text))
    return "\n\n".join(p for p in paragraphs[start:] if is_english_prose(p))


def tidy_english(paragraph: str) -> str:
    paragraph = NOTE_MARK.sub("", paragraph).replace("_", "").replace("--", "—")
    return re.sub(r"\s+", " ", paragraph).strip()


def front_matter_end(paragraphs: list[str], length: int) -> int:
    """Index of the paragraph after the last apparatus near the top of a document."""
    limit, seen, end = length * FRONT_MATTER_SHARE, 0, 0
    for index, paragraph in enumerate(paragraphs):
        seen += len(paragraph)
        if seen > limit:
            break
        if paragraph and not is_english_prose(paragraph):
            end = index + 1
    return end


def is_english_prose(paragraph: str) -> bool:
    if len(paragraph) < 2 or APPARATUS.search(paragraph[:400]):
        return False
    letters = sum(c.isalpha() for c in paragraph)
    capitals = sum(c.isupper() for c in paragraph)
    return (
        letters > 0.6 * len(paragraph)
        and capitals < 0.3 * letters + 3
        and paragraph.endswith(SENTENCE_END)
    )


def chinese(text: str) -> str:
    """The story of a Chinese document, one paragraph a line, in modern quotation marks."""
    lines = [tidy_chinese(line) for line in rejoin(text.split("\n"))]
    return "\n".join(line for line in lines if is_chinese_prose(line))


def rejoin(lines: list[str]) -> list[str]:
    """Undo hard wrapping: a line that stops in mid-sentence goes on in the next."""
    joined: list[str] = []
    for line in (line.strip() for line in lines):
        if joined and line and joined[-1] and not joined[-1].endswith(CHINESE_SENTENCE_END):
            joined[-1] += line
        else:
            joined.append(line)
    return joined


def tidy_chinese(line: str) -> str:
    line = line.translate(str.maketrans("「」『』", "“”‘’")).replace("祇", "只").replace("著", "着")
    return re.sub(r"[〔\[（(][^〕\]）)]{0,40}[〕\]）)]|\s+", "", line)


def is_chinese_prose(line: str) -> bool:
    """Prose, not verse: verse here keeps to five or seven characters between its marks."""
    han = len(HAN.findall(line))
    if han < 2 or han < 0.6 * len(line) or CHINESE_APPARATUS.search(line[:60]) or SPEAKERS.search(line):
        return False
    parts = [p for p in re.split(r"[，。！？；：、]", line.strip("“”‘’")) if p]
    verse = sum(len(p) in (5, 7) for p in parts)
    return len(parts) < 4 or verse < 0.8 * len(parts)


def is_story(cleaned: str, raw_length: int) -> bool:
    """Whether enough is left for the document to have been a story (a play or a book of verse is not)."""
    return len(cleaned) > max(800, 0.5 * raw_length)
