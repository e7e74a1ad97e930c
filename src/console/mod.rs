//! The administration console: what a person sees in a browser under `/ocsreports`.
//!
//! - [`view`] and [`pages`] only write: values in, markup out. Neither asks the store, the clock or the network.
//! - `handlers` reads what a page shows, or changes what a form asks for.
//! - [`PAGES`] is the one table of routes (SEC-56): the server, the menu and the tests are made from it. Before a
//!   handler runs, `dispatch` has looked at the name in the address, the connection, the session, the right, the
//!   origin and the token of the form; no handler does any of this itself.

mod assets;
mod care;
pub mod cookies;
mod dispatch;
mod door;
mod error;
pub mod form;
mod handlers;
pub mod lists;
pub mod manual;
pub mod pages;
mod state;
pub mod view;
mod visit;

use std::future::Future;
use std::pin::Pin;

use actix_web::guard;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::limits::Limits;
use crate::users::Right;
use crate::web::Allowed;
use view::icon::Icon;

pub(crate) use error::Error;
pub use state::{Console, StartError};
pub(crate) use visit::Asked;

/// A page of the console with its routes.
pub struct Page {
    /// Its address; the pages of single things lie below.
    pub path: &'static str,
    /// Its place in the menu, by its icon; the order is that of [`PAGES`].
    pub menu: Option<Icon>,
    /// Key of its title.
    pub title: &'static str,
    /// Who may open it.
    pub access: Access,
    /// Every address below it.
    pub routes: &'static [Route],
}

/// Reading or changing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET and HEAD: changes nothing.
    Get,
    /// POST: carries the token of its form.
    Post,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, over any connection and under any name: style sheet, script, health. Holds no data.
    Static,
    /// Everybody, logged in or not, before the set-up too. Holds no data.
    Always,
    /// Everybody, logged in or not.
    Anonymous,
    /// Who sets the server up, or chooses a new password with a code of the local command; gone otherwise.
    SetupOnly,
    /// Who is logged in and has this right.
    Right(Right),
}

/// One address and method.
pub struct Route {
    /// GET or POST.
    pub verb: Verb,
    /// The address; `{name}` stands for one step.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    pub(crate) handler: Handler,
    pub(crate) brings: Brings,
}

/// What comes with a POST besides the fields of a form.
#[derive(Clone, Copy)]
pub(crate) enum Brings {
    /// Nothing.
    Fields,
    /// Files, within what the function says to who has the limits.
    Files(fn(&Limits) -> Allowed),
    /// A piece of a file as the whole body, read by the handler; the token of the form is a header.
    Piece,
}

/// What answers a route, once the request was found good.
pub(crate) type Handler = fn(Asked) -> Answering;
/// An answer that is being made.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>>>>;

impl Route {
    const fn get(path: &'static str, access: Access, handler: Handler) -> Route {
        Route { verb: Verb::Get, path, access, handler, brings: Brings::Fields }
    }

    const fn post(path: &'static str, access: Access, handler: Handler) -> Route {
        Route { verb: Verb::Post, path, access, handler, brings: Brings::Fields }
    }

    /// A form that may bring files.
    const fn upload(path: &'static str, access: Access, files: fn(&Limits) -> Allowed, handler: Handler) -> Route {
        Route { verb: Verb::Post, path, access, handler, brings: Brings::Files(files) }
    }

    /// A piece of a file, sent by a script.
    const fn piece(path: &'static str, access: Access, handler: Handler) -> Route {
        Route { verb: Verb::Post, path, access, handler, brings: Brings::Piece }
    }

    /// Whether its form may bring files.
    pub fn takes_files(&self) -> bool {
        matches!(self.brings, Brings::Files(_))
    }
}

/// Every page, in the order of the menu.
pub static PAGES: &[&Page] = &[
    &handlers::dashboard::PAGE,
    &handlers::computers::PAGE,
    &handlers::computer::PAGE,
    &handlers::groups::PAGE,
    &handlers::tags::PAGE,
    &handlers::software::PAGE,
    &handlers::layouts::PAGE,
    &handlers::packages::PAGE,
    &handlers::statistics::PAGE,
    &handlers::replicas::PAGE,
    &handlers::activated::PAGE,
    &handlers::sending::PAGE,
    &handlers::package::PAGE,
    &handlers::imports::PAGE,
    &handlers::sticks::PAGE,
    &handlers::dictionary::PAGE,
    &handlers::fields::PAGE,
    &handlers::import_values::PAGE,
    &handlers::registry::PAGE,
    &handlers::blacklists::PAGE,
    &handlers::label::PAGE,
    &handlers::agents::PAGE,
    &handlers::kit::PAGE,
    &handlers::who::PAGE,
    &handlers::config::PAGE,
    &handlers::users::PAGE,
    &handlers::audit::PAGE,
    &handlers::logs::PAGE,
    &handlers::status::PAGE,
    &handlers::certificates::PAGE,
    &handlers::own_certificate::PAGE,
    &handlers::next::PAGE,
    &handlers::setup::PAGE,
    &handlers::login::PAGE,
    &handlers::own::PAGE,
    &handlers::account::PAGE,
    &handlers::password::PAGE,
    &handlers::find::PAGE,
    &handlers::help::PAGE,
    &handlers::old::PAGE,
    &handlers::fixed::PAGE,
];

/// A part of the menu.
pub struct Group {
    /// Key of its title; empty for the part without one.
    pub title: &'static str,
    /// Its pages; everything that no other part names for the part without a list.
    pub paths: &'static [&'static str],
}

/// The parts of the menu, in their order; the pages of each stand in the order of [`PAGES`].
pub static MENU: [Group; 3] = [
    Group {
        title: "",
        paths: &[pages::DASHBOARD, pages::COMPUTERS, pages::GROUPS, pages::TAGS, pages::SOFTWARE, pages::DEPLOY],
    },
    Group { title: "menu.manage", paths: &[] },
    Group {
        title: "menu.configuration",
        paths: &[
            pages::CONFIG,
            pages::USERS,
            pages::certificates::CERTIFICATES,
            pages::AUDIT,
            pages::LOGS,
            pages::STATUS,
            pages::NEXT_STEPS,
        ],
    },
];

impl Group {
    /// Whether a page stands in this part.
    fn holds(&self, page: &Page) -> bool {
        if self.paths.is_empty() {
            MENU.iter().all(|group| !group.paths.contains(&page.path))
        } else {
            self.paths.contains(&page.path)
        }
    }
}

/// Every route of the console.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    PAGES.iter().flat_map(|page| page.routes)
}

/// Any other address below the console's: a page that says so, for who is logged in.
static UNKNOWN: Route =
    Route::get("/ocsreports/{tail:.*}", Access::Right(Right::Read), |_| Box::pin(async { Err(Error::NotFound) }));

/// Puts the console's routes into the server.
pub fn configure(config: &mut ServiceConfig) {
    let mut paths: Vec<&str> = routes().map(|route| route.path).collect();
    paths.dedup();
    for path in paths {
        let mut resource = web::resource(path);
        for route in routes().filter(|route| route.path == path) {
            let methods = match route.verb {
                Verb::Get => guard::Any(guard::Get()).or(guard::Head()),
                Verb::Post => guard::Any(guard::Post()),
            };
            resource = resource.route(web::route().guard(methods).to(answered(route)));
        }
        config.service(resource.default_service(web::to(answered(&UNKNOWN))));
    }
    config.service(web::resource(UNKNOWN.path).default_service(web::to(answered(&UNKNOWN))));
}

fn answered(
    route: &'static Route,
) -> impl Fn(HttpRequest, web::Payload, web::Data<Console>) -> Pin<Box<dyn Future<Output = HttpResponse>>> + Clone {
    move |request, payload, console| Box::pin(dispatch::serve(route, request, payload, console))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }

    /// SEC-20. Clippy cannot say it: its lint on the constructor also meets every `html!`.
    #[test]
    fn html_is_written_by_the_escaping_builder_only() {
        let mut found = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 10);
        let raw = ["Pre", "Escaped"].concat();
        for (path, text) in found {
            assert!(!text.contains(&raw), "{path} writes raw HTML");
        }
    }

    #[test]
    fn sec_56_every_route_stands_once_and_next_to_those_of_its_path() {
        let all: Vec<_> = routes().map(|route| (route.path, route.verb == Verb::Post)).collect();
        let once: HashSet<_> = all.iter().collect();
        assert_eq!(all.len(), once.len());
        let mut paths: Vec<_> = all.iter().map(|(path, _)| path).collect();
        paths.dedup();
        let distinct: HashSet<_> = paths.iter().collect();
        assert_eq!(paths.len(), distinct.len(), "routes of one path stand together");
    }
}
