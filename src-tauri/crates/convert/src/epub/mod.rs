//! Books in EPUB's format, 2 and 3: the chapters in the order of the spine, the tables of contents, the title.

mod labels;
mod package;

use crate::ConvertError;
use crate::archive::Archive;
use crate::document::{Contents, Part, Statement};
use crate::markup::{self, Dialect};
use crate::xml;
use package::{Package, resolved};

/// The entry that says where the package is.
pub(crate) const CONTAINER: &str = "META-INF/container.xml";

/// Says which entries cannot be read without a key.
const ENCRYPTION: &str = "META-INF/encryption.xml";

/// Reads a book.
pub(crate) fn read(archive: &mut Archive<'_>) -> Result<Contents, ConvertError> {
    let container = text(archive, CONTAINER)?;
    let path = package::path_in(&container)?;
    let source = text(archive, &path)?;
    let package = Package::read(&source, &path)?;
    refuse_locked(archive, &package)?;
    let mut contents = Contents::stating(package.title.clone(), package.language.clone());
    let mut part = Part::named(path, source);
    part.statements.extend(package.language_text.clone().map(Statement::Language));
    contents.add(part, package.titles)?;
    for (chapter, name) in package.chapters.iter().enumerate() {
        add_page(archive, name, Some(chapter), &mut contents)?;
    }
    for name in package.navigation.iter().filter(|name| !package.chapters.contains(name)) {
        add_page(archive, name, Some(0), &mut contents)?;
    }
    for name in &package.older_contents {
        let text = text(archive, name)?;
        let found = labels::read(&text, name)?;
        contents.add(Part::named(name.clone(), text), found)?;
    }
    Ok(contents)
}

fn text(archive: &mut Archive<'_>, name: &str) -> Result<String, ConvertError> {
    xml::text_of(&archive.part(name)?, name)
}

fn add_page(
    archive: &mut Archive<'_>,
    name: &str,
    chapter: Option<usize>,
    contents: &mut Contents,
) -> Result<(), ConvertError> {
    let part = Part::named(name.to_owned(), text(archive, name)?);
    let page = markup::read(&part.text, Dialect::Xhtml, chapter);
    contents.add_page(part, page, Dialect::Xhtml)
}

/// Fonts may be locked; chapters may not.
fn refuse_locked(archive: &mut Archive<'_>, package: &Package) -> Result<(), ConvertError> {
    if !archive.has(ENCRYPTION) {
        return Ok(());
    }
    let mut locked = Vec::new();
    xml::read(&text(archive, ENCRYPTION)?, ENCRYPTION, |event, _| {
        if let quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) = event
            && tag.name().as_ref().ends_with("CipherReference")
        {
            locked.extend(xml::attribute(tag, "URI").map(|uri| resolved("", &uri)));
        }
    })?;
    match package.chapters.iter().find(|name| locked.contains(name)) {
        Some(_) => Err(ConvertError::unsupported(
            "the book is locked by its seller: only a book without such a lock can be read",
        )),
        None => Ok(()),
    }
}
