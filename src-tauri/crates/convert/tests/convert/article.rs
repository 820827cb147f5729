//! Articles out of pages.

use bimo_convert::Article;

const STORY: &str = "<p>The old lighthouse keeper had lived on the island for forty years, and in all that time, he said, he had never once been bored.</p><p>Every evening he climbed the one hundred and twelve steps, lit the lamp, and wrote a line in his book about the weather and the ships.</p><p>When the lamp became electric, the company thanked him, and offered him a flat in the town; he asked, politely, whether it had stairs.</p>";

fn page(article: &str) -> String {
    let links: String = (0..40)
        .map(|n| format!("<li><a href=\"/{n}\">Section {n} of the paper</a></li>"))
        .collect();
    format!(
        "<html lang=en><head><title>The keeper - The Paper</title><script>alert('head')</script></head><body>\
         <nav><ul>{links}</ul></nav><div class=\"ad sidebar\">Buy now <img src=x onerror=alert(2)></div>\
         <article><h1>The keeper</h1>{article}<script>alert('body')</script></article>\
         <footer>Copyright <a href=/>The Paper</a><ul>{links}</ul></footer></body></html>"
    )
}

#[test]
fn an_article_is_taken_out_of_a_cluttered_page() {
    let article = Article::extract(page(STORY).as_bytes()).unwrap();
    assert!(article.title.starts_with("The keeper"), "{}", article.title);
    let texts: Vec<&str> = article.blocks.iter().map(|block| block.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.ends_with("whether it had stairs.")), "{texts:?}");
    let all = texts.join("\n");
    for clutter in ["Section", "Buy now", "alert", "Copyright", "<"] {
        assert!(!all.contains(clutter), "{clutter} in {all}");
    }
}

#[test]
fn a_chinese_article_is_shorter_and_found_as_well() {
    let story = "<p>守灯塔的老人在岛上住了四十年，他说，这么多年里，他从来没有觉得闷过，一次也没有。</p><p>每天傍晚，他走上一百一十二级台阶，点亮灯，然后在本子上写一行字，记下天气，也记下船。</p><p>后来灯换成了电的，公司谢过他，要在城里给他一套房子；他很客气地问，那里有没有楼梯。</p>";
    let article = Article::extract(page(story).as_bytes()).unwrap();
    assert!(article.blocks.iter().any(|block| block.text.ends_with("那里有没有楼梯。")));
}

#[test]
fn a_page_without_an_article_says_so() {
    let pages = [
        page(""),
        page("<p>Short.</p>"),
        String::new(),
        "<html>".into(),
        "<script>x()</script>".into(),
    ];
    for page in pages {
        let error = Article::extract(page.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "import_no_article", "{page}");
    }
}

#[test]
fn pages_that_are_too_deep_are_refused_before_they_are_walked() {
    for page in ["<div>".repeat(50_000), "<b>".repeat(1000)] {
        assert_eq!(Article::extract(page.as_bytes()).unwrap_err().code(), "import_invalid");
    }
}

#[test]
fn other_documents_are_articles_as_they_are() {
    let article = Article::of(b"---\ntitle: A\n---\n\n# B\n\nText.\n", Some("a.md")).unwrap();
    assert_eq!((article.title.as_str(), article.blocks.len()), ("A", 2));
    let fragment = Article::of(b"<p>Just one line.</p>", None).unwrap();
    assert_eq!(fragment.blocks[0].text, "Just one line.");
}
