//! Certificates.

use super::{Failure, Work};
use crate::control::{Answer, CertificateLine, time};
use crate::history::{Action, audit};
use crate::store::Txn;
use crate::tls::Shown;

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
}
