//! What the window needs to open, and what a person can set.

use serde::{Deserialize, Serialize};

use super::{ChapterId, DeviceReason, GenerationId, Library, WritingParams};

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Rice paper.
    Light,
    /// Ink stone.
    Dark,
}

/// The interface's language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum InterfaceLanguage {
    /// As the system has it.
    #[default]
    System,
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

/// Where models compute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum ComputeOn {
    /// On the graphics card where this edition can use it, else on the processor.
    #[default]
    Fastest,
    /// On the processor.
    Processor,
}

/// In how many bits a model keeps what it has read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum CacheBits {
    /// As suits the model.
    #[default]
    Automatic,
    /// Half the memory.
    Sixteen,
    /// Exactly.
    ThirtyTwo,
}

/// Everything that stays as the person left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Light or dark.
    pub theme: Theme,
    /// The interface's language.
    pub language: InterfaceLanguage,
    /// Font family of the page; empty for the program's own.
    pub page_font: String,
    /// Size of the page's text in pixels, 12 to 32.
    pub page_size: u32,
    /// Colour what a model wrote.
    pub tint_model_text: bool,
    /// Cores that a model may use; 0 lets the program choose. Takes effect at the next start.
    pub threads: u32,
    /// Minutes without work after which a model other than the program's own is let go of; 0 keeps it.
    pub idle_minutes: u32,
    /// Where models compute.
    pub compute_on: ComputeOn,
    /// In how many bits models keep what they have read.
    pub cache_bits: CacheBits,
    /// How to write.
    pub writing: WritingParams,
    /// Width of the library in pixels; 0 folds it away.
    pub library_width: u32,
    /// The inspector is open.
    pub inspector_open: bool,
    /// The chapter that was open last.
    pub last_chapter: Option<ChapterId>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            language: InterfaceLanguage::default(),
            page_font: String::new(),
            page_size: 19,
            tint_model_text: true,
            threads: 0,
            idle_minutes: 30,
            compute_on: ComputeOn::default(),
            cache_bits: CacheBits::default(),
            writing: WritingParams::default(),
            library_width: 248,
            inspector_open: true,
            last_chapter: None,
        }
    }
}

/// Where the model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum ModelState {
    /// It is being read.
    Loading,
    /// It writes.
    Ready,
    /// It could not be loaded.
    Failed,
    /// It was let go of; the next request calls it back.
    Unloaded,
}

/// The model that writes.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelStatus {
    /// Where it is.
    pub state: ModelState,
    /// Its name.
    pub name: String,
    /// True for the model that is part of the program.
    pub starter: bool,
    /// `llama · Q8_0`, for instance.
    pub architecture: String,
    /// Number of weights.
    pub parameters: f64,
    /// Longest sequence in tokens.
    pub context_length: u32,
    /// `CPU`, for instance.
    pub device: String,
    /// Why that device was chosen; nothing while it is not.
    pub device_reason: Option<DeviceReason>,
    /// Bytes of weights in memory.
    pub bytes: f64,
    /// Who gets the text, where it is not computed inside the program.
    pub goes_to: Option<super::Destination>,
    /// Why it could not be loaded.
    pub error: Option<super::ApiError>,
}

/// Text that was found again after the program had ended in the middle of writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Recovered {
    /// The generation.
    pub generation: GenerationId,
    /// Where it stands now.
    pub chapter: Option<ChapterId>,
    /// Words and Han characters that were found again.
    pub words: u32,
}

/// Something the person should know at the start. The window chooses its words by `code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// `restored_backup`, for instance.
    pub code: String,
    /// A path, a number: what the words need.
    pub detail: String,
}

/// All that the window needs to open.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DeskState {
    /// The library.
    pub library: Library,
    /// The person's settings.
    pub settings: Settings,
    /// The model that writes.
    pub model: ModelStatus,
    /// Text found again after a crash.
    pub recovered: Vec<Recovered>,
    /// What the person should know.
    pub notices: Vec<Notice>,
    /// The library's folder.
    pub library_folder: String,
    /// Network requests made since the program began.
    pub network_requests: u32,
    /// Whose graphics cards this edition can use: `NVIDIA` or `Apple`; nobody's where it is for the processor.
    pub gpu: Option<String>,
    /// The system's language, `zh-CN` for instance.
    pub system_locale: String,
}
