"""Noun phrases and clauses in both languages at once, for the bilingual grammar.

**Invariant**: every function returns the two sides of one meaning; English agreement and Chinese measure words, aspect and
word order are settled here, so that a pattern only puts clauses together.
"""

import functools
import random
import re
from typing import NamedTuple

import lexicon


class Noun(NamedTuple):
    one: str
    many: str
    chinese: str
    measure: str


class Phrase(NamedTuple):
    """A noun phrase: English as subject and as object, Chinese, and what agrees with it."""

    english: str
    object: str
    chinese: str
    person: int
    plural: bool
    gender: str


class Verb(NamedTuple):
    base: str
    past: str
    perfect: str
    rest: str
    before: str
    chinese: str
    after: str


Both = tuple[str, str]


@functools.cache
def cells(text: str) -> list[list[str]]:
    return [cell.split(";") for cell in re.split(r"[|\n]", text)]


def plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def nouns(text: str) -> list[Noun]:
    found = []
    for english, chinese, measure in cells(text):
        one, _, many = english.partition("/")
        found.append(Noun(one, many or plural(one), chinese, measure))
    return found


def third(verb: str) -> str:
    """`go` as in "she goes"; what follows the verb stays."""
    word, _, rest = verb.partition(" ")
    irregular = {"have": "has", "be": "is", "do": "does", "go": "goes", "can": "can"}
    return (irregular.get(word) or plural(word)) + (" " + rest if rest else "")


def gerund(verb: str) -> str:
    word, _, rest = verb.partition(" ")
    if word.endswith("ie"):
        word = word[:-2] + "ying"
    elif word.endswith("e") and not word.endswith(("ee", "ye")) and word != "be":
        word = word[:-1] + "ing"
    elif re.fullmatch(r"(sit|run|get|cut|put|swim|shop|stop|begin|forget|plan|hit|win|dig|chat)", word):
        word += word[-1] + "ing"
    else:
        word += "ing"
    return word + (" " + rest if rest else "")


def verbs(text: str) -> list[Verb]:
    found = []
    for english, before, chinese, after in cells(text):
        forms, _, rest = english.partition(" ")
        base, past, perfect = english.split("/") if english.count("/") == 2 and " " not in forms else (forms, forms, forms)
        perfect, _, rest = perfect.partition(" ")
        found.append(Verb(base, past, perfect, rest, before, chinese, after))
    return found


NOUNS = {name: nouns(getattr(lexicon, name)) for name in ("PEOPLE", "ANIMALS", "FOOD", "THINGS", "CLOTHES", "BUILT")}
KINDS = {"FOOD": NOUNS["FOOD"], "THING": NOUNS["THINGS"], "CLOTHES": NOUNS["CLOTHES"], "ANIMAL": NOUNS["ANIMALS"],
         "PERSON": NOUNS["PEOPLE"], "BUILT": [n for n in NOUNS["BUILT"] if n.one in "house bridge tower castle boat temple wall ship".split()],
         "BROKEN": [n for n in NOUNS["THINGS"] if n.one in "clock watch umbrella lamp camera phone chair computer radio violin toy".split()]}
ACTIONS, MOTIONS = verbs(lexicon.ACTIONS), verbs(lexicon.MOTIONS)
PRONOUNS = [Phrase("I", "me", "我", 1, False, ""), Phrase("you", "you", "你", 2, True, ""), Phrase("he", "him", "他", 3, False, "m"),
            Phrase("she", "her", "她", 3, False, "f"), Phrase("we", "us", "我们", 1, True, ""), Phrase("they", "them", "他们", 3, True, "")]
OWNERS = [("my", "我"), ("your", "你"), ("his", "他"), ("her", "她"), ("our", "我们"), ("their", "他们")]
ODD = {("wife", "her"), ("wife", "our"), ("wife", "their"), ("husband", "his"), ("husband", "our"), ("husband", "their")}
# What is done without a thing meant: "sing a song" is 唱歌 where nothing new is named.
BARE = {"唱", "看", "写", "讲", "拍", "种", "问", "听见"}
UNWILLED = re.compile(r"生病|摔倒|迷路|不见|长大|睡着|醒来|迟到|哭起来|丢|忘|错过|打破|听见|听说|找到|遇见|看见")
# Verbs that tell a result or a moment do not go on: no progressive, no duration.
MOMENT = re.compile(r"(见|到|掉|上|开|破|完成|好|起|给|错过|忘|听说|丢|着|燃|邀请|离开|回来|告诉|找到)$")
NEAR_PLACES = {"看", "吃", "喝", "买", "卖", "找到", "丢", "看见", "遇见", "画", "唱", "听", "拍", "抓到", "种", "等", "做", "踢", "下", "藏起"}


class Speaker:
    """Makes phrases and clauses with one source of chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def pick(self, name: str) -> list[str]:
        return self.chance.choice(cells(getattr(lexicon, name)))

    def maybe(self, share: float) -> bool:
        return self.chance.random() < share

    # Noun phrases

    def name(self) -> Phrase:
        english, chinese, gender = self.pick("NAMES")
        return Phrase(english, english, chinese, 3, False, gender)

    def relative(self) -> Phrase:
        english, chinese, gender = self.pick("FAMILY")
        owner, own = self.chance.choice([o for o in OWNERS if (english, o[0]) not in ODD])
        joint = "的" if english in ("son", "daughter", "friend", "neighbour", "boss", "teacher", "cousin") or self.maybe(0.2) else ""
        return Phrase(f"{owner} {english}", f"{owner} {english}", f"{own}{joint}{chinese}", 3, False, gender)

    def someone(self) -> Phrase:
        noun = self.chance.choice(NOUNS["PEOPLE"])
        gender = "f" if re.search(r"女|太太|王后|公主|护士|巫", noun.chinese) else "m"
        kind = self.chance.random()
        if kind < 0.55:
            chinese = f"那{noun.measure}{noun.chinese}" if self.maybe(0.6) else noun.chinese
            return Phrase(f"the {noun.one}", f"the {noun.one}", chinese, 3, False, gender)
        if kind < 0.75 and " " not in noun.one:
            english, chinese = self.pick("PERSON_ATTRIBUTES")
            return Phrase(f"the {english} {noun.one}", f"the {english} {noun.one}", f"那{noun.measure}{chinese}{noun.chinese}", 3, False, gender)
        if kind < 0.88:
            return Phrase(f"the {noun.many}", f"the {noun.many}", f"{noun.chinese}们", 3, True, "")
        return Phrase(article(noun.one), article(noun.one), f"一{noun.measure}{noun.chinese}", 3, False, gender)

    def animal(self) -> Phrase:
        noun = self.chance.choice(NOUNS["ANIMALS"])
        kind = self.chance.random()
        if kind < 0.4:
            return Phrase(f"the {noun.one}", f"the {noun.one}", f"那{noun.measure}{noun.chinese}", 3, False, "n")
        if kind < 0.7 and noun.one not in ("kitten", "puppy"):
            english, chinese = self.pick("ANIMAL_ATTRIBUTES")
            return Phrase(f"the {english} {noun.one}", f"the {english} {noun.one}", f"那{noun.measure}{chinese}{noun.chinese}", 3, False, "n")
        return Phrase(article(noun.one), article(noun.one), f"一{noun.measure}{noun.chinese}", 3, False, "n")

    def subject(self) -> Phrase:
        kind = self.chance.random()
        if kind < 0.36:
            return self.chance.choice(PRONOUNS)
        return self.name() if kind < 0.62 else self.relative() if kind < 0.8 else self.someone()

    def other(self, than: Phrase) -> Phrase:
        """A person to do something to: not the subject itself, nor "me" beside "I" or "us" beside "we"."""
        while True:
            found = self.subject()
            same = found.person == than.person and (found.person < 3 or found.english == than.english or found.english in ("he", "she", "they"))
            if not same and not found.english.startswith(("a ", "an ")):
                return found

    def definite(self, noun: Noun, bare: float = 0.3) -> Both:
        kind = self.chance.random()
        if kind < bare:
            return f"the {noun.one}", noun.chinese
        if kind < 0.55:
            return f"the {noun.one}", f"那{noun.measure}{noun.chinese}"
        if kind < 0.7:
            return f"this {noun.one}", f"这{noun.measure}{noun.chinese}"
        if kind < 0.78:
            return f"that {noun.one}", f"那{noun.measure}{noun.chinese}"
        owner, own = self.chance.choice(OWNERS)
        return f"{owner} {noun.one}", f"{own}的{noun.chinese}"

    def indefinite(self, noun: Noun, attributes: str = "ATTRIBUTES") -> Both:
        kind = self.chance.random()
        if kind < 0.45:
            return article(noun.one), f"一{noun.measure}{noun.chinese}"
        if kind < 0.65:
            number, count = self.pick("NUMBERS")
            return f"{number} {noun.many}", f"{count}{noun.measure}{noun.chinese}"
        if kind < 0.72:
            return f"some {noun.many}", f"一些{noun.chinese}"
        if kind < 0.78:
            return f"many {noun.many}", f"很多{noun.chinese}"
        if " " in noun.one:
            return article(noun.one), f"一{noun.measure}{noun.chinese}"
        english, chinese = self.pick(attributes)
        return article(f"{english} {noun.one}"), f"一{noun.measure}{chinese}{noun.chinese}"

    def thing(self, kind: str, new: bool) -> Both:
        noun = self.chance.choice(KINDS[kind])
        if not new or self.maybe(0.25):
            return self.definite(noun)
        attributes = {"ANIMAL": "ANIMAL_ATTRIBUTES", "PERSON": "PERSON_ATTRIBUTES"}.get(kind, "ATTRIBUTES")
        if kind == "FOOD" or " " in noun.one or noun.one in ("kitten", "puppy"):
            number = self.maybe(0.5)
            count, words = self.pick("NUMBERS")
            return (f"{count} {noun.many}", f"{words}{noun.measure}{noun.chinese}") if number else (article(noun.one), f"一{noun.measure}{noun.chinese}")
        return self.indefinite(noun, attributes)

    def fill(self, verb: Verb, subject: Phrase, new: bool) -> Verb:
        """The verb with its places filled; `new` objects are ones not spoken of before."""
        rest, before, after = verb.rest, verb.before, verb.after
        for slot in re.findall(r"\{[^}]*\}", rest):
            mark = slot[1:-1]
            if mark.startswith("x:"):
                rest = rest.replace(slot, mark[2:] if new or verb.chinese in BARE else mark[2:].replace("a ", "the ", 1) if mark[2:].startswith("a ") else mark[2:])
                if not new and mark[2:].startswith("a "):
                    after = re.sub("一[一-龥]", "", after, count=1)
                continue
            if mark.startswith("o:"):
                english, chinese = self.thing(mark[2:], new)
                short = "{o}"
            elif mark == "p":
                person = self.other(subject)
                english, chinese, short = person.object, person.chinese, "{p}"
            elif mark.startswith("m:"):
                (english, chinese), short = self.pick("MASS_FOOD"), "{m}"
            elif mark == "d":
                english, chinese, measure, holder = self.pick("DRINKS")
                short = "{d}"
                if new and self.maybe(0.5):
                    english, chinese = article(f"{holder} {english}"), f"一{measure}{chinese}"
            else:
                (english, chinese), short = self.pick("GOALS"), "{g}"
            rest = rest.replace(slot, english, 1)
            before, after = before.replace(short, chinese), after.replace(short, chinese)
        return verb._replace(rest=rest, before=before, after=after)

    def act(self, subject: Phrase, new: bool = True, motion: float = 0.25, willed: bool = False) -> Verb:
        while True:
            verb = self.chance.choice(MOTIONS if self.maybe(motion) else ACTIONS)
            if not (willed and UNWILLED.search(verb.chinese)):
                return self.fill(verb, subject, new)


def article(words: str) -> str:
    return ("an " if words[0] in "aeiou" and not words.startswith(("useful", "used", "uni")) else "a ") + words


def joined(*parts: str) -> str:
    return " ".join(p for p in parts if p)


def be(subject: Phrase, past: bool = False) -> str:
    if past:
        return "was" if not subject.plural else "were"
    return "am" if subject.english == "I" else "are" if subject.plural else "is"


def do(subject: Phrase, past: bool = False) -> str:
    return "did" if past else "does" if subject.person == 3 and not subject.plural else "do"


def have(subject: Phrase) -> str:
    return "has" if subject.person == 3 and not subject.plural else "have"


def present(subject: Phrase, verb: str) -> str:
    if verb.startswith("be "):
        return be(subject) + verb[2:]
    return third(verb) if subject.person == 3 and not subject.plural else verb


def done(verb: Verb) -> str:
    """Chinese of a finished action: 了 after the verb, or after what has no object."""
    if verb.chinese.endswith("着") and verb.after:
        return f"{verb.before}{verb.chinese}{verb.after}"
    if verb.chinese.startswith("去") and not verb.after and len(verb.chinese) > 1:
        return f"{verb.before}{verb.chinese}了"
    if verb.chinese == "回":
        return f"回{verb.after}了"
    if verb.chinese.endswith("来") and len(verb.chinese) > 3 or verb.chinese in ("唱起歌来", "早早起床", "上床睡觉"):
        return f"{verb.before}{verb.chinese}{'了' if verb.chinese != '转过身来' else ''}"
    return f"{verb.before}{verb.chinese}了{verb.after}"


def plain(verb: Verb) -> str:
    return f"{verb.before}{verb.chinese}{verb.after}"


def it(subject: Phrase) -> Phrase:
    """The pronoun for a person or animal already named."""
    if subject.person < 3 or subject.english in ("he", "she", "they"):
        return subject
    if subject.plural:
        return PRONOUNS[5]
    return {"m": PRONOUNS[2], "f": PRONOUNS[3], "n": Phrase("it", "it", "它", 3, False, "n")}[subject.gender]


def sentence(english: str, chinese: str, mark: str = ".") -> Both:
    return english[0].upper() + english[1:] + mark, chinese + {".": "。", "?": "？", "!": "！"}[mark]
