"""A bilingual grammar of plain everyday sentences: `generate(count, seed)` gives distinct pairs.

Clauses (clauses.py) make simple statements and questions; the patterns here and in patterns.py put them together. Everything
comes from this project's own word lists (lexicon.py).
"""

import random

import clauses
from clauses import NEAR_PLACES, Both, Phrase, Speaker, Verb, be, do, done, gerund, have, it, joined, plain, present, sentence
from pairs import Pair


def when(s: Speaker, table: str, share: float) -> Both:
    return tuple(s.pick(table)) if s.maybe(share) else ("", "")


def where(s: Speaker, verb: Verb, share: float) -> Both:
    if verb.chinese not in NEAR_PLACES or not s.maybe(share):
        return "", ""
    english, place, _ = s.pick("PLACES")
    return english, f"在{place}"


def past(s: Speaker, subject: Phrase | None = None, time: float = 0.4) -> Both:
    """"Tom bought a book in the city yesterday", without a capital or a mark."""
    subject = subject or s.subject()
    verb = s.act(subject)
    (when_e, when_c), (where_e, where_c) = when(s, "TIMES_PAST", time), where(s, verb, 0.3)
    manner = s.pick("MANNERS") if s.maybe(0.08) and not when_e and verb in clauses.MOTIONS and len(verb.chinese) < 4 else ("", "")
    english = joined(subject.english, manner[0], verb.past, verb.rest, where_e)
    if when_e and (when_e.startswith("one ") or s.maybe(0.3)):
        first = f"{when_e}, " + english
        return first, f"{when_c}{'，' if when_e.startswith('one ') or s.maybe(0.3) else ''}{subject.chinese}{where_c}{manner[1]}{done(verb)}"
    chinese = f"{when_c}{subject.chinese}" if s.maybe(0.35) else f"{subject.chinese}{when_c}"
    return joined(english, when_e), f"{chinese}{where_c}{manner[1]}{done(verb)}"


def future(s: Speaker, subject: Phrase | None = None, time: float = 0.5) -> Both:
    subject = subject or s.subject()
    verb = s.act(subject, willed=True)
    (when_e, when_c), (where_e, where_c) = when(s, "TIMES_FUTURE", time), where(s, verb, 0.2)
    english, word = (f"{subject.english} will {verb.base}", "会") if s.maybe(0.6) else (f"{subject.english} {be(subject)} going to {verb.base}", s.chance.choice(("要", "打算")))
    return joined(english, verb.rest, where_e, when_e), f"{subject.chinese}{when_c}{word}{where_c}{plain(verb)}"


def usual(s: Speaker) -> Both:
    subject = s.subject()
    if s.maybe(0.5):
        forms, chinese = s.pick("LASTING")
        verb = Verb(forms.split("/")[0], "", "", "", "", chinese, "")
    else:
        verb = s.act(subject, motion=0.15)
    place = s.pick("PLACES") if s.maybe(0.3) and not verb.rest else None
    when_e, when_c = s.pick("TIMES_USUAL")
    where_e, where_c = (place[0], f"在{place[1]}") if place else ("", "")
    verb_e = present(subject, verb.base)
    if when_e in ("often", "always", "usually", "sometimes"):
        return joined(subject.english, when_e, verb_e, verb.rest, where_e), f"{subject.chinese}{when_c}{where_c}{plain(verb)}"
    return joined(subject.english, verb_e, verb.rest, where_e, when_e), f"{subject.chinese}{when_c}{'都' if '每' in when_c else ''}{where_c}{plain(verb)}"


def going_on(s: Speaker, subject: Phrase | None = None, past_time: bool | None = None) -> Both:
    subject = subject or s.subject()
    past_time = s.maybe(0.5) if past_time is None else past_time
    forms, chinese = s.pick("LASTING")
    verb = forms.split("/")[0]
    where_e, where_c, _ = s.pick("PLACES")
    word = s.chance.choice(("正在", "在"))
    if s.maybe(0.6):
        return joined(subject.english, be(subject, past_time), gerund(verb), where_e), f"{subject.chinese}{word}{where_c}{chinese}"
    return joined(subject.english, be(subject, past_time), gerund(verb)), f"{subject.chinese}{word}{chinese}"


def state(s: Speaker, subject: Phrase | None = None, past_time: bool | None = None) -> Both:
    """"She was very tired"."""
    subject = subject or s.subject()
    past_time = s.maybe(0.5) if past_time is None else past_time
    english, chinese, _ = s.pick("PERSON_STATES" if s.maybe(0.6) else "PERSON_TRAITS")
    degree, word = s.chance.choice((("very ", "很"), ("", "很"), ("so ", "太"), ("really ", "真"), ("a little ", "有点"), ("too ", "太"), ("not ", "不"), ("very ", "非常")))
    if word == "有点" and chinese in ("善良", "聪明", "勇敢", "漂亮", "有礼貌", "诚实", "细心", "勤劳", "有耐心", "友好", "高兴", "骄傲", "平静"):
        degree, word = "very ", "很"
    tail = "了" if word == "太" else ""
    return f"{subject.english} {be(subject, past_time)} {degree}{english}", f"{subject.chinese}{word}{chinese}{tail}"


def feeling(s: Speaker) -> Both:
    forms, rest, chinese = s.pick("STATES")
    subject, past_time = s.subject(), s.maybe(0.35)
    base, before = forms.split("/")
    fill = {"{n}": None, "{o}": None, "{p}": None, "{a}": None}
    if "{p}" in rest:
        person = s.other(subject)
        fill["{p}"] = (person.object, person.chinese)
    elif "{o}" in rest:
        fill["{o}"] = s.thing("THING", True)
    elif "{a}" in rest:
        noun = s.chance.choice(clauses.NOUNS["ANIMALS"])
        fill["{a}"] = (noun.many, noun.chinese)
    else:
        pick = s.chance.random()
        noun = s.chance.choice(clauses.NOUNS["ANIMALS" if pick < 0.5 else "FOOD"])
        fill["{n}"] = (noun.many, noun.chinese) if pick < 0.8 else tuple(s.pick("MASS_FOOD"))
    for slot, words in fill.items():
        if words:
            rest, chinese = rest.replace(slot, words[0]), chinese.replace(slot, words[1])
    if s.maybe(0.3):
        if base == "be":
            return joined(subject.english, be(subject, past_time), "not", rest.replace("was ", "")), f"{subject.chinese}不{chinese}"
        word = f"{do(subject, past_time)} not" if s.maybe(0.3) else f"{do(subject, past_time)}n't"
        return joined(subject.english, word, base, rest), f"{subject.chinese}不{chinese}"
    if base == "be":
        return joined(subject.english, be(subject, past_time), rest), f"{subject.chinese}{chinese}"
    return joined(subject.english, before if past_time else present(subject, base), rest), f"{subject.chinese}{chinese}"


def negative(s: Speaker, subject: Phrase | None = None) -> Both:
    subject = subject or s.subject()
    verb = s.act(subject, new=False)
    kind = s.chance.random()
    if kind < 0.5:
        when_e, when_c = when(s, "TIMES_PAST", 0.25)
        return joined(subject.english, "did not" if s.maybe(0.25) else "didn't", verb.base, verb.rest, when_e), f"{subject.chinese}{when_c}{s.chance.choice(('没有', '没'))}{plain(verb)}"
    if kind < 0.75:
        when_e, when_c = when(s, "TIMES_FUTURE", 0.3)
        return joined(subject.english, "won't" if s.maybe(0.7) else "will not", verb.base, verb.rest, when_e), f"{subject.chinese}{when_c}不会{plain(verb)}"
    return joined(subject.english, have(subject), "never", verb.perfect, verb.rest), f"{subject.chinese}从来没有{verb.before}{verb.chinese}过{verb.after}" if verb in clauses.ACTIONS or verb.after else f"{subject.chinese}从来没有{plain(verb)}过"


def perfect(s: Speaker) -> Both:
    subject = s.subject()
    verb = s.act(subject)
    if s.maybe(0.5):
        return joined(subject.english, have(subject), "already", verb.perfect, verb.rest), f"{subject.chinese}已经{done(verb)}" + ("了" if not done(verb).endswith("了") and len(verb.after) < 4 else "")
    times, count = s.chance.choice((("once", "一次"), ("twice", "两次"), ("three times", "三次"), ("many times", "很多次")))
    goal, place = s.pick("GOALS")
    return joined(subject.english, have(subject), "been", goal, times), f"{subject.chinese}去过{count}{place}" if s.maybe(0.4) else f"{subject.chinese}去过{place}{count}"


def wish(s: Speaker, subject: Phrase | None = None) -> Both:
    subject = subject or s.subject()
    english, chinese = s.pick("WISHES")
    verb = s.act(subject, willed=True)
    now, before = (english.split("/") + [""])[:2]
    past_time = s.maybe(0.5)
    word = before if past_time else now if now == "can" else present(subject, now)
    if word.startswith("was ") and subject.plural:
        word = "were " + word[4:]
    if past_time and now == "can":
        return joined(subject.english, "could not", verb.base, verb.rest), f"{subject.chinese}不能{plain(verb)}"
    return joined(subject.english, word, verb.base, verb.rest), f"{subject.chinese}{chinese}{plain(verb)}{'了' if chinese == '忘了' and not verb.after else ''}"


def question(s: Speaker, subject: Phrase | None = None) -> Both:
    subject = subject or s.subject()
    verb = s.act(subject, new=False)
    kind = s.chance.random()
    if kind < 0.25:
        when_e, when_c = when(s, "TIMES_PAST", 0.3)
        return joined("did", subject.english, verb.base, verb.rest, when_e), f"{subject.chinese}{when_c}{done(verb)}吗"
    if kind < 0.37:
        when_e, when_c = when(s, "TIMES_FUTURE", 0.5)
        return joined("will", subject.english, verb.base, verb.rest, when_e), f"{subject.chinese}{when_c}会{plain(verb)}吗"
    if kind < 0.5:
        return joined("why did", subject.english, verb.base, verb.rest), f"{subject.chinese}为什么{s.chance.choice(('要', ''))}{plain(verb)}"
    if kind < 0.6:
        return joined("when did", subject.english, verb.base, verb.rest), f"{subject.chinese}是什么时候{plain(verb)}的"
    if kind < 0.7:
        return joined("where did", subject.english, verb.base, verb.rest), f"{subject.chinese}是在哪里{plain(verb)}的"
    if kind < 0.78:
        return joined("why didn't", subject.english, verb.base, verb.rest), f"{subject.chinese}为什么没有{plain(verb)}"
    if kind < 0.86:
        return joined("who", verb.past, verb.rest), f"谁{done(verb)}"
    if kind < 0.93:
        return joined("can", subject.english, verb.base, verb.rest), f"{subject.chinese}能{plain(verb)}吗"
    return joined("does" if do(subject) == "does" else "do", subject.english, "want to", verb.base, verb.rest), f"{subject.chinese}想{plain(verb)}吗"


def statement(s: Speaker, subject: Phrase | None = None) -> Both:
    make = s.chance.choice((past, past, future, state, negative, wish))
    return make(s, subject)


SIMPLE = ((past, 14, "."), (future, 5, "."), (usual, 5, "."), (going_on, 5, "."), (state, 4, "."), (feeling, 5, "."), (negative, 6, "."),
          (perfect, 4, "."), (wish, 6, "."), (question, 9, "?"))


def generate(count: int, seed: int) -> list[Pair]:
    import patterns

    s = Speaker(seed)
    table = [(make, weight, mark) for make, weight, mark in SIMPLE] + list(patterns.PATTERNS)
    makers = [(make, mark) for make, _, mark in table]
    weights = [weight for _, weight, _ in table]
    seen: set[Both] = set()
    rows: list[Pair] = []
    chance = random.Random(seed + 1)
    for _ in range(3 * count):
        make, mark = chance.choices(makers, weights)[0]
        found = make(s)
        pair = sentence(*found, mark) if mark else found
        if pair not in seen:
            seen.add(pair)
            rows.append(Pair("grammar", *pair))
        if len(rows) == count:
            break
    return rows
