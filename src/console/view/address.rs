//! The address of a list: a path and what it was asked for, so that every view can be linked and reproduced.

use std::fmt;

/// A path with named values; changing one keeps the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    path: String,
    values: Vec<(String, String)>,
}

impl Address {
    /// A path without values.
    pub fn new(path: impl Into<String>) -> Address {
        Address { path: path.into(), values: Vec::new() }
    }

    /// The same address with one value set.
    pub fn with(&self, name: &str, value: impl fmt::Display) -> Address {
        let mut address = self.without(name);
        address.values.push((name.to_owned(), value.to_string()));
        address
    }

    /// The same address with one value left out.
    pub fn without(&self, name: &str) -> Address {
        let values = self.values.iter().filter(|(known, _)| known != name).cloned().collect();
        Address { path: self.path.clone(), values }
    }

    /// Its values, in order.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same values asked of another path.
    pub fn at(&self, path: impl Into<String>) -> Address {
        Address { path: path.into(), values: self.values.clone() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        for (at, (name, value)) in self.values.iter().enumerate() {
            f.write_str(if at == 0 { "?" } else { "&" })?;
            encode(f, name)?;
            f.write_str("=")?;
            encode(f, value)?;
        }
        Ok(())
    }
}

fn encode(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => write!(f, "{}", byte as char)?,
            b' ' => f.write_str("+")?,
            other => write!(f, "%{other:02X}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_changes_and_the_others_stay() {
        let address = Address::new("/ocsreports/computers").with("tag", "R&D é").with("page", 3);
        assert_eq!(address.with("page", 4).to_string(), "/ocsreports/computers?tag=R%26D+%C3%A9&page=4");
        assert_eq!(address.without("page").without("tag").to_string(), "/ocsreports/computers");
        assert_eq!(address.without("tag").at("/other").to_string(), "/other?page=3");
    }
}
