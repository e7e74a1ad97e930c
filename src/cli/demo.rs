//! `demo`: an invented office in a folder of its own, and a server for it that only this machine reaches.

use std::fs;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

use super::args::{Args, Demo};
use super::exit::{Code, Failure};
use super::{demo_groups, demo_packages, serve};
use crate::agent::{Agents, Caller};
use crate::app::{App, private_folder};
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, Sources};
use crate::control::{Answer, Request, Work};
use crate::demo::{Office, Report};
use crate::protocol::envelope::{self, Packing};
use crate::tls::Failed;

/// The account that is made.
const ACCOUNT: &str = "demo";
/// Why the first computers do not get through over HTTPS.
const TURNED_AWAY: [Failed; 4] = [Failed::Authority, Failed::Closed, Failed::Old, Failed::Plain];

/// Makes the office and serves it until Ctrl-C or SIGTERM.
pub fn run(args: &Args, demo: &Demo) -> Result<Code, Failure> {
    let folder = Folder::of(args.data.as_deref())?;
    let config = config(&folder.path, demo)?;
    let password = password()?;
    fill(config.clone(), demo, &password)?;
    super::print(&super::columns(&[
        vec!["Account".to_owned(), ACCOUNT.to_owned()],
        vec!["Password".to_owned(), password],
    ]));
    serve::foreground(config, serve::Place::Terminal)
}

/// The folder of the office. One that was not asked for is gone at the end.
struct Folder {
    path: PathBuf,
    passing: bool,
}

impl Folder {
    fn of(asked: Option<&Path>) -> Result<Folder, Failure> {
        let passing = asked.is_none();
        let path = match asked {
            Some(path) => path.to_path_buf(),
            None => std::env::temp_dir().join(format!("rollcall-demo-{}", random(8)?)),
        };
        if fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()) {
            let sentence =
                format!("the folder `{}` is not empty: an invented office needs one of its own.", path.display());
            return Err(Failure::new(Code::Folder, sentence));
        }
        private_folder(&path).map_err(|error| {
            Failure::new(Code::Folder, format!("the folder `{}` cannot be made: {error}", path.display()))
        })?;
        Ok(Folder { path, passing })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.passing {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The settings of nobody but this call: what is set for the real server does not reach the invented office.
fn config(folder: &Path, demo: &Demo) -> Result<Config, Failure> {
    let flags = vec![
        ("--data", "data", folder.display().to_string()),
        ("--port", "web.http", format!("127.0.0.1:{}", demo.port)),
        ("--https", "web.https", "off".to_owned()),
    ];
    Config::load(&Sources { file: None, environment: Vec::new(), flags, installation: None }).map_err(Failure::from)
}

/// Random hexadecimal digits.
fn random(digits: usize) -> Result<String, Failure> {
    let mut bytes = vec![0_u8; digits.div_ceil(2)];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Failure::new(Code::Failed, "the system gives no random numbers."))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn password() -> Result<String, Failure> {
    let parts = (0..4).map(|_| random(4)).collect::<Result<Vec<_>, _>>()?;
    Ok(parts.join("-"))
}

/// Stores what the agents report, each at its time, and makes the account.
fn fill(config: Config, demo: &Demo, password: &str) -> Result<(), Failure> {
    let now = Clock::system().now();
    let reports = Office::new(demo.seed, now).reports(demo.computers);
    let clock = Clock::by_hand(now.plus(-400 * Timestamp::DAY));
    let app = App::open(config, clock.clone())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Code::Server, format!("no thread can be started: {error}")))?;
    let agents = Agents::new(app.clone());
    let bar = bar(demo.computers);
    let mut addresses = Vec::new();
    for report in reports {
        clock.forward(report.at.since(clock.now()).max(0));
        let Report { address, agent, xml, .. } = report;
        if !addresses.contains(&address) && addresses.len() < TURNED_AWAY.len() {
            addresses.push(address);
        }
        let caller = Caller {
            address: Some(address),
            agent: agent.to_owned(),
            content_type: Some("application/x-compress".to_owned()),
            glpi: false,
            secure: false,
            served: None,
        };
        let answer = runtime.block_on(agents.post(envelope::seal(&xml, Packing::Zlib), caller));
        if answer.status != 200 {
            return Err(Failure::new(Code::Failed, format!("an inventory was refused with status {}.", answer.status)));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    clock.forward(now.since(clock.now()).max(0));
    let work = Work::new(agents.clone(), runtime.handle().clone());
    let account =
        Request::AddUser { account: ACCOUNT.to_owned(), role: "admin".to_owned(), password: password.to_owned() };
    if let Answer::Refused(why) = work.answer(account) {
        return Err(Failure::refused(why));
    }
    demo_packages::fill(&app, ACCOUNT, now)
        .map_err(|error| Failure::new(Code::Data, format!("the packages are not built: {error}")))?;
    demo_groups::fill(&app, ACCOUNT, now)
        .map_err(|error| Failure::new(Code::Data, format!("the groups are not made: {error}")))?;
    for (address, kind) in addresses.into_iter().zip(TURNED_AWAY) {
        for hours in [50, 26, 2] {
            app.handshakes.failed(address, kind, now.plus(-hours * 3600));
        }
    }
    let outcomes = [agents.flush_visits(), agents.flush_orders(), agents.flush_contacts(), agents.flush_handshakes()];
    for outcome in outcomes {
        outcome.map_err(|error| Failure::new(Code::Data, format!("the last contacts are not stored: {error}")))?;
    }
    app.store.close();
    Ok(())
}

fn bar(computers: u64) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(computers), target);
    let style = ProgressStyle::with_template("{pos} of {len} computers  {wide_bar}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
