//! From nested elements to the flat cells of a [`Message`].
//!
//! Which element vanishes, which path a value gets, and that an element wins over an attribute of the
//! same name is decided here, without a tree and without recursion. Not for syntax: that is `super::xml`.
//!
//! Source: agent protocol page, section 1.6.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Cell, Element, Message};

/// Up to so many different child names are compared one by one; more are hashed.
const FEW: usize = 16;

/// Where an open element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Root,
    Content,
    /// A child of the root or of CONTENT.
    Section,
    /// Anything deeper.
    Inside,
}

/// An element whose end was not seen yet.
#[derive(Debug, Default)]
struct Open<'a> {
    name: &'a str,
    place: Place,
    /// Its own text so far.
    text: Cow<'a, str>,
    /// Length of its path in `Flat::path`. `None` until something in it survives: only then is it
    /// known that it does not vanish, and that it counts among its siblings.
    path: Option<usize>,
    /// Names of its attributes, and where their values are: a child element of the same name wins.
    attributes: Vec<(&'a str, usize)>,
    children: Children<'a>,
}

/// How often each child name occurred, vanished ones left out.
#[derive(Debug, Default)]
struct Children<'a> {
    few: Vec<(&'a str, Child)>,
    many: HashMap<&'a str, Child>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Child {
    count: u32,
    /// One of them was more than a leaf, so that plain names no longer say which is meant.
    nested: bool,
}

impl<'a> Children<'a> {
    fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
    }

    /// Counts one more child of this name.
    fn add(&mut self, name: &'a str, nested: bool) -> Child {
        let child = match self.few.iter().position(|(known, _)| *known == name) {
            Some(at) => self.few.get_mut(at).map(|(_, child)| child),
            None if self.few.len() < FEW => {
                self.few.push((name, Child::default()));
                self.few.last_mut().map(|(_, child)| child)
            }
            None => Some(self.many.entry(name).or_default()),
        };
        let Some(child) = child else { return Child::default() };
        child.count = child.count.saturating_add(1);
        child.nested |= nested;
        *child
    }
}

/// Takes elements, attributes and text in the order of the document and makes a [`Message`] of them.
///
/// It trusts its caller with limits: depth, number and names of elements.
#[derive(Default)]
pub(super) struct Flat<'a> {
    message: Message<'a>,
    /// Open elements, outermost first; those beyond `depth` are kept for their memory.
    open: Vec<Open<'a>>,
    depth: usize,
    /// The path of the innermost element that has one.
    path: String,
    /// Bytes in all paths that were made.
    written: usize,
    /// Cells of the section in work.
    cells: Vec<Cell<'a>>,
    /// Attribute cells of it that lost against an element.
    lost: Vec<usize>,
    lost_head: Vec<usize>,
    lost_content: Vec<usize>,
}

impl<'a> Flat<'a> {
    /// One that counts on from so many bytes of paths.
    pub(super) fn after(written: usize) -> Flat<'a> {
        Flat { written, ..Flat::default() }
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The name of the innermost open element.
    pub(super) fn innermost(&self) -> Option<&'a str> {
        self.depth.checked_sub(1).and_then(|at| self.open.get(at)).map(|open| open.name)
    }

    /// Bytes of all paths so far: they can be far more than the text when long names are nested around many leaves.
    pub(super) fn written(&self) -> usize {
        self.written
    }

    fn current(&mut self) -> Option<&mut Open<'a>> {
        self.depth.checked_sub(1).and_then(|at| self.open.get_mut(at))
    }

    /// A piece of the innermost element's own text.
    pub(super) fn text(&mut self, piece: Cow<'a, str>) {
        match self.current() {
            // Blanks so far are those between child elements, or would be trimmed anyway. They are taken away here,
            // so that a text in many pieces is not searched for them at each piece.
            Some(open) if open.text.is_empty() => {
                open.text = match piece {
                    Cow::Borrowed(piece) => Cow::Borrowed(piece.trim_ascii_start()),
                    Cow::Owned(piece) => Cow::Owned(piece.trim_ascii_start().to_owned()),
                }
            }
            Some(open) => open.text.to_mut().push_str(&piece),
            None => {}
        }
    }

    /// An element begins.
    pub(super) fn open(&mut self, name: &'a str) {
        let place = match self.current().map(|parent| parent.place) {
            None => Place::Root,
            Some(Place::Root) if name == "CONTENT" => Place::Content,
            Some(Place::Root | Place::Content) => Place::Section,
            Some(Place::Section | Place::Inside) => Place::Inside,
        };
        self.message.has_content |= place == Place::Content;
        if self.open.len() == self.depth {
            self.open.push(Open::default());
        }
        self.depth += 1;
        if place == Place::Section {
            self.path.clear();
            self.cells.clear();
            self.lost.clear();
        }
        if let Some(open) = self.current() {
            open.name = name;
            open.place = place;
            open.text = Cow::Borrowed("");
            open.path = (place != Place::Inside).then_some(0);
            open.attributes.clear();
            open.children.clear();
        }
    }

    /// An attribute of the element that was opened last. Empty ones vanish.
    pub(super) fn attribute(&mut self, name: &'a str, value: Cow<'a, str>) {
        let value = trimmed(value);
        if value.is_empty() {
            return;
        }
        let lies_at = match self.current().map(|open| open.place) {
            Some(Place::Root) => push_leaf(&mut self.message.head, name, value),
            Some(Place::Content) => push_leaf(&mut self.message.content, name, value),
            _ => {
                let path = self.settle(self.depth);
                let name = if path == 0 { Cow::Borrowed(name) } else { Cow::Owned(self.below(path, name, 1)) };
                self.cells.push(Cell { name, value });
                self.cells.len() - 1
            }
        };
        if let Some(open) = self.current() {
            open.attributes.push((name, lies_at));
        }
    }

    /// The innermost element ends.
    pub(super) fn close(&mut self) {
        let Some(open) = self.current() else { return };
        let (name, place, path) = (open.name, open.place, open.path);
        let value = trimmed(std::mem::take(&mut open.text));
        match (place, path) {
            (Place::Root | Place::Content, _) => {}
            (Place::Section, _) => self.close_section(name, value),
            // It has attributes or children, so its text is named like itself.
            (Place::Inside, Some(path)) => {
                if !value.is_empty() {
                    let own = self.path.get(..path).unwrap_or_default().to_owned();
                    self.written = self.written.saturating_add(own.len());
                    self.cells.push(Cell { name: Cow::Owned(own), value });
                }
            }
            (Place::Inside, None) => {
                if !value.is_empty() {
                    self.leaf(name, value);
                }
            }
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn close_section(&mut self, name: &'a str, value: Cow<'a, str>) {
        if !value.is_empty() {
            self.cells.push(Cell { name: Cow::Borrowed(""), value });
        }
        drop_lost(&mut self.cells, &mut self.lost);
        if self.cells.is_empty() {
            return;
        }
        self.count(self.depth, name, true);
        // The next section is likely to be as large as this one.
        let room = Vec::with_capacity(self.cells.len());
        let element = Element { tag: Cow::Borrowed(name), cells: std::mem::replace(&mut self.cells, room) };
        match self.depth {
            2 => self.message.head.push(element),
            _ => self.message.content.push(element),
        }
    }

    /// A cell for an element with nothing but text.
    fn leaf(&mut self, name: &'a str, value: Cow<'a, str>) {
        let path = self.settle(self.depth.saturating_sub(1));
        let child = self.count(self.depth, name, false);
        let name = match (path, child) {
            (0, Child { nested: false, .. }) => Cow::Borrowed(name),
            (0, Child { count, .. }) => Cow::Owned(numbered(String::new(), name, count)),
            (path, Child { count, .. }) => Cow::Owned(self.below(path, name, count)),
        };
        self.cells.push(Cell { name, value });
    }

    /// Gives the element at this depth its path, and those around it theirs. Returns the path's length.
    fn settle(&mut self, depth: usize) -> usize {
        let before = self.open.get(..depth).unwrap_or_default();
        let first = before.iter().rposition(|open| open.path.is_some()).map_or(0, |at| at + 1);
        let mut path = first.checked_sub(1).and_then(|at| before.get(at)).and_then(|open| open.path).unwrap_or(0);
        for at in first..depth {
            let Some(name) = self.open.get(at).map(|open| open.name) else { break };
            let child = self.count(at + 1, name, true);
            self.path = self.below(path, name, child.count);
            path = self.path.len();
            if let Some(open) = self.open.get_mut(at) {
                open.path = Some(path);
            }
        }
        path
    }

    /// Counts the element at this depth in the one around it; an attribute of the same name is lost.
    fn count(&mut self, depth: usize, name: &'a str, nested: bool) -> Child {
        let Some(parent) = depth.checked_sub(2).and_then(|at| self.open.get_mut(at)) else { return Child::default() };
        if let Some(at) = parent.attributes.iter().position(|(known, _)| *known == name) {
            let (_, lies_at) = parent.attributes.swap_remove(at);
            match parent.place {
                Place::Root => self.lost_head.push(lies_at),
                Place::Content => self.lost_content.push(lies_at),
                Place::Section | Place::Inside => self.lost.push(lies_at),
            }
        }
        match parent.place {
            Place::Root | Place::Content => Child::default(),
            Place::Section | Place::Inside => parent.children.add(name, nested),
        }
    }

    /// `path/name`, with a number from the second on.
    fn below(&mut self, path: usize, name: &str, count: u32) -> String {
        let mut below = String::with_capacity(path + name.len() + 8);
        below.push_str(self.path.get(..path).unwrap_or_default());
        if path > 0 {
            below.push('/');
        }
        let below = numbered(below, name, count);
        self.written = self.written.saturating_add(below.len());
        below
    }

    /// What was read, once everything is closed.
    pub(super) fn finish(mut self) -> Message<'a> {
        drop_lost(&mut self.message.head, &mut self.lost_head);
        drop_lost(&mut self.message.content, &mut self.lost_content);
        self.message
    }
}

fn push_leaf<'a>(elements: &mut Vec<Element<'a>>, name: &'a str, value: Cow<'a, str>) -> usize {
    let cells = vec![Cell { name: Cow::Borrowed(""), value }];
    elements.push(Element { tag: Cow::Borrowed(name), cells });
    elements.len() - 1
}

fn numbered(mut path: String, name: &str, count: u32) -> String {
    path.push_str(name);
    if count > 1 {
        path.push('[');
        path.push_str(&count.to_string());
        path.push(']');
    }
    path
}

fn trimmed(value: Cow<'_, str>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) => {
            let trimmed = text.trim_ascii();
            if trimmed.len() == text.len() { Cow::Owned(text) } else { Cow::Owned(trimmed.to_owned()) }
        }
    }
}

fn drop_lost<T>(items: &mut Vec<T>, lost: &mut Vec<usize>) {
    if lost.is_empty() {
        return;
    }
    lost.sort_unstable();
    let mut at = 0;
    items.retain(|_| {
        at += 1;
        lost.binary_search(&(at - 1)).is_err()
    });
    lost.clear();
}
