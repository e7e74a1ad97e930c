//! Certificates.

use super::{Failure, Work};
use crate::control::{Answer, CertificateLine, time};
use crate::history::{Action, audit};
use crate::store::Txn;
use crate::tls::names::sorted;
use crate::tls::own::Refusal;
use crate::tls::request::Wish;
use crate::tls::{Shown, brought};

impl Work {
    pub(super) fn certificates(&self) -> Result<Answer, Failure> {
        let summary = self.tls()?.summary();
        let line = |what: &str, shown: Option<Shown>| {
            shown.map(|shown| CertificateLine {
                what: what.to_owned(),
                subject: shown.subject,
                names: shown.names.into_iter().chain(shown.addresses.iter().map(ToString::to_string)).collect(),
                from: time(shown.not_before),
                until: time(shown.not_after),
                fingerprint: shown.fingerprint,
                key: shown.key_type,
            })
        };
        let lines = [
            line("authority", summary.authority),
            line("built-in authority", summary.builtin),
            line("prepared certificate", summary.prepared.map(|own| own.leaf)),
            line("next authority", summary.next),
            line("former authority", summary.former),
            line("server", summary.leaf),
        ];
        Ok(Answer::Certificates(lines.into_iter().flatten().collect()))
    }

    pub(super) fn authority(&self) -> Result<String, Failure> {
        let pem = self.tls()?.authority_pem();
        if pem.is_empty() {
            return Err(Failure::Plain("there is no authority yet: the clock of this machine is wrong".to_owned()));
        }
        Ok(pem)
    }

    pub(super) fn renew_certificate(&self) -> Result<Answer, Failure> {
        let (tls, app) = (self.tls()?, self.app());
        let done = tls.renew(&app.wanted_names(), app.clock.now())?;
        if done.is_empty() {
            return Err(Failure::Plain("nothing was renewed: the clock of this machine is wrong".to_owned()));
        }
        let entry = self.entry(Action::CertificateChanged, "server");
        app.write(move |w: &mut Txn<'_>| audit::append(w, entry).map(drop))?;
        let names = tls.names();
        Ok(Answer::Done(format!("there is a new server certificate for {}", names.names.join(", "))))
    }

    pub(super) fn request_certificate(&self, wish: &Wish, names: &[String]) -> Result<String, Failure> {
        let (tls, wish) = (self.tls()?, wish.trimmed());
        wish.check().map_err(|bad| Failure::Plain(bad.to_string()))?;
        let known = self.app().public_names();
        let asked = sorted(if names.is_empty() { &known } else { names });
        if asked.names.is_empty() && asked.addresses.is_empty() {
            return Err(Failure::Plain("there is no name to ask for; give them with --names".to_owned()));
        }
        self.note("request")?;
        Ok(tls.make_request(&wish, &asked)?.pem().to_owned())
    }

    pub(super) fn install_certificate(&self, files: &[serde_bytes::ByteBuf]) -> Result<Answer, Failure> {
        let (tls, app) = (self.tls()?, self.app());
        let refused = |why: Refusal| Failure::Plain(why.to_string());
        let brought = brought::read(files.iter().map(|file| file.as_slice())).map_err(refused)?;
        let own = tls.judge(&brought, &sorted(&app.public_names()), app.clock.now()).map_err(refused)?;
        let subject = own.leaf().shown().subject;
        self.note(&subject)?;
        tls.prepare_own(own, brought.key.as_ref(), app.clock.now())?;
        tls.use_own(app.clock.now())?;
        Ok(Answer::Done(format!(
            "`{subject}` is served; agents need the new cacert.pem, which holds the authority so far too"
        )))
    }

    pub(super) fn builtin_certificate(&self) -> Result<Answer, Failure> {
        let tls = self.tls()?;
        if tls.summary().builtin.is_none() {
            return Err(Failure::Plain("the built-in certificate is in use already".to_owned()));
        }
        self.note("built-in")?;
        tls.use_builtin(self.app().clock.now())?;
        Ok(Answer::Done("the built-in certificate is served again; agents need the new cacert.pem".to_owned()))
    }

    fn note(&self, object: &str) -> Result<(), Failure> {
        let entry = self.entry(Action::CertificateChanged, object);
        self.app().write(move |w: &mut Txn<'_>| audit::append(w, entry).map(drop))?;
        Ok(())
    }
}
