//! What the HTTPS listener tells of connections that come to nothing, over real connections (CON-AGT-3).

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;

use rollcall::history::handshakes::Failure;
use rollcall::tls::Failed;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

use crate::browser::Served;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn https(served: &Served) -> SocketAddr {
    served.https.unwrap()
}

/// What is known of this machine once it was noted so often.
fn noted(served: &Served, count: u64) -> Failure {
    loop {
        if let Some(failure) = served.office.app.handshakes.of(HERE).filter(|failure| failure.count >= count) {
            return failure;
        }
        std::thread::yield_now();
    }
}

/// Somebody who knows no authority at all.
fn foreign(version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_protocol_versions(&[version]).unwrap();
    Arc::new(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn client(served: &Served, config: Arc<ClientConfig>, name: &'static str) -> (ClientConnection, TcpStream) {
    let socket = TcpStream::connect(https(served)).unwrap();
    (ClientConnection::new(config, ServerName::try_from(name).unwrap()).unwrap(), socket)
}

fn trusting(served: &Served) -> Arc<ClientConfig> {
    served.secure_browser().tls.unwrap()
}

#[test]
fn con_agt_3_a_client_that_knows_another_authority_is_noted_in_both_versions_until_a_request_comes() {
    let served = Served::secure();
    for (n, version) in [(1, &TLS12), (2, &TLS13)] {
        let (mut tls, mut socket) = client(&served, foreign(version), "localhost");
        assert!(tls.complete_io(&mut socket).is_err());
        let failure = noted(&served, n);
        assert_eq!((failure.kind(), failure.count), (Failed::Authority, n), "{version:?}");
        assert!(failure.distrusts());
    }
    let browser = served.secure_browser();
    let answer = browser.exchange(b"GET /ocsreports/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert!(!noted(&served, 2).is_open(), "it got through");
}

#[test]
fn con_agt_3_a_name_that_the_certificate_lacks_is_noted_however_the_client_leaves() {
    let served = Served::secure();
    let (mut tls, mut socket) = client(&served, trusting(&served), "other.office.lan");
    assert!(tls.complete_io(&mut socket).is_err());
    assert_eq!(noted(&served, 1).kind(), Failed::Certificate);
    // As curl does: the handshake is finished, then the name is looked at.
    let (mut tls, mut socket) = client(&served, trusting(&served), "localhost");
    while tls.is_handshaking() {
        tls.complete_io(&mut socket).unwrap();
    }
    drop(socket);
    assert_eq!(noted(&served, 2).kind(), Failed::Left);
    let (mut tls, mut socket) = client(&served, trusting(&served), "localhost");
    while tls.is_handshaking() {
        tls.complete_io(&mut socket).unwrap();
    }
    tls.send_close_notify();
    tls.complete_io(&mut socket).unwrap();
    assert_eq!(noted(&served, 3).kind(), Failed::Left);
}

#[test]
fn con_agt_3_who_just_leaves_with_the_certificate_in_hand_is_noted() {
    let served = Served::secure();
    let (mut tls, mut socket) = client(&served, foreign(&TLS13), "localhost");
    tls.write_tls(&mut socket).unwrap();
    // All that the server says until it waits.
    let mut came = 0;
    while came < 1000 {
        came += socket.read(&mut [0; 4096]).unwrap();
    }
    drop(socket);
    assert_eq!(noted(&served, 1).kind(), Failed::Closed);
}

#[test]
fn con_agt_3_plain_http_and_old_tls_are_told_apart_and_looking_whether_the_port_is_open_is_nothing() {
    let served = Served::secure();
    drop(TcpStream::connect(https(&served)).unwrap());
    let mut plain = TcpStream::connect(https(&served)).unwrap();
    plain.write_all(b"POST /ocsinventory HTTP/1.1\r\nHost: ocs\r\n\r\n").unwrap();
    assert_eq!((noted(&served, 1).kind(), noted(&served, 1).count), (Failed::Plain, 1));
    // TLS 1.0, one cipher, no extension.
    let body = [&[3, 1][..], &[7; 32], &[0, 0, 2, 0xC0, 0x14, 1, 0]].concat();
    let hello = [&[22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8][..], &body].concat();
    let mut old = TcpStream::connect(https(&served)).unwrap();
    old.write_all(&hello).unwrap();
    let mut answer = Vec::new();
    let _ = old.read_to_end(&mut answer);
    assert_eq!(answer.first(), Some(&21), "an alert");
    assert_eq!(noted(&served, 2).kind(), Failed::Old);
    served.office.agents.flush_handshakes().unwrap();
    let kept = served.office.app.read(rollcall::history::Handshakes::load).unwrap();
    assert_eq!(kept.of(HERE).map(|failure| failure.count), Some(2), "it is on the disk");
}

/// Nobody is counted only once a handshake is done: who says nothing would hold every place of those that speak.
#[test]
fn sec_05_one_address_cannot_take_all_connections_by_saying_nothing_before_the_handshake() {
    let served = Served::with(true, |config| {
        config.trusted_proxies.clear();
        config.limits.connections_per_address = 3;
    });
    let silent: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(https(&served)).unwrap()).collect();
    while served.connections() < 3 {
        std::thread::yield_now();
    }
    let shake = || {
        let (mut tls, mut socket) = client(&served, trusting(&served), "localhost");
        while tls.is_handshaking() {
            tls.complete_io(&mut socket)?;
        }
        Ok::<_, std::io::Error>(())
    };
    assert!(shake().is_err(), "one too many");
    assert_eq!(served.office.app.handshakes.all(), [], "which says nothing about its trust");
    drop(silent);
    while served.connections() > 0 {
        std::thread::yield_now();
    }
    assert!(shake().is_ok());
}
