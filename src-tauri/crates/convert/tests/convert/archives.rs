//! Word documents and books, made here.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// An archive with these entries.
pub fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let is_plain = *name == "mimetype";
        let method = if is_plain { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::DEFAULT.compression_method(method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An entry's text.
pub fn entry(archive: &[u8], name: &str) -> String {
    let mut zip = ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Names, in order.
pub fn names(archive: &[u8]) -> Vec<String> {
    let mut zip = ZipArchive::new(Cursor::new(archive)).unwrap();
    (0..zip.len())
        .map(|index| zip.by_index_raw(index).unwrap().name().unwrap().into_owned())
        .collect()
}

const STYLES: &str = r#"<w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="a3"><w:name w:val="Quote"/></w:style><w:style w:styleId="t1"><w:name w:val="toc 1"/></w:style></w:styles>"#;

/// A Word document with this body.
pub fn word(body: &str) -> Vec<u8> {
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document xmlns:w=\"w\" xmlns:r=\"r\"><w:body>{body}<w:sectPr/></w:body></w:document>"
    );
    archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", document.as_bytes()),
        ("word/styles.xml", STYLES.as_bytes()),
        ("word/footnotes.xml", b"<w:footnotes xmlns:w=\"w\"><w:footnote w:id=\"1\"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>"),
        ("docProps/core.xml", b"<p xmlns:dc=\"d\"><dc:title>A &amp; B</dc:title></p>"),
        ("word/media/image1.png", &[0x89, b'P', 0, 1, 2, 3]),
    ])
}

/// The body of a Word document.
pub fn body(bytes: &[u8]) -> String {
    let text = entry(bytes, "word/document.xml");
    let (_, text) = text.split_once("<w:body>").unwrap();
    text.split_once("<w:sectPr/></w:body>").unwrap().0.to_owned()
}

/// A book with these chapters.
pub fn book(chapters: &[&str]) -> Vec<u8> {
    let items: String = (0..chapters.len())
        .map(|n| format!("<item id=\"c{n}\" href=\"text/c%20{n}.xhtml\" media-type=\"application/xhtml+xml\"/>"))
        .collect();
    // The reading order is not the order of the files.
    let spine: String =
        (0..chapters.len()).rev().map(|n| format!("<itemref idref=\"c{n}\"/>")).collect();
    let package = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\"><metadata xmlns:dc=\"d\"><dc:title>The House</dc:title><dc:language>en</dc:language></metadata><manifest>{items}<item id=\"nav\" properties=\"nav\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\"/><item id=\"ncx\" href=\"toc.ncx\" media-type=\"application/x-dtbncx+xml\"/></manifest><spine toc=\"ncx\">{spine}</spine></package>"
    );
    let pages: Vec<(String, String)> = chapters
        .iter()
        .enumerate()
        .map(|(n, body)| (format!("OEBPS/text/c {n}.xhtml"), page(body)))
        .collect();
    let nav = page("<nav><ol><li><a href=\"text/c%200.xhtml\">One</a></li></ol></nav>");
    let ncx = "<?xml version=\"1.0\"?>\n<!DOCTYPE ncx PUBLIC \"-//NISO//DTD ncx 2005-1//EN\" \"http://x/ncx.dtd\">\n<ncx xmlns=\"n\"><docTitle><text>The House</text></docTitle><navMap><navPoint><navLabel><text>One</text></navLabel><content src=\"text/c%200.xhtml\"/></navPoint></navMap></ncx>";
    let container = "<container><rootfiles><rootfile full-path=\"OEBPS/book.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles></container>";
    let mut entries: Vec<(&str, &[u8])> = vec![
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", container.as_bytes()),
        ("OEBPS/book.opf", package.as_bytes()),
        ("OEBPS/nav.xhtml", nav.as_bytes()),
        ("OEBPS/toc.ncx", ncx.as_bytes()),
        ("OEBPS/style.css", b"p { margin: 0 }"),
    ];
    entries.extend(pages.iter().map(|(name, page)| (name.as_str(), page.as_bytes())));
    archive(&entries)
}

/// A page of a book.
pub fn page(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\"><head><title/><link rel=\"stylesheet\" href=\"../style.css\"/></head><body>{body}</body></html>"
    )
}
