//! An output that was cut anywhere is gone on with.

use crate::{answers, small, values};
use idenfy_preflight::{
    Preflight,
    batch::{Answered, Batch, BatchError, Settings, Stop},
};
use proptest::{collection::vec, prelude::*};
use serde_json::json;
use std::{
    fs::File,
    io::{Cursor, Read, Seek, Write},
};

fn cut(out: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(out).unwrap();
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    /// Cut three times anywhere, with other settings each time: every line is answered exactly once, and in order the
    /// output is the one of a single run, byte for byte.
    #[test]
    fn every_line_is_answered_once_after_any_cuts(
        bad in vec(any::<bool>(), 1..16), cuts in vec(any::<prop::sample::Index>(), 3), ordered: bool, threads in 1_usize..4,
    ) {
        // Ids repeat, with characters of several bytes.
        let line = |(i, bad): (usize, &bool)| if *bad { format!("{{\"id\":\"é{i}\"") } else { small(&json!(format!("é{}", i % 3))) };
        let text = bad.iter().enumerate().map(line).collect::<Vec<_>>().join("\n");
        let mut settings = Settings::with_threads(threads);
        settings.ordered = ordered;
        let (_, whole) = answers(text.as_bytes(), settings.clone(), Answered::default());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&whole).unwrap();
        for at in cuts {
            let length = file.metadata().unwrap().len();
            file.set_len(at.index(length as usize + 1) as u64).unwrap();
            let mut earlier = 0;
            let answered = Answered::read(&mut file, |_| earlier += 1).unwrap();
            let (done, more) = answers(text.as_bytes(), settings.clone(), answered);
            prop_assert_eq!(done.lines + earlier, bad.len() as u64);
            file.write_all(&more).unwrap();
        }
        let mut out = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut out).unwrap();
        if ordered {
            prop_assert_eq!(&out, &whole);
        }
        let sorted = |out: &[u8]| {
            let mut lines: Vec<String> = values(out).iter().map(ToString::to_string).collect();
            lines.sort();
            lines
        };
        prop_assert_eq!(sorted(&out), sorted(&whole));
    }
}

#[test]
fn another_input_is_told() {
    let text = [small(&json!("a")), small(&json!("b"))].join("\n");
    let (_, out) = answers(text.as_bytes(), Settings::default(), Answered::default());
    let again = |text: String| {
        let answered = Answered::read(&mut cut(&out), |_| {}).unwrap();
        let batch = Batch::new(Preflight::default(), Settings::default());
        batch.run(Cursor::new(text), answered, &Stop::default(), &mut std::io::sink())
    };
    for (other, said) in [(small(&json!("a")), "it has 1 lines"), (text.replace("\"b\"", "\"c\""), "has the id \"c\"")]
    {
        let failed = again(other).unwrap_err();
        assert!(matches!(&failed, BatchError::Input(e) if e.to_string().contains(said)), "{failed}");
    }
    assert_eq!(again(text).unwrap().lines, 0);
}
