//! Settings: kept in the library, brought into their bounds.

use std::time::Duration;

use bimo_models::{CacheBits, DeviceWish};
use bimo_store::Store;

use crate::Desk;
use crate::model::Means;
use crate::wire::{self, ApiError, ComputeOn, Settings, WritingParams};

const KEY: &str = "settings";
const LONGEST_FONT_NAME: usize = 200;
const LONGEST_IDLE_MINUTES: u32 = 24 * 60;
/// Tokens of a continuation that can be asked for.
pub(crate) const LONGEST_CONTINUATION: u32 = 4096;

impl Desk {
    /// Keeps the person's settings. A number out of its bounds is brought into them; a sampler setting that means
    /// nothing is refused by name. Another device, or another memory of what was read, has the models loaded once more.
    pub async fn save_settings(&self, settings: Settings) -> Result<(), ApiError> {
        if let Some(sampling) = &settings.writing.sampling {
            sampling.validate()?;
        }
        let settings = bounded(settings);
        self.let_go_after(idle_time(&settings));
        let means = means(&settings);
        let is_other = self.model().compute_with(means);
        self.translations_at_work().compute_with(means).await;
        self.summaries_at_work().compute_with(means).await;
        self.moods().compute_with(means).await;
        let value = serde_json::to_value(settings).map_err(ApiError::internal)?;
        self.store().set_setting(KEY, &value).await?;
        if is_other {
            self.reload_model().await;
        }
        Ok(())
    }
}

/// What models may compute with. A GPU that fails is no reason to go on without it before the person has been asked.
pub(crate) fn means(settings: &Settings) -> Means {
    let device = match settings.compute_on {
        ComputeOn::Fastest => DeviceWish::FastestOrAsk,
        ComputeOn::Processor => DeviceWish::Processor,
    };
    let cache = match settings.cache_bits {
        wire::CacheBits::Automatic => CacheBits::Automatic,
        wire::CacheBits::Sixteen => CacheBits::Sixteen,
        wire::CacheBits::ThirtyTwo => CacheBits::ThirtyTwo,
    };
    Means { threads: settings.threads as usize, device, cache }
}

/// The person's settings, or the program's own where there are none that it understands.
pub(crate) async fn load(store: &Store) -> Result<Settings, ApiError> {
    let Some(value) = store.setting(KEY).await? else {
        return Ok(Settings::default());
    };
    Ok(serde_json::from_value(value).map(bounded).unwrap_or_else(|error| {
        tracing::warn!(%error, "the settings are not valid; the program's own are used");
        Settings::default()
    }))
}

/// See [`Settings::idle_minutes`].
pub(crate) fn idle_time(settings: &Settings) -> Duration {
    Duration::from_secs(u64::from(settings.idle_minutes) * 60)
}

fn bounded(mut settings: Settings) -> Settings {
    settings.page_size = settings.page_size.clamp(12, 32);
    settings.threads = settings.threads.min(256);
    settings.idle_minutes = settings.idle_minutes.min(LONGEST_IDLE_MINUTES);
    settings.library_width = match settings.library_width {
        0 => 0,
        width => width.clamp(160, 640),
    };
    settings.page_font = settings.page_font.chars().take(LONGEST_FONT_NAME).collect();
    settings.writing = bounded_writing(settings.writing);
    settings
}

/// Brings what a request asks for into bounds.
pub(crate) fn bounded_writing(mut writing: WritingParams) -> WritingParams {
    writing.wildness = if writing.wildness.is_finite() {
        writing.wildness.clamp(0.0, 1.0)
    } else {
        WritingParams::default().wildness
    };
    writing.length = writing.length.clamp(1, LONGEST_CONTINUATION);
    writing
}
