//! A second site as a process of its own (CON-DEP-19).
#![cfg(unix)]

use rollcall::deployment::replicas;

use super::running::Server;
use super::*;

#[test]
fn con_dep_19_a_site_that_lacks_something_says_what_and_how_to_get_it() {
    let site = Office::new();
    let refused = |words: &[&str], code: i32, parts: &[&str]| {
        let told = site.run(words);
        assert_eq!(told.code, code, "{words:?}: {told:?}");
        assert!(parts.iter().all(|part| told.err.contains(part)), "{words:?}: {}", told.err);
    };
    let of = "https://127.0.0.1:1";
    refused(&["serve", "--replica-of", "http://x"], 4, &["replica.of", "https://ocs.example.net"]);
    refused(&["serve", "--replica-of", of], 4, &["--replica-ca", "cacert.pem"]);
    // A service that could not start is not made.
    refused(&["service", "install", "--replica-of", "http://x"], 4, &["replica.of", "https://ocs.example.net"]);
    refused(&["service", "install", "--replica-of", of], 4, &["--replica-ca", "cacert.pem"]);
    let nothing = site.put("nothing.pem", "nothing");
    refused(&["serve", "--replica-of", of, "--replica-ca", text(&nothing)], 4, &["--replica-token-file"]);
    let bad = site.put("bad.txt", "secret-text");
    let words = ["serve", "--replica-of", of, "--replica-ca", text(&nothing), "--replica-token-file", text(&bad)];
    refused(&words, 4, &["is no token"]);
    let told = site.run(&words);
    assert!(!told.err.contains("secret-text") && !told.out.contains("secret-text"), "{told:?}");
}

#[test]
fn con_dep_19_a_site_starts_again_without_its_files_and_is_no_server_of_its_own() {
    use std::os::unix::fs::PermissionsExt as _;
    let (main, site) = (Office::new(), Office::new());
    let mut server = Server::start(&main);
    let ca = main.folder.path().join("cacert.pem");
    main.fine(&["cert", "export-ca", "-o", text(&ca)]);
    let token = replicas::token().unwrap();
    let file = main.put("token.txt", &format!("{token}\n"));
    let ports = ["--http", "127.0.0.1:0", "--https", "off"];
    let of = ["serve", "--replica-of", "https://127.0.0.1:1"];
    let files = ["--replica-ca", text(&ca), "--replica-token-file", text(&file)];
    let mut first = Server::of(site.command(&[&of[..], &files[..], &ports[..]].concat()));
    assert!(first.greeting.contains("Second site of") && first.greeting.contains("https://127.0.0.1:1"));
    assert!(!first.greeting.contains("Set-up code") && !first.greeting.contains(&token), "{}", first.greeting);
    assert_eq!(first.stop().0, Some(0));
    let kept = site.data().join("replica/token");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let log = std::fs::read_to_string(site.data().join("log/rollcall.log")).unwrap();
    assert!(!log.contains(&token["rollcall-site-".len()..]), "{log}");
    // Again without the files.
    let mut again = Server::of(site.command(&[&of[..], &ports[..]].concat()));
    assert_eq!(again.stop().0, Some(0));
    // Neither on the other's data.
    for words in [&["serve", "--http", "127.0.0.1:0", "--https", "off"][..], &["service", "install"]] {
        let told = site.run(words);
        assert!(told.code == 4 && told.err.contains("second site of https://127.0.0.1:1"), "{told:?}");
    }
    main.put("a.ocs", &inventory("pc-1"));
    main.fine(&["import", "a.ocs"]);
    server.stop();
    let told = main.run(&[&of[..], &files[..], &ports[..]].concat());
    assert!(told.code == 4 && told.err.contains("of its own"), "{told:?}");
    assert!(!main.data().join("replica").exists());
}
