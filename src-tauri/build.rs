//! Reads tauri.conf.json and the capabilities into the program.

fn main() {
    // The interface is embedded, so its folder has to be there even for a check of the Rust code alone.
    std::fs::create_dir_all("ui/dist").expect("ui/dist can be made");
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let attributes =
        tauri_build::Attributes::new().capabilities_path_pattern("./src-tauri/capabilities/**/*");
    tauri_build::try_build(attributes).expect("tauri.conf.json and the capabilities are valid");
}
