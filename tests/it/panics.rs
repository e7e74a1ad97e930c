//! REL-17: a panic costs one request, its number is told and in the log; one in the writer restarts the storage.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rollcall::protocol::envelope::{Packing, seal};
use rollcall::users::Role;

use crate::browser::Served;
use crate::office::{inventory, prolog};

const PC: &str = "pc-1-2026-02-03-08-15-42";

static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps what this process logs from now on; another test may have begun already.
fn keep_the_log() {
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log).finish();
    let _ = tracing::subscriber::set_global_default(log);
}

fn is_logged(words: &str) -> bool {
    String::from_utf8_lossy(&LOGGED.lock().unwrap_or_else(PoisonError::into_inner)).contains(words)
}

fn content(serial: &str, filler: usize) -> String {
    format!("<HARDWARE><NAME>pc-1</NAME></HARDWARE><BIOS><SSN>{serial}</SSN></BIOS><X><Y>{}</Y></X>", noise(filler))
}

/// Text that does not pack well.
fn noise(bytes: usize) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from((state >> 16) % 26).unwrap())
    };
    (0..bytes).map(|_| next()).collect()
}

/// Posts as an agent does: status, headers and body.
fn post(served: &Served, text: &str) -> (u16, String) {
    let body = seal(text, Packing::Zlib);
    let mut request = format!(
        "POST /ocsinventory HTTP/1.1\r\nHost: ocs\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(&body);
    let answer = String::from_utf8_lossy(&served.browser().exchange(&request)).into_owned();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[test]
fn rel_17_a_panic_in_the_handler_of_agents_is_a_500_with_a_number_and_harms_nobody_else() {
    keep_the_log();
    let served = Served::uncached();
    assert_eq!(post(&served, &inventory(PC, &content("S0", 0))).0, 200);
    // A short message is read where it arrives, a long one on the pool.
    for filler in [0, 20_000] {
        served.panics.store(1, Ordering::SeqCst);
        let (status, answer) = post(&served, &inventory(PC, &content("S1", filler)));
        assert_eq!(status, 500, "{answer}");
        assert!(!answer.to_lowercase().contains("location:") && !answer.contains("text/html"), "{answer}");
        let number = answer.split("Reference: ").nth(1).expect("the answer has a number").trim();
        assert!(number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_hexdigit()), "{number}");
        assert!(is_logged(&format!("reference {number}: POST /ocsinventory")), "{number} is in the log");
        assert_eq!(post(&served, &prolog("pc-2-2026-02-03-08-15-42")).0, 200, "others are answered meanwhile");
        served.panics.store(0, Ordering::SeqCst);
        assert_eq!(post(&served, &inventory(PC, &content("S1", filler))).0, 200, "and so is the computer itself later");
    }
    assert_eq!(served.office.column(PC, "ssn"), "S1");
    assert_eq!(served.office.differences(), Vec::<String>::new());
}

#[test]
fn rel_17_a_panic_in_the_console_is_in_the_log_under_its_number() {
    keep_the_log();
    let served = Served::new();
    let page = served.log_in("marie", Role::Admin).get("/ocsreports/panic");
    page.is(500);
    let number = page.body.split("<code class=\"copy\">").nth(1).unwrap().split('<').next().unwrap();
    assert!(is_logged(&format!("reference {number}: GET /ocsreports/panic")), "{number}");
}

#[test]
fn rel_17_a_panic_in_the_writer_restarts_the_storage() {
    let served = Served::new();
    assert_eq!(post(&served, &inventory(PC, &content("S0", 0))).0, 200);
    served.panics.store(2, Ordering::SeqCst);
    let (status, answer) = post(&served, &inventory(PC, &content("S1", 0)));
    assert_eq!(status, 503, "{answer}");
    assert!(answer.to_lowercase().contains("retry-after:"), "{answer}");
    let begun = Instant::now();
    while post(&served, &inventory(PC, &content("S2", 0))).0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", served.office.app.store.trouble());
    }
    assert_eq!(served.office.column(PC, "ssn"), "S2");
    assert_eq!(served.office.differences(), Vec::<String>::new());
    served.office.blocking(|app| assert!(rollcall::check::check(app).unwrap().fine()));
}
