//! The one window.

use bimo_desk::wire;
use tauri::utils::config::Color;
use tauri::webview::NewWindowResponse;
use tauri::{App, AppHandle, Manager, Theme, Url, WebviewUrl, WebviewWindowBuilder};

use crate::place;

/// The window's name in the capabilities.
pub(crate) const LABEL: &str = "main";

const TITLE: &str = "Bimo 笔墨";
/// Width and height in logical pixels.
const SIZE: (f64, f64) = (1280.0, 860.0);
/// Below this, rail, library and page no longer fit side by side.
const SMALLEST: (f64, f64) = (720.0, 520.0);
/// Rice paper and ink stone: `--desk` of `ui/src/styles/tokens.css`, so that nothing flashes before the first paint.
const LIGHT: Color = Color(0xf3, 0xef, 0xe6, 0xff);
const DARK: Color = Color(0x14, 0x13, 0x11, 0xff);

/// Shows the window; the desk need not be open yet.
pub(crate) fn open(app: &App) -> tauri::Result<()> {
    let remembered = remembered_theme();
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title(TITLE)
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .center()
        .background_color(background(remembered.unwrap_or(Theme::Light)))
        .zoom_hotkeys_enabled(false)
        .disable_drag_drop_handler()
        .on_navigation(is_our_own)
        .on_new_window(|_url, _features| NewWindowResponse::Deny)
        .build()?;
    // Given to the builder, a theme reaches the frame but not what the page sees as the preferred colours.
    window.set_theme(remembered)?;
    if remembered.is_none() {
        window.set_background_color(Some(background(window.theme()?)))?;
    }
    Ok(())
}

/// A second start of the program ends here: the first one comes forward.
pub(crate) fn bring_forward(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window could not be brought forward");
    }
}

/// Lets the window's frame, its dialogs and the moment before the first paint follow the person's choice.
pub(crate) fn follow(app: &AppHandle, theme: wire::Theme) {
    let theme = match theme {
        wire::Theme::System => None,
        wire::Theme::Light => Some(Theme::Light),
        wire::Theme::Dark => Some(Theme::Dark),
    };
    remember_theme(theme);
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let followed = window.set_theme(theme).and_then(|()| {
        let shown = theme.map_or_else(|| window.theme(), Ok)?;
        window.set_background_color(Some(background(shown)))
    });
    if let Err(error) = followed {
        tracing::warn!(%error, "the window does not follow the theme");
    }
}

fn background(theme: Theme) -> Color {
    if theme == Theme::Dark { DARK } else { LIGHT }
}

/// `tauri:` on Linux and macOS, `http://tauri.localhost` on Windows.
fn is_our_own(url: &Url) -> bool {
    url.scheme() == "tauri" || (url.scheme() == "http" && url.host_str() == Some("tauri.localhost"))
}

fn theme_file() -> std::path::PathBuf {
    place::own_folder().join("theme")
}

/// The library is not open when the window is made, so the theme is kept beside it too.
fn remembered_theme() -> Option<Theme> {
    match std::fs::read_to_string(theme_file()).ok()?.as_str() {
        "light" => Some(Theme::Light),
        "dark" => Some(Theme::Dark),
        _ => None,
    }
}

fn remember_theme(theme: Option<Theme>) {
    if theme == remembered_theme() {
        return;
    }
    let word = match theme {
        Some(Theme::Dark) => "dark",
        Some(_) => "light",
        None => "system",
    };
    if let Err(error) = std::fs::write(theme_file(), word) {
        tracing::warn!(%error, "the theme is not remembered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_the_interface() {
        let ours =
            ["tauri://localhost/", "tauri://localhost/index.html", "http://tauri.localhost/"];
        let others =
            ["https://example.org/", "file:///etc/passwd", "http://tauri.localhost.evil.org/"];
        for url in ours {
            assert!(is_our_own(&url.parse().unwrap()), "{url}");
        }
        for url in others {
            assert!(!is_our_own(&url.parse().unwrap()), "{url}");
        }
    }
}
