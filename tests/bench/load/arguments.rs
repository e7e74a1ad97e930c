//! What the load program is told.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::sender;

/// Sends requests of agents or browsers and prints rate, latencies and processor time.
///
/// Examples:
///
///   load --computers FOLDER --what new --count 10000 --connections 64 http://127.0.0.1:8080
///
///   load --computers FOLDER --what prolog --requests 5000 --new-connections --ca cacert.pem https://127.0.0.1:8443
///
///   load --computers FOLDER --what unchanged --count 10000 --rate 500 http://127.0.0.1:8080
///
///   load --what pages --paths FILE --cookie NAME=VALUE --requests 500 --connections 1 http://127.0.0.1:8080
#[derive(Debug, Parser)]
#[command(name = "load", verbatim_doc_comment)]
pub struct Arguments {
    /// Base address: http://HOST:PORT or https://HOST:PORT
    pub address: String,

    /// What is sent
    #[arg(long, value_enum, default_value_t = What::New)]
    pub what: What,

    /// Folder of inventories (.xml) that computers are made from; more computers than files get names, serial
    /// numbers and addresses of their own
    #[arg(long)]
    pub computers: Option<PathBuf>,

    /// Number of the first computer
    #[arg(long, default_value_t = 0)]
    pub first: usize,

    /// How many computers
    #[arg(long, default_value_t = 1000)]
    pub count: usize,

    /// For unchanged and changed inventories: how many days after the first one
    #[arg(long, default_value_t = 1)]
    pub day: u32,

    /// Requests in all; computers or paths are gone through again and again [default: each once]
    #[arg(long)]
    pub requests: Option<usize>,

    /// No request begins after so many seconds
    #[arg(long, default_value_t = 300.0)]
    pub seconds: f64,

    /// Connections at once
    #[arg(long, default_value_t = 64)]
    pub connections: usize,

    /// A new connection for each request (and a whole TLS handshake)
    #[arg(long)]
    pub new_connections: bool,

    /// Requests a second (open loop: latency counts from the moment a request is due) [default: as fast as answered]
    #[arg(long)]
    pub rate: Option<f64>,

    /// The only certificate authority that is trusted, for https
    #[arg(long)]
    pub ca: Option<PathBuf>,

    /// File of paths to get, one a line, for --what pages
    #[arg(long)]
    pub paths: Option<PathBuf>,

    /// Cookie sent with pages
    #[arg(long)]
    pub cookie: Option<String>,

    /// Processes whose processor time is counted, with all their descendants; several are parted by commas
    #[arg(long, value_delimiter = ',')]
    pub processes: Vec<u32>,

    /// Print one JSON object instead of a line
    #[arg(long)]
    pub json: bool,

    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    pub bench: bool,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Inventories of computers as their agents first send them.
    New,
    /// Inventories of a later day with nothing new but the date.
    Unchanged,
    /// Inventories of a later day with five per cent of the software in another version.
    Changed,
    /// PROLOGs.
    Prolog,
    /// Pages of the console.
    Pages,
}

/// Where requests go.
pub struct Target {
    /// The address.
    pub address: SocketAddr,
    /// For the Host header.
    pub host: String,
    /// For https.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Arguments {
    /// The base address, looked up. Only loopback is accepted: a load is for one's own machine.
    pub fn target(&self) -> Result<Target, String> {
        let wrong = || format!("`{}` is not http://HOST:PORT or https://HOST:PORT", self.address);
        let (scheme, host) = self.address.trim_end_matches('/').split_once("://").ok_or_else(wrong)?;
        let https = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(wrong()),
        };
        let port = if https { 443 } else { 80 };
        let with_port = if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            host.to_owned()
        } else {
            format!("{host}:{port}")
        };
        let mut found = with_port.to_socket_addrs().map_err(|error| format!("cannot look up `{host}`: {error}"))?;
        let address = found.find(SocketAddr::is_ipv4).ok_or_else(|| format!("`{host}` has no IPv4 address"))?;
        if !address.ip().is_loopback() {
            return Err(format!("`{host}` is not on this machine's loopback"));
        }
        let tls = match (https, &self.ca) {
            (false, _) => None,
            (true, None) => return Err("https needs --ca FILE".to_owned()),
            (true, Some(file)) => {
                let name = with_port.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
                let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
                Some((sender::tls(file, !self.new_connections)?, name))
            }
        };
        Ok(Target { address, host: with_port, tls })
    }

    /// Time after which no request begins.
    pub fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.clamp(0.1, 3600.0))
    }
}
