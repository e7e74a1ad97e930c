use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::clock::Timestamp;
use crate::proof::testing::{Fake, NOW, TIMES, client, client_at, said, tls};

fn ask(path: &str) -> Ask<'_> {
    Ask { path, ..Ask::default() }
}

async fn body(line: &mut Line, path: &str) -> Result<(u16, String), Failure> {
    let answer = line.get(ask(path)).await?;
    let status = answer.status;
    Ok((status, String::from_utf8(answer.whole(100_000).await?).unwrap()))
}

#[actix_web::test]
async fn files_come_whole_in_each_of_the_three_ways_over_one_connection_where_it_is_allowed() {
    let fake = Fake::start(
        None,
        Arc::new(|head| match head.split(' ').nth(1).unwrap() {
            "/length" => said("200 OK", b"by length"),
            "/chunks" => {
                let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nby \r\n6\r\nchunks\r\n0\r\nA: b\r\n\r\n";
                (text.as_bytes().to_vec(), true)
            }
            "/late" => (b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate".to_vec(), true),
            "/end" => (b"HTTP/1.1 200 OK\n\nto the end".to_vec(), false),
            "/empty" => (b"HTTP/1.1 204 No\r\n\r\n".to_vec(), true),
            _ => said("404 Not Found", b"no"),
        }),
    );
    let mut line = client(TIMES).line(fake.origin(false, "127.0.0.1"));
    for (path, status, text) in [
        ("/length", 200, "by length"),
        ("/chunks", 200, "by chunks"),
        ("/late", 200, "late"),
        ("/empty", 204, ""),
        ("/x", 404, "no"),
        ("/end", 200, "to the end"),
    ] {
        assert_eq!(body(&mut line, path).await, Ok((status, text.to_owned())), "{path}");
    }
    assert_eq!(fake.connections.load(Ordering::SeqCst), 1);
    assert_eq!(body(&mut line, "/length").await.unwrap().1, "by length");
    assert_eq!(fake.connections.load(Ordering::SeqCst), 2);
    // What was not read to its end cannot be used again.
    drop(line.get(ask("/length")).await.unwrap());
    assert_eq!(body(&mut line, "/chunks").await.unwrap().1, "by chunks");
    assert_eq!(fake.connections.load(Ordering::SeqCst), 3);
}

#[actix_web::test]
async fn the_rest_of_a_file_is_asked_for_with_a_token() {
    let fake = Fake::start(
        None,
        Arc::new(|head| {
            let asked =
                head.contains("\r\nRange: bytes=3-\r\n") && head.contains("\r\nAuthorization: Bearer secret\r\n");
            let part = "HTTP/1.1 206 Part\r\nContent-Range: bytes 3-5/6\r\nContent-Length: 3\r\n\r\ndef";
            if asked { (part.as_bytes().to_vec(), true) } else { said("403 Forbidden", b"") }
        }),
    );
    let mut line = client(TIMES).line(fake.origin(false, "127.0.0.1"));
    let answer = line.get(Ask { path: "/file", from: 3, bearer: Some("secret") }).await.unwrap();
    assert_eq!((answer.status, answer.from, answer.length), (206, Some(3), Some(3)));
    assert_eq!(answer.whole(3).await.unwrap(), b"def");
    assert_eq!(line.get(ask("/file")).await.unwrap().status, 403);
}

#[actix_web::test]
async fn redirections_are_told_and_not_followed() {
    let there = Fake::start(None, Arc::new(|_| said("200 OK", b"there")));
    let to = format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n", there.port);
    let fake = Fake::start(None, Arc::new(move |_| (to.clone().into_bytes(), true)));
    let mut line = client(TIMES).line(fake.origin(false, "127.0.0.1"));
    let answer = line.get(ask("/")).await.unwrap();
    assert_eq!(answer.status, 302);
    assert!(answer.location.as_deref().is_some_and(|to| to.ends_with(&format!(":{}/", there.port))));
    assert_eq!(there.connections.load(Ordering::SeqCst), 0);
}

#[actix_web::test]
async fn a_connection_that_was_given_up_meanwhile_is_made_anew() {
    let asked = Arc::new(AtomicUsize::new(0));
    let fake = Fake::start(
        None,
        Arc::new(move |_| {
            let answer = said("200 OK", b"here");
            (answer.0, asked.fetch_add(1, Ordering::SeqCst) > 0)
        }),
    );
    let mut line = client(TIMES).line(fake.origin(false, "127.0.0.1"));
    for _ in 0..3 {
        assert_eq!(body(&mut line, "/").await.unwrap().1, "here");
    }
    assert_eq!(fake.connections.load(Ordering::SeqCst), 2);
}

#[actix_web::test]
async fn what_is_cut_or_too_long_or_no_http_is_said() {
    let fake = Fake::start(
        None,
        Arc::new(|head| match head.split(' ').nth(1).unwrap() {
            "/cut" => (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345".to_vec(), false),
            "/cut-chunk" => (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12".to_vec(), false),
            "/no-chunk" => (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n12".to_vec(), false),
            "/nothing" => (Vec::new(), false),
            "/half" => (b"HTTP/1.1 200".to_vec(), false),
            "/long-head" => (format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(20_000)).into_bytes(), false),
            "/endless" => {
                let line = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", "1".repeat(40_000));
                (line.into_bytes(), false)
            }
            "/long" => said("200 OK", &[b'x'; 11]),
            "/long-chunks" => {
                (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n".to_vec(), true)
            }
            _ => (b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(), false),
        }),
    );
    let no = |failure: &Failure| matches!(failure, Failure::NoHttp(_));
    for (path, right) in [
        ("/cut", (&|failure: &Failure| *failure == Failure::Cut) as &dyn Fn(&Failure) -> bool),
        ("/cut-chunk", &|failure| *failure == Failure::Cut),
        ("/no-chunk", &no),
        ("/nothing", &|failure| *failure == Failure::Cut),
        ("/half", &no),
        ("/long-head", &no),
        ("/endless", &no),
        ("/long", &|failure| *failure == Failure::TooLong(10)),
        ("/long-chunks", &|failure| *failure == Failure::TooLong(10)),
        ("/ssh", &no),
    ] {
        let mut line = client(TIMES).line(fake.origin(false, "127.0.0.1"));
        let outcome = match line.get(ask(path)).await {
            Ok(answer) => answer.whole(10).await.map(|_| ()),
            Err(failure) => Err(failure),
        };
        let failure = outcome.expect_err(path);
        assert!(right(&failure), "{path}: {failure:?}");
    }
}

#[actix_web::test]
async fn who_does_not_answer_is_not_waited_for() {
    let brief = Times { head: Duration::from_millis(50), quiet: Duration::from_millis(50), ..TIMES };
    let fake = Fake::start(
        None,
        Arc::new(|head| match head.split(' ').nth(1).unwrap() {
            "/body" => (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345".to_vec(), true),
            _ => (Vec::new(), true),
        }),
    );
    let mut line = client(brief).line(fake.origin(false, "127.0.0.1"));
    assert_eq!(line.get(ask("/head")).await.map(|_| ()), Err(Failure::Silent(Stage::Answer)));
    let answer = line.get(ask("/body")).await.unwrap();
    assert_eq!(answer.whole(10).await, Err(Failure::Silent(Stage::Body)));
}

/// SEC-42: the certificates of `cacert.pem` alone vouch for a server, and for the very name that was asked for.
#[actix_web::test]
async fn sec_42_a_certificate_that_agents_would_refuse_is_refused_for_the_same_reason() {
    let day = Timestamp::DAY;
    let reached = |config, host: &'static str, now| async move {
        let fake = Fake::start(Some(config), Arc::new(|_| said("200 OK", b"safe")));
        let mut line = client_at(now, TIMES).line(fake.origin(true, host));
        let outcome = body(&mut line, "/").await.map(|(_, text)| text);
        (outcome, line.met().clone())
    };
    let (good, met) = reached(tls(false, "127.0.0.1"), "127.0.0.1", NOW).await;
    assert_eq!(good.as_deref(), Ok("safe"));
    assert!(met.version == Some("TLS 1.3") && met.certificate.is_some() && met.address.is_some());
    assert_eq!(reached(tls(false, "localhost"), "localhost", NOW).await.0.as_deref(), Ok("safe"));

    let distrusted = |config, now| async move { reached(config, "127.0.0.1", now).await.0.unwrap_err() };
    let expired = distrusted(tls(false, "127.0.0.1"), NOW.plus(2000 * day)).await;
    assert_eq!(expired, Failure::Certificate(Distrust::Expired));
    let early = distrusted(tls(false, "127.0.0.1"), NOW.plus(-800 * day)).await;
    assert_eq!(early, Failure::Certificate(Distrust::NotYet));
    let foreign = distrusted(tls(true, "127.0.0.1"), NOW).await;
    assert_eq!(foreign, Failure::Certificate(Distrust::Authority));
    let other = distrusted(tls(false, "other.example.net"), NOW).await;
    let Failure::Certificate(Distrust::Names(names)) = other else { panic!("{other:?}") };
    assert!(names.iter().any(|name| name.contains("other.example.net")), "{names:?}");
}

#[actix_web::test]
async fn without_tls_or_anybody_there_it_is_said_which() {
    let plain = Fake::start(None, Arc::new(|_| said("200 OK", b"")));
    let mut line = client(TIMES).line(plain.origin(true, "127.0.0.1"));
    // It waits for the end of a head that never comes, as servers do that speak no TLS.
    let brief = Times { handshake: Duration::from_millis(100), ..TIMES };
    let mut brief_line = client(brief).line(plain.origin(true, "127.0.0.1"));
    assert_eq!(brief_line.connect().await, Err(Failure::Silent(Stage::Handshake)));
    drop(plain);
    assert!(matches!(line.connect().await, Err(Failure::Refused(address)) if address.ip().is_loopback()));
    let nobody = Origin { secure: false, host: "no-such-host.invalid".to_owned(), port: 80 };
    assert!(matches!(client(TIMES).line(nobody).connect().await, Err(Failure::Name(_))));
}

#[test]
fn a_client_without_a_readable_authority_is_refused() {
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(Client::new(text, Clock::by_hand(NOW), TIMES).is_err());
}
