use std::sync::mpsc;

use super::super::runs::Proofs;
use super::super::testing::{Fake, NOW, TIMES, Wrong, client, package, published, right, said, server, tls};
use super::*;

/// A group with a server for each of these, besides one that serves the information file.
struct Site {
    proofs: Arc<Proofs>,
    package: Arc<Package>,
    files: Files,
    info: Fake,
    servers: Vec<Fake>,
    _folder: tempfile::TempDir,
}

fn site(servers: Vec<Wrong>) -> Site {
    site_with(right(), servers)
}

fn site_with(info: Wrong, servers: Vec<Wrong>) -> Site {
    let (package, archive) = package();
    let folder = tempfile::tempdir().unwrap();
    let files = published(folder.path(), &package, &archive);
    let info = Fake::start(Some(tls(false, "127.0.0.1")), server(&package, &archive, info));
    let servers = servers.into_iter().map(|wrong| Fake::start(None, server(&package, &archive, wrong))).collect();
    Site { proofs: Arc::default(), package: Arc::new(package), files, info, servers, _folder: folder }
}

fn at(port: u16) -> Place {
    Place { host: "127.0.0.1".into(), port: Some(port), folder: "download".into() }
}

impl Site {
    /// A plan for its servers, and for some of which no address is known.
    fn plan(&self, nowhere: usize) -> Plan {
        let places = self.servers.iter().map(|one| Ok(at(one.port)));
        let places = places.chain(std::iter::repeat_n(Err(None), nowhere));
        let one = |(n, place)| Candidate {
            computer: ComputerId(n),
            name: format!("SRV-{n}"),
            place,
            activation: Activation { fragments: format!("srv-{n}/download"), ..Activation::default() },
        };
        Plan {
            package: self.package.clone(),
            info: at(self.info.port),
            group: GroupId(1),
            pattern: String::new(),
            servers: (1..).zip(places).map(one).collect(),
            activates: true,
            by: "boss".into(),
            at: NOW,
        }
    }

    fn begin(&self, then: Then) -> Result<Arc<Series>, Busy> {
        let id = self.proofs.begin_series(self.plan(0), client(TIMES), self.files.clone(), then)?;
        Ok(self.proofs.series(id).unwrap())
    }
}

fn end(series: &Series) -> Now {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(series.wait(Duration::from_secs(60)));
    let now = series.look();
    assert!(now.ended);
    now
}

fn missing(path: &'static str) -> Wrong {
    Arc::new(move |asked| asked.ends_with(path).then(|| said("404 Not Found", b"")))
}

#[test]
fn con_dep_9_each_server_of_a_group_is_tried_and_what_they_have_in_common_once() {
    let site = site(vec![right(), missing("-2"), right(), right(), right(), right()]);
    let asked = Arc::new(Mutex::new(None));
    let told = asked.clone();
    let then: Then = Box::new(move |now| {
        *told.lock().unwrap() = Some((now.is_good(), now.good()));
        None
    });
    let id = site.proofs.begin_series(site.plan(1), client(TIMES), site.files.clone(), then).unwrap();
    let series = site.proofs.series(id).unwrap();
    let now = end(&series);
    assert_eq!(*asked.lock().unwrap(), Some((false, 5)));
    assert!(now.is_common_good() && now.may_activate(), "{now:?}");
    assert_eq!((now.good(), now.tried(), now.servers.len()), (5, 7, 7));
    assert!(
        matches!(now.servers[1], Found::Bad(Step::Fragments, Trouble::Fragments { first: 2, bad: 1, .. })),
        "{now:?}"
    );
    assert_eq!(now.servers[6], Found::NoPlace);
    assert_eq!(site.info.connections.load(Ordering::SeqCst), 1, "the information file is fetched once");
    let named = |all| series.wanted(all).into_iter().map(|one| one.fragments).collect::<Vec<_>>();
    assert_eq!(named(false).len(), 5);
    assert!(!named(false).contains(&"srv-2/download".to_owned()));
    assert_eq!(named(true).len(), 7);
}

#[test]
fn con_dep_9_all_servers_are_good_when_all_of_them_and_what_they_have_in_common_are() {
    let kept: fn(&Now) -> Option<Became<u64>> = |now| now.is_good().then_some(Became::Activated(2));
    let site = site(vec![right(), right()]);
    assert_eq!(end(&site.begin(Box::new(kept)).unwrap()).became, Some(Became::Activated(2)));
    // The information file is missing: nothing is activated by itself, but may be.
    let site = site_with(missing("/info"), vec![right()]);
    let now = end(&site.begin(Box::new(kept)).unwrap());
    assert!(now.became.is_none() && now.good() == 1 && now.may_activate(), "{now:?}");
    // Another one is there: agents would do something else.
    let other: Wrong = Arc::new(|path| path.ends_with("/info").then(|| said("200 OK", b"Welcome")));
    let site = site_with(other, vec![right()]);
    let now = end(&site.begin(Box::new(kept)).unwrap());
    assert!(now.became.is_none() && now.good() == 1 && !now.may_activate(), "{now:?}");
}

#[test]
fn con_dep_9_a_series_is_stopped_and_nobody_begins_another_meanwhile() {
    // Each server holds its second fragment back until it is allowed.
    let (go, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let held: Wrong = Arc::new(move |path| {
        if path.ends_with("-2") {
            let _ = gate.lock().unwrap().recv();
        }
        None
    });
    let site = site(vec![held; BESIDE + 2]);
    let series = site.begin(Box::new(|now| now.is_good().then_some(Became::Activated(6)))).unwrap();
    assert!(matches!(site.begin(Box::new(|_| None)), Err(Busy)));
    site.proofs.stop(PackageId(site.package.id.0 + 1));
    assert!(!series.is_stopped(), "another package");
    site.proofs.stop(site.package.id);
    assert!(series.is_stopped());
    drop(go);
    let now = end(&series);
    assert!(now.became.is_none() && now.good() == 0, "{now:?}");
    assert!(now.servers.iter().all(|found| *found == Found::NotTried), "{now:?}");
    // One that breaks down is over as well, and the next may begin.
    let broken = end(&site.begin(Box::new(|_| panic!("on purpose"))).unwrap());
    assert_eq!(broken.became, None);
    for _ in 0..KEPT {
        end(&site.begin(Box::new(|_| None)).unwrap());
    }
    assert!(site.proofs.series(1).is_none() && site.proofs.series(2).is_none(), "the latest are remembered");
    assert!(site.proofs.series(3).is_some());
}

/// The last fragment may be on its way, for hours, when somebody presses the button.
#[test]
fn con_dep_9_nothing_follows_a_series_that_somebody_ended_however_far_it_was() {
    let begun: Arc<Mutex<Option<Arc<Series>>>> = Arc::default();
    let stopped = begun.clone();
    // Ended before the last file comes.
    let ends: Wrong = Arc::new(move |path| {
        if path.ends_with("-3") {
            while stopped.lock().unwrap().as_ref().map(|series| series.stop()).is_none() {
                std::thread::yield_now();
            }
        }
        None
    });
    let site = site(vec![ends]);
    let series = site.begin(Box::new(|now| now.is_good().then_some(Became::Activated(1)))).unwrap();
    *begun.lock().unwrap() = Some(series.clone());
    let now = end(&series);
    assert_eq!((&now.servers[..], now.became), (&[Found::NotTried][..], None), "{now:?}");
    assert!(now.may_activate(), "by hand");
}

#[test]
fn con_dep_9_a_server_has_longer_for_a_larger_archive() {
    assert_eq!(most_time(0), Duration::from_secs(300));
    assert_eq!(most_time(1 << 30), Duration::from_secs(300 + 4096));
}
