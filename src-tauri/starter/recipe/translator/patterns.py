"""Sentence patterns of the bilingual grammar: (function, weight, mark at the end, or "" if the pattern sets its own)."""

import clauses
import grammar
from clauses import NOUNS, Both, Phrase, Speaker, article, be, cells, do, done, gerund, have, it, joined, plain, present, sentence

DIGITS = "零一二三四五六七八九"
HOURS = "one two three four five six seven eight nine ten eleven twelve".split()
MONTHS = "January February March April May June July August September October November December".split()
DAYS = (("Monday", "星期一"), ("Tuesday", "星期二"), ("Wednesday", "星期三"), ("Thursday", "星期四"), ("Friday", "星期五"), ("Saturday", "星期六"), ("Sunday", "星期天"))


def numeral(n: int) -> str:
    """Chinese numeral of 1 to 99."""
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")


def lower(text: str) -> str:
    return text[0].lower() + text[1:]


# Being somewhere, being something


def there_is(s: Speaker) -> Both:
    spot_e, spot_c = s.pick("SPOTS")
    noun = s.chance.choice(NOUNS["THINGS"] + NOUNS["FOOD"])
    kind = s.chance.random()
    was = s.maybe(0.4)
    if kind < 0.25:
        number, count = s.pick("NUMBERS")
        return f"there {'were' if was else 'are'} {number} {noun.many} {spot_e}", f"{spot_c}有{count}{noun.measure}{noun.chinese}"
    if kind < 0.4:
        return f"there {'was' if was else 'is'} no {noun.one} {spot_e}", f"{spot_c}没有{noun.chinese}"
    if kind < 0.5 and " " not in noun.one:
        english, chinese = s.pick("ATTRIBUTES")
        return f"there {'was' if was else 'is'} {article(english + ' ' + noun.one)} {spot_e}", f"{spot_c}有一{noun.measure}{chinese}{noun.chinese}"
    return f"there {'was' if was else 'is'} {article(noun.one)} {spot_e}", f"{spot_c}有一{noun.measure}{noun.chinese}"


def there_are_people(s: Speaker) -> Both:
    where_e, where_c, _ = s.pick("PLACES")
    noun = s.chance.choice(NOUNS["PEOPLE"] + NOUNS["ANIMALS"])
    was = s.maybe(0.6)
    kind = s.chance.random()
    if kind < 0.3:
        forms, chinese = s.pick("LASTING")
        return f"there {'was' if was else 'is'} {article(noun.one)} {where_e}", f"{where_c}有一{noun.measure}{noun.chinese}"
    if kind < 0.6:
        number, count = s.pick("NUMBERS")
        return f"there {'were' if was else 'are'} {number} {noun.many} {where_e}", f"{where_c}有{count}{noun.measure}{noun.chinese}"
    if kind < 0.8:
        return f"there {'were' if was else 'are'} many {noun.many} {where_e}", f"{where_c}有很多{noun.chinese}"
    verb_e, verb_c = s.chance.choice((("stood", "站着"), ("sat", "坐着"), ("lay", "躺着"), ("was sleeping", "睡着")))
    return f"{article(noun.one)} {verb_e} {where_e}", f"{where_c}{verb_c}一{noun.measure}{noun.chinese}"


def is_there(s: Speaker) -> Both:
    english, chinese = s.definite(s.chance.choice(NOUNS["THINGS"] + NOUNS["CLOTHES"]), bare=0.35)
    if s.maybe(0.3):
        return f"{english} {'was' if s.maybe(0.4) else 'is'} not {(spot := s.pick('SPOTS'))[0]}", f"{chinese}不在{spot[1]}"
    spot_e, spot_c = s.pick("SPOTS")
    return f"{english} {'was' if s.maybe(0.4) else 'is'} {spot_e}", f"{chinese}在{spot_c}"


def where_is(s: Speaker) -> Both:
    if s.maybe(0.4):
        who = s.subject()
        return f"where {be(who)} {who.english}", f"{who.chinese}在{s.chance.choice(('哪里', '哪儿'))}"
    english, chinese = s.definite(s.chance.choice(NOUNS["THINGS"] + NOUNS["CLOTHES"]), bare=0.35)
    return f"where is {english}", f"{chinese}在哪里"


def person_is_there(s: Speaker) -> Both:
    who, (where_e, where_c, _) = s.subject(), s.pick("PLACES")
    was = s.maybe(0.5)
    if s.maybe(0.25):
        return f"{who.english} {be(who, was)} not {where_e}", f"{who.chinese}不在{where_c}"
    if s.maybe(0.3):
        return f"{who.english} {present(who, 'live')} {where_e}", f"{who.chinese}住在{where_c}"
    return f"{who.english} {be(who, was)} {where_e}", f"{who.chinese}在{where_c}"


def is_a(s: Speaker) -> Both:
    who = s.chance.choice((clauses.PRONOUNS[0], clauses.PRONOUNS[2], clauses.PRONOUNS[3], s.name(), s.relative()))
    noun = s.chance.choice([n for n in NOUNS["PEOPLE"] if " " not in n.one and n.one not in ("king", "queen", "boy", "girl", "man", "woman", "child")])
    was = s.maybe(0.3)
    kind = s.chance.random()
    if kind < 0.2:
        return f"{who.english} {be(who, was)} not {article(noun.one)}", f"{who.chinese}不是{noun.chinese}"
    if kind < 0.4:
        word_e, word_c = s.pick("PERSON_ATTRIBUTES")
        return f"{who.english} {be(who, was)} {article(word_e + ' ' + noun.one)}", f"{who.chinese}是一{noun.measure}{word_c}{noun.chinese}"
    if kind < 0.55:
        return f"{who.english} {'wants' if who.english != 'I' else 'want'} to be {article(noun.one)}", f"{who.chinese}想当一{'名' if s.maybe(0.6) else noun.measure}{noun.chinese}"
    return f"{who.english} {be(who, was)} {article(noun.one)}", f"{who.chinese}是{s.chance.choice(('', '一' + noun.measure))}{noun.chinese}"


def whose(s: Speaker) -> Both:
    noun = s.chance.choice(NOUNS["THINGS"] + NOUNS["CLOTHES"])
    kind = s.chance.random()
    if kind < 0.25:
        return f"whose {noun.one} is this", f"这是谁的{noun.chinese}"
    who = s.name() if s.maybe(0.5) else s.relative()
    if kind < 0.6:
        return f"this is {who.english}'s {noun.one}", f"这是{who.chinese}的{noun.chinese}"
    return f"{who.english}'s {noun.one} is {(trait := s.pick('THING_TRAITS'))[0]}", f"{who.chinese}的{noun.chinese}很{trait[1]}"


def whose_mark(s: Speaker) -> Both:
    english, chinese = whose(s)
    return sentence(english, chinese, "?" if english.startswith("whose") else ".")


def has(s: Speaker) -> Both:
    who = s.subject()
    noun = s.chance.choice(NOUNS["THINGS"] + NOUNS["ANIMALS"] + NOUNS["CLOTHES"])
    kind = s.chance.random()
    if kind < 0.2:
        return f"{who.english} {do(who)}n't have {article(noun.one)}", f"{who.chinese}没有{noun.chinese}"
    english, chinese = s.indefinite(noun, "ANIMAL_ATTRIBUTES" if noun in NOUNS["ANIMALS"] else "ATTRIBUTES") if noun.one not in ("kitten", "puppy") else (article(noun.one), f"一{noun.measure}{noun.chinese}")
    return f"{who.english} {'had' if s.maybe(0.3) else have(who)} {english}", f"{who.chinese}有{chinese}"


# Qualities


def quality(s: Speaker) -> Both:
    table, pool = s.chance.choice((("THING_TRAITS", "THINGS"), ("FOOD_TRAITS", "FOOD"), ("THING_TRAITS", "CLOTHES")))
    noun = s.chance.choice(NOUNS[pool])
    (english, chinese), (trait_e, trait_c, _) = s.definite(noun, bare=0), s.pick(table)
    degree, word = s.chance.choice((("very ", "很"), ("too ", "太"), ("really ", "真"), ("not ", "不"), ("very ", "非常")))
    return f"{english} {'was' if s.maybe(0.3) else 'is'} {degree}{trait_e}", f"{chinese}{word}{trait_c}{'了' if word == '太' else ''}"


def comparison(s: Speaker) -> Both:
    if s.maybe(0.6):
        a, (trait_e, trait_c, more) = s.subject(), s.pick("PERSON_TRAITS")
        b = s.other(a)
        if s.maybe(0.2):
            return f"{a.english} {be(a)} not as {trait_e} as {b.object}", f"{a.chinese}没有{b.chinese}{trait_c}" if trait_c != "有钱" else f"{a.chinese}不如{b.chinese}有钱"
        if s.maybe(0.2):
            return f"{a.english} {be(a)} as {trait_e} as {b.object}", f"{a.chinese}和{b.chinese}一样{trait_c}"
        much, word = s.chance.choice((("", ""), ("", ""), ("much ", "得多"), ("a little ", "一点"))) if not trait_c.startswith("有") else ("", "")
        return f"{a.english} {be(a)} {much}{more} than {b.object}", f"{a.chinese}比{b.chinese}{trait_c}{word}"
    noun, (trait_e, trait_c, more) = s.chance.choice(NOUNS["THINGS"] + NOUNS["CLOTHES"]), s.pick("THING_TRAITS")
    return f"this {noun.one} is {more} than that one", f"这{noun.measure}{noun.chinese}比那{noun.measure}{trait_c}"


def superlative(s: Speaker) -> Both:
    who, (trait_e, trait_c, more) = s.chance.choice((s.name(), s.relative())), s.pick("PERSON_TRAITS")
    most = more.replace("more ", "most ") if more.startswith("more ") else more[:-2] + "est"
    group_e, group_c = s.chance.choice((("in the class", "班里"), ("in the village", "村里"), ("in the family", "家里"), ("in the world", "世界上"), ("in the town", "镇上")))
    return f"{who.english} is the {most} {group_e}", f"{who.chinese}是{group_c}最{trait_c}的"


def so_that(s: Speaker) -> Both:
    who, (trait_e, trait_c, _) = s.subject(), s.pick("PERSON_STATES")
    verb = s.act(who, new=False)
    pro = it(who)
    if s.maybe(0.5):
        return f"{who.english} {be(who, True)} too {trait_e} to {joined(verb.base, verb.rest)}", f"{who.chinese}太{trait_c}了，不能{plain(verb)}"
    return f"{who.english} {be(who, True)} so {trait_e} that {pro.english} could not {joined(verb.base, verb.rest)}", f"{who.chinese}{trait_c}得不能{plain(verb)}" if s.maybe(0.4) else f"{who.chinese}太{trait_c}了，没法{plain(verb)}"


def how_well(s: Speaker) -> Both:
    who = s.subject()
    verb_e, verb_c, adverb_e, adverb_c = s.chance.choice((("run", "跑", "fast", "快"), ("sing", "唱", "well", "好"), ("swim", "游", "fast", "快"), ("sleep", "睡", "well", "好"), ("get up", "起", "early", "早"), ("walk", "走", "slowly", "慢"), ("draw", "画", "well", "好"), ("write", "写", "beautifully", "漂亮"), ("speak", "说", "quickly", "快"), ("come", "来", "late", "晚"), ("learn", "学", "quickly", "快"), ("cook", "做饭做", "well", "好"), ("speak Chinese", "中文说", "well", "好"), ("speak English", "英语说", "fluently", "流利"), ("dance", "跳舞跳", "well", "好")))
    kind = s.chance.random()
    if kind < 0.25:
        return f"{who.english} {do(who)}n't {verb_e} {adverb_e}", f"{who.chinese}{verb_c}得不{adverb_c}"
    return f"{who.english} {present(who, verb_e)} very {adverb_e}", f"{who.chinese}{verb_c}得{s.chance.choice(('很', '非常'))}{adverb_c}"


# 把 and 被

MOVED = (("put", "put", "{o} {l}", "放在{l}"), ("hide", "hid", "{o} {l}", "藏在{l}"), ("leave", "left", "{o} {l}", "留在{l}"), ("give", "gave", "{o} to {p}", "给{p}"), ("lend", "lent", "{o} to {p}", "借给{p}"),
         ("sell", "sold", "{o} to {p}", "卖给{p}"), ("show", "showed", "{o} to {p}", "拿给{p}看"), ("throw", "threw", "{o} into the river", "扔进河里"), ("take", "took", "{o} home", "带回家"), ("take", "took", "{o} out of the bag", "从包里拿出来"),
         ("bring", "brought", "{o} to {p}", "带给{p}"), ("hand", "handed", "{o} to {p}", "递给{p}"), ("break", "broke", "{o}", "弄坏"), ("lose", "lost", "{o}", "弄丢"), ("send", "sent", "{o} to {p}", "寄给{p}"), ("pick", "picked", "{o} up", "捡起来"), ("clean", "cleaned", "{o}", "擦干净"), ("throw", "threw", "{o} away", "扔掉"), ("return", "returned", "{o} to {p}", "还给{p}"))


def disposal(s: Speaker) -> Both:
    base, before, rest, action = s.chance.choice(MOVED)
    who = s.subject()
    (object_e, object_c), (spot_e, spot_c), person = s.definite(s.chance.choice(NOUNS["THINGS"]), bare=0.35), s.pick("SPOTS"), s.other(who)
    rest = rest.replace("{o}", object_e).replace("{l}", spot_e).replace("{p}", person.object)
    action = action.replace("{l}", spot_c).replace("{p}", person.chinese)
    kind = s.chance.random()
    if kind < 0.5:
        return f"{who.english} {before} {rest}", f"{who.chinese}把{object_c}{action}了"
    if kind < 0.65:
        return f"{who.english} will {base} {rest}", f"{who.chinese}会把{object_c}{action}"
    if kind < 0.8:
        return f"{who.english} didn't {base} {rest}", f"{who.chinese}没有把{object_c}{action}"
    return f"{who.english} {present(who, 'want')} to {base} {rest}", f"{who.chinese}想把{object_c}{action}"


def disposal_order(s: Speaker) -> Both:
    base, _, rest, action = s.chance.choice([m for m in MOVED if m[0] not in ("break", "lose")])
    (object_e, object_c), (spot_e, spot_c) = s.definite(s.chance.choice(NOUNS["THINGS"]), bare=0.35), s.pick("SPOTS")
    person = s.chance.choice((clauses.PRONOUNS[0], clauses.PRONOUNS[2], clauses.PRONOUNS[3], s.name()))
    rest = rest.replace("{o}", object_e).replace("{l}", spot_e).replace("{p}", person.object)
    action = action.replace("{l}", spot_c).replace("{p}", person.chinese)
    if s.maybe(0.3):
        return f"don't {base} {rest}", f"{s.chance.choice(('别', '不要'))}把{object_c}{action}"
    return (f"please {base} {rest}", f"请把{object_c}{action}") if s.maybe(0.5) else (f"{base} {rest}", f"把{object_c}{action}")


SUFFERED = (("bitten", "咬", "ANIMALS"), ("chased", "追赶", "ANIMALS"), ("saved", "救", "PEOPLE"), ("caught", "抓住", "PEOPLE"), ("invited", "邀请", "PEOPLE"), ("praised", "表扬", "PEOPLE"), ("scolded", "骂", "PEOPLE"), ("deceived", "骗", "PEOPLE"), ("seen", "看见", "PEOPLE"), ("woken up", "吵醒", "PEOPLE"), ("laughed at", "嘲笑", "PEOPLE"), ("found", "发现", "PEOPLE"), ("taken away", "带走", "PEOPLE"))


def passive(s: Speaker) -> Both:
    when_e, when_c = grammar.when(s, "TIMES_PAST", 0.2)
    if s.maybe(0.5):
        english, chinese, pool = s.chance.choice(SUFFERED)
        who, noun = s.subject(), s.chance.choice(NOUNS[pool])
        agent_e, agent_c = (f"by {article(noun.one)}", f"一{noun.measure}{noun.chinese}") if s.maybe(0.5) else (f"by the {noun.one}", noun.chinese)
        if s.maybe(0.25):
            agent_e, agent_c = "", ""
        return joined(who.english, be(who, True), english, agent_e, when_e), f"{who.chinese}{when_c}被{agent_c}{chinese}了"
    english, chinese = s.chance.choice((("stolen", "偷走"), ("broken", "打破"), ("found", "找到"), ("sold", "卖掉"), ("taken away", "拿走"), ("hidden", "藏起来"), ("thrown away", "扔掉"), ("burned", "烧掉"), ("lost", "弄丢"), ("forgotten", "忘"), ("repaired", "修好")))
    (object_e, object_c) = s.definite(s.chance.choice(NOUNS["THINGS"]), bare=0.3)
    who = s.chance.choice((s.name(), s.relative(), s.someone()))
    agent_e, agent_c = (f"by {who.object}", who.chinese) if s.maybe(0.5) else ("", "")
    return joined(object_e, "was", english, agent_e, when_e), f"{object_c}{when_c}被{agent_c}{chinese}了"


# Two clauses


def because(s: Speaker) -> Both:
    who = s.subject()
    pro = it(who)
    cause = s.chance.choice((grammar.state, grammar.negative))(s, who) if s.maybe(0.6) else grammar.past(s, who, 0)
    effect = (grammar.past(s, pro, 0) if s.maybe(0.6) else grammar.negative(s, pro)) if s.maybe(0.8) else grammar.wish(s, pro)
    kind = s.chance.random()
    chinese_effect = effect[1].removeprefix(pro.chinese) if s.maybe(0.35) and effect[1].startswith(pro.chinese) else effect[1]
    if kind < 0.35:
        return f"because {cause[0]}, {effect[0]}", f"因为{cause[1]}，所以{chinese_effect}"
    if kind < 0.7:
        return f"{cause[0]}, so {effect[0]}", f"{cause[1]}，所以{chinese_effect}"
    return f"{effect[0]} because {cause[0]}" if effect[0].split()[0] == pro.english and who.person < 3 else f"{cause[0]}, so {effect[0]}", f"因为{cause[1]}，{chinese_effect}"


def if_then(s: Speaker) -> Both:
    who = s.subject()
    condition = s.chance.choice((("it rains tomorrow", "明天下雨"), ("it is sunny tomorrow", "明天天晴"), ("it snows", "下雪"), ("I have time", "我有时间"), ("you want", "你愿意"), ("you don't hurry", "你不快点"), ("you need help", "你需要帮助"), ("the train is late", "火车晚点"), ("nobody comes", "没有人来"), ("we leave now", "我们现在出发"), ("I have enough money", "我有足够的钱"), ("you see him", "你看见他"), ("she calls", "她打电话来"), ("the door is locked", "门锁着"), ("you are tired", "你累了"), ("you are hungry", "你饿了"), ("I were you", "我是你")))
    verb = s.act(who, new=s.maybe(0.5))
    result_e, result_c = (f"{who.english} will {joined(verb.base, verb.rest)}", f"{who.chinese}就{plain(verb)}") if s.maybe(0.6) else (f"{who.english} won't {joined(verb.base, verb.rest)}", f"{who.chinese}就不{plain(verb)}")
    if condition[0] == "I were you":
        result_e, result_c = f"I would {joined(verb.base, verb.rest)}", f"我就{plain(verb)}"
    if s.maybe(0.25):
        return f"{result_e} if {condition[0]}", f"如果{condition[1]}，{result_c}"
    return f"if {condition[0]}, {result_e}", f"{s.chance.choice(('如果', '如果', '要是'))}{condition[1]}，{result_c}"


def when_clause(s: Speaker) -> Both:
    a, b = s.subject(), s.subject()
    verb = s.fill(s.chance.choice(clauses.MOTIONS), a, False)
    if s.maybe(0.55):
        second = grammar.going_on(s, b, True)
    else:
        second = s.chance.choice((grammar.past,))(s, it(a) if s.maybe(0.5) else b, 0)
    first_e = joined(a.english, verb.past, verb.rest)
    kind = s.chance.random()
    if kind < 0.5:
        return f"when {first_e}, {second[0]}", f"{a.chinese}{plain(verb)}的时候，{second[1]}"
    if kind < 0.65:
        return f"{second[0]} when {first_e}", f"{a.chinese}{plain(verb)}的时候，{second[1]}"
    if kind < 0.8:
        return f"after {first_e}, {second[0]}", f"{a.chinese}{plain(verb)}以后，{second[1]}"
    if kind < 0.9:
        return f"before {first_e}, {second[0]}", f"在{a.chinese}{plain(verb)}之前，{second[1]}"
    third = grammar.past(s, it(a), 0)
    return f"as soon as {first_e}, {third[0]}", f"{a.chinese}一{plain(verb)}，{third[1].replace(it(a).chinese, it(a).chinese + '就', 1)}"


def although(s: Speaker) -> Both:
    who = s.subject()
    pro = it(who)
    first, second = grammar.state(s, who, True), grammar.past(s, pro, 0) if s.maybe(0.5) else grammar.negative(s, pro)
    if s.maybe(0.5):
        return f"although {first[0]}, {second[0]}", f"虽然{first[1]}，但是{second[1]}"
    return f"{first[0]}, but {second[0]}", f"{first[1]}，{s.chance.choice(('但', '但是', '可是'))}{second[1]}"


def sequence(s: Speaker) -> Both:
    who = s.subject()
    a, b = s.act(who), s.act(who)
    a_e, b_e = joined(a.past, a.rest), joined(b.past, b.rest)
    kind = s.chance.random()
    if kind < 0.4:
        return f"{who.english} {a_e} and {b_e}", f"{who.chinese}{done(a)}，{s.chance.choice(('', '然后', '又'))}{done(b)}"
    if kind < 0.7:
        return f"{who.english} {a_e}, and then {it(who).english} {b_e}", f"{who.chinese}{done(a)}，然后{done(b)}"
    c = s.act(who)
    return f"{who.english} {a_e}, {b_e} and {joined(c.past, c.rest)}", f"{who.chinese}{done(a)}，{done(b)}，{'还' if s.maybe(0.5) else '然后'}{done(c)}"


def posture(s: Speaker) -> Both:
    who, (where_e, where_c, _), (forms, chinese) = s.subject(), s.pick("PLACES"), s.pick("LASTING")
    verb_e, verb_c = s.chance.choice((("sat", "坐"), ("stood", "站"), ("lay", "躺"), ("was sitting", "坐"), ("was standing", "站")))
    if verb_e.startswith("was") and who.plural:
        verb_e = verb_e.replace("was", "were")
    if s.maybe(0.4):
        return f"{who.english} {verb_e} {where_e}", f"{who.chinese}{verb_c}在{where_c}"
    return f"{who.english} {verb_e} {where_e}, {gerund(forms.split('/')[0])}", f"{who.chinese}{verb_c}在{where_c}{chinese}"


DIRECTED = (("{v} into the room", "{c}进了房间"), ("{v} out of the house", "{c}出了房子"), ("{v} up the hill", "{c}上了山坡"), ("{v} down the stairs", "{c}下了楼梯"), ("{v} towards the river", "向河边{c}去"), ("{v} across the street", "{c}过了街"), ("{v} back home", "{c}回了家"), ("{v} away", "{c}开了"), ("{v} along the road", "沿着路{c}"), ("{v} past the shop", "{c}过了商店"), ("{v} through the forest", "{c}过了森林"), ("{v} around the house", "绕着房子{c}"))


def direction(s: Speaker) -> Both:
    who = s.subject() if s.maybe(0.6) else s.animal()
    verb_e, verb_c = s.chance.choice((("ran", "跑"), ("walked", "走")))
    english, chinese = s.chance.choice(DIRECTED)
    manner_e, manner_c = s.pick("MANNERS") if s.maybe(0.3) else ("", "")
    return joined(who.english, manner_e, english.replace("{v}", verb_e)), f"{who.chinese}{manner_c}{chinese.replace('{c}', verb_c)}"


def animal_does(s: Speaker) -> Both:
    beast = s.animal()
    other = s.animal()
    english, chinese = s.chance.choice((("was sleeping under the tree", "在树下睡觉"), ("ran away", "跑掉了"), ("was afraid", "很害怕"), ("was very hungry", "很饿"), ("jumped over the wall", "跳过了墙"), ("looked at me", "看着我"), ("hid behind the tree", "躲在树后面"), ("came out of the forest", "从森林里走了出来"), ("was drinking water by the river", "在河边喝水"), ("lived in the forest", "住在森林里"), ("lived by the lake", "住在湖边"), ("slept all day", "睡了一整天"), ("ate all the food", "把食物都吃光了"), ("followed us home", "跟着我们回了家"), ("was looking for food", "在找吃的"), (f"chased {other.object}", f"追赶{other.chinese}"), (f"was afraid of {other.object}", f"害怕{other.chinese}"), (f"met {other.object}", f"遇见了{other.chinese}"), (f"saw {other.object}", f"看见了{other.chinese}"), (f"helped {other.object}", f"帮助了{other.chinese}"), (f"and {other.object} became friends", f"和{other.chinese}成了朋友"), ("did not dare to move", "不敢动"), ("wanted to go home", "想回家"), ("could not find its mother", "找不到妈妈"), ("opened its eyes", "睁开了眼睛")))
    when_e, when_c = grammar.when(s, "TIMES_PAST", 0.2)
    return joined(beast.english, english) if not when_e else f"{when_e}, {joined(beast.english, english)}", (f"{when_c}，" if when_c else "") + beast.chinese + chinese


# Speaking


def spoken(s: Speaker) -> Both:
    """What is said, with a capital and its mark."""
    kind = s.chance.random()
    if kind < 0.2:
        return request(s)
    if kind < 0.5:
        return sentence(*grammar.question(s, s.chance.choice(clauses.PRONOUNS[:4]) if s.maybe(0.5) else None), "?")
    if kind < 0.75:
        return sentence(*s.chance.choice((grammar.wish, grammar.future, grammar.negative, grammar.state))(s, s.chance.choice((clauses.PRONOUNS[0], clauses.PRONOUNS[4], clauses.PRONOUNS[1]))), ".")
    return sentence(*s.chance.choice((if_then, grammar.feeling, grammar.past, is_there, quality, has))(s), ".")


def dialogue(s: Speaker) -> Both:
    said_e, said_c = spoken(s)
    who, (verb_e, verb_c) = s.subject(), s.pick("SPEECH")
    asks = said_e.endswith("?")
    if asks:
        verb_e, verb_c = s.chance.choice((("asked", "问"), ("asked", "问道")))
    elif verb_e == "asked":
        verb_e, verb_c = "said", "说"
    hearer = s.other(who)
    if verb_e in ("asked",) and s.maybe(0.25):
        verb_e, verb_c = f"asked {hearer.object}", f"问{hearer.chinese}"
    elif verb_e == "said" and s.maybe(0.3):
        verb_e, verb_c = f"said to {hearer.object}", f"对{hearer.chinese}说"
    manner_e, manner_c = s.pick("MANNERS") if s.maybe(0.15) and verb_c in ("说", "问", "问道", "答道", "回答") else ("", "")
    inner = said_e if not said_e.endswith(".") else said_e[:-1] + ","
    kind = s.chance.random()
    if kind < 0.55:
        subject = who.english
        tail = f"{verb_e} {subject}" if s.maybe(0.3) and " " not in verb_e and who.english not in ("I", "you", "he", "she", "we", "they") else joined(subject, verb_e)
        return joined(f'"{inner}" {tail}', manner_e) + ".", f"“{said_c}”{who.chinese}{manner_c}{verb_c}。"
    lead = joined(who.english, verb_e, manner_e)
    return f'{lead[0].upper()}{lead[1:]}, "{said_e}"', f"{who.chinese}{manner_c}{verb_c}：“{said_c}”"


def reported(s: Speaker) -> Both:
    who = s.subject()
    english, chinese = s.chance.choice((("said", "说"), ("thought", "觉得"), ("knew", "知道"), ("believed", "相信"), ("heard", "听说"), ("hoped", "希望"), ("told me", "告诉我"), ("found", "发现"), ("told us", "告诉我们")))
    inner = grammar.past(s, None, 0.2) if english not in ("hoped", "thought", "believed") else grammar.state(s, None, True)
    return f"{who.english} {english} {'that ' if s.maybe(0.6) else ''}{inner[0]}", f"{who.chinese}{chinese}{inner[1]}"


def i_think(s: Speaker) -> Both:
    english, chinese = s.chance.choice((("I think", "我觉得"), ("I think", "我想"), ("I know", "我知道"), ("I hope", "我希望"), ("I believe", "我相信"), ("I'm afraid", "恐怕"), ("I'm sure", "我确定"), ("I heard", "我听说"), ("everyone knows", "大家都知道"), ("nobody knows", "没有人知道"), ("maybe", "也许"), ("of course,", "当然，"), ("in fact,", "其实，"), ("I don't think", "我不认为"), ("fortunately,", "幸好"), ("unfortunately,", "不幸的是，")))
    inner = s.chance.choice((grammar.state, grammar.future, grammar.past, quality, comparison))(s)
    return f"{english} {inner[0]}", f"{chinese}{inner[1]}"


def request(s: Speaker) -> Both:
    you, me = clauses.PRONOUNS[1], clauses.PRONOUNS[0]
    verb = s.act(you, new=False, willed=True)
    words_e, words_c = joined(verb.base, verb.rest), plain(verb)
    kind = s.chance.random()
    if kind < 0.16:
        return sentence(f"please {words_e}", f"请{words_c}")
    if kind < 0.3:
        return sentence(f"don't {words_e}", f"{s.chance.choice(('别', '不要'))}{words_c}", s.chance.choice((".", "!")))
    if kind < 0.44:
        return sentence(f"let's {joined((v := s.act(clauses.PRONOUNS[4], False, 0.6, True)).base, v.rest)}", f"我们{plain(v)}吧")
    if kind < 0.55:
        return sentence(f"could you {words_e}", f"你能{words_c}吗", "?")
    mine = s.act(me, new=False, willed=True)
    if kind < 0.65:
        return sentence(f"may I {joined(mine.base, mine.rest)}", f"我可以{plain(mine)}吗", "?")
    if kind < 0.76:
        return sentence(f"I'd like to {joined(mine.base, mine.rest)}", f"我想{plain(mine)}")
    who = s.subject()
    verb = s.act(who, new=False, willed=True)
    word_e, word_c = s.chance.choice((("should", "应该"), ("must", "必须"), ("should not", "不应该"), ("may", "可能会"), ("had better", "最好"), ("must not", "不许"), ("might", "也许会"), ("needn't", "不必")))
    return sentence(f"{who.english} {word_e} {joined(verb.base, verb.rest)}", f"{who.chinese}{word_c}{plain(verb)}")


# Clauses on nouns


def relative(s: Speaker) -> Both:
    kind = s.chance.random()
    if kind < 0.5:
        noun, who = s.chance.choice(NOUNS["THINGS"] + NOUNS["CLOTHES"]), s.subject()
        verb_e, verb_c = s.chance.choice((("bought", "买"), ("found", "找到"), ("lost", "丢"), ("wanted", "想要"), ("sold", "卖"), ("gave me", "给我"), ("was looking for", "在找")))
        if verb_e == "was looking for" and who.plural:
            verb_e = "were looking for"
        if who.english in ("I", "you") and verb_e == "gave me":
            verb_e, verb_c = "bought", "买"
        that = s.chance.choice(("that ", ""))
        if s.maybe(0.4):
            return f"this is the {noun.one} {that}{who.english} {verb_e}", f"这就是{who.chinese}{verb_c}的那{noun.measure}{noun.chinese}"
        trait_e, trait_c, _ = s.pick("THING_TRAITS")
        return f"the {noun.one} {that}{who.english} {verb_e} is very {trait_e}", f"{who.chinese}{verb_c}的{'那' + noun.measure if s.maybe(0.6) else ''}{noun.chinese}很{trait_c}"
    noun = s.chance.choice(NOUNS["PEOPLE"])
    who = Phrase(noun.one, noun.one, noun.chinese, 3, False, "m")
    verb = s.act(who, new=True, motion=0)
    other = s.subject()
    second_e, second_c = s.chance.choice(((f"is my friend", "是我的朋友"), ("was very old", "年纪很大"), ("is a teacher", "是一位老师"), ("lives here", "住在这里"), ("was never seen again", "再也没有人见过"), (f"saw {other.object}", f"看见了{other.chinese}"), ("smiled", "笑了"), ("said nothing", "什么也没说"), ("is very kind", "很善良")))
    return f"the {noun.one} who {joined(verb.past, verb.rest)} {second_e}", f"{plain(verb)}的那{noun.measure}{noun.chinese}{second_c}"


def wearing(s: Speaker) -> Both:
    who, noun = s.subject(), s.chance.choice(NOUNS["CLOTHES"])
    on = "戴" if noun.measure in "顶" or "围巾" in noun.chinese else "穿"
    return f"{who.english} {be(who, s.maybe(0.6))} wearing {article(noun.one)}", f"{who.chinese}{on}着一{noun.measure}{noun.chinese}"


# Time and number


def time_of_day(s: Speaker) -> Both:
    hour = s.chance.randrange(12)
    word, count = HOURS[hour], "两" if hour == 1 else numeral(hour + 1)
    kind = s.chance.random()
    if kind < 0.2:
        minute = s.chance.choice((5, 10, 15, 20, 25, 40, 45, 50, 55, 12, 37))
        return f"it is {hour + 1}:{minute:02d}", f"现在{hour + 1}点{minute}分"
    if kind < 0.35:
        return f"it is {word} o'clock", f"现在{count}点"
    if kind < 0.45:
        return f"it is half past {word}", f"现在{count}点半"
    who = s.subject()
    verb = s.fill(s.chance.choice(clauses.MOTIONS), who, False)
    part_e, part_c = s.chance.choice((("in the morning", "早上"), ("in the evening", "晚上"), ("", ""), ("in the afternoon", "下午")))
    return joined(who.english, verb.past, verb.rest, f"at {word} o'clock", part_e), f"{who.chinese}{part_c}{count}点{done(verb)}"


def dates(s: Speaker) -> Both:
    month, day, year = s.chance.randrange(12), s.chance.randrange(1, 29), s.chance.randrange(1850, 2026)
    who, verb = (w := s.subject()), s.fill(s.chance.choice(clauses.ACTIONS), w, True)
    kind = s.chance.random()
    if kind < 0.2:
        return f"today is {MONTHS[month]} {day}", f"今天是{month + 1}月{day}日"
    if kind < 0.4:
        return f"{who.english} {be(who, True)} born in {year}", f"{who.chinese}出生于{year}年" if s.maybe(0.5) else f"{who.chinese}是{year}年出生的"
    if kind < 0.6:
        return f"on {MONTHS[month]} {day}, {year}, {joined(who.english, verb.past, verb.rest)}", f"{year}年{month + 1}月{day}日，{who.chinese}{done(verb)}"
    if kind < 0.75:
        return f"in {year}, {joined(who.english, verb.past, verb.rest)}", f"{year}年，{who.chinese}{done(verb)}"
    weekday_e, weekday_c = s.chance.choice(DAYS)
    if kind < 0.85:
        return f"today is {weekday_e}", f"今天{weekday_c}"
    return joined(who.english, verb.past, verb.rest, f"on {weekday_e}"), f"{who.chinese}{weekday_c}{done(verb)}"


def figures(s: Speaker) -> Both:
    big = s.chance.choice((s.chance.randrange(11, 100), s.chance.randrange(100, 1000), s.chance.randrange(1000, 10000), s.chance.randrange(10000, 100000)))
    english = f"{big:,}" if big > 999 and s.maybe(0.7) else str(big)
    chinese = english if s.maybe(0.3) else str(big)
    small = s.chance.randrange(2, 100)
    who, noun, who2 = s.subject(), s.chance.choice(NOUNS["THINGS"]), s.name()
    forms = [(f"this {noun.one} costs {english} yuan", f"这{noun.measure}{noun.chinese}要{chinese}元"), (f"there are {english} people in the village", f"村子里有{chinese}人"), (f"it is {english} metres high", f"它有{chinese}米高"),
             (f"{who.english} walked {small} kilometres", f"{who.chinese}走了{small}公里"), (f"{who.english} paid {english} dollars", f"{who.chinese}付了{chinese}美元"), (f"open the book at page {small}", f"把书翻到第{small}页"), (f"{who2.english} is in room {big}", f"{who2.chinese}在{big}号房间"),
             (f"{who2.english} is {small} years old", f"{who2.chinese}{s.chance.choice((str(small), numeral(small)))}岁了"), (f"chapter {small}", f"第{s.chance.choice((str(small), numeral(small)))}章"), (f"{who.english} read {small} pages", f"{who.chinese}看了{small}页"), (f"{who.english} waited for {small} minutes", f"{who.chinese}等了{small}分钟"),
             (f"there are {small} students in our class", f"我们班有{small}个学生"), (f"the number is {big}", f"号码是{big}"), (f"more than {english} people came", f"来了{chinese}多人"), (f"{who2.english} has {english} {noun.many}", f"{who2.chinese}有{chinese}{noun.measure}{noun.chinese}"), (f"about {small} percent of them agreed", f"他们当中大约{small}%的人同意")]
    return s.chance.choice(forms)


def duration(s: Speaker) -> Both:
    who = s.subject()
    number = s.chance.randrange(2, 12)
    count = "两" if number == 2 else numeral(number)
    unit_e, unit_c = s.chance.choice((("hours", "个小时"), ("days", "天"), ("years", "年"), ("weeks", "个星期"), ("months", "个月"), ("minutes", "分钟")))
    verb_e, verb_c = s.chance.choice((("waited", "等了"), ("slept", "睡了"), ("walked", "走了"), ("lived here for", "在这里住了"), ("worked", "工作了"), ("stayed there", "在那里待了"), ("studied", "学了"), ("talked", "谈了")))
    verb_e = verb_e.removesuffix(" for")
    word = HOURS[number - 1]
    if s.maybe(0.25):
        return f"{who.english} {have(who)} lived here for {word} {unit_e}", f"{who.chinese}在这里住了{count}{unit_c}了"
    if s.maybe(0.2):
        return f"{word} {unit_e} later, {(p := grammar.past(s, who, 0))[0]}", f"{count}{unit_c}后，{p[1]}"
    return f"{who.english} {verb_e} for {word} {unit_e}", f"{who.chinese}{verb_c}{count}{unit_c}"


def weather(s: Speaker) -> Both:
    english, chinese, tense = s.pick("WEATHER")
    when_e, when_c = s.pick("TIMES_PAST" if tense == "p" else "TIMES_FUTURE")
    return sentence(english.replace("{t}", when_e), chinese.replace("{t}", when_c))


def scene(s: Speaker) -> Both:
    """A line of scenery and what happened then: two sentences."""
    english, chinese = s.pick("SCENES")
    second = sentence(*s.chance.choice((grammar.past, posture, sequence, direction, animal_does))(s))
    return f"{english} {second[0]}", f"{chinese}{second[1]}"


def two_sentences(s: Speaker) -> Both:
    who = s.chance.choice((s.name(), s.relative(), s.someone()))
    first = sentence(*s.chance.choice((grammar.past, grammar.state, grammar.wish, grammar.going_on))(s, who))
    pro = it(who)
    second = sentence(*s.chance.choice((grammar.past, grammar.state, grammar.negative, grammar.wish))(s, pro))
    return f"{first[0]} {second[0]}", f"{first[1]}{second[1]}"


def what_did(s: Speaker) -> Both:
    who = s.subject()
    kind = s.chance.random()
    pairs = ((f"what did {who.english} say", f"{who.chinese}说了什么"), (f"what {be(who)} {who.english} doing", f"{who.chinese}在做什么"), (f"what did {who.english} see", f"{who.chinese}看见了什么"), (f"what did {who.english} buy", f"{who.chinese}买了什么"), (f"what does {who.english} want" if do(who) == "does" else f"what do {who.english} want", f"{who.chinese}想要什么"), (f"how {be(who)} {who.english}", f"{who.chinese}怎么样"), (f"how old {be(who)} {who.english}", f"{who.chinese}多大了"), (f"where {be(who)} {who.english} going", f"{who.chinese}要去哪里"), (f"where {do(who)} {who.english} live", f"{who.chinese}住在哪里"), (f"who {be(who)} {who.english} waiting for", f"{who.chinese}在等谁"), (f"what time did {who.english} get up", f"{who.chinese}几点起床的"), (f"how long did {who.english} wait", f"{who.chinese}等了多久"), (f"how did {who.english} come here", f"{who.chinese}是怎么来的"), (f"what {be(who)} {who.english} looking for", f"{who.chinese}在找什么"), (f"why {be(who)} {who.english} crying", f"{who.chinese}为什么哭"), (f"why {be(who)} {who.english} laughing", f"{who.chinese}为什么笑"), (f"is it true that {(p := grammar.past(s, who, 0))[0]}", f"{p[1]}，是真的吗"), (f"do you know where {who.english} went", f"你知道{who.chinese}去哪里了吗"), (f"when will {who.english} come back", f"{who.chinese}什么时候回来"), (f"how many {(n := s.chance.choice(NOUNS['THINGS'])).many} {do(who)} {who.english} have", f"{who.chinese}有多少{n.measure}{n.chinese}"), (f"which {n.one} do you like", f"你喜欢哪{n.measure}{n.chinese}"), (f"how much is this {n.one}", f"这{n.measure}{n.chinese}多少钱"))
    return s.chance.choice(pairs)


def place_quality(s: Speaker) -> Both:
    noun, (trait_e, trait_c, _) = s.chance.choice(NOUNS["BUILT"]), s.pick("PLACE_TRAITS" if s.maybe(0.3) else "THING_TRAITS")
    if trait_e in ("far away", "crowded", "noisy", "quiet", "famous", "warm") and noun.one not in ("village", "garden", "island", "shop", "temple", "restaurant", "castle", "house"):
        trait_e, trait_c = "beautiful", "美"
    english, chinese = s.definite(noun, bare=0.1)
    return f"{english} {'was' if s.maybe(0.5) else 'is'} very {trait_e}", f"{chinese}很{trait_c}"


PATTERNS = (
    (there_is, 4, "."), (there_are_people, 4, "."), (is_there, 3, "."), (where_is, 1, "?"), (person_is_there, 3, "."), (is_a, 2, "."), (whose_mark, 2, ""), (has, 3, "."),
    (quality, 3, "."), (comparison, 4, "."), (superlative, 1, "."), (so_that, 3, "."), (how_well, 2, "."), (disposal, 7, "."), (disposal_order, 3, "."), (passive, 6, "."),
    (because, 6, "."), (if_then, 6, "."), (when_clause, 8, "."), (although, 5, "."), (sequence, 8, "."), (posture, 4, "."), (direction, 3, "."), (animal_does, 5, "."),
    (dialogue, 18, ""), (reported, 5, "."), (i_think, 6, "."), (request, 8, ""), (relative, 6, "."), (wearing, 2, "."), (time_of_day, 2, "."), (dates, 4, "."), (figures, 5, "."),
    (duration, 3, "."), (weather, 1, ""), (scene, 5, ""), (two_sentences, 8, ""), (what_did, 4, "?"), (place_quality, 2, "."),
)
