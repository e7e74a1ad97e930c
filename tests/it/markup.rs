//! Pages as a strict reader sees them: every element is closed in its order, every value is quoted, every `&` begins
//! something known. Written for what the console writes; a browser would forgive more.

use std::collections::{BTreeMap, BTreeSet};

/// Elements without content.
const VOID: [&str; 9] = ["br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"];
/// What a paragraph may not hold: a browser would end it there.
const BLOCKS: [&str; 18] = [
    "div", "p", "ul", "ol", "dl", "table", "form", "fieldset", "h1", "h2", "h3", "section", "nav", "pre", "details",
    "main", "header", "hr",
];
/// What may not lie in a link or a button.
const ACTIVE: [&str; 6] = ["a", "button", "input", "select", "textarea", "details"];

/// One element.
#[derive(Debug, Clone)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    /// Its words and those of all that lies in it.
    pub text: String,
    /// Where the element that holds it stands in [`Document::elements`].
    pub parent: Option<usize>,
}

impl Element {
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    pub fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }

    pub fn is(&self, name: &str, class: &str) -> bool {
        self.name == name && self.get("class").split(' ').any(|one| one == class)
    }
}

/// A page.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// In the order in which they begin.
    pub elements: Vec<Element>,
}

impl Document {
    /// Reads a page; the first thing that is wrong with it.
    pub fn read(page: &str) -> Result<Document, String> {
        let mut document = Document::default();
        let mut open: Vec<usize> = Vec::new();
        let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("it does not begin as a page does")?;
        while !rest.is_empty() {
            let (text, tag) = rest.split_once('<').unwrap_or((rest, ""));
            if text.contains('>') {
                return Err(format!("a bare > in {text:?}"));
            }
            let words = unescaped(text)?;
            for at in &open {
                document.elements[*at].text.push_str(&words);
            }
            if tag.is_empty() {
                break;
            }
            if let Some(ended) = tag.strip_prefix('/') {
                let (name, after) = ended.split_once('>').ok_or("a tag without an end")?;
                let last = open.pop().ok_or(format!("</{name}> ends nothing"))?;
                if document.elements[last].name != name {
                    return Err(format!("</{name}> where <{}> is open", document.elements[last].name));
                }
                rest = after;
                continue;
            }
            let (name, attributes, after) = begin(tag)?;
            document.elements.push(Element {
                name: name.to_owned(),
                attributes,
                text: String::new(),
                parent: open.last().copied(),
            });
            if !VOID.contains(&name) {
                open.push(document.elements.len() - 1);
            }
            rest = after;
        }
        match open.last() {
            Some(at) => Err(format!("<{}> is never closed", document.elements[*at].name)),
            None => Ok(document),
        }
    }

    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> + 'a {
        self.elements.iter().filter(move |element| element.name == name)
    }

    /// Whatever holds an element, from the inside to the outside.
    pub fn above<'a>(&'a self, element: &'a Element) -> impl Iterator<Item = &'a Element> + 'a {
        std::iter::successors(element.parent, |at| self.elements[*at].parent).map(|at| &self.elements[at])
    }

    /// The elements within another one.
    pub fn within<'a>(&'a self, outer: &'a Element) -> impl Iterator<Item = &'a Element> + 'a {
        self.elements.iter().filter(move |one| self.above(one).any(|above| std::ptr::eq(above, outer)))
    }

    /// The first thing that no page should have: what browsers repair, what nobody can name who does not see it, and
    /// what the content security policy forbids (SEC-21).
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut ids = BTreeSet::new();
        for id in self.elements.iter().filter(|one| one.has("id")).map(|one| one.get("id")) {
            if !ids.insert(id) {
                faults.push(format!("two elements have the id {id}"));
            }
        }
        for element in &self.elements {
            let name = element.name.as_str();
            let parent = element.parent.map_or("", |at| self.elements[at].name.as_str());
            let above = |names: &[&str]| self.above(element).any(|one| names.contains(&one.name.as_str()));
            let mut says = |true_of: bool, fault: &str| {
                if true_of {
                    faults.push(format!("<{name}> {:?} in <{parent}>: {fault}", element.attributes));
                }
            };
            says(BLOCKS.contains(&name) && above(&["p"]), "a paragraph ends here");
            says(ACTIVE.contains(&name) && above(&["a", "button"]), "something active in something active");
            says(name == "form" && above(&["form"]), "a form in a form");
            says(matches!(parent, "ul" | "ol") && name != "li", "no entry of its list");
            says(matches!(parent, "tr") && !matches!(name, "td" | "th"), "no cell");
            says(matches!(parent, "tbody" | "thead") && name != "tr", "no row");
            says(
                parent == "table" && !matches!(name, "caption" | "thead" | "tbody" | "colgroup" | "tfoot"),
                "no part of a table",
            );
            says(parent == "dl" && !matches!(name, "dt" | "dd" | "div"), "no definition");
            says(parent == "select" && !matches!(name, "option" | "optgroup"), "no choice");
            says(name == "legend" && parent != "fieldset", "a legend of nothing");
            says(name == "summary" && parent != "details", "a summary of nothing");
            says(element.has("style") || name == "style", "a style in the page");
            says(element.attributes.keys().any(|key| key.starts_with("on")), "a script in an attribute");
            says(name == "script" && (!element.has("src") || !element.text.trim().is_empty()), "a script in the page");
            says(name == "img" && !element.has("alt"), "a picture without words");
            for reference in ["for", "form", "aria-labelledby", "aria-describedby", "aria-controls", "list"] {
                let missing = element.get(reference).split_whitespace().any(|id| !ids.contains(id));
                says(missing, &format!("{reference} names nothing"));
            }
            says(matches!(name, "a" | "button" | "summary") && !self.has_words(element), "without words");
            says(self.is_asked(element) && !self.has_label(element), "without a label");
            says(name == "table" && !self.within(element).any(|one| one.name == "caption"), "without a caption");
        }
        for (what, expected) in [("h1", 1), ("title", 1), ("main", 1), ("html", 1)] {
            let found = self.named(what).count();
            if found != expected {
                faults.push(format!("{found} times <{what}>"));
            }
        }
        if self.named("html").any(|html| !matches!(html.get("lang"), "en" | "fr")) {
            faults.push("no language".to_owned());
        }
        faults
    }

    fn has_words(&self, element: &Element) -> bool {
        !element.text.trim().is_empty() || element.has("aria-label")
    }

    fn is_asked(&self, element: &Element) -> bool {
        let field = matches!(element.name.as_str(), "input" | "select" | "textarea");
        field && !matches!(element.get("type"), "hidden" | "submit")
    }

    fn has_label(&self, element: &Element) -> bool {
        let id = element.get("id");
        element.has("aria-label")
            || element.has("aria-labelledby")
            || self.above(element).any(|one| one.name == "label" && !one.text.trim().is_empty())
            || !id.is_empty()
                && self.named("label").any(|label| label.get("for") == id && !label.text.trim().is_empty())
    }
}

type Begun<'a> = (&'a str, BTreeMap<String, String>, &'a str);

/// A tag behind its `<`: name, attributes, and what comes after it.
fn begin(tag: &str) -> Result<Begun<'_>, String> {
    let here = || tag.chars().take(60).collect::<String>();
    let end = tag.find([' ', '>']).ok_or_else(|| format!("a tag without an end: {:?}", here()))?;
    let (name, mut rest) = tag.split_at(end);
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.is_empty() || !name.chars().all(known) {
        return Err(format!("no element: {:?}", here()));
    }
    let mut attributes = BTreeMap::new();
    loop {
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((name, attributes, after));
        }
        rest = rest.strip_prefix(' ').ok_or_else(|| format!("attributes run together: {:?}", here()))?;
        let end = rest.find(['=', ' ', '>']).ok_or_else(|| format!("a tag without an end: {:?}", here()))?;
        let (key, after) = rest.split_at(end);
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(format!("no attribute: {key:?} in {:?}", here()));
        }
        let value = match after.strip_prefix("=\"") {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"').ok_or_else(|| format!("no end of {key}: {:?}", here()))?;
                rest = after;
                unescaped(value)?
            }
            None if after.starts_with('=') => return Err(format!("{key} is not quoted: {:?}", here())),
            None => {
                rest = after;
                String::new()
            }
        };
        if attributes.insert(key.to_owned(), value).is_some() {
            return Err(format!("two attributes {key}: {:?}", here()));
        }
    }
}

/// Text as it is read.
fn unescaped(text: &str) -> Result<String, String> {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        read.push_str(before);
        let (name, after) = after.split_once(';').ok_or_else(|| format!("a bare & in {text:?}"))?;
        read.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            other => return Err(format!("&{other}; is nothing that the console writes")),
        });
        rest = after;
    }
    read.push_str(rest);
    Ok(read)
}

#[test]
fn the_strict_reader_finds_what_is_wrong() {
    let page =
        |body: &str| format!("<!DOCTYPE html><html lang=\"en\"><title>T</title><main><h1>H</h1>{body}</main></html>");
    let good = Document::read(&page("<p class=\"a b\">1 &lt; 2<br><a href=\"/?a=1&amp;b=2\">go</a></p>")).unwrap();
    assert_eq!(good.faults(), Vec::<String>::new());
    let link = good.named("a").next().unwrap();
    assert_eq!((link.get("href"), link.text.as_str()), ("/?a=1&b=2", "go"));
    for broken in
        ["<p>", "</p>", "<b><i></b></i>", "<a href=x>x</a>", "a & b", "&nbsp;", "<p a=\"1\" a=\"2\"></p>", "<P></P>"]
    {
        assert!(Document::read(&page(broken)).is_err(), "{broken}");
    }
    for faulty in [
        "<p><ul></ul></p>",
        "<a href=\"#\"><button>x</button></a>",
        "<i id=\"x\"></i><i id=\"x\"></i>",
        "<input name=\"x\">",
        "<label for=\"y\">y</label>",
        "<a href=\"#\"></a>",
        "<p style=\"a\"></p>",
        "<p onclick=\"a\"></p>",
        "<script>a</script>",
        "<table><tr></tr></table>",
        "<h1>twice</h1>",
    ] {
        assert!(!Document::read(&page(faulty)).unwrap().faults().is_empty(), "{faulty}");
    }
}
