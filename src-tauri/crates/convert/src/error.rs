//! What can be wrong with a document.

/// Why a document could not be read or written. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// More bytes, entries or blocks than are read.
    #[error("{what} has {found}, and at most {limit} are read")]
    TooLarge {
        /// The document, or the part of it.
        what: String,
        /// What was counted, with its unit.
        found: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// The content is damaged, or is not what the name says.
    #[error("the document is damaged or not what its name says: {reason}")]
    Invalid {
        /// What is wrong, and where.
        reason: String,
    },
    /// A kind of document, or a protection, that this program cannot read.
    #[error("this cannot be read here: {reason}")]
    Unsupported {
        /// What it is, and what to do.
        reason: String,
    },
    /// A page without an article.
    #[error("this page has no article: copy the text itself, or open the page of one article")]
    NoArticle,
}

impl ConvertError {
    /// A short, stable name for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "import_too_large",
            Self::Invalid { .. } => "import_invalid",
            Self::Unsupported { .. } => "import_unsupported",
            Self::NoArticle => "import_no_article",
        }
    }

    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }

    pub(crate) fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported { reason: reason.into() }
    }

    /// More than `limit` bytes.
    pub(crate) fn too_many_bytes(what: &str, limit: usize) -> Self {
        let mebibytes = format!("{} MiB", limit >> 20);
        Self::TooLarge {
            what: what.to_owned(),
            found: format!("more than {mebibytes}"),
            limit: mebibytes,
        }
    }

    /// More than `limit` of something that is counted.
    pub(crate) fn too_many(what: &str, found: usize, of: &str, limit: usize) -> Self {
        let (found, limit) = (format!("{found} {of}"), limit.to_string());
        Self::TooLarge { what: what.to_owned(), found, limit }
    }
}
