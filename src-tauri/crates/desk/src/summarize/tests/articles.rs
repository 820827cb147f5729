//! Articles whose key sentences were chosen by eye, before any program saw them.

use super::{key, sentences, source};

/// Sentences of articles, one on each line: `K` says what the article says, `n` adds to it, `a` is beside the point.
const ARTICLES: [&str; 10] = [
    "K The town of Carrow will close its only bridge for two years while it is rebuilt, the council decided on Monday.
n Engineers found cracks in three of the five stone arches last autumn.
a One of the older councillors, who has crossed the bridge every morning since he was a boy and remembers the day in the nineteen-fifties when a cow, two milk carts and the mayor's new car met in the middle of it and none of them would give way, said that he would miss the walk.
K During the rebuilding a ferry will carry people and bicycles across the river, but no cars.
n Drivers will have to take the road by Elm Mill, eleven miles longer.
n The ferry is free.
K Shopkeepers on the north side fear that the closed bridge will cost them half of their customers.
a There was coffee, and a plate of the small lemon biscuits that the baker's wife makes for every meeting of the council and that are, by common consent, the only reason why some of the members come at all when it rains.
n The council has put aside forty thousand pounds for them.
n Work begins in March.",
    "K People who sleep less than six hours a night catch colds four times as often as those who sleep seven, a study has found.
n The researchers gave 164 volunteers drops with a cold virus and kept them in a hotel for five days.
a The hotel, a modest house of four floors near the station with a view over the car park, a lift that had been out of order since the spring and a breakfast room whose wallpaper several of the volunteers mentioned in their letters of thanks, was rented as a whole.
n Before that each had worn a watch that measures sleep for a week.
K Sleep told more about who would fall ill than age, stress or smoking did.
n A cold was counted when the virus multiplied and the nose ran.
K The researchers believe that too little sleep weakens the immune system's first answer to a virus.
a Colds have been with us for as long as there have been noses, and every grandmother from Lisbon to Vladivostok has a remedy of her own for them, from onions in the socks to hot beer, goose fat on the chest and a scarf that must on no account be taken off before the third day.
n The volunteers were healthy adults between 18 and 55.
n The next study is to find out whether longer sleep protects those who sleep badly.",
    "n Ten years ago the library at Morton lent fewer books every year.
K Then it began to lend tools, and today drills, ladders and sewing machines are borrowed more often than novels.
n A drill costs nothing for a week.
n Whoever brings it back late pays a pound.
K The tools have brought people into the library who had not been there since school, and many of them leave with a book as well.
a I went there on a wet Thursday in November, having missed the first bus because of a dog that had got its lead caught in the door and whose owner, a lady in green, argued with the driver for so long that the whole queue took her side, then his, and then hers again.
K Other towns copy the idea: forty libraries lend tools now, three times as many as last year.
n Insurance was the hard part.
n The first company that was asked wanted more for it than the tools had cost.
n In the end the county took it on.",
    "K 市政府周一宣布，地铁三号线将提前半年通车，票价与现有线路相同。
n 新线长二十八公里，设十九个车站。
a 记者到场的那天下着小雨，工地门口卖豆浆的老人一边收摊一边说，他在这条街上卖了三十一年早点，见过两任区长、四次修路和一场把整条街淹到膝盖的大水，可从来没见过这么多拿话筒的人。
K 通车以后，从城西到火车站只要二十五分钟，比现在坐公交车少一半。
n 工程一共用了四年。
n 其中最难的一段在江底。
K 沿线的房租已经涨了两成，不少租户担心住不起地铁旁边的房子。
a 发布会散得很晚，茶水间里的几位同行从地铁谈到房价，又从房价谈到孩子上学，谈到后来谁也记不清是谁先说起老家的枣树，只记得窗外的雨一直没有停。
n 政府说会建一批便宜的公寓。
n 试运行从九月开始。",
    "K 研究发现，每天喝三杯绿茶的人，得中风的比不喝的人少两成。
n 研究者跟踪了四万名成年人，为时十一年。
n 他们每两年填一次问卷。
a 其中一位参加者是浙江的老茶农，他在回信里用毛笔写了整整三页，讲他父亲怎样在清明前一天的夜里背着竹篓上山，怎样在雾里迷了路，又怎样跟着一头走失的水牛回到了村口。
K 喝绿茶的好处在不抽烟的人身上更明显。
n 红茶没有这样的作用。
K 研究者提醒，绿茶不能代替药物，高血压的人仍要按时吃药。
a 茶杯的样式也五花八门，有人寄来了照片，紫砂的、青瓷的、搪瓷的、印着某某厂先进生产者的，还有一只缺了口的大碗，据说已经传了四代人，谁家娶媳妇都要借去用一用。
n 这项研究由大学出资。
n 结果发表在上周的医学杂志上。",
    "n 小镇的图书馆去年差一点关门。
K 镇上的老师和学生把它接了过来，如今图书馆由志愿者轮流开门，每天开到晚上九点。
n 志愿者一共四十二人。
n 最小的只有十三岁。
K 晚上来图书馆的人比从前多了一倍，很多是下了班的工人。
a 我去的那个晚上停了一小会儿电，大家谁也没有走，有人点起手机，有人轻轻唱起一首谁都会唱又谁都记不全词的老歌，坐在窗边的老太太跟着哼了几句，忽然说这首歌是她结婚那天广播里放的。
K 镇政府看到这些，决定今年给图书馆拨款二十万元，用来买书和修屋顶。
n 屋顶漏雨已经三年了。
n 书由孩子们来挑。
n 第一批新书下个月到。",
    "n Whales are hard to count.
K A new method counts whales from the sound of their songs, and it finds twice as many blue whales off Chile as ships had seen.
n Microphones on the sea floor listen day and night.
K A computer learns to tell the song of one whale from that of another, and so the same whale is not counted twice.
a My own acquaintance with the sea goes back to a summer on an uncle's trawler, a blue boat called Hope, on which I was sick for nine days out of ten and on the tenth, while everybody else was busy with the nets, let the only good kettle fall overboard.
n Ships see a whale only when it comes up to breathe.
K If the numbers are right, blue whales have recovered faster from whaling than anybody thought.
n The song of a blue whale carries five hundred miles.
a Among sailors there has always been a belief, which I have heard in three harbours and in each with another ending, that whoever hears a whale through the planks of his bunk at night will be home before the new moon, or will lose his pipe, or will marry a widow.
n The microphones will stay for ten years.",
    "K From next year every pupil in the county will learn to swim before leaving primary school.
n Last year eleven children drowned in its rivers and lakes.
n Fewer than half of the ten-year-olds can swim a hundred yards.
K The county pays for the lessons, and the buses to the pool too, because eighty villages have no pool of their own.
a At the pool of Ashby, where the plan was presented, the chlorine stung so much that the county's speaker wept through the whole of his address, which moved some of the parents until they noticed that they were weeping as well and that the children, who are used to it, were laughing.
n Three new pools are to be built.
n Teachers welcome the plan.
K Critics say that there are too few swimming teachers, and that two hundred of them must be found by next summer.
a The first pool of the county, opened in 1902 by a duke who could not swim and said so at length, had separate entrances for ladies, gentlemen and horses, of which only the last was ever enlarged.
n Training one takes six months.",
    "n 稻田里养鸭子，听起来像老人讲的故事。
K 试验证明，稻田里养鸭子可以少用一半农药，稻子的产量却没有减少。
n 鸭子吃虫，也吃杂草。
n 鸭粪就是肥料。
K 每亩稻田放十五只鸭子最合适，再多就会踩坏秧苗。
a 说起鸭子，村里人人都有一肚子话，有人讲他家的鸭子会认门，有人讲他小时候赶着三百只鸭子走了一个月去省城，路上的鸭蛋够一路的盘缠，还有人讲一只鸭子怎样救了一头牛，讲到一半自己先笑得说不下去了。
K 农民最关心的是销路，养鸭的稻米价钱高，一亩能多收入八百元。
n 县里已经有两千亩这样的稻田。
a 试验田的主人请我们在田埂上吃了午饭，菜是他妻子用井水泡过的黄瓜、隔夜的咸鱼和一大碗谁也叫不出名字的野菜，风从竹林那边吹过来，他指着远处的山说了很多年轻时候的事。
n 明年要扩大到五千亩。",
    "K 医生发现，长期上夜班的护士得糖尿病的可能比上白班的高六成。
n 调查包括十二家医院的九千名护士。
n 上夜班的年头越长，危险越大。
K 夜里吃东西是主要的原因，身体在夜里不会处理糖。
a 我在护士站坐了一夜，墙上的钟走得很响，走廊尽头的热水器每隔一会儿就咕噜咕噜地叫，一个小护士说她刚来的时候怕黑，不敢一个人去取药，老护士就给她一只挂着铃铛的钥匙，铃铛现在还在响。
n 周末补觉没有用。
K 医生建议医院缩短夜班，让护士在夜里不吃饭，只喝水。
n 有两家医院已经照办。
a 天亮的时候，卖早点的推车准时停在医院门口，豆浆的热气一直飘到二楼，来换班的人和下班的人挤在一起，谁的面包拿错了，谁的伞又忘在了值班室，吵吵嚷嚷，像一个小小的集市。
n 调查还要继续五年。",
];

fn lines(article: &str) -> Vec<(&str, &str)> {
    article.lines().map(|line| line.split_once(' ').expect("a mark")).collect()
}

/// Of three sentences two are among those that a reader takes, and none is beside the point, however long it is.
#[test]
fn the_sentences_that_a_reader_takes_are_taken() {
    let mut taken = 0;
    for article in ARTICLES {
        let lines = lines(article);
        let between = if article.is_ascii() { " " } else { "" };
        let text = lines.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(between);
        let source = source(&[&text]);
        let found: Vec<&str> = source.sentences().collect();
        assert_eq!(found, lines.iter().map(|(_, text)| *text).collect::<Vec<_>>());
        let chosen = key(&source, sentences(3)).expect("sentences").chosen;
        let marks: String = chosen.iter().map(|(index, _)| lines[*index].0).collect();
        assert!(!marks.contains('a'), "{marks}: {chosen:?} of {text}");
        taken += marks.matches('K').count();
        assert!(marks.contains('K'), "{marks}: {chosen:?} of {text}");
    }
    assert!(taken >= 18, "{taken} of 30, and two of three in the mean");
}
