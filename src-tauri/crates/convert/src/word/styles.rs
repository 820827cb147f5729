//! What paragraph styles mean, by their names, which are English in every edition of Word.

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::ConvertError;
use crate::block::Role;
use crate::xml;

/// Roles by the ids of styles.
#[derive(Debug, Default)]
pub(super) struct Styles {
    roles: HashMap<String, Role>,
}

impl Styles {
    /// From `word/styles.xml`.
    pub fn read(source: &str) -> Result<Self, ConvertError> {
        let mut roles = HashMap::new();
        let mut id = String::new();
        xml::read(source, "word/styles.xml", |event, _| {
            let (Event::Start(tag) | Event::Empty(tag)) = event else { return };
            match tag.name().as_ref() {
                "w:style" => id = xml::attribute(tag, "w:styleId").unwrap_or_default(),
                "w:name" => {
                    let name = xml::attribute(tag, "w:val").unwrap_or_default();
                    roles.extend(role_named(&name).map(|role| (id.clone(), role)));
                }
                "w:outlineLvl" => {
                    let level =
                        xml::attribute(tag, "w:val").and_then(|level| level.parse::<u8>().ok());
                    if let Some(level @ 0..=5) = level {
                        roles.entry(id.clone()).or_insert(Role::Heading(level + 1));
                    }
                }
                _ => {}
            }
        })?;
        Ok(Self { roles })
    }

    /// The role of a style's paragraphs, if it says one.
    pub fn role(&self, id: &str) -> Option<Role> {
        self.roles.get(id).copied()
    }
}

fn role_named(name: &str) -> Option<Role> {
    let name = name.to_ascii_lowercase();
    if let Some(level) = name.strip_prefix("heading ") {
        return level.parse().ok().filter(|level| (1..=6).contains(level)).map(Role::Heading);
    }
    match name.as_str() {
        "title" => Some(Role::Heading(1)),
        "quote" | "intense quote" => Some(Role::Quote),
        name if name.starts_with("toc ") => Some(Role::Contents),
        name if name.starts_with("list") => Some(Role::ListItem),
        _ => None,
    }
}
