//! A request as the flat list of what it says.
//!
//! The engine of the field turns XML into nested maps in which attributes and elements are the same
//! thing. Here the same reading is a list: one [`Element`] for each section, one [`Cell`] for each value
//! in it. Nothing is lost: what is nested deeper has a path for a name.
//!
//! | in the request | cell |
//! |---|---|
//! | `<S><A>x</A></S>` or `<S A="x"/>` | `A` = x |
//! | `<S>x</S>`, or text beside attributes | the empty name = x |
//! | `<S><A><B>x</B></A></S>` | `A/B` = x |
//! | a second `<A>` with children | `A[2]/B` |
//! | `<S><A>x</A><A>y</A></S>` | `A` = x, `A` = y |
//! | `<S><A N="n">x</A></S>` | `A/N` = n, `A` = x |
//!
//! Not for XML from bytes: that is [`super::xml::read`]. Source: agent protocol page, section 1.6.

use std::borrow::Cow;

use super::Error;
use crate::id::DeviceId;

/// Everything one request says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// What stands in the root outside CONTENT; attributes of the root come first.
    pub head: Vec<Element<'a>>,
    /// The children of CONTENT, one for each occurrence, in order.
    pub content: Vec<Element<'a>>,
    /// Whether there was a CONTENT element, be it empty.
    pub has_content: bool,
}

/// One section, or one leaf outside sections. It has at least one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<'a> {
    /// Its name as sent; upper case with agents that follow the rules.
    pub tag: Cow<'a, str>,
    /// Its values in the order in which they came.
    pub cells: Vec<Cell<'a>>,
}

/// One value: never empty, without blanks at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The path inside the section; empty for the section's own text.
    pub name: Cow<'a, str>,
    /// Its text. Not cut: `text::cut` is for those who store it.
    pub value: Cow<'a, str>,
}

impl<'a> Message<'a> {
    /// Sections of this name, in order.
    pub fn sections<'m>(&'m self, tag: &str) -> impl Iterator<Item = &'m Element<'a>> {
        self.content.iter().filter(move |element| element.tag == tag)
    }

    /// The text of a leaf beside CONTENT, be it written as element or as attribute. The last one counts.
    pub fn head_value(&self, tag: &str) -> Option<&str> {
        last(&self.head, tag)
    }

    /// The text of a leaf directly inside CONTENT, such as OLD_DEVICEID or VERSIONCLIENT.
    pub fn content_value(&self, tag: &str) -> Option<&str> {
        last(&self.content, tag)
    }

    /// Who it is: REQUEST/DEVICEID, else REQUEST/CONTENT/DEVICEID.
    pub fn device_id(&self) -> Result<DeviceId, Error> {
        let text = self.head_value("DEVICEID").or_else(|| self.content_value("DEVICEID")).ok_or(Error::NoDeviceId)?;
        Ok(text.parse()?)
    }

    /// The word in QUERY as it was sent.
    pub fn query(&self) -> Option<&str> {
        self.head_value("QUERY")
    }

    /// The identifier that the computer had before, wherever its agent puts it.
    ///
    /// Windows agents 2.x write it into DOWNLOAD/HISTORY by mistake.
    pub fn old_device_id(&self) -> Option<DeviceId> {
        self.content_value("OLD_DEVICEID")
            .or_else(|| self.sections("DOWNLOAD").find_map(|download| download.value("HISTORY/OLD_DEVICEID")))
            .and_then(|text| text.parse().ok())
    }
}

impl Message<'_> {
    /// The same without borrowing from the text it was read from.
    pub fn into_owned(self) -> Message<'static> {
        let owned = |elements: Vec<Element<'_>>| elements.into_iter().map(Element::into_owned).collect();
        Message { head: owned(self.head), content: owned(self.content), has_content: self.has_content }
    }
}

fn last<'m>(elements: &'m [Element<'_>], tag: &str) -> Option<&'m str> {
    elements.iter().rev().filter(|element| element.tag == tag).find_map(Element::text)
}

impl<'a> Element<'a> {
    /// The element's own text.
    pub fn text(&self) -> Option<&str> {
        self.value("")
    }

    /// The value with this name or path; the last one when a leaf is repeated.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.cells.iter().rev().find(|cell| cell.name == name).map(|cell| cell.value.as_ref())
    }

    /// Every value with this name or path, in order.
    pub fn values<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m str> {
        self.cells.iter().filter(move |cell| cell.name == name).map(|cell| cell.value.as_ref())
    }
}

impl Element<'_> {
    /// The same without borrowing from the text it was read from.
    pub fn into_owned(self) -> Element<'static> {
        let owned = |cell: Cell<'_>| Cell { name: owned(cell.name), value: owned(cell.value) };
        Element { tag: Cow::Owned(self.tag.into_owned()), cells: self.cells.into_iter().map(owned).collect() }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::xml::tests::read;
    use super::*;

    #[test]
    fn the_device_id_beside_content_wins_over_the_one_inside() {
        let inside = "<REQUEST><CONTENT><DEVICEID>b-2026-02-03-08-15-42</DEVICEID></CONTENT></REQUEST>";
        assert_eq!(read(inside).unwrap().device_id().unwrap().as_str(), "b-2026-02-03-08-15-42");
        let both = inside.replace("</REQUEST>", "<DEVICEID>a-2026-02-03-08-15-42</DEVICEID></REQUEST>");
        assert_eq!(read(&both).unwrap().device_id().unwrap().as_str(), "a-2026-02-03-08-15-42");
        assert!(matches!(read("<REQUEST/>").unwrap().device_id(), Err(Error::NoDeviceId)));
        assert!(matches!(read("<REQUEST DEVICEID='x'/>").unwrap().device_id(), Err(Error::DeviceId(_))));
    }

    /// An agent that keeps its identifier in a file sends the line end along.
    #[test]
    fn pitfall_24_an_identifier_is_trimmed() {
        let message = read("<REQUEST><DEVICEID>pc-2026-02-03-08-15-42\n</DEVICEID></REQUEST>").unwrap();
        assert_eq!(message.device_id().unwrap().as_str(), "pc-2026-02-03-08-15-42");
    }

    #[test]
    fn pitfall_32_the_old_identifier_is_found_inside_the_download_history_too() {
        let old = "<OLD_DEVICEID>pc-2020-02-03-08-15-42</OLD_DEVICEID>";
        for content in [old.to_string(), format!("<DOWNLOAD><HISTORY><PACKAGE ID='1'/>{old}</HISTORY></DOWNLOAD>")] {
            let text = format!("<REQUEST><CONTENT>{content}</CONTENT></REQUEST>");
            assert_eq!(read(&text).unwrap().old_device_id().unwrap().as_str(), "pc-2020-02-03-08-15-42", "{content}");
        }
    }
}
