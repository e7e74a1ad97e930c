//! The console's cookies: the session, the token of forms before the log-in, the language.
//!
//! Over HTTPS their names begin with `__Host-`, so that no neighbour domain and no plain HTTP can set them. Plain HTTP
//! on the machine itself has cookies of its own. Source: SEC-53, SEC-54, README decision 17.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use crate::i18n::Lang;

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The value of a session.
    Session,
    /// The token of forms before there is a session.
    Form,
    /// The language chosen before the log-in.
    Language,
}

fn name(kind: Kind, secure: bool) -> &'static str {
    match (kind, secure) {
        (Kind::Session, true) => "__Host-rollcall",
        (Kind::Session, false) => "rollcall-local",
        (Kind::Form, true) => "__Host-rollcall-form",
        (Kind::Form, false) => "rollcall-local-form",
        (Kind::Language, true) => "__Host-rollcall-lang",
        (Kind::Language, false) => "rollcall-local-lang",
    }
}

/// The value that the browser sent.
pub fn sent(request: &HttpRequest, kind: Kind, secure: bool) -> Option<String> {
    request.cookie(name(kind, secure)).map(|cookie| cookie.value().to_owned()).filter(|value| !value.is_empty())
}

fn cookie(kind: Kind, secure: bool, value: String) -> Cookie<'static> {
    let same_site = if kind == Kind::Form { SameSite::Strict } else { SameSite::Lax };
    Cookie::build(name(kind, secure), value).path("/").secure(secure).http_only(true).same_site(same_site).finish()
}

/// Begins a session; it ends with the browser, or earlier here.
pub fn session(secure: bool, token: &str) -> Cookie<'static> {
    cookie(Kind::Session, secure, token.to_owned())
}

/// Binds forms before the log-in to this browser for an hour.
pub fn form(secure: bool, token: &str) -> Cookie<'static> {
    let mut cookie = cookie(Kind::Form, secure, token.to_owned());
    cookie.set_max_age(Duration::hours(1));
    cookie
}

/// Keeps a language for a year.
pub fn language(secure: bool, lang: Lang) -> Cookie<'static> {
    let mut cookie = cookie(Kind::Language, secure, lang.code().to_owned());
    cookie.set_max_age(Duration::days(365));
    cookie
}

/// Takes a cookie back.
pub fn gone(kind: Kind, secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(kind, secure, String::new());
    cookie.set_max_age(Duration::ZERO);
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_53_cookies_are_bound_to_the_host_and_unseen_by_scripts() {
        let safe = session(true, "abc").to_string();
        assert_eq!(safe, "__Host-rollcall=abc; HttpOnly; SameSite=Lax; Secure; Path=/");
        let local = session(false, "abc").to_string();
        assert_eq!(local, "rollcall-local=abc; HttpOnly; SameSite=Lax; Path=/");
        assert!(form(true, "abc").to_string().contains("SameSite=Strict"));
        assert!(gone(Kind::Session, true).to_string().contains("Max-Age=0"));
    }
}
