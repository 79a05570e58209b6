use super::*;

#[test]
fn a_token_is_claimed_once_across_ledgers_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    std::fs::write(&path, "+7042").unwrap();
    let (a, b) = (Ledger::open(&path).unwrap(), Ledger::open(&path).unwrap());
    let token = Token::new("SECRETSECRET");
    assert!(a.claim(&token).unwrap());
    assert!(!a.claim(&token).unwrap() && !b.claim(&token).unwrap());
    assert!(a.holds(&token).unwrap() && b.holds(&token).unwrap());
    a.release(&token).unwrap();
    assert!(!a.holds(&token).unwrap() && !b.holds(&token).unwrap());
    assert!(b.claim(&token).unwrap() && !a.claim(&token).unwrap());
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(!text.contains("SECRET") && !format!("{a:?}").contains("SECRET"));
}

#[test]
fn a_line_of_an_earlier_process_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    // SHA-256 of "T".
    let line = "+e632b7095b0bf32c260fa4c539e9fd7b852d0de454e9be26f24d0d6f91d069d3\n";
    std::fs::write(&path, line).unwrap();
    let ledger = Ledger::open(&path).unwrap();
    assert!(ledger.holds(&Token::new("T")).unwrap() && !ledger.claim(&Token::new("T")).unwrap());
    assert!(!ledger.holds(&Token::new("U")).unwrap());
}

const T: &str = "e632b7095b0bf32c260fa4c539e9fd7b852d0de454e9be26f24d0d6f91d069d3";

#[test]
fn what_a_crash_leaves_is_passed_over_and_anything_else_is_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let zeros = "\0".repeat(66);
    for (left, sent) in [
        ("".to_owned(), false),
        (format!("+{T}\n{zeros}"), true),
        (format!("+{T}\n-{}\0\0\n", &T[..9]), true),
        (format!("+{T}\n-"), true),
        (format!("-{T}\r\n+{T}\r\n"), true),
        (format!("+{T}\n{}", "\0".repeat(5000)), true),
        (format!("\n+{T}"), true),
        (format!("+{T}\n-{T}\n+\n"), false),
        (format!("+{T}\0\0\n"), false),
    ] {
        fs::write(&path, &left).unwrap();
        assert_eq!(Ledger::open(&path).unwrap().holds(&Token::new("T")).unwrap(), sent, "{left:?}");
        assert_eq!(Ledger::open(&path).unwrap().claim(&Token::new("T")).unwrap(), !sent, "{left:?}");
        assert!(Ledger::open(&path).unwrap().holds(&Token::new("T")).unwrap());
    }
    let (upper, long) = (T.to_uppercase(), "\0".repeat(1 << 20));
    for foreign in [
        format!("-{T}\n+{upper}\n"),
        format!("+{T}0\n"),
        format!("{{\"+{T}\": 1}}"),
        format!("+\0{T}\n"),
        format!("{T}\n"),
        long,
    ] {
        fs::write(&path, &foreign).unwrap();
        let told = Ledger::open(&path).unwrap_err().to_string();
        assert!(told.contains("is no entry of a ledger"), "{told}");
        assert_eq!(fs::read_to_string(&path).unwrap(), foreign, "nothing is written to it");
    }
    // One that became so while it was open.
    fs::write(&path, "").unwrap();
    let ledger = Ledger::open(&path).unwrap();
    fs::write(&path, "{}").unwrap();
    assert!(ledger.claim(&Token::new("T")).is_err() && ledger.holds(&Token::new("T")).is_err());
    assert!(Ledger::open(folder.path()).is_err());
}

#[cfg(unix)]
#[test]
fn a_file_that_was_replaced_is_no_ledger_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let ledger = Ledger::open(&path).unwrap();
    fs::rename(&path, folder.path().join("old")).unwrap();
    for other in [None, Some("")] {
        if let Some(text) = other {
            fs::write(&path, text).unwrap();
        }
        let told = ledger.claim(&Token::new("T")).unwrap_err().to_string();
        assert!(told.contains("replaced"), "{told}");
    }
    assert!(Ledger::open("/dev/zero").unwrap_err().to_string().contains("no ordinary file"));
}

#[test]
fn the_process_has_one() {
    assert!(Arc::ptr_eq(&Ledger::shared(), &Ledger::shared()));
}

#[test]
fn of_many_threads_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let won: usize = std::thread::scope(|s| {
        let run = || Ledger::open(&path).unwrap().claim(&Token::new("T")).unwrap();
        let all: Vec<_> = (0..16).map(|_| s.spawn(run)).collect();
        all.into_iter().map(|h| usize::from(h.join().unwrap())).sum()
    });
    assert_eq!(won, 1);
}
