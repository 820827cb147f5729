//! Compiles `cuda/libraries.c` into CUDA builds on Linux, so that they start without NVIDIA's libraries too.

fn main() {
    println!("cargo:rerun-if-changed=cuda");
    #[cfg(all(feature = "cuda", target_os = "linux", target_arch = "x86_64"))]
    late_libraries();
}

#[cfg(all(feature = "cuda", target_os = "linux", target_arch = "x86_64"))]
fn late_libraries() {
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    let list = std::fs::read_to_string("cuda/functions.txt").expect("it lies beside this file");
    let calls: Vec<String> = list
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(library, function)| format!("F({library}, {function})"))
        .collect();
    let header = format!("#define FUNCTIONS(F) {}\n", calls.join(" \\\n    "));
    std::fs::write(format!("{out}/functions.h"), header).expect("cargo made the folder");
    // All of it, whatever the order of libraries: nobody asks for a function before the bindings come.
    cc::Build::new()
        .file("cuda/libraries.c")
        .include(&out)
        .link_lib_modifier("+whole-archive")
        .compile("bimo_cuda_libraries");
}
