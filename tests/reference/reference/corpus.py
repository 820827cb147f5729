"""The text the small tokenizers are trained on: written for this purpose, English and Chinese.

It only has to contain enough repetition for merges to appear; nothing is learned from it but subwords.
"""

LINES = [
    "The old teacher wrote the first sentence of the story and then crossed it out again.",
    "She didn't know what the letter said, but she knew who had written it.",
    "It's raining in the northern village, and the river is rising through the reeds.",
    "They're waiting at the station; we've brought the lanterns and I'll carry the map.",
    "In the morning the writer opened the window, and the morning opened the writer.",
    "Nothing was lost: every word, every comma, every second thought stayed on the page.",
    "There were 12 chapters, 340 pages and more than 90000 words in the book of 1987.",
    "\"Where are you going?\" he asked. \"To the end of the line,\" she answered.",
    "The translation is never the same as the original, and the original is never the same twice.",
    "Write, rest, read it aloud, and then write the whole thing again tomorrow.",
    "    let total = words.iter().map(|word| word.len()).sum::<usize>();",
    "The caf\u00e9 stayed open; the na\u00efve traveller ordered cr\u00e8me br\u00fbl\u00e9e and another coffee.",
    "他把第一句话写下来，又把它划掉了。",
    "她不知道信里写了什么，但她知道是谁写的。",
    "北方的村子里下着雨，河水慢慢地涨起来。",
    "我们在车站等着，带着灯笼和一张旧地图。",
    "早晨，作家打开窗户；窗户外面的早晨也打开了他。",
    "什么都没有丢：每一个字，每一个逗号，都留在纸上。",
    "这本书有十二章，三百四十页，一共写了九万多字。",
    "“你要去哪里？”他问。“到这条线的尽头去。”她回答。",
    "译文从来不会和原文一样，原文自己也从来不会两次一样。",
    "写一写，歇一歇，大声读一读，明天再从头写一遍。",
    "纸上的墨还没有干，老师已经走到了门外。",
    "笔和墨 are words for the pen and the ink，写作的人每天都要用。",
]
