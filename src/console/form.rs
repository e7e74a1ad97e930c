//! The values of a form, and of the part of an address behind the question mark.

use actix_web::web::Query;

/// Names and values in the order in which they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `name=value&…`. `None` for more than `most` fields.
    pub fn read(text: &str, most: usize) -> Option<Form> {
        if text.split('&').take(most.saturating_add(1)).count() > most {
            return None;
        }
        Query::<Vec<(String, String)>>::from_query(text).ok().map(|fields| Form(fields.into_inner()))
    }

    /// Fields that were read in another way.
    pub fn of(fields: Vec<(String, String)>) -> Form {
        Form(fields)
    }

    /// The same with one value for a field.
    pub fn with(mut self, name: &str, value: String) -> Form {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value));
        self
    }

    /// The first value of a field; empty when it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether a field was sent, be it empty.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Every value of a field that is sent several times; empty ones stand for none.
    pub fn chosen(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Everything but the token, to be sent again by another form.
    pub fn carried(&self) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| name != "token").cloned().collect()
    }

    /// The first value of a field; `None` when it was not sent.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same without fields that were left blank, as browsers send them all the same.
    pub fn without_blanks(&self) -> Form {
        Form(self.0.iter().filter(|(_, value)| !value.trim().is_empty()).cloned().collect())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let form = Form::read("tag=R%26D+%C3%A9&tag=second&empty=&bad=%zz%FF", 10).unwrap();
        assert_eq!((form.get("tag"), form.get("empty"), form.get("missing")), ("R&D é", "", ""));
        assert_eq!((form.sent("empty"), form.sent("missing")), (Some(""), None));
        assert_eq!(form.all("tag").collect::<Vec<_>>(), ["R&D é", "second"]);
        assert_eq!(form.get("bad"), "%zz\u{FFFD}");
        assert_eq!((form.chosen("tag"), form.chosen("empty")), (vec!["R&D é", "second"], vec![]));
        assert!(form.has("empty") && !form.has("missing"));
        assert_eq!(Form::read("", 10), Some(Form::default()));
        assert!(Form::read(&"a=1&".repeat(11), 10).is_none());
    }
}
