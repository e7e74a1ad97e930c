use super::*;

const NOW: Timestamp = Timestamp(1_790_000_000);
const START: Duration = Duration::from_secs(5);
const LONG_AFTER: Duration = Duration::from_secs(GOOD_FOR as u64 + 5);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Machine {
        Machine(tempfile::tempdir().unwrap())
    }

    fn run(&self) -> PathBuf {
        self.0.path().join("run")
    }

    fn start(&self, administrator: bool, now: Timestamp) -> Setup {
        Setup::start(&self.run(), administrator, now, START).unwrap()
    }

    fn file(&self) -> Option<String> {
        fs::read_to_string(self.run().join(FILE)).ok()
    }
}

fn code(setup: &Setup) -> String {
    setup.code(NOW, START).unwrap().0
}

#[test]
fn sec_50_a_fresh_machine_has_a_code_of_128_bits_in_groups() {
    let machine = Machine::new();
    let code = code(&machine.start(false, NOW));
    let groups: Vec<&str> = code.split('-').collect();
    assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [4, 4, 4, 4, 4, 4, 2]);
    assert!(code.bytes().all(|letter| letter == b'-' || LETTERS.contains(&letter)), "{code}");
    assert_ne!(code, self::code(&Machine::new().start(false, NOW)));
    assert_eq!(machine.file().unwrap().lines().next(), Some(code.as_str()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(machine.run().join(FILE)), mode(machine.run())), (0o600, 0o700));
    }
}

#[test]
fn con_set_1_the_machine_itself_needs_no_code_and_others_do() {
    let setup = Machine::new().start(false, NOW);
    let open = Entry::Open(Purpose::FirstAdministrator);
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(setup.check(ip(address), None, NOW, START), open);
    }
    assert_eq!(setup.check(ip("192.168.1.2"), None, NOW, START), Entry::Wrong);
    assert_eq!(setup.check(ip("192.168.1.2"), Some(""), NOW, START), Entry::Wrong);
}

#[test]
fn con_set_1_the_code_may_be_typed_as_people_type() {
    let setup = Machine::new().start(false, NOW);
    let code = code(&setup);
    let spellings = [
        code.clone(),
        code.to_lowercase(),
        code.replace('-', ""),
        code.replace('-', " "),
        format!("  {code}\n"),
        code.replace('0', "o").replace('1', "l"),
    ];
    for (n, typed) in spellings.iter().enumerate() {
        let address = ip(&format!("192.168.1.{n}"));
        assert_eq!(setup.check(address, Some(typed), NOW, START), Entry::Open(Purpose::FirstAdministrator), "{typed}");
    }
    for (n, typed) in [&code[1..], &format!("{code}A"), "A", &"A".repeat(10_000), "é"].into_iter().enumerate() {
        assert_eq!(setup.check(ip(&format!("192.168.2.{n}")), Some(typed), NOW, START), Entry::Wrong, "{typed}");
    }
}

#[test]
fn sec_50_wrong_tries_are_limited_and_turn_nobody_else_away() {
    let setup = Machine::new().start(false, NOW);
    let code = code(&setup);
    let check = |address: &str, typed: &str| setup.check(ip(address), Some(typed), NOW, START);
    for _ in 0..TRIES {
        assert_eq!(check("192.168.1.2", "wrong"), Entry::Wrong);
    }
    assert_eq!(check("192.168.1.2", &code), Entry::Wait { seconds: 6 });
    for _ in 0..20 {
        assert_eq!(check("192.168.1.3", &code), Entry::Open(Purpose::FirstAdministrator), "right ones do not count");
    }
    let later = START + Duration::from_secs(6);
    assert_ne!(setup.check(ip("192.168.1.2"), Some(&code), NOW, later), Entry::Wrong);
}

#[test]
fn sec_50_a_code_is_good_for_a_day_whatever_the_clock_says() {
    let machine = Machine::new();
    let setup = machine.start(false, NOW);
    let old = code(&setup);
    let later = NOW.plus(GOOD_FOR);
    let there = ip("192.168.1.2");
    assert_eq!(setup.check(there, Some(&old), later, START), Entry::Wrong);
    assert_eq!(setup.check(there, Some(&old), NOW.plus(-GOOD_FOR - 1), START), Entry::Wrong);
    assert_eq!(setup.check(there, Some(&old), NOW, LONG_AFTER), Entry::Wrong, "the clock was set back");
    assert_eq!(setup.code(later, START), None);
    assert_eq!(setup.refresh(NOW, START).unwrap(), None, "still good");
    let new = setup.refresh(later, LONG_AFTER).unwrap().unwrap();
    assert_ne!(new, old);
    assert_eq!(setup.check(ip("10.0.0.1"), Some(&new), later, LONG_AFTER), Entry::Open(Purpose::FirstAdministrator));
    assert_eq!(setup.check(ip("10.0.0.1"), Some(&old), later, LONG_AFTER), Entry::Wrong);
}

#[test]
fn sec_50_a_restart_keeps_a_good_code_and_replaces_any_other() {
    let machine = Machine::new();
    let first = code(&machine.start(false, NOW));
    assert_eq!(machine.start(false, NOW.plus(3600)).code(NOW.plus(3600), START).unwrap().0, first);
    let next_day = NOW.plus(GOOD_FOR);
    assert_ne!(machine.start(false, next_day).code(next_day, START).unwrap().0, first);
    for damaged in
        ["", "x", "\u{0}\u{1}", &"A".repeat(5000), "0000-0000-0000-0000-0000-0000-00\nfor: nothing\nmade: now\n"]
    {
        fs::write(machine.run().join(FILE), damaged).unwrap();
        assert_eq!(code(&machine.start(false, NOW)).len(), LENGTH + 6, "{damaged:?}");
    }
}

#[test]
fn con_set_3_the_code_is_gone_when_an_administrator_exists() {
    let machine = Machine::new();
    let setup = machine.start(false, NOW);
    let code = code(&setup);
    setup.finish().unwrap();
    assert_eq!(setup.check(ip("127.0.0.1"), Some(&code), NOW, START), Entry::Closed);
    assert_eq!((setup.code(NOW, START), machine.file()), (None, None));
    setup.finish().unwrap();

    // The file of a set-up that was cut off between the account and here.
    machine.start(false, NOW);
    let setup = machine.start(true, NOW);
    assert_eq!((setup.code(NOW, START), machine.file()), (None, None));
    assert_eq!(setup.check(ip("127.0.0.1"), None, NOW, START), Entry::Closed);
}

#[test]
fn sec_59_a_lost_password_takes_a_code_from_everywhere() {
    let machine = Machine::new();
    let marie: Account = "marie".parse().unwrap();
    let left = lost_password(&machine.run(), marie.clone(), NOW).unwrap();
    let setup = machine.start(true, NOW);
    let open = Entry::Open(Purpose::LostPassword(marie.clone()));
    assert_eq!(setup.check(ip("127.0.0.1"), None, NOW, START), Entry::Wrong, "not even the machine itself");
    assert_eq!(setup.check(ip("127.0.0.1"), Some(&left), NOW, START), open);
    assert_eq!(setup.check(ip("192.168.1.2"), Some(&left), NOW, START), open);

    let renewed = setup.renew(Purpose::LostPassword(marie), NOW, START).unwrap();
    assert_eq!(setup.check(ip("127.0.0.1"), Some(&left), NOW, START), Entry::Wrong);
    assert_eq!(setup.check(ip("127.0.0.1"), Some(&renewed), NOW, START), open);
    assert_eq!(setup.refresh(NOW.plus(GOOD_FOR), START).unwrap(), None);
    assert_eq!((setup.check(ip("127.0.0.1"), Some(&renewed), NOW, START), machine.file()), (Entry::Closed, None));
}
