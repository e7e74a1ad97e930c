//! The card of a computer: what is known about it as a whole, and what needs care (CON-PC-1).

use super::beside::Beside;
use super::record::Record;
use crate::clock::Timestamp;
use crate::console::pages::computer::{Banner, part};
use crate::console::view::card::Care;
use crate::console::view::message::Tone;
use crate::console::view::{Locale, format};
use crate::id::ComputerId;
use crate::inventory::columns;
use crate::inventory::rows::SectionRows;

/// A computer that was silent for so many days is told of.
const SILENT_DAYS: i64 = 40;
/// A drive with less room than so many hundredths is told of.
const LITTLE_ROOM: f64 = 5.0;
/// Smaller drives, such as those that the system starts from, are full by their nature. In MB.
const SMALL: f64 = 2048.0;

/// The maker in front, unless the model begins with it anyway: `HP ProDesk 400`, `Dell Inc. OptiPlex 3050`.
pub fn model(maker: &str, model: &str) -> String {
    let (maker, model) = (maker.trim(), model.trim());
    let names_maker = model.to_lowercase().starts_with(&maker.to_lowercase());
    if names_maker { model.to_owned() } else { format!("{maker} {model}").trim().to_owned() }
}

/// The banner. `private` is for who may see product keys.
pub fn banner<'a>(record: &'a Record, model: &'a str, beside: &'a Beside, private: bool) -> Banner<'a> {
    let text = |column| record.columns.get(column);
    let number = |column| text(column).trim().parse::<i64>().ok().filter(|number| *number > 0);
    let hardware = record.sections.iter().find(|section| section.key.tag() == "HARDWARE");
    let sent =
        |field| hardware.and_then(|section| section.rows.first()?.value(&section.key, field)).unwrap_or_default();
    Banner {
        tag: record.account.tag(),
        user: text(columns::USERID),
        user_domain: text(columns::USERDOMAIN),
        model,
        serial: text(columns::SSN),
        system: text(columns::OSNAME),
        system_version: text(columns::OSVERSION),
        service_pack: text(columns::OSCOMMENTS),
        architecture: text(columns::ARCH),
        description: text(columns::DESCRIPTION),
        company: text(columns::WINCOMPANY),
        owner: text(columns::WINOWNER),
        product_id: text(columns::WINPRODID),
        product_key: if private { text(columns::WINPRODKEY) } else { "" },
        memory: number(columns::MEMORY),
        swap: number(columns::SWAP),
        processor: text(columns::PROCESSORT),
        uuid: text(columns::UUID),
        virtual_machine: sent("VMSYSTEM"),
        host: beside.host.as_ref(),
        workgroup: text(columns::WORKGROUP),
        address: text(columns::IPADDR),
        agent: record.seen.as_ref().map_or(text(columns::USERAGENT), |seen| &seen.agent),
        device_id: record.computer.as_ref().map_or("", |computer| &computer.device),
        first_seen: record.computer.as_ref().map(|computer| computer.first_seen).filter(|at| at.0 > 0),
        last_inventory: record.computer.as_ref().map(|computer| computer.last_date).filter(|at| at.0 > 0),
        last_contact: record.seen.as_ref().map(|seen| seen.last_contact).filter(|at| at.0 > 0),
    }
}

/// What needs care: it is in the archive, an inventory is asked for, it is silent, its agent could not verify
/// the certificate, a drive is nearly full.
/// `who` leads to the page that lists who cannot connect, for who may open it.
pub fn care(locale: &Locale, id: ComputerId, record: &Record, who: Option<String>) -> Vec<Care> {
    let mut cares = Vec::new();
    let mut say = |tone, text, href| cares.push(Care { tone, text, href });
    if let Some(since) = record.archived {
        let text = locale.fill("care.archived", &[("when", &format::moment(locale, since))]);
        say(Tone::Note, text, None);
    }
    if let Some(request) = &record.requested {
        let words = [("who", &request.by as &dyn std::fmt::Display), ("ago", &format::ago(locale, request.at))];
        say(Tone::Note, locale.fill("care.requested", &words), None);
    }
    let silent = record.seen.as_ref().map_or(0, |seen| locale.now.since(seen.last_contact) / Timestamp::DAY);
    if silent >= SILENT_DAYS {
        say(Tone::Warning, locale.count("care.silent", silent.unsigned_abs()), Some(part(id, "contacts")));
    }
    if let Some((address, failure)) = &record.distrust {
        let words = [("address", address as &dyn std::fmt::Display), ("when", &format::moment(locale, failure.last))];
        say(Tone::Warning, locale.fill("care.distrust", &words), who);
    }
    let drives = record.sections.iter().filter(|section| section.key.tag() == "DRIVES");
    for (name, room) in drives.flat_map(full) {
        let text = locale.fill("care.drive", &[("drive", &name), ("room", &format::percent(locale.lang, room))]);
        say(Tone::Warning, text, Some(part(id, "DRIVES")));
    }
    cares
}

/// Drives with little room: what they are called, and hundredths that are free. What cannot be written has no room by
/// its nature.
fn full(section: &SectionRows) -> Vec<(String, f32)> {
    let drive = |row: &crate::inventory::rows::Row| {
        let text = |name| row.value(&section.key, name).unwrap_or_default().trim();
        let number = |name| text(name).parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let (free, total) = (number("FREE")?, number("TOTAL")?);
        let kind = text("TYPE").to_lowercase();
        let fixed =
            !kind.contains("cd") && !kind.contains("remov") && !kind.contains("network") && !kind.starts_with("/snap");
        let read_only = matches!(text("FILESYSTEM").to_lowercase().as_str(), "squashfs" | "iso9660" | "udf" | "cdfs");
        let room = free * 100.0 / total;
        let name = if text("LETTER").is_empty() { text("TYPE") } else { text("LETTER") };
        (fixed && !read_only && total >= SMALL && room < LITTLE_ROOM).then(|| (name.to_owned(), room as f32))
    };
    section.rows.iter().filter_map(drive).collect()
}

#[cfg(test)]
mod tests {
    use super::{full, model};
    use crate::inventory::rows::{FieldKey, Row, SectionKey, SectionRows};

    #[test]
    fn con_pc_1_the_maker_is_named_once() {
        assert_eq!(model("HP", "HP ProDesk 400 G7"), "HP ProDesk 400 G7");
        assert_eq!(model("Hewlett-Packard", "HP Compaq 6200"), "Hewlett-Packard HP Compaq 6200");
        assert_eq!(model("Dell Inc.", "OptiPlex 3050 "), "Dell Inc. OptiPlex 3050");
        assert_eq!(
            (model("", "Surface"), model("LENOVO", ""), model("", "")),
            ("Surface".into(), "LENOVO".into(), String::new())
        );
    }

    #[test]
    fn a_drive_is_nearly_full_when_it_is_fixed_and_large() {
        let key = SectionKey::of("DRIVES");
        let SectionKey::Known(section) = key else { panic!() };
        let row = |cells: &[(&str, &str)]| Row {
            cells: cells
                .iter()
                .map(|(name, value)| (FieldKey::Known(section.field(name).unwrap()), (*value).into()))
                .collect(),
        };
        let rows = vec![
            row(&[("LETTER", "C:/"), ("TYPE", "Hard Drive"), ("FREE", "4000"), ("TOTAL", "100000")]),
            row(&[("LETTER", "D:/"), ("TYPE", "CD-Rom Drive"), ("FREE", "0"), ("TOTAL", "4000")]),
            row(&[("TYPE", "/boot"), ("FREE", "1"), ("TOTAL", "500")]),
            row(&[("TYPE", "/home"), ("FREE", "0"), ("TOTAL", "9000")]),
            row(&[("TYPE", "/snap/x"), ("FILESYSTEM", "squashfs"), ("FREE", "0"), ("TOTAL", "9000")]),
            row(&[("LETTER", "E:/"), ("FREE", "N/A"), ("TOTAL", "0")]),
        ];
        assert_eq!(full(&SectionRows { key, rows }), [("C:/".to_owned(), 4.0), ("/home".to_owned(), 0.0)]);
    }
}
