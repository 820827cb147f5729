//! A reading as a CSV file (RFC 4180), and the picture of it that the window drew.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::reading::Reading;
use crate::Desk;
use crate::files::write_file;
use crate::wire::{ApiError, MoodReadingId};

/// Characters of a picture in base64: 32 MB.
const LARGEST_PICTURE: usize = (32 << 20) / 3 * 4;
/// What a PNG and an SVG begin with.
const PICTURES: [&[u8]; 3] = [b"\x89PNG", b"<svg", b"<?xml"];
/// A classifier with more labels has only the best one of each sentence in its rows.
const MOST_COLUMNS: usize = 64;

impl Desk {
    /// Writes a row for each sentence that has scores.
    pub async fn export_moods(&self, reading: MoodReadingId, path: String) -> Result<(), ApiError> {
        let reading = self.moods().reading(reading)?;
        let writing = move || csv_of(&reading);
        let bytes = tokio::task::spawn_blocking(writing).await.map_err(ApiError::internal)?;
        write_file(Path::new(&path), bytes?).await
    }

    /// Writes a picture, SVG or PNG, that came in base64.
    pub async fn save_picture(&self, path: String, base64: String) -> Result<(), ApiError> {
        let is_small = base64.len() <= LARGEST_PICTURE;
        let bytes = if is_small { STANDARD.decode(base64).unwrap_or_default() } else { Vec::new() };
        if !PICTURES.iter().any(|begin| bytes.starts_with(begin)) {
            let message = "That is no picture: draw it once more.";
            return Err(ApiError::new("picture_invalid", message));
        }
        write_file(Path::new(&path), bytes).await
    }
}

fn csv_of(reading: &Reading) -> Result<Vec<u8>, ApiError> {
    let labels = &reading.model.labels;
    let columns = if labels.len() <= MOST_COLUMNS { labels.len() } else { 0 };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fixed = ["chapter", "sentence", "text", "label", "score", "valence", "guess"];
    let head = fixed.into_iter().chain(labels[..columns].iter().map(String::as_str));
    writer.write_record(head).map_err(ApiError::internal)?;
    let known = reading.known();
    for (number, (unit, scores)) in reading.source.units.iter().zip(&known.sentences).enumerate() {
        let Some(scores) = scores else { continue };
        let best = scores.best();
        let valence = reading.polarity().map(|polarity| number_of(scores.valence(polarity)));
        let row = [
            reading.source.chapters[unit.part as usize].title.clone(),
            (number + 1).to_string(),
            reading.text_of(unit).to_owned(),
            labels.get(best as usize).cloned().unwrap_or_default(),
            number_of(scores.of_label(best)),
            valence.unwrap_or_default(),
            unit.guess.to_string(),
        ];
        let each = (0..columns as u32).map(|label| number_of(scores.of_label(label)));
        writer.write_record(row.into_iter().chain(each)).map_err(ApiError::internal)?;
    }
    writer.into_inner().map_err(ApiError::internal)
}

fn number_of(value: f32) -> String {
    format!("{value:.6}")
}
