//! A reader who follows every link and sends every form, and notes what is wrong with what he meets.
//!
//! Nothing here names a page: what is walked is what the menu, the declared pages and the links lead to. Addresses are
//! told apart by their shape (path, names in the query), so that ten thousand computers are no longer a walk than ten.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::Ordering;

use rollcall::console::{Access, PAGES, Route, Verb, routes};
use rollcall::inventory::sections::SECTIONS;
use rollcall::users::{User, allowed};

use super::story::PASSWORD;
use crate::browser::{Browser, Page, Served, encoded};
use crate::markup::{Document, Element};

/// Addresses of one shape that are visited.
const ALIKE: usize = 2;
/// Addresses of one path, whatever follows it, that are visited.
const OF_A_PATH: usize = 24;
/// Where a form ends what the walk needs: the session, its language.
const NOT_SENT: [&str; 2] = ["/ocsreports/logout", "/ocsreports/language"];

pub struct Crawl<'s> {
    served: &'s Served,
    user: User,
    pub browser: Browser,
    /// What is wrong, with the address.
    pub faults: Vec<String>,
    /// Links that say a number: address, the numbers that they say, and where.
    pub numbers: BTreeMap<String, BTreeMap<u64, String>>,
    /// Every page that was read.
    pub pages: Vec<(String, String)>,
    /// Every file that was read.
    pub files: Vec<(String, Page)>,
    /// What files wrote: who takes a list out of the house is in the audit log (CON-AUD-3), and nothing else is.
    pub written: u64,
    /// Forms that were met, by action and names of their fields.
    pub forms: BTreeMap<String, Sheet>,
}

/// A form as it stands on a page.
#[derive(Debug, Clone)]
pub struct Sheet {
    page: String,
    fields: Vec<Element>,
    /// Where each of its buttons sends it, with what.
    buttons: Vec<(String, Option<(String, String)>)>,
}

/// The form asks for nothing but a yes.
fn only_asks(sheet: &Sheet) -> bool {
    sheet.fields.iter().all(|field| field.get("type") == "hidden")
}

impl<'s> Crawl<'s> {
    pub fn new(served: &'s Served, user: User, lang: &str) -> Crawl<'s> {
        let mut browser = served.enter(&user);
        browser.lang = lang.to_owned();
        Crawl {
            served,
            user,
            browser,
            faults: Vec::new(),
            numbers: BTreeMap::new(),
            pages: Vec::new(),
            files: Vec::new(),
            written: 0,
            forms: BTreeMap::new(),
        }
    }

    fn says(&mut self, path: &str, fault: impl std::fmt::Display) {
        self.faults.push(format!("{path} as {}: {fault}", self.user.account));
    }

    /// Follows every link from the declared pages on.
    pub fn walk(&mut self) {
        let role = self.user.role;
        let may = |access| matches!(access, Access::Right(right) if allowed(role, right));
        // Some routes want a query, so links lead there; no link leads to the component page of debug builds.
        let begins = |path: &str| PAGES.iter().any(|page| page.path == path) || path == "/ocsreports/components";
        let first = routes().filter(|route| route.verb == Verb::Get && begins(route.path) && may(route.access));
        let mut queue: VecDeque<(String, String)> =
            first.map(|route| (route.path.to_owned(), "the list of routes".to_owned())).collect();
        let (mut known, mut shapes, mut paths) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        while let Some((address, from)) = queue.pop_front() {
            if !known.insert(address.clone()) {
                continue;
            }
            let shape = shape(&address);
            let path = shape.split('?').next().unwrap().to_owned();
            let (alike, of_path) = (shapes.entry(shape).or_insert(0), paths.entry(path).or_insert(0));
            if *alike >= ALIKE || *of_path >= OF_A_PATH {
                continue;
            }
            (*alike, *of_path) = (*alike + 1, *of_path + 1);
            let Some((at, document)) = self.visit(&address, &from) else { continue };
            for link in document.named("a") {
                queue.extend(self.link(&at, link).map(|address| (address, at.clone())));
            }
            self.note_sections(&at, &document);
            queue.extend(asked(&document).into_iter().map(|address| (address, at.clone())));
            for (key, sheet) in self.sheets(&at, &document) {
                self.forms.entry(key).or_insert(sheet);
            }
        }
    }

    /// Gets a page that something led to, follows where it is sent on, and looks at it. `None` for what is no page.
    fn visit(&mut self, address: &str, from: &str) -> Option<(String, Document)> {
        let writes = || self.served.writes.load(Ordering::SeqCst);
        let before = writes();
        let (mut at, mut page) = (address.to_owned(), self.browser.get(address));
        if !page.header("content-type").starts_with("text/html") {
            self.written += writes() - before;
        }
        for _ in 0..4 {
            if !matches!(page.status, 302 | 303) {
                break;
            }
            at = page.location().to_owned();
            page = self.browser.get(&at);
        }
        if page.status != 200 || at.starts_with("/ocsreports/login") {
            self.says(address, format!("leads to {at} with {} (a link on {from})", page.status));
            return None;
        }
        let document = self.look(&at, &page)?;
        Some((at, document))
    }

    /// What every answer must be: a whole page, or a file to be saved (SEC-24).
    pub fn look(&mut self, at: &str, page: &Page) -> Option<Document> {
        if !page.header("content-type").starts_with("text/html") {
            let saved = page.header("content-disposition");
            let named = saved.strip_prefix("attachment; filename=\"").and_then(|rest| rest.strip_suffix('"'));
            let plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
            if !named.is_some_and(plain) || page.header("x-content-type-options") != "nosniff" {
                self.says(at, format!("a file that is not saved under a name of ours: {saved:?}"));
            }
            self.files.push((at.to_owned(), page.clone()));
            return None;
        }
        let document = match Document::read(&page.body) {
            Ok(document) => document,
            Err(fault) => {
                self.says(at, fault);
                return None;
            }
        };
        for fault in document.faults() {
            self.says(at, fault);
        }
        for element in &document.elements {
            for (name, value) in &element.attributes {
                let leads = matches!(name.as_str(), "href" | "src" | "action" | "formaction");
                let own = value.starts_with(['/', '?', '#']) && !value.starts_with("//");
                let safe = element.name == "a"
                    && (value.starts_with("http://") || value.starts_with("https://") || value.starts_with("mailto:"))
                    && element.get("rel") == "noreferrer noopener";
                if leads && !own && !safe {
                    self.says(at, format!("<{} {name}={value:?}> (SEC-22)", element.name));
                }
                if leads
                    && value.len() > 1
                    && value.starts_with('#')
                    && !document.elements.iter().any(|one| one.get("id") == &value[1..])
                {
                    self.says(at, format!("{value} is nowhere on the page"));
                }
            }
        }
        self.pages.push((at.to_owned(), page.body.clone()));
        Some(document)
    }

    /// Where a link leads; notes the number that it says (CON-ACC-5).
    fn link(&mut self, at: &str, link: &Element) -> Option<String> {
        let address = resolved(at, link.get("href"))?;
        let digits: String = link.text.chars().filter(|c| !matches!(c, ',' | '\u{202F}' | '\u{A0}' | ' ')).collect();
        let number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
        if link.has("data-count") {
            let count = link.get("data-count").parse().unwrap();
            self.numbers.entry(address.clone()).or_default().entry(count).or_insert_with(|| at.to_owned());
        } else if number
            && !link.get("href").contains("page=")
            && !link.get("href").contains("size=")
            && !link.has("aria-current")
        {
            // A page's number leads to the page; the first has no number in its address.
            let to_first = digits == "1" && shape(&address).split('?').next() == shape(at).split('?').next();
            if !to_first && digits != "50" {
                self.says(at, format!("the number {digits} leads to {address} and does not say that it counts"));
            }
        }
        Some(address)
    }

    /// Beside a computer's page: how many rows each section of its inventory has.
    fn note_sections(&mut self, at: &str, document: &Document) {
        for count in document.elements.iter().filter(|one| one.is("span", "count")) {
            let Some(link) = document.above(count).find(|above| above.name == "a") else { continue };
            let Some(address) = resolved(at, link.get("href")) else { continue };
            let tag = address.rsplit('/').next().unwrap().to_uppercase();
            if SECTIONS.iter().any(|section| section.tag == tag) {
                let said = count.text.parse().unwrap();
                self.numbers.entry(address).or_default().entry(said).or_insert_with(|| at.to_owned());
            }
        }
    }

    /// Follows the links that say numbers; how many there were.
    pub fn count(&mut self) -> usize {
        let numbers = std::mem::take(&mut self.numbers);
        for (address, said) in &numbers {
            let Some((at, document)) = self.visit(address, "a number") else { continue };
            let found = rows(&document);
            for (count, from) in said {
                if found != Some(*count) {
                    self.says(from, format!("says {count} of {at}, which has {found:?}"));
                }
            }
        }
        numbers.len()
    }

    /// The forms of a page, each of which must lead to a route that this reader may use.
    fn sheets(&mut self, at: &str, document: &Document) -> Vec<(String, Sheet)> {
        let mut met = Vec::new();
        for form in document.named("form") {
            let action = form.get("action").to_owned();
            if form.get("method") != "post" {
                if !action.starts_with('/') {
                    self.says(at, format!("a form asks {action:?}"));
                }
                continue;
            }
            let own = |element: &&Element| {
                let named = form.has("id") && element.get("form") == form.get("id");
                named || !element.has("form") && document.above(element).any(|above| std::ptr::eq(above, form))
            };
            let fields: Vec<Element> = document.elements.iter().filter(own).cloned().collect();
            let buttons = fields.iter().filter(|one| one.name == "button" || one.get("type") == "submit");
            let send = |one: &Element| {
                let to = if one.has("formaction") { one.get("formaction").to_owned() } else { action.clone() };
                (to, one.has("name").then(|| (one.get("name").to_owned(), one.get("value").to_owned())))
            };
            let buttons: Vec<_> = buttons.map(send).collect();
            for (to, _) in &buttons {
                match route(Verb::Post, to) {
                    Some(Route { access: Access::Right(right), .. }) if !allowed(self.user.role, *right) => {
                        self.says(at, format!("offers {to}, which this role may not"));
                    }
                    Some(_) => {}
                    None => self.says(at, format!("a form leads to {to}, which is no route")),
                }
            }
            if !fields.iter().any(|one| one.get("name") == "token" && !one.get("value").is_empty()) {
                self.says(at, format!("the form to {action} has no token (SEC-54)"));
            }
            if buttons.is_empty() {
                self.says(at, format!("the form to {action} has no button"));
            }
            let fields: Vec<Element> = selected(document, fields);
            let sheet = Sheet { page: at.to_owned(), fields, buttons };
            let names: BTreeSet<&str> = sheet.fields.iter().map(|field| field.get("name")).collect();
            met.push((format!("{} {names:?}", shape(&action)), sheet));
        }
        met
    }

    /// Sends every form that was met, each with all of its buttons, this text in every box; what asks back is
    /// confirmed. Buttons that delete come last, if at all. How many were sent.
    pub fn send_all(&mut self, text: &str, also_deletes: bool) -> usize {
        let forms: Vec<Sheet> = self.forms.values().cloned().collect();
        let mut sent = 0;
        let all = || forms.iter().flat_map(|sheet| sheet.buttons.iter().map(move |(to, _)| (sheet, to)));
        let deletes = |to: &str| to.contains("delete");
        let last = all().filter(|(_, to)| also_deletes && deletes(to));
        for (sheet, to) in all().filter(|(_, to)| !deletes(to)).chain(last) {
            // A fresh session, for the form before may have ended it, and a fresh page with its token.
            self.browser = Browser { lang: self.browser.lang.clone(), ..self.served.enter(&self.user) };
            let gone = also_deletes && self.browser.get(&sheet.page).status == 404;
            if NOT_SENT.contains(&to.as_str()) || gone || self.visit(&sheet.page, "a form").is_none() {
                continue;
            }
            sent += 1;
            // What is refused for what stands in its further boxes may be taken without them.
            if self.send(sheet, to, text, true) == 422 {
                self.send(sheet, to, text, false);
            }
        }
        sent
    }

    fn send(&mut self, sheet: &Sheet, to: &str, text: &str, further: bool) -> u16 {
        let first = sheet.buttons.iter().find(|(action, _)| action == to);
        let mut values: Vec<(String, String)> = first.and_then(|(_, named)| named.clone()).into_iter().collect();
        values.extend(sheet.fields.iter().filter_map(|field| value(field, text, further)));
        let fields: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut page = self.browser.post(to, &fields);
        let status = page.status;
        for _ in 0..3 {
            if page.status >= 500 || matches!(page.status, 400 | 403 | 405) {
                self.says(to, format!("{} for {fields:?}", page.status));
                return page.status;
            }
            if matches!(page.status, 302 | 303) {
                page = self.browser.get(page.location());
            }
            if page.status != 200 && page.status != 422 {
                return status;
            }
            let Some(document) = self.look(to, &page) else { return status };
            let sheets = self.sheets(to, &document);
            let Some((_, asks)) =
                sheets.iter().find(|(_, sheet)| only_asks(sheet) && sheet.buttons.iter().any(|(at, _)| at == to))
            else {
                return status;
            };
            let mut values: Vec<(String, String)> =
                asks.fields.iter().filter_map(|field| value(field, text, true)).collect();
            values.extend(asks.buttons.first().and_then(|(_, named)| named.clone()));
            let fields: Vec<(&str, &str)> =
                values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            page = self.browser.post(to, &fields);
        }
        status
    }
}

/// Where forms lead that change nothing, with a letter in their boxes.
fn asked(document: &Document) -> Vec<String> {
    let forms = document.named("form").filter(|form| form.get("method") != "post");
    let address = |form: &Element| {
        let fields = document.within(form).filter(|one| one.name == "input" || one.name == "select");
        let fields: Vec<Element> = selected(document, fields.cloned().collect());
        let values = fields.iter().filter_map(|field| value(field, "a", true));
        let query: Vec<String> = values.map(|(name, value)| format!("{name}={}", encoded(&value))).collect();
        format!("{}?{}", form.get("action"), query.join("&"))
    };
    forms.map(address).collect()
}

/// The boxes of a form with what is chosen in them.
fn selected(document: &Document, fields: Vec<Element>) -> Vec<Element> {
    let mut kept: Vec<Element> = Vec::new();
    for mut field in fields {
        if field.name == "select" {
            let options: Vec<&Element> = document
                .named("option")
                .filter(|one| {
                    document.above(one).any(|above| above.name == "select" && above.attributes == field.attributes)
                })
                .collect();
            let other = options.iter().find(|one| !one.get("value").is_empty());
            let chosen = options.iter().find(|one| one.has("selected") && !one.get("value").is_empty()).or(other);
            field.attributes.insert("value".into(), chosen.map_or_else(String::new, |one| one.get("value").to_owned()));
        }
        if matches!(field.name.as_str(), "input" | "select" | "textarea") && field.has("name") {
            kept.push(field);
        }
    }
    kept
}

/// What a box is sent with. `further`: also boxes that may stay empty.
fn value(field: &Element, text: &str, further: bool) -> Option<(String, String)> {
    let name = field.get("name").to_owned();
    let own = field.get("value").to_owned();
    let value = match (field.name.as_str(), field.get("type")) {
        _ if name == "token" || field.has("disabled") => return None,
        ("select", _) | (_, "hidden") => own,
        (_, "checkbox" | "radio") => return field.has("checked").then_some((name, own)),
        (_, "number") => {
            if own.is_empty() {
                "7".to_owned()
            } else {
                own
            }
        }
        (_, "date") => "2026-11-20".to_owned(),
        (_, "password") => PASSWORD.to_owned(),
        (_, "file") => return None,
        _ if further || field.has("required") => text.to_owned(),
        _ => String::new(),
    };
    Some((name, value))
}

/// The route that an address belongs to.
pub fn route(verb: Verb, address: &str) -> Option<&'static Route> {
    let path = address.split('?').next().unwrap();
    let fits = |pattern: &str| {
        let (mut one, mut other) = (pattern.split('/'), path.split('/'));
        loop {
            match (one.next(), other.next()) {
                (None, None) => return true,
                (Some(step), Some(given)) if step == given || step.starts_with('{') && !given.is_empty() => {}
                _ => return false,
            }
        }
    };
    // A route without places is more than one with.
    routes().filter(|route| route.verb == verb && fits(route.path)).min_by_key(|route| route.path.matches('{').count())
}

/// What an address has in common with others that show the same kind of thing.
fn shape(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let step = |step: &str| if step.parse::<u64>().is_ok() { "{n}".to_owned() } else { step.to_owned() };
    let path: Vec<String> = path.split('/').map(step).collect();
    let names: BTreeSet<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    format!("{}?{}", path.join("/"), names.into_iter().collect::<Vec<_>>().join("&"))
}

/// The address behind a link, without its place on the page; `None` for what is not ours.
fn resolved(at: &str, href: &str) -> Option<String> {
    let href = href.split('#').next().unwrap();
    match href.chars().next() {
        Some('/') => Some(href.to_owned()),
        Some('?') => Some(format!("{}{href}", at.split('?').next().unwrap())),
        _ => None,
    }
}

/// How long the list on a page is: as it says itself, or the rows of its tables.
pub fn rows(document: &Document) -> Option<u64> {
    if let Some(list) = document.elements.iter().find(|element| element.has("data-total")) {
        return list.get("data-total").parse().ok();
    }
    if document.elements.iter().any(|element| element.is("div", "empty")) {
        return Some(0);
    }
    let rows = document.named("tr").filter(|row| document.above(row).any(|above| above.name == "tbody")).count();
    // A single row stands as names and values.
    let single = document.named("dl").any(|list| document.above(list).any(|above| above.name == "main"));
    if rows > 0 { Some(rows as u64) } else { single.then_some(1) }
}
