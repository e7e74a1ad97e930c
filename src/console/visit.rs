//! One request as the console sees it: from where, over what, in which language, by whom.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::Markup;

use super::form::Form;
use super::lists::{List, View};
use super::manual::{self, HELP};
use super::pages::sticks;
use super::view::address::Address;
use super::view::card::Care;
use super::view::frame::{Account, Bare, FIND, Frame, MenuEntry, MenuGroup, Theme, bare, frame};
use super::view::message::{Message, Tone};
use super::view::{Action, Locale, lang_code};
use super::{Access, Console, Error, Group, MENU, PAGES, Page, assets, care, cookies, door};
use crate::app::App;
use crate::fleet::Sight;
use crate::history::Action as Done;
use crate::history::audit::{Actor, Entry};
use crate::i18n::Lang;
use crate::net::{Networks, is_loopback};
use crate::options::EXPORT_SEP;
use crate::store::{Reader, Txn};
use crate::users::layouts::{self, Layout};
use crate::users::{Right, Session, allowed};
use crate::web::{Upload, client_address, header_text, is_secure};

/// Headers by which proxies name whom they speak for.
const FORWARDED: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"];

/// Who looks at what.
#[derive(Clone)]
pub(crate) struct Visit {
    pub console: Data<Console>,
    /// From where; an unknown address counts as one far away.
    pub address: IpAddr,
    /// Over TLS.
    pub secure: bool,
    /// GET or HEAD.
    pub reading: bool,
    /// The Host header as it was sent; empty when there is none or more than one.
    pub authority: String,
    /// Path and query.
    pub here: String,
    /// The address as its route is written, with names for what changes.
    pub route: String,
    pub locale: Locale,
    /// Who is logged in.
    pub session: Option<Session>,
    /// The value of the session's cookie as it was sent.
    pub session_value: Option<String>,
    /// The browser sent the value of a session that has ended.
    pub had_session: bool,
    /// Token of forms before the log-in.
    form_token: String,
    form_token_is_new: bool,
}

/// A request that may be answered.
pub(crate) struct Asked {
    pub visit: Visit,
    pub request: HttpRequest,
    /// Behind the question mark.
    pub query: Form,
    /// What was posted; empty for GET.
    pub form: Form,
    /// The files of a form that may bring some.
    pub upload: Option<Upload>,
    /// The body of a POST that is a piece of a file; taken once.
    pub piece: Option<web::Payload>,
}

impl Visit {
    /// Reads what the request says. `looks` is false where nobody's session matters.
    pub(super) fn of(request: &HttpRequest, console: Data<Console>, looks: bool) -> Visit {
        let secure = is_secure(request, &console.proxies);
        let address = address(request, &console.proxies);
        let session_value = cookies::sent(request, cookies::Kind::Session, secure).filter(|_| looks);
        let now = console.app.clock.elapsed();
        let session = session_value.as_deref().and_then(|value| console.sessions.open(value, now));
        let sent = cookies::sent(request, cookies::Kind::Form, secure).filter(|value| is_token(value));
        let form_token_is_new = sent.is_none();
        let here = request.uri().path_and_query().map_or("/ocsreports/", |here| here.as_str()).to_owned();
        let route = request.match_pattern().unwrap_or_default();
        let locale = Locale {
            lang: session
                .as_ref()
                .and_then(|session| session.lang)
                .unwrap_or_else(|| browser_language(request, secure)),
            now: console.app.clock.now(),
            zone: console.app.zone.clone(),
        };
        Visit {
            address,
            secure,
            reading: request.method().is_safe(),
            authority: authority(request),
            here,
            route,
            locale,
            had_session: session_value.is_some() && session.is_none(),
            session,
            session_value,
            form_token: sent.unwrap_or_else(random_token),
            form_token_is_new,
            console,
        }
    }

    /// The reader sits at the machine itself.
    pub fn is_local(&self) -> bool {
        is_loopback(self.address)
    }

    /// Whether the reader has a right.
    pub fn may(&self, right: Right) -> bool {
        self.session.as_ref().is_some_and(|session| allowed(session.role, right))
    }

    /// Which computers the reader may see; handed to every query of the fleet.
    pub fn sight(&self) -> Sight {
        self.session.as_ref().map_or_else(Sight::everything, |session| Sight::of(&session.tags))
    }

    /// What the reader sees of a list: what the address asks for, and the layout that the account keeps.
    pub fn view(&self, read: &Reader, list: &List, asked: &Form) -> Result<View, crate::store::Error> {
        let Some(session) = &self.session else { return Ok(list.view(asked, None)) };
        let own = Layout { size: session.preferences.rows, ..Layout::default() };
        let kept = layouts::layout(read, &session.account, list.key)?.unwrap_or(own);
        Ok(list.view(asked, Some(&kept)))
    }

    /// What stands between the cells of a CSV file: the account's own, or that of the option; blank for what the
    /// language uses.
    pub fn separator(&self) -> String {
        let own = self.session.as_ref().map(|session| session.preferences.separator.clone());
        own.filter(|own| !own.is_empty())
            .unwrap_or_else(|| self.console.app.options.general().text(EXPORT_SEP).to_owned())
    }

    /// The token for a form on this page.
    pub fn token(&self) -> &str {
        self.session.as_ref().map_or(&self.form_token, |session| &session.csrf)
    }

    /// Whether a posted form carries the token that it was given.
    pub(super) fn fits(&self, sent: &str) -> bool {
        match &self.session {
            Some(session) => session.form_fits(sent),
            None => {
                !self.form_token_is_new
                    && aws_lc_rs::constant_time::verify_slices_are_equal(self.form_token.as_bytes(), sent.as_bytes())
                        .is_ok()
            }
        }
    }

    /// An entry of the audit log by who is logged in.
    pub fn entry(&self, action: Done, object: String) -> Entry {
        let account = self.session.as_ref().map_or_else(String::new, |session| session.account.to_string());
        Entry { object, ..Entry::new(self.locale.now, Actor::Account(account), Some(self.address), action) }
    }

    /// A page of who is logged in, within the frame.
    pub(super) fn framed(
        &self,
        session: &Session,
        title: &str,
        trail: &[Action],
        messages: &[Message],
        body: Markup,
    ) -> Markup {
        let locale = &self.locale;
        let path = self.here.split('?').next().unwrap_or_default();
        let opens = |page: &&&Page| match page.access {
            Access::Right(right) => allowed(session.role, right),
            Access::Static | Access::Always | Access::Anonymous | Access::SetupOnly => true,
        };
        let entry = |page: &&Page| {
            let below = path.strip_prefix(page.path);
            Some(MenuEntry {
                href: page.path.to_owned(),
                label: locale.text(page.title).to_owned(),
                icon: page.menu?,
                current: below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            })
        };
        let group = |group: &Group| MenuGroup {
            label: if group.title.is_empty() { "" } else { locale.text(group.title) },
            entries: PAGES.iter().filter(opens).filter(|page| group.holds(page)).filter_map(entry).collect(),
        };
        let menu: Vec<MenuGroup> = MENU.iter().map(group).collect();
        let query = self.here.split_once('?').filter(|_| path == FIND).map_or("", |(_, query)| query);
        let query = Form::read(query, 16).unwrap_or_default();
        let account = Account {
            name: session.account.to_string(),
            role: locale.text(&format!("role.{}", session.role.code())).to_owned(),
            token: session.csrf.clone(),
        };
        let here = if self.reading { self.here.as_str() } else { path };
        let mut messages = messages.to_vec();
        if !self.console.app.has_room() {
            let text = locale.text("frame.no-room").to_owned();
            messages.insert(0, Message { tone: Tone::Error, text, action: None });
        }
        let care = if allowed(session.role, Right::Status) { self.care() } else { Vec::new() };
        let imports = allowed(session.role, Right::Import) && !session.must_change && path != sticks::STICKS;
        let announced = if imports { self.console.app.sticks.announced() } else { Vec::new() };
        let assets = assets::addresses();
        let theme = Theme::System;
        let page = Frame {
            locale,
            theme,
            assets: &assets,
            title,
            trail,
            action: None,
            menu: &menu,
            search: query.get("q"),
            account: &account,
            here,
            help: &manual::place(&self.route),
            care: &care,
            banner: sticks::banner(locale, &session.csrf, &announced),
            messages: &messages,
        };
        frame(&page, body)
    }

    /// What needs an administrator's care.
    fn care(&self) -> Vec<Care> {
        let (console, locale) = (&self.console, &self.locale);
        let summary = console.tls.as_ref().map(|tls| tls.summary());
        let certificate = summary.and_then(|held| {
            let ends = [held.leaf, held.authority].into_iter().flatten().map(|shown| shown.not_after);
            ends.min()
        });
        let vitals = console.app.vitals.now();
        care::cares(locale, &care::Situation { now: locale.now, certificate, vitals: &vitals })
    }

    /// A page before the log-in. It binds the forms on it to the browser.
    pub fn outside(&self, title: &str, narrow: bool, messages: &[Message], body: Markup, status: u16) -> HttpResponse {
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let other = match self.locale.lang {
            Lang::En => Lang::Fr,
            Lang::Fr => Lang::En,
        };
        let mut address = Address::new(path).with("lang", lang_code(other));
        let query = Form::read(query, 16).unwrap_or_default();
        if let Some(back) = door::local_path(query.get("back")) {
            address = address.with("back", back);
        }
        if path == HELP && !query.get("q").is_empty() {
            address = address.with("q", query.get("q"));
        }
        let other_language = address.to_string();
        // Over plain HTTP from elsewhere there is the doorway and nothing else.
        let reachable = self.secure || self.is_local();
        let help = manual::place(&self.route);
        let page = Bare {
            locale: &self.locale,
            assets: &assets::addresses(),
            title,
            narrow,
            other_language: Some(&other_language),
            help: reachable.then_some(help.as_str()),
            messages,
        };
        let mut response = html(status, bare(&page, body));
        if self.form_token_is_new && self.session.is_none() && reachable {
            // A cookie that cannot be written leaves a form that cannot be sent; the page itself still helps.
            let _ = response.add_cookie(&cookies::form(self.secure, &self.form_token));
        }
        response
    }

    /// Addresses under which the console answers, best first.
    pub(super) fn known_addresses(&self) -> Vec<String> {
        let mut known = Vec::new();
        if self.is_local() {
            let port = |port: u16| if port == 80 { String::new() } else { format!(":{port}") };
            known
                .extend(self.console.port(false).map(|number| format!("http://localhost{}/ocsreports/", port(number))));
        }
        if let (Some(tls), Some(number)) = (&self.console.tls, self.console.port(true)) {
            let held = tls.names();
            let names = self.console.app.public_names().into_iter().chain(held.names);
            let mut names: Vec<String> = names.filter(|name| name != "localhost").collect();
            let mut seen = std::collections::HashSet::new();
            names.retain(|name| seen.insert(name.to_ascii_lowercase()));
            known.extend(names.iter().take(5).map(|name| https_address(name, number, "/ocsreports/")));
        }
        known
    }
}

/// An address over HTTPS; the usual port is left out.
pub(super) fn https_address(name: &str, port: u16, path: &str) -> String {
    let name = if name.contains(':') && !name.starts_with('[') { format!("[{name}]") } else { name.to_owned() };
    if port == 443 { format!("https://{name}{path}") } else { format!("https://{name}:{port}{path}") }
}

impl Asked {
    /// A page within the frame.
    pub fn page(
        &self,
        title: &str,
        trail: &[Action],
        messages: &[Message],
        body: Markup,
    ) -> Result<HttpResponse, Error> {
        let session = self.visit.session.as_ref().ok_or(Error::LogIn)?;
        Ok(html(200, self.visit.framed(session, title, trail, messages, body)))
    }

    /// Looks at the store on a thread that may wait for the disk.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&App, &Reader) -> Result<T, crate::store::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let app = self.visit.console.app.clone();
        Ok(web::block(move || app.read(|read| look(&app, read))).await??)
    }

    /// Changes the store on a thread that may wait for the disk. `follow` brings what is kept in memory in step.
    pub async fn change<T, E>(
        &self,
        run: impl FnOnce(&mut Txn<'_>) -> Result<T, E> + Send + 'static,
        follow: impl FnOnce(&App) -> Result<(), crate::store::Error> + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        E: From<crate::store::Error> + Into<Error> + Send + 'static,
    {
        let app = self.visit.console.app.clone();
        let work = move || -> Result<T, Error> {
            let done = app.write(run).map_err(Into::into)?;
            follow(&app)?;
            Ok(done)
        };
        web::block(work).await?
    }

    /// The name of who asks, as records keep it.
    pub fn account(&self) -> String {
        self.visit.session.as_ref().map_or_else(String::new, |session| session.account.to_string())
    }

    /// The same page with another status, for a form that is shown again.
    pub fn again(&self, title: &str, trail: &[Action], body: Markup) -> Result<HttpResponse, Error> {
        let mut response = self.page(title, trail, &[], body)?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        Ok(response)
    }

    /// What was done, after the redirect that followed it: `?done=saved` stands for the text that ends in `done-saved`.
    pub fn said(&self, texts: &[&str]) -> Vec<Message> {
        let done = self.query.get("done");
        let known = texts.iter().filter(|key| key.split_once("done-").is_some_and(|(_, word)| word == done));
        let text = |key: &&str| self.visit.locale.text(key).to_owned();
        known.map(|key| Message { tone: Tone::Success, text: text(key), action: None }).collect()
    }
}

/// A page.
pub(super) fn html(status: u16, page: Markup) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(page.into_string())
}

/// To another page: after something was done, or where it is now.
pub(super) fn redirect(to: &str) -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, to)).finish()
}

/// After a POST: the page that shows what was done.
pub(super) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}

/// From where; an unknown address counts as one far away. So does who came through a proxy on this machine that
/// nobody declared, or that does not say whom it speaks for: it would open the set-up to everybody otherwise.
fn address(request: &HttpRequest, proxies: &Networks) -> IpAddr {
    let far = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let address = client_address(request, proxies).unwrap_or(far);
    let forwarded = FORWARDED.iter().any(|name| request.headers().contains_key(*name));
    if forwarded && is_loopback(address) { far } else { address }
}

/// The name that was asked for. With more than one Host header nobody knows which was meant.
fn authority(request: &HttpRequest) -> String {
    if let Some(authority) = request.uri().authority() {
        return authority.as_str().to_owned();
    }
    let mut sent = request.headers().get_all(header::HOST);
    match (sent.next().and_then(|host| host.to_str().ok()), sent.next()) {
        (Some(host), None) => host.to_owned(),
        _ => String::new(),
    }
}

/// The language of who has chosen none for an account: the address, the cookie, the browser.
pub(super) fn browser_language(request: &HttpRequest, secure: bool) -> Lang {
    let query = Form::read(request.query_string(), 16).unwrap_or_default();
    let kept = || cookies::sent(request, cookies::Kind::Language, secure);
    Lang::from_code(query.get("lang"))
        .or_else(|| kept().as_deref().and_then(Lang::from_code))
        .unwrap_or_else(|| Lang::accepted(header_text(request, "accept-language")))
}

fn is_token(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// 256 random bits. Without random numbers it is empty, and no form fits.
fn random_token() -> String {
    let mut bytes = [0_u8; 32];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => String::new(),
    }
}
