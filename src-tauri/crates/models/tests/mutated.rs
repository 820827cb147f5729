//! Model files with changed headers, a few thousand of them: `npm run fuzz` reads millions.

#[path = "../examples/mutate/mutation.rs"]
mod mutation;
#[path = "../examples/mutate/specimens.rs"]
mod specimens;

use specimens::{Ending, Kind, Specimens};

const SEED: u64 = 11;

#[test]
fn no_changed_header_ends_in_a_panic() {
    for (kind, cases) in [
        (Kind::Gguf, 3000),
        (Kind::Safetensors, 3000),
        (Kind::Tokenizer, 1000),
        (Kind::Pieces, 1200),
        (Kind::Pickle, 600),
    ] {
        let specimens = Specimens::new(kind);
        let mut harmless = 0;
        for case in 0..cases {
            match specimens.read(SEED, case) {
                Ending::Panicked => panic!("{} case {case} with seed {SEED}", kind.name()),
                Ending::Read => harmless += 1,
                Ending::Refused(_) => {}
            }
        }
        // Changes that all are noticed at the first byte, or none, would test nothing.
        assert!((cases / 200..cases * 49 / 50).contains(&harmless), "{} {harmless}", kind.name());
    }
}

#[test]
fn a_case_can_be_made_again() {
    for kind in Kind::ALL {
        assert_eq!(Kind::named(kind.name()), Some(kind));
        let (one, other) = (Specimens::new(kind), Specimens::new(kind));
        for case in 0..100 {
            assert_eq!(one.case(SEED, case).1, other.case(SEED, case).1);
        }
        assert_ne!(one.case(SEED, 0).1, one.case(SEED + 1, 0).1);
    }
}
