//! Reading pages as a person does: the rows of a table, and a form that is sent as it stands.

use crate::browser::{Browser, Page};

/// Sends the form that leads to `path` with its hidden fields as they are, and what is filled in.
#[track_caller]
pub fn confirm(browser: &mut Browser, path: &str, page: &Page, filled: &[(&str, &str)]) -> Page {
    let form = page.body.split(&format!("action=\"{path}\"")).nth(1).expect("the form is there");
    let form = form.split("</form>").next().unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    for input in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        if name != "token" {
            fields.push((name.to_owned(), clear(rest.split('"').next().unwrap())));
        }
    }
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend(filled);
    browser.post(path, &fields)
}

/// The cells of the first table with a main column, as words; the box in front of a row is left out.
pub fn rows(page: &Page) -> Vec<Vec<String>> {
    let table = page.body.split("<tbody>").nth(1).unwrap_or_default().split("</tbody>").next().unwrap();
    let row = |row: &str| {
        let cells =
            row.split("<t").skip(1).filter(|cell| cell.starts_with(['h', 'd']) && !cell.contains("name=\"id\""));
        cells.map(|cell| words(&cell[1..])).collect()
    };
    table.split("<tr").skip(1).map(row).collect()
}

/// The words of a stretch of markup that begins inside a tag.
fn words(markup: &str) -> String {
    let (mut text, mut inside) = (String::new(), true);
    for c in markup.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    clear(text.trim())
}

/// Text without its escapes.
pub fn clear(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
