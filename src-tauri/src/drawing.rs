//! How the page is drawn where there is no graphics card.

use std::path::Path;

/// Where WebKit looks, once, when it is started.
const VARIABLE: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// What a driver that draws with a graphics card leaves in the folder of devices: the kernel's own, NVIDIA's, and that of
/// Windows below a Linux.
const CARDS: [&str; 3] = ["dri/renderD", "nvidiactl", "dxg"];

/// Lets WebKit draw only what has changed where there is no graphics card. It would otherwise put together the whole window
/// anew for each key, as a card does, on the processor. What the environment says wins.
///
/// For the first lines of `main`, before there is any other thread.
pub fn settle_drawing() {
    if std::env::var_os(VARIABLE).is_some() || has_card(Path::new("/dev")) {
        return;
    }
    #[expect(unsafe_code, reason = "the environment is changed before there is a second thread")]
    // SAFETY: the caller is the only thread, so nothing reads the environment meanwhile.
    unsafe {
        std::env::set_var(VARIABLE, "1");
    }
}

/// True where a name in the folder of devices begins as one of [`CARDS`] does.
fn has_card(devices: &Path) -> bool {
    CARDS.iter().any(|card| {
        let path = devices.join(card);
        let (Some(folder), Some(beginning)) = (path.parent(), path.file_name()) else {
            return false;
        };
        let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names = names.map(|entry| entry.file_name());
        names.any(|name| name.as_encoded_bytes().starts_with(beginning.as_encoded_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_graphics_card_is_seen_by_its_device() {
        for (device, is_card) in [
            ("dri/renderD128", true),
            ("nvidiactl", true),
            ("dxg", true),
            // A screen without anything that draws for it.
            ("dri/card0", false),
            ("null", false),
        ] {
            let devices = tempfile::tempdir().unwrap();
            let path = devices.path().join(device);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            assert_eq!(has_card(devices.path()), is_card, "{device}");
        }
        assert!(!has_card(Path::new("/dev/null/nothing")));
    }
}
