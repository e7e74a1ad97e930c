//! One computer: its identity card, what can be done with it, its sections, its TAG and its last contacts
//! (CON-PC-1, 2, 3, 4, 8, 9).

mod administrative;
mod contacts;
mod course;
mod customization;
mod deeds;
mod names;
mod notes;
mod packages;
mod show;

use maud::{Markup, html};

pub use self::administrative::{AdministrativeForm, ValueRow, input_name, value_input, written};
pub use self::contacts::ContactsPage;
pub use self::customization::{CustomizationForm, OwnRow, own_input};
pub use self::deeds::Deeds;
pub use self::names::{CATEGORY, COMPUTERS_WITH, GUEST, PROCESSORS, USED, field_title, section_title};
pub use self::notes::{NotesPage, OneNote};
pub use self::packages::{PackageRow, PackagesPage, tone, word};
use crate::clock::Timestamp;
use crate::console::view::card::{Care, Definition, card, definitions, strip};
use crate::console::view::message::{Message, Tone};
use crate::console::view::sections::sections;
use crate::console::view::table::Cell;
use crate::console::view::{Action, Locale, data, format};
use crate::id::ComputerId;

/// Another computer that this one has to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its number.
    pub id: ComputerId,
    /// Its name.
    pub name: String,
}

/// What is known about a computer as a whole. An empty text is left out.
#[derive(Debug, Clone, Default)]
pub struct Banner<'a> {
    /// Its TAG.
    pub tag: &'a str,
    /// Who was logged in.
    pub user: &'a str,
    /// The user's domain.
    pub user_domain: &'a str,
    /// Manufacturer and model.
    pub model: &'a str,
    /// Serial number.
    pub serial: &'a str,
    /// Operating system.
    pub system: &'a str,
    /// Its version.
    pub system_version: &'a str,
    /// Its service pack or build.
    pub service_pack: &'a str,
    /// Architecture.
    pub architecture: &'a str,
    /// Free description.
    pub description: &'a str,
    /// Company that Windows is registered to.
    pub company: &'a str,
    /// Owner that Windows is registered to.
    pub owner: &'a str,
    /// Windows product id.
    pub product_id: &'a str,
    /// Windows product key; empty when the reader may not see it.
    pub product_key: &'a str,
    /// Memory in MB.
    pub memory: Option<i64>,
    /// Swap in MB.
    pub swap: Option<i64>,
    /// Processor.
    pub processor: &'a str,
    /// UUID.
    pub uuid: &'a str,
    /// Kind of virtual machine.
    pub virtual_machine: &'a str,
    /// The computer that it runs on, when it is known.
    pub host: Option<&'a Other>,
    /// Workgroup or domain.
    pub workgroup: &'a str,
    /// Address in the network.
    pub address: &'a str,
    /// User agent.
    pub agent: &'a str,
    /// What the agent calls itself.
    pub device_id: &'a str,
    /// First inventory.
    pub first_seen: Option<Timestamp>,
    /// Last inventory.
    pub last_inventory: Option<Timestamp>,
    /// Last contact of any kind.
    pub last_contact: Option<Timestamp>,
}

/// One section of the inventory and how many rows it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionCount<'a> {
    /// The section as agents call it.
    pub tag: &'a str,
    /// Its rows.
    pub rows: u64,
}

/// The rows of one section.
#[derive(Debug, Clone)]
pub struct SectionRows<'a> {
    /// The section as agents call it.
    pub tag: &'a str,
    /// Its fields as agents call them, in order.
    pub fields: &'a [&'a str],
    /// Its rows, as many cells as fields.
    pub rows: &'a [Vec<Cell<'a>>],
    /// The line below them; empty for none.
    pub total: &'a str,
}

/// What was looked for among the rows of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// What was typed; empty for everything.
    pub part: &'a str,
    /// Rows that hold it.
    pub found: usize,
    /// Rows in all.
    pub whole: usize,
}

/// Which part of the page is shown.
#[derive(Debug, Clone)]
pub enum Shown<'a> {
    /// One section.
    Section(SectionRows<'a>),
    /// All sections that have rows, for reading and printing.
    Everything {
        /// Those that were chosen.
        tables: Vec<SectionRows<'a>>,
        /// What was chosen; nothing for all.
        chosen: &'a [&'a str],
    },
    /// Administrative data.
    Administrative(AdministrativeForm<'a>),
    /// Notes.
    Notes(NotesPage<'a>),
    /// Own values of options.
    Customization(CustomizationForm<'a>),
    /// Packages.
    Packages(PackagesPage<'a>),
    /// The last contacts.
    Contacts(ContactsPage<'a>),
}

/// What the page shows.
#[derive(Debug, Clone)]
pub struct ComputerPage<'a> {
    /// Its number.
    pub id: ComputerId,
    /// The computer as a whole.
    pub banner: Banner<'a>,
    /// Its groups that the reader sees.
    pub groups: &'a [Action],
    /// What needs care.
    pub care: &'a [Care],
    /// All sections that the server knows and those that this computer has.
    pub sections: &'a [SectionCount<'a>],
    /// How many notes it has.
    pub notes: Option<u64>,
    /// How many options it has values of its own for.
    pub customized: Option<u64>,
    /// How many packages it is affected to.
    pub packages: Option<u64>,
    /// What can be put on the junk lists from the part that is shown.
    pub junk: &'a [Action],
    /// What the reader may do with it.
    pub deeds: Deeds<'a>,
    /// What was looked for in the section that is shown; `None` where there is no box for that.
    pub searched: Option<Found<'a>>,
    /// The part that is shown.
    pub shown: Shown<'a>,
}

/// Name of the part that holds administrative data, in the address.
pub const ADMINISTRATIVE: &str = "administrative";
/// Name of the part that holds the last contacts, in the address.
pub const CONTACTS: &str = "contacts";
/// Name of the part that holds notes, in the address.
pub const NOTES: &str = "notes";
/// Name of the part that holds own values of options, in the address.
pub const CUSTOMIZATION: &str = "customization";
/// Name of the part that holds packages, in the address. No section of agents is called like that.
pub const PACKAGES: &str = "deployment";
/// Name of the part that shows all sections, in the address.
pub const EVERYTHING: &str = "everything";

/// Address of one part of a computer's page: a section by its tag, or one of the names above.
pub fn part(id: ComputerId, name: &str) -> String {
    format!("{}/{id}/{}", super::COMPUTERS, names::in_path(name))
}

/// The message after a redirect from a computer that was merged into this one (CON-PC-11).
pub fn merged_notice(locale: &Locale, former: ComputerId) -> Message {
    let text = locale.fill("computer.merged-notice", &[("id", &former)]);
    Message { tone: Tone::Note, text, action: None }
}

/// The pages above this one.
pub fn trail(locale: &Locale) -> [Action; 1] {
    [Action { href: super::COMPUTERS.to_owned(), label: locale.text("computers.title").to_owned() }]
}

/// Writes the body; the title of the page is the computer's name.
pub fn body(locale: &Locale, page: &ComputerPage) -> Markup {
    html! {
        (seen(locale, &page.banner))
        (strip(locale, page.care))
        @if !page.groups.is_empty() {
            ul.named.in-line aria-label=(locale.text("groups.title")) {
                li { strong { (locale.text("groups.title")) } }
                @for group in page.groups { li { a href=(group.href) { (data(&group.label)) } } }
            }
        }
        (card(None, banner(locale, &page.banner, matches!(page.shown, Shown::Everything { .. }))))
        (deeds::deeds(locale, page.id, &page.deeds))
        div.with-sections {
            (sections(locale, &show::groups(locale, page)))
            div.section-content #section { (show::shown(locale, page)) }
        }
    }
}

fn seen(locale: &Locale, banner: &Banner) -> Markup {
    html! {
        p.seen {
            @if banner.tag.is_empty() { span.tag.none { (locale.text("computer.no-tag")) } }
            @else { span.tag { span.unseen { (locale.text("computer.tag")) " " } (data(banner.tag)) } }
            @if let Some(at) = banner.last_contact {
                span { (locale.text("computer.last-contact")) " " (format::since(locale, at)) }
            }
            @if let Some(at) = banner.last_inventory {
                span { (locale.text("computer.last-inventory")) " " (format::since(locale, at)) }
            }
        }
    }
}

/// The card; `whole` for one that is to be printed.
fn banner(locale: &Locale, banner: &Banner, whole: bool) -> Markup {
    let list = |entries: Vec<(&str, Cell)>| {
        let entries: Vec<_> =
            entries.into_iter().map(|(key, value)| Definition { label: locale.text(key), value }).collect();
        definitions(locale, &entries)
    };
    let first = vec![
        ("computer.user", Cell::text(banner.user)),
        ("computer.model", Cell::text(banner.model)),
        ("computer.serial", Cell::mono(banner.serial)),
        ("computer.address", Cell::mono(banner.address)),
        ("computer.system", Cell::text(banner.system)),
        ("computer.system-version", Cell::mono(banner.system_version)),
        ("computer.processor", Cell::text(banner.processor)),
        ("computer.memory", Cell::size(banner.memory)),
    ];
    let host = banner.host.map_or(Cell::Empty, |host| Cell::Link {
        href: format!("{}/{}", super::COMPUTERS, host.id).into(),
        text: host.name.as_str().into(),
    });
    let more = vec![
        ("computer.user-domain", Cell::text(banner.user_domain)),
        ("computer.workgroup", Cell::text(banner.workgroup)),
        ("computer.service-pack", Cell::text(banner.service_pack)),
        ("computer.architecture", Cell::text(banner.architecture)),
        ("computer.swap", Cell::size(banner.swap)),
        ("computer.description", Cell::text(banner.description)),
        ("computer.company", Cell::text(banner.company)),
        ("computer.owner", Cell::text(banner.owner)),
        ("computer.product-id", Cell::mono(banner.product_id)),
        ("computer.product-key", Cell::mono(banner.product_key)),
        ("computer.uuid", Cell::mono(banner.uuid)),
        ("computer.virtual-machine", Cell::text(banner.virtual_machine)),
        ("computer.host", host),
        ("computer.first-seen", Cell::date(banner.first_seen)),
        ("computer.agent", Cell::mono(banner.agent)),
        ("computer.device-id", Cell::mono(banner.device_id)),
    ];
    let has_more = more.iter().any(|(_, value)| *value != Cell::Empty);
    html! {
        (list(first))
        @if has_more {
            details.more open[whole] { summary { (locale.text("computer.more")) } (list(more)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_a_plug_in_made_up_has_an_address_that_is_one_step() {
        assert_eq!(part(ComputerId(7), "MEMORIES"), "/ocsreports/computers/7/memories");
        assert_eq!(part(ComputerId(7), "A/../B é"), "/ocsreports/computers/7/a%2F..%2Fb%20%C3%A9");
    }
}
