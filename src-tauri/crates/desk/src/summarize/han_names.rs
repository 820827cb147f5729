//! Names in Han characters, as far as they can be told: nothing marks them, so only what looks like nothing else is taken.
//!
//! A person: a common surname before a form of address (王先生), before one or two characters that the dictionary has in no
//! word (李雷), before any word where somebody is said to speak (张建国表示), or two sides of a point (约翰·史密斯). A place: a
//! word before 市, 省, 县, 镇 or 村, or one of the countries, provinces and cities that every reader knows.

use std::ops::Range;

use bimo_text::{is_han, words};

/// Most common ones, without those that are often words of their own (于, 高, 白, 常, 时, 万, 成, 方, 和, 安, 文, 易).
const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾魏薛叶阎余潘杜戴夏\
                        钟汪田任姜范邹熊孔秦邱侯谭邵孟龙郝段雷钱汤尹黎贺顾龚欧丁韦闫\
                        張劉陳楊趙黃吳孫馬羅鄭謝韓馮蕭許鄧傅呂蘇盧蔣賈葉閻鍾鄒譚龍湯賀顧龔韋閆";
/// Those of them that stand for a thing too: who is called so is told by what is behind the name.
const ALSO_THINGS: &str = "钱錢龙龍任叶葉马馬林江雷汤湯田苏孔丁沈";
const DOUBLE_SURNAMES: [&str; 8] = ["欧阳", "司马", "诸葛", "上官", "夏侯", "司徒", "歐陽", "諸葛"];
const ADDRESSES: [&str; 24] = [
    "先生", "女士", "小姐", "太太", "夫人", "教授", "博士", "医生", "醫生", "老师", "老師", "院士",
    "主任", "校长", "校長", "院长", "总统", "總統", "总理", "主席", "书记", "市长", "经理", "律师",
];
/// Behind a name, somebody speaks.
const SPEAKS: [&str; 18] = [
    "说", "说道", "說", "道", "表示", "认为", "認為", "指出", "告诉", "告訴", "介绍", "回忆",
    "写道", "透露", "解释", "解釋", "称", "稱",
];
/// Characters that stand alone often and are no part of a given name.
const NO_GIVEN: &str = "的了着過过是在有和与與及或也都就又还很不没把被让给对从到向为以之其这那我你他她它们个一二三四五六七八九十百千万上下里中外前后\
                        来去要会能可将已曾再只才等人年月日时時说說道问問答看想做走吃写寫叫家先至并而但因于由每各该本此";
const PLACE_ENDS: [&str; 7] = ["市", "省", "县", "縣", "镇", "鎮", "村"];
/// No place is called so before 市 or 村.
const NO_PLACE: [&str; 12] = [
    "全国", "各个", "许多", "不少", "整个", "几个", "两个", "这个", "那个", "一个", "所在", "邻近",
];
const PLACES: &str = "
    美国 英国 法国 德国 日本 韩国 朝鲜 俄罗斯 乌克兰 印度 加拿大 澳大利亚 新西兰 意大利 西班牙 葡萄牙 荷兰 比利时 瑞士 瑞典 挪威 芬兰 丹麦 波兰
    希腊 土耳其 埃及 以色列 伊朗 伊拉克 巴西 阿根廷 墨西哥 南非 泰国 越南 新加坡 马来西亚 印度尼西亚 菲律宾 欧洲 非洲 亚洲 美洲 北京 上海 天津
    重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏
    新疆 香港 澳门 广州 深圳 南京 杭州 苏州 武汉 成都 西安 郑州 济南 青岛 大连 沈阳 哈尔滨 长沙 福州 厦门 昆明 南昌 合肥 纽约 伦敦 巴黎 东京 柏林
    莫斯科 华盛顿 罗马";

/// What looks like a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HanName {
    /// Its bytes in the sentence.
    pub place: Range<usize>,
    /// A text that has one of these has the name.
    pub known_by: Vec<String>,
}

/// All that looks like a name in a sentence, in order, none in another.
pub(super) fn han_names(sentence: &str) -> Vec<HanName> {
    let segments = Segments { sentence, words: words(sentence) };
    let mut names: Vec<HanName> = Vec::new();
    for at in 0..segments.words.len() {
        let found = segments.addressed(at).or_else(|| segments.unknown_person(at));
        names.extend(found.or_else(|| segments.place(at)));
    }
    names.extend(segments.pointed());
    names.sort_by_key(|name| (name.place.start, std::cmp::Reverse(name.place.end)));
    let mut end = 0;
    names.retain(|name| {
        let is_new = name.place.start >= end;
        end = end.max(name.place.end);
        is_new
    });
    names
}

/// A sentence and the bytes of its words.
struct Segments<'s> {
    sentence: &'s str,
    words: Vec<Range<usize>>,
}

impl<'s> Segments<'s> {
    fn word(&self, at: usize) -> Option<&'s str> {
        self.words.get(at).map(|word| &self.sentence[word.clone()])
    }

    /// The word at a place, if it follows the one before without anything between them.
    fn joined(&self, at: usize) -> Option<&'s str> {
        let before = self.words.get(at.checked_sub(1)?)?;
        self.words.get(at).filter(|word| word.start == before.end).and_then(|_| self.word(at))
    }

    fn name(&self, from: usize, to: usize, surname: usize) -> HanName {
        let place = self.words[from].start..self.words[to].end;
        let whole = &self.sentence[place.clone()];
        let given = &whole[surname.min(whole.len())..];
        let mut known_by = vec![whole.to_owned()];
        // Who is called by the given name in the text may have the surname here.
        known_by.extend((given.chars().count() > 1).then(|| given.to_owned()));
        HanName { place, known_by }
    }

    /// 王先生, 王建国先生: at the surname.
    fn addressed(&self, at: usize) -> Option<HanName> {
        let surname = surname_of(self.word(at)?)?;
        let mut last = at;
        while last + 1 < self.words.len() && last - at < 3 {
            let next = self.joined(last + 1)?;
            if ADDRESSES.contains(&next) {
                let length = self.words[last].end - self.words[at].start;
                return (length <= 12).then(|| self.name(at, last, surname));
            }
            last += 1;
        }
        None
    }

    /// 李雷, 张建国表示, 張偉說: at the surname.
    fn unknown_person(&self, at: usize) -> Option<HanName> {
        let word = self.word(at)?;
        let surname = surname_of(word)?;
        let speaks = |last: usize| self.joined(last + 1).is_some_and(|word| SPEAKS.contains(&word));
        let is_thing = ALSO_THINGS.contains(word.chars().next()?);
        if surname < word.len() {
            // The dictionary has some names.
            return (speaks(at) && !is_thing).then(|| self.name(at, at, surname));
        }
        // A name begins behind a word: single characters in a row are cut where nobody knows.
        if self.joined(at).is_some() && is_given(self.word(at - 1)?) {
            return None;
        }
        let next = self.joined(at + 1)?;
        let last = match self.joined(at + 2).is_some_and(is_given) {
            true if is_given(next) => at + 2,
            _ => at + 1,
        };
        let speaks = speaks(last);
        let is_word = next.chars().count() == 2 && next.chars().all(is_han);
        let is_person = if is_given(next) { speaks || !is_thing } else { is_word && speaks };
        is_person.then(|| self.name(at, last, surname))
    }

    /// 青石镇, 临江市, 北京: at the word.
    fn place(&self, at: usize) -> Option<HanName> {
        let word = self.word(at)?;
        if PLACES.split_whitespace().any(|place| place == word) {
            return Some(self.name(at, at, word.len()));
        }
        let is_end = |word: &str| PLACE_ENDS.contains(&word);
        // A word before its end, or single characters that the dictionary has in no word.
        let mut last = at;
        if is_given(word) && !(self.joined(at).is_some() && is_given(self.word(at - 1)?)) {
            while last - at < 2
                && self.joined(last + 1).is_some_and(|next| is_given(next) && !is_end(next))
            {
                last += 1;
            }
        }
        let name = &self.sentence[self.words[at].start..self.words[last].end];
        let is_name = name.chars().count() > 1
            && name.chars().all(is_han)
            && !NO_PLACE.contains(&name)
            && self.joined(last + 1).is_some_and(is_end);
        is_name.then(|| {
            let place = self.words[at].start..self.words[last + 1].end;
            HanName { place, known_by: vec![name.to_owned()] }
        })
    }

    /// 约翰·史密斯: around each point. Where a name of several characters begins nobody knows; it is known by the
    /// characters that touch the point.
    fn pointed(&self) -> impl Iterator<Item = HanName> {
        let points = self.sentence.match_indices(['·', '•', '‧']);
        points.filter_map(|(at, point)| {
            let behind = at + point.len();
            let before = self.sentence[..at].chars().next_back().filter(|c| is_han(*c))?;
            let after = self.sentence[behind..].chars().next().filter(|c| is_han(*c))?;
            let left = self.words.iter().rev().find(|word| word.end == at)?;
            let right = self.words.iter().position(|word| word.start == behind)?;
            let mut last = right;
            while self.joined(last + 1).is_some_and(is_given) {
                last += 1;
            }
            let place = left.start..self.words[last].end;
            let family = &self.sentence[behind..self.words[last].end];
            let mut known_by = vec![format!("{before}{point}{after}")];
            known_by.extend((family.chars().count() > 1).then(|| family.to_owned()));
            Some(HanName { place, known_by })
        })
    }
}

/// The bytes of the surname that a word begins with.
fn surname_of(word: &str) -> Option<usize> {
    if let Some(double) = DOUBLE_SURNAMES.iter().find(|double| word.starts_with(**double)) {
        return Some(double.len());
    }
    let first = word.chars().next()?;
    SURNAMES.contains(first).then(|| first.len_utf8())
}

/// True for a single character that can be part of a given name.
fn is_given(word: &str) -> bool {
    let mut characters = word.chars();
    let is_single = characters.next().is_some_and(is_han) && characters.next().is_none();
    is_single && !word.contains(|c| NO_GIVEN.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sentence: &str) -> Vec<&str> {
        han_names(sentence).into_iter().map(|name| &sentence[name.place]).collect()
    }

    /// Names by a reader's eye.
    #[test]
    fn names_are_found_where_they_look_like_nothing_else() {
        for (sentence, names) in [
            ("王先生昨天回家了。", vec!["王"]),
            ("记者采访了李教授和欧阳女士。", vec!["李", "欧阳"]),
            ("李雷和韩梅梅一起上学。", vec!["李雷", "韩梅梅"]),
            ("张建国表示，房租已经涨了。", vec!["张建国"]),
            ("发言人是约翰·史密斯。", vec!["约翰·史密斯"]),
            ("新线从临江市通到北京。", vec!["临江市", "北京"]),
            ("她从青石镇来。", vec!["青石镇"]),
            ("他去过法国和日本。", vec!["法国", "日本"]),
            ("張偉說：「我不去。」", vec!["張偉"]),
        ] {
            assert_eq!(found(sentence), names, "{sentence}");
        }
    }

    #[test]
    fn words_that_only_look_like_names_are_none() {
        for sentence in [
            "老人每天点灯，数着经过小岛的船。",
            "城市里的超市和小镇上的市场都关了门。",
            "林中有一条小路通到河边。",
            "周末他和孙子在院子里种树。",
            "黄色的马车停在石头房子前面。",
            "许多人认为房租太高，何况工资没有涨。",
            "三个县和两个市的学校放了假。",
            "金钱不是一切，钱花完了就没有了。",
            "陈旧的设备要换，任务十分紧张。",
            "全国各地的医生和老师都来了。",
            "雷雨过后，田里的水退了。",
            "银行的钱和田里的粮都没有了，叶落了。",
            "龙舟比赛在夏天举行，谢谢大家。",
        ] {
            assert_eq!(found(sentence), [""; 0], "{sentence}");
        }
    }
}
