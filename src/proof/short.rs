//! What is kept of what each of many servers said: as much as a page shows, however long it was. A rule without network.

use super::client::{Distrust, Failure};
use super::{BadFragment, Status, Trouble};

/// Most characters of a text.
const LONGEST: usize = 200;
/// Most names of a certificate.
const NAMES: usize = 5;

/// The same trouble in few words.
pub fn short(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Line(failure) => Trouble::Line(line(failure)),
        Trouble::Status(found) => Trouble::Status(status(found)),
        Trouble::Fragments { first, how, bad } => {
            let how = match how {
                BadFragment::Status(found) => BadFragment::Status(status(found)),
                BadFragment::Line(failure) => BadFragment::Line(line(failure)),
                how @ (BadFragment::Length { .. } | BadFragment::Other) => how,
            };
            Trouble::Fragments { first, how, bad }
        }
        Trouble::OtherInfo(mut differences) => {
            differences.truncate(1);
            for one in &mut differences {
                for value in [&mut one.name, &mut one.found, &mut one.wanted] {
                    *value = text(std::mem::take(value));
                }
            }
            Trouble::OtherInfo(differences)
        }
        Trouble::Own(why) => Trouble::Own(text(why)),
        Trouble::NotThere(file) => Trouble::NotThere(text(file)),
        trouble @ (Trouble::NoInfo | Trouble::Digest | Trouble::Late(_) | Trouble::Archive(_)) => trouble,
    }
}

fn line(failure: Failure) -> Failure {
    match failure {
        Failure::Name(why) => Failure::Name(text(why)),
        Failure::Unreachable(address, why) => Failure::Unreachable(address, text(why)),
        Failure::Certificate(Distrust::Names(names)) => {
            Failure::Certificate(Distrust::Names(names.into_iter().take(NAMES).map(text).collect()))
        }
        Failure::Certificate(Distrust::Other(why)) => Failure::Certificate(Distrust::Other(text(why))),
        Failure::Tls(why) => Failure::Tls(text(why)),
        failure => failure,
    }
}

fn status(found: Status) -> Status {
    Status { location: found.location.map(text), ..found }
}

fn text(long: String) -> String {
    if long.chars().count() <= LONGEST { long } else { long.chars().take(LONGEST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_dep_9_little_is_kept_of_a_server_that_says_much() {
        let long = "é".repeat(70_000);
        let location = Some(long.clone());
        let lines = [
            Failure::Name(long.clone()),
            Failure::Unreachable("127.0.0.1:80".parse().unwrap(), long.clone()),
            Failure::Certificate(Distrust::Names(vec![long.clone(); 900])),
            Failure::Certificate(Distrust::Other(long.clone())),
            Failure::Tls(long.clone()),
        ];
        let mut all: Vec<Trouble> = lines.iter().cloned().map(Trouble::Line).collect();
        all.extend(lines.into_iter().map(|line| Trouble::Fragments { first: 1, how: BadFragment::Line(line), bad: 1 }));
        let moved = Status { status: 302, location };
        all.push(Trouble::Status(moved.clone()));
        all.push(Trouble::Fragments { first: 1, how: BadFragment::Status(moved), bad: 1 });
        all.push(Trouble::Own(long.clone()));
        all.push(Trouble::NotThere(long));
        for trouble in all {
            let kept = format!("{:?}", short(trouble));
            assert!(kept.len() < 2500 && kept.contains("é…"), "{} bytes: {kept:.80}", kept.len());
        }
        let few = Trouble::Line(Failure::Name("srv".into()));
        assert_eq!(short(few.clone()), few);
    }
}
