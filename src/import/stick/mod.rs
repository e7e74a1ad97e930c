//! USB sticks with our kit that are plugged into the server (CON-IMP-5): found, counted, imported.
//!
//! A visit to a place looks for kits and tells `App::sticks` what is on them; it imports when somebody asked for it, or by
//! itself when the option STICKS_AUTO_IMPORT is on. What is on a stick is read within bounds and never run (SEC-30). A
//! visit may hang with a drive that does not answer, so each place is visited on a thread of its own (`jobs::sticks`).

mod door;
mod leave;
mod look;
mod places;
mod take;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::{error, info, warn};

pub use leave::RESULTS;
pub use places::{Place, places};

use self::look::Listed;
use self::take::{Desk, Taken, take};
use super::files::Candidate;
use super::folder::Look;
use super::{Bounds, ImportOutcome, ImportResult, Read, import};
use crate::agent::Agents;
use crate::app::App;
use crate::app::sticks::{Mute, Seen, Trouble, Work};
use crate::history::brought::{self, Brought, Content};
use crate::history::imports;
use crate::i18n;
use crate::options::STICKS_AUTO_IMPORT;
use crate::store::{self, Txn};

/// An import that did not come to its end is not tried again by itself before this has passed, twice as long after each
/// failure.
const PAUSE: Duration = Duration::from_secs(60);
/// So often the pause becomes longer: up to an hour.
const LONGER: u32 = 6;

/// What a visit needs.
pub struct Tools {
    /// Where inventories go.
    pub agents: Arc<Agents>,
    /// The runtime on which they are imported.
    pub runtime: Handle,
    /// Certificates of our authority, to tell a kit of another server.
    pub authority: String,
}

/// What is remembered of a place from one visit to the next.
#[derive(Debug, Default)]
pub struct Memory {
    kits: BTreeMap<PathBuf, Kit>,
}

/// What is remembered of a kit as long as it is there.
#[derive(Debug, Default)]
struct Kit {
    foreign: bool,
    /// How its files looked: one counts when it looks the same twice, because it may still be copied.
    looks: HashMap<PathBuf, Look>,
    /// Files that cannot be read.
    stuck: HashMap<PathBuf, Look>,
    /// What files were recognised by.
    contents: HashMap<PathBuf, (Look, Content)>,
    /// When an import may be tried again by itself, on the monotonic clock.
    again: Option<Duration>,
    /// Imports in a row that did not come to their ends.
    failures: u32,
}

/// Whether a file is known by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    New,
    Taken,
    Refused,
}

/// Visits a place once. `ending` says that the server is about to end.
pub fn visit(tools: &Tools, place: &Place, memory: &mut Memory, ending: &dyn Fn() -> bool) {
    let app = tools.agents.app();
    let found = look::kits(&place.root);
    let denied = found.as_ref().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    app.sticks.note_mute(&place.root, denied.then_some(Mute::Denied));
    let kits = found.unwrap_or_default();
    leave_gone(app, memory, &|kit| !kits.iter().any(|there| there == kit));
    for kit in &kits {
        if ending() {
            return;
        }
        let state = memory.kits.entry(kit.clone()).or_insert_with(|| {
            let foreign = look::is_foreign(kit, &tools.authority);
            Kit { foreign, ..Kit::default() }
        });
        look_after(tools, kit, state, ending);
    }
}

/// Notes that everything of a place is gone.
pub fn gone(app: &App, memory: &mut Memory) {
    leave_gone(app, memory, &|_| true);
}

fn leave_gone(app: &App, memory: &mut Memory, is_gone: &dyn Fn(&Path) -> bool) {
    let lost: Vec<PathBuf> = memory.kits.keys().filter(|kit| is_gone(kit)).cloned().collect();
    if lost.is_empty() {
        return;
    }
    app.sticks.lost(|kit| lost.iter().any(|one| one == kit), app.clock.now());
    for kit in lost {
        info!("the stick `{}` is gone", kit.display());
        memory.kits.remove(&kit);
    }
}

/// Looks at a kit, tells what is on it, and imports it when that is wanted.
fn look_after(tools: &Tools, kit: &Path, state: &mut Kit, ending: &dyn Fn() -> bool) {
    let app = tools.agents.app();
    state.wait_is_over(app.clock.elapsed());
    let (seen, files) = state.count(app, kit, ending);
    let Some((number, fresh)) = app.sticks.saw(kit, seen, app.clock.now()) else { return };
    if fresh {
        info!("a stick with our kit is plugged in: `{}`", kit.display());
    }
    let wanted = app.sticks.is_wanted(number);
    let by_itself = app.options.general().switch(STICKS_AUTO_IMPORT) && state.again.is_none();
    if seen.new == 0 || !(wanted || by_itself) {
        if wanted {
            app.sticks.ended(number, seen, None, None);
        }
        return;
    }
    let of = files.len() as u64;
    app.sticks.work(number, Work::Import { done: 0, of }, &[], app.clock.now());
    let desk = Counter { tools, number, of, ending };
    let bounds = Bounds::from(&app.config.limits);
    let taken = catch_unwind(AssertUnwindSafe(|| take(kit, &files, &bounds, &desk)));
    let taken = taken.unwrap_or_else(|_| {
        let stuck = files.iter().map(|file| file.path.clone()).collect();
        Taken { trouble: Some(Trouble::Fault), unwritten: None, stuck }
    });
    let stuck: HashSet<&PathBuf> = taken.stuck.iter().collect();
    let looks = files.iter().filter(|file| stuck.contains(&file.path));
    state.stuck.extend(looks.map(|file| (file.path.clone(), (file.made, file.size))));
    state.again = taken.trouble.map(|_| app.clock.elapsed() + PAUSE * 2_u32.pow(state.failures.min(LONGER)));
    state.failures = if taken.trouble.is_some() { state.failures + 1 } else { 0 };
    if let Some(trouble) = taken.trouble {
        warn!("the import of the stick `{}` did not come to its end: {trouble:?}", kit.display());
    }
    // What is left, before anybody asks.
    let (seen, _) = state.count(app, kit, ending);
    app.sticks.ended(number, seen, taken.trouble, taken.unwritten);
}

impl Kit {
    /// Forgets what kept the last import from its end once that may be tried again, and then as a whole: it may have been the
    /// drive that failed, and not its files.
    fn wait_is_over(&mut self, now: Duration) {
        if self.again.is_some_and(|again| now >= again) {
            self.again = None;
            self.stuck.clear();
        }
    }

    /// What is on a kit, and the files that an import works on: new ones, and those that only have to be put away.
    fn count(&mut self, app: &App, kit: &Path, ending: &dyn Fn() -> bool) -> (Seen, Vec<Candidate>) {
        let listed = look::inventories(kit);
        let unanswered = u64::from(listed.is_err());
        let Listed { files, more, closed } = listed.unwrap_or_default();
        let mut seen = Seen { more, unreadable: unanswered + closed, foreign: self.foreign, ..Seen::default() };
        let (mut wanted, mut looks) = (Vec::new(), HashMap::new());
        // The store is let go before a file is read: a drive that does not answer would hold its pages.
        let sizes: HashSet<u64> = files.iter().map(|file| file.size).collect();
        let known_sizes = app.read(|store| {
            let mut known = HashSet::new();
            for size in sizes {
                if brought::any_of_size(store, size)? {
                    known.insert(size);
                }
            }
            Ok(known)
        });
        let Ok(known_sizes) = known_sizes else { return (seen, wanted) };
        for file in files {
            let look = (file.made, file.size);
            let settled = self.looks.get(&file.path) == Some(&look);
            looks.insert(file.path.clone(), look);
            if self.stuck.get(&file.path) == Some(&look) {
                seen.unreadable += 1;
            } else if !settled || ending() {
                seen.unsettled += 1;
            } else {
                match self.known(app, kit, &file, &known_sizes, ending) {
                    Some(Known::Taken) => seen.known += 1,
                    Some(Known::New) => seen.new += 1,
                    Some(Known::Refused) => {
                        seen.refused += 1;
                        continue;
                    }
                    None => {
                        seen.unreadable += 1;
                        continue;
                    }
                }
                wanted.push(file);
            }
        }
        self.stuck.retain(|path, look| looks.get(path) == Some(look));
        self.contents.retain(|path, (look, _)| looks.get(path) == Some(look));
        self.looks = looks;
        (seen, wanted)
    }

    /// Whether a file is known by its content; `None` when it cannot be read. Only files of a size that is known are read.
    fn known(
        &mut self,
        app: &App,
        kit: &Path,
        file: &Candidate,
        known_sizes: &HashSet<u64>,
        ending: &dyn Fn() -> bool,
    ) -> Option<Known> {
        if !known_sizes.contains(&file.size) {
            return Some(Known::New);
        }
        let look = (file.made, file.size);
        let content = match self.contents.get(&file.path) {
            Some((known, content)) if *known == look => content.clone(),
            _ => {
                let read = door::open(kit, &file.path).and_then(|mut opened| look::content(&mut opened, ending));
                let Ok(content) = read else {
                    self.stuck.insert(file.path.clone(), look);
                    return None;
                };
                self.contents.insert(file.path.clone(), (look, content.clone()));
                content
            }
        };
        Some(match app.read(|store| brought::known(store, &content)) {
            Ok(Some(Brought { taken: true, .. })) => Known::Taken,
            Ok(Some(_)) => Known::Refused,
            Ok(None) | Err(_) => Known::New,
        })
    }
}

/// The server, as an import sees it.
struct Counter<'a> {
    tools: &'a Tools,
    /// The stick's.
    number: u32,
    /// Files in all.
    of: u64,
    ending: &'a dyn Fn() -> bool,
}

impl Counter<'_> {
    fn app(&self) -> &Arc<App> {
        self.tools.agents.app()
    }
}

impl Desk for Counter<'_> {
    fn import(&self, read: Read) -> ImportResult {
        import(&self.tools.agents, &self.tools.runtime, read, false)
    }

    fn known(&self, content: &Content) -> Option<bool> {
        let known = self.app().read(|store| brought::known(store, content));
        known.ok().flatten().map(|brought| brought.taken)
    }

    fn keep(&self, outcomes: &[ImportOutcome], known: &[(Content, bool)]) -> bool {
        for outcome in outcomes {
            info!("import of `{}`: {}", outcome.name, outcome.result);
        }
        let (app, at, outcomes) = (self.app(), self.app().clock.now(), outcomes.to_vec());
        let brought = |(content, taken): &(Content, bool)| (content.clone(), Brought { at, taken: *taken });
        let known: Vec<(Content, Brought)> = known.iter().map(brought).collect();
        let full = app.read(brought::is_full).unwrap_or(false);
        let kept = app.write(move |w: &mut Txn<'_>| {
            if full {
                brought::forget(w)?;
            }
            imports::note_in(w, at, outcomes)?;
            brought::remember(w, &known)?;
            Ok::<_, store::Error>(())
        });
        kept.inspect_err(|why| error!("results of files from a stick are not written down: {why}")).is_ok()
    }

    fn told(&self, done: u64, outcomes: &[ImportOutcome]) {
        let app = self.app();
        app.sticks.work(self.number, Work::Import { done, of: self.of }, outcomes, app.clock.now());
    }

    fn ending(&self) -> bool {
        (self.ending)()
    }

    fn date(&self) -> String {
        i18n::iso_date_time(self.app().clock.now(), &self.app().zone)
    }
}
