//! A load of agents against a running server: closed loop, kept or new connections.
//!
//! `load ADDRESS PID FOLDER PHASE CONNECTIONS` posts every `.ocs` file of FOLDER (PHASE `inventory`) or a PROLOG
//! for each of them (`prolog`, `prolog-new` with a connection for each), and prints one line: requests a second,
//! latencies, processor time of the server for each request. Senders are spread over 127.0.0.0/8.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rollcall::protocol::envelope::{self, Packing};
use socket2::{Domain, Socket, Type};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [address, pid, folder, phase, connections] = arguments.as_slice() else {
        eprintln!("load ADDRESS PID FOLDER inventory|prolog|prolog-new CONNECTIONS");
        std::process::exit(2);
    };
    let address: SocketAddr = address.parse().expect("ADDRESS is host:port");
    let connections: usize = connections.parse().expect("CONNECTIONS is a number");
    let bodies = Arc::new(bodies(Path::new(folder), phase));
    let keep = phase != "prolog-new";
    let rounds = if phase == "inventory" { 1 } else { (30_000 / bodies.len().max(1)).max(1) };
    let total = bodies.len() * rounds;

    let next = Arc::new(AtomicUsize::new(0));
    let latencies = Arc::new(Mutex::new(Vec::with_capacity(total)));
    let failures = Arc::new(AtomicUsize::new(0));
    let before = processor_time(pid);
    let begun = Instant::now();
    let threads: Vec<_> = (0..connections)
        .map(|number| {
            let (bodies, next, latencies, failures) =
                (bodies.clone(), next.clone(), latencies.clone(), failures.clone());
            std::thread::spawn(move || {
                let mut own = Vec::new();
                let mut connection: Option<TcpStream> = None;
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= total {
                        break;
                    }
                    let body = &bodies[at % bodies.len()];
                    let sent = Instant::now();
                    let from = Ipv4Addr::new(127, 1 + (at % 200) as u8 * u8::from(!keep), 0, 1 + (number % 250) as u8);
                    let mut stream = connection.take().unwrap_or_else(|| connect(from, address));
                    match exchange(&mut stream, body, keep) {
                        Ok(200) => own.push(sent.elapsed()),
                        _ => drop(failures.fetch_add(1, Ordering::Relaxed)),
                    }
                    if keep {
                        connection = Some(stream);
                    }
                }
                latencies.lock().unwrap().extend(own);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let took = begun.elapsed();
    let cost = processor_time(pid).saturating_sub(before);
    let mut latencies = latencies.lock().unwrap().clone();
    latencies.sort_unstable();
    let at =
        |share: f64| latencies.get(((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1)));
    let ms = |duration: Option<&Duration>| duration.map_or(0.0, |duration| duration.as_secs_f64() * 1000.0);
    println!(
        "{phase:<12} {:>8.0}/s   p50 {:>7.2} ms   p99 {:>7.2} ms   {:>7.0} us of processor each   {} requests, {} failed",
        latencies.len() as f64 / took.as_secs_f64(),
        ms(at(0.5)),
        ms(at(0.99)),
        cost.as_secs_f64() * 1e6 / total as f64,
        total,
        failures.load(Ordering::Relaxed),
    );
}

fn bodies(folder: &Path, phase: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("FOLDER is there").map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "ocs"));
    files.sort();
    let body = |file: &std::path::PathBuf| {
        let bytes = std::fs::read(file).unwrap();
        if phase == "inventory" {
            return bytes;
        }
        let opened = envelope::open(&bytes, &rollcall::limits::Limits::default()).unwrap();
        let text = String::from_utf8_lossy(&opened.bytes).into_owned();
        let device = text.split_once("<DEVICEID>").unwrap().1.split_once('<').unwrap().0.to_owned();
        envelope::seal(
            &format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><REQUEST><DEVICEID>{device}</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>"
            ),
            Packing::Zlib,
        )
    };
    files.iter().map(body).collect()
}

fn connect(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(IpAddr::V4(from), 0).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    let stream: TcpStream = socket.into();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn exchange(stream: &mut TcpStream, body: &[u8], keep: bool) -> std::io::Result<u16> {
    let mut request = format!(
        "POST /ocsinventory HTTP/1.1\r\nHost: localhost\r\nUser-Agent: OCS-NG_WINDOWS_AGENT_v2.10.1.0\r\nContent-Type: application/x-compressed\r\nContent-Length: {}\r\n{}\r\n",
        body.len(),
        if keep { "" } else { "Connection: close\r\n" }
    )
    .into_bytes();
    request.extend_from_slice(body);
    stream.write_all(&request)?;
    let mut answer = Vec::with_capacity(1024);
    let mut chunk = [0_u8; 2048];
    loop {
        let count = stream.read(&mut chunk)?;
        answer.extend_from_slice(&chunk[..count]);
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
            let length = head
                .split_once("content-length: ")
                .and_then(|(_, rest)| rest.lines().next()?.trim().parse::<usize>().ok());
            if answer.len() >= end + 4 + length.unwrap_or(0) {
                return Ok(head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0));
            }
        }
        if count == 0 {
            return Ok(0);
        }
    }
}

/// User and system time of the server so far, in ticks of 10 ms as Linux counts.
fn processor_time(pid: &str) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = text.rsplit_once(") ").map_or("", |(_, after)| after);
    let fields: Vec<&str> = after.split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}
