//! Odd files and odd requests, each sent by a computer of its own, so that what it leaves behind is seen alone.

use super::client::Request;
use super::contact::{Contact, Packed, flush, pack, prolog};
use super::document::Document;
use super::life::{UNIX, WINDOWS};

/// Makes the request out of an ordinary inventory and its identifier.
type Make = fn(Document, &str) -> Request;

/// One odd thing.
pub struct Odd {
    pub kind: &'static str,
    /// An ordinary inventory came before.
    known: bool,
    /// What is sent is an inventory that ours takes.
    inventory: bool,
    /// Allowance for the status.
    allowed: Option<&'static str>,
    make: Make,
}

impl Odd {
    /// The contacts of the computer with this number.
    pub fn contacts(&self, base: &Document, number: usize) -> Vec<Contact> {
        let name = format!("odd-{number}");
        let device = format!("{name}-2026-01-02-03-04-05");
        let mut document = base.clone();
        document.set_device(&device);
        document.set("HARDWARE", "NAME", &name);
        document.set("HARDWARE", "CHECKSUM", "524287");
        document.set("BIOS", "SSN", &format!("ODD{number}"));
        document.unset("HARDWARE", "LASTDATE");
        let mut contacts = Vec::new();
        if self.known {
            contacts.push(Contact::new(&device, "an ordinary inventory", zlib(&document.text()), true));
        }
        let request = (self.make)(document, &device);
        let mut contact = Contact::new(&device, self.kind, request, self.inventory);
        (contact.allowed, contact.odd) = (self.allowed, Some(self.kind));
        contacts.push(contact);
        contacts
    }
}

fn with(agent: &str, body: Vec<u8>) -> Request {
    Request::post(agent, "application/x-compress", body)
}

fn zlib(text: &str) -> Request {
    with(UNIX, pack(text.as_bytes(), Packed::Zlib))
}

fn plain(text: &str) -> Request {
    with(UNIX, text.as_bytes().to_vec())
}

/// Bytes in the place of a word of HARDWARE/DESCRIPTION.
fn described(mut document: Document, declaration: &str, description: &[u8]) -> Vec<u8> {
    document.set("HARDWARE", "DESCRIPTION", "@@");
    let text = document.text();
    let (first, rest) = text.split_once('\n').expect("a declaration");
    let rest = if first.starts_with("<?xml") { rest } else { &text };
    let text: String = rest.chars().filter(|c| c.is_ascii()).collect();
    let (before, after) = text.split_once("@@").expect("the mark");
    [declaration.as_bytes(), before.as_bytes(), description, after.as_bytes()].concat()
}

const UTF8: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A value in HARDWARE/DESCRIPTION.
fn saying(mut document: Document, value: &str) -> Request {
    document.set("HARDWARE", "DESCRIPTION", value);
    zlib(&document.text())
}

/// More lines in CONTENT.
fn adding(mut document: Document, text: &str) -> Request {
    document.insert(text);
    zlib(&document.text())
}

fn software(document: Document, cells: &str) -> Request {
    adding(document, &format!("<SOFTWARES>\n{cells}\n</SOFTWARES>"))
}

fn query(device: &str, query: &str) -> Request {
    zlib(&prolog(device).replace("PROLOG", query))
}

fn odd(kind: &'static str, make: Make) -> Odd {
    Odd { kind, known: false, inventory: true, allowed: None, make }
}

impl Odd {
    fn known(mut self) -> Odd {
        self.known = true;
        self
    }

    fn no_inventory(mut self) -> Odd {
        self.inventory = false;
        self
    }

    fn allowed(mut self, name: &'static str) -> Odd {
        self.allowed = Some(name);
        self
    }
}

/// Every odd thing.
pub fn all() -> Vec<Odd> {
    [packings(), texts(), structures(), values(), requests()].into_iter().flatten().collect()
}

fn packings() -> Vec<Odd> {
    vec![
        odd("gzip", |d, _| with("OCS-NG_Android_agent_v2.7", pack(d.text().as_bytes(), Packed::Gzip))),
        odd("plain", |d, _| with("OCS_POWERSHELL_INJECTOR_V2.8", pack(d.text().as_bytes(), Packed::Plain))),
        odd("zlib without an end", |d, _| with(WINDOWS, pack(d.text().as_bytes(), Packed::Flushed))),
        odd("zlib with bytes behind", |d, _| {
            let mut body = pack(d.text().as_bytes(), Packed::Zlib);
            body.extend_from_slice(b"behind");
            with(UNIX, body)
        }),
        odd("deflate without a header", |d, _| with(UNIX, flush(d.text().as_bytes(), false))).allowed("raw deflate"),
        odd("zlib cut in the middle", |d, _| {
            let mut body = pack(d.text().as_bytes(), Packed::Zlib);
            body.truncate(body.len() / 2);
            with(UNIX, body)
        })
        .no_inventory()
        .allowed("bad body"),
        odd("neither packed nor XML", |_, _| with(UNIX, b"neither packed nor XML".to_vec()))
            .no_inventory()
            .allowed("bad body"),
        odd("no body", |_, _| with(UNIX, Vec::new())).no_inventory().allowed("bad body"),
        odd("packed, but no XML", |_, _| zlib("packed, but no XML")).no_inventory().allowed("bad body"),
        odd("in pieces", |d, _| Request { chunked: true, ..zlib(&d.text()) }).allowed("in pieces"),
        odd("plain without a declaration", |d, _| {
            let text = d.text();
            let (first, rest) = text.split_once('\n').expect("lines");
            plain(if first.starts_with("<?xml") { rest } else { &text })
        })
        .allowed("plain beginnings"),
        odd("plain after a line feed", |d, _| plain(&format!("\n{}", d.text()))).allowed("plain beginnings"),
    ]
}

fn texts() -> Vec<Odd> {
    vec![
        odd("Latin-1, declared", |d, _| {
            let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n";
            with(UNIX, pack(&described(d, declared, b"caf\xe9 \xfcber"), Packed::Zlib))
        }),
        odd("windows-1252, declared", |d, _| {
            let declared = "<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n";
            with(UNIX, pack(&described(d, declared, b"5 \x80 caf\xe9"), Packed::Zlib))
        }),
        odd("Latin-1, undeclared", |d, _| {
            let declared = "<?xml version=\"1.0\"?>\n";
            with(UNIX, pack(&described(d, declared, b"caf\xe9 \xfcber"), Packed::Zlib))
        }),
        odd("UTF-8 with a byte order mark", |d, _| {
            let text = described(d, UTF8, "café".as_bytes());
            with(UNIX, pack(&[b"\xef\xbb\xbf", text.as_slice()].concat(), Packed::Zlib))
        }),
        odd("Latin-1 declared as UTF-8", |d, _| {
            with(UNIX, pack(&described(d, UTF8, b"caf\xe9 \xc3\xbcber"), Packed::Zlib))
        }),
        odd("a control character", |d, _| with(UNIX, pack(&described(d, UTF8, b"KVM\x07 x"), Packed::Zlib)))
            .allowed("unreadable characters"),
        odd("a reference to a control character", |d, _| saying(d, "KVM&#7; x")).allowed("unreadable characters"),
        odd("an ampersand alone", |d, _| saying(d, "Smith & Sons")).allowed("unreadable characters"),
        odd("entities and CDATA", |d, _| saying(d, "&lt;a&gt; &amp;amp; &#233;&#x20AC; <![CDATA[<b> & c]]>")),
        odd("characters beyond 16 bits", |d, _| saying(d, "smile 😀 and 𝄞")),
        odd("blanks around a value", |d, _| saying(d, "  blanks around  ")),
        odd("line breaks inside a value", |d, _| saying(d, "one\ntwo&#10;three&#9;four")),
        odd("words of SQL", |d, _| saying(d, "'; DROP TABLE hardware; -- \\ \" %s ` $1")),
        odd("a value that looks like a formula", |d, _| saying(d, "sum =(1+2)")),
        odd("a value that is 0", |d, _| saying(d, "0")),
    ]
}

fn structures() -> Vec<Odd> {
    vec![
        odd("empty elements", |d, _| {
            adding(d, "<PRINTERS/>\n<MODEMS>\n</MODEMS>\n<SIM><OPERATOR/></SIM>\n<SOUNDS>\n<NAME> </NAME>\n</SOUNDS>")
        }),
        odd("attributes for elements", |d, device| {
            let tag = "<REQUEST DEVICEID=\"{}\" QUERY=\"INVENTORY\">".replace("{}", device);
            let mut d = d;
            d.remove_line("DEVICEID");
            d.remove_line("QUERY");
            d.insert(
                "<MODEMS NAME=\"by attribute\" TYPE=\"x &amp; y\"/>\n<MODEMS NAME=\"mixed\"><TYPE>z</TYPE></MODEMS>",
            );
            zlib(&d.text().replace("<REQUEST>", &tag))
        }),
        odd("attribute and element of one name", |d, _| {
            adding(d, "<MODEMS NAME=\"attribute\">\n<NAME>element</NAME>\n<TYPE>t</TYPE>\n</MODEMS>")
        }),
        odd("a field twice", |d, _| {
            adding(d, "<MODEMS>\n<NAME>first</NAME>\n<NAME>second</NAME>\n<TYPE>t</TYPE>\n</MODEMS>")
        }),
        odd("a field with elements inside", |d, _| {
            adding(d, "<MODEMS>\n<NAME><X>deep</X></NAME>\n<TYPE>t</TYPE>\n</MODEMS>")
        }),
        odd("HARDWARE twice", |d, _| adding(d, "<HARDWARE>\n<NAME>first</NAME>\n</HARDWARE>"))
            .allowed("HARDWARE twice"),
        odd("unknown sections and fields", |d, _| {
            adding(
                d,
                "<PLUGIN>\n<A>1</A>\n<B><C>2</C></B>\n</PLUGIN>\n<MODEMS>\n<NAME>n</NAME>\n<COLOUR>red</COLOUR>\n</MODEMS>",
            )
        }),
        odd("every section that is seldom sent", |d, _| {
            adding(
                d,
                "<BATTERIES>\n<NAME>b</NAME>\n<CHEMISTRY>Lithium ion, twenty and more characters</CHEMISTRY>\n\
                 <DESIGNCAPACITY>4400 mWh and more</DESIGNCAPACITY>\n<CYCLES>12.5</CYCLES>\n</BATTERIES>\n\
                 <SIM>\n<OPERATOR>o</OPERATOR>\n<COUNTRY>fr</COUNTRY>\n<DEVICEID>356938035643809</DEVICEID>\n</SIM>\n\
                 <JAVAINFO>\n<JAVAHOME>/usr</JAVAHOME>\n<JAVAPATHLEVEL>3</JAVAPATHLEVEL>\n</JAVAINFO>\n\
                 <JOURNALLOG>\n<JOURNALLOG>text</JOURNALLOG>\n<ERRORCODE>5</ERRORCODE>\n</JOURNALLOG>\n\
                 <REPOSITORY>\n<NAME>r</NAME>\n<BASEURL>http://x</BASEURL>\n<TAG>t</TAG>\n</REPOSITORY>\n\
                 <VIRTUALMACHINES>\n<NAME>vm</NAME>\n<MEMORY>1024.6</MEMORY>\n<VCPU>2</VCPU>\n</VIRTUALMACHINES>\n\
                 <USBDEVICES>\n<DESCRIPTION>u</DESCRIPTION>\n<SERIAL>0</SERIAL>\n</USBDEVICES>\n\
                 <REGISTRY>\n<NAME>n</NAME>\n<REGVALUE>v</REGVALUE>\n</REGISTRY>\n\
                 <ACCESSLOG>\n<USERID>x</USERID>\n<LOGDATE>2026-01-01 00:00:00</LOGDATE>\n</ACCESSLOG>",
            )
        }),
        odd("a log that grows", |d, _| adding(d, "<JOURNALLOG>\n<JOURNALLOG>new</JOURNALLOG>\n</JOURNALLOG>")).known(),
        odd("HARDWARE missing, known", |mut d, _| {
            d.remove("HARDWARE");
            zlib(&d.text())
        })
        .known()
        .allowed("no HARDWARE"),
        odd("HARDWARE missing, new", |mut d, _| {
            d.remove("HARDWARE");
            zlib(&d.text())
        })
        .no_inventory()
        .allowed("nameless"),
        odd("CONTENT missing", |_, device| query(device, "INVENTORY")).no_inventory().allowed("no content"),
        odd("NETWORKS missing", |mut d, _| {
            d.remove("NETWORKS");
            zlib(&d.text())
        }),
        odd("SOFTWARES missing", |mut d, _| {
            d.remove("SOFTWARES");
            zlib(&d.text())
        })
        .known(),
        odd("SOFTWARES empty", |mut d, _| {
            d.remove("SOFTWARES");
            d.insert("<SOFTWARES>\n</SOFTWARES>");
            zlib(&d.text())
        })
        .known(),
        odd("identifier inside CONTENT", |mut d, device| {
            d.remove_line("DEVICEID");
            d.insert(&format!("<DEVICEID>{device}</DEVICEID>"));
            zlib(&d.text())
        }),
        odd("identifier with a line feed", |d, device| zlib(&d.text().replace(device, &format!("{device}\n")))),
        odd("members of a group, one each", |d, _| {
            adding(d, "<LOCAL_GROUPS>\n<NAME>staff</NAME>\n<MEMBER>ann</MEMBER>\n<MEMBER>bob</MEMBER>\n</LOCAL_GROUPS>")
        }),
        odd("a document type", |d, _| zlib(&d.text().replacen("<REQUEST>", "<!DOCTYPE REQUEST>\n<REQUEST>", 1)))
            .no_inventory()
            .allowed("document type"),
        odd("cut short", |d, _| {
            let text = d.text();
            zlib(text.rsplit_once("</CONTENT>").expect("CONTENT").0)
        })
        .no_inventory()
        .allowed("bad body"),
    ]
}

fn values() -> Vec<Odd> {
    vec![
        odd("CHECKSUM missing, new", |mut d, _| {
            d.unset("HARDWARE", "CHECKSUM");
            zlib(&d.text())
        })
        .allowed("no CHECKSUM"),
        odd("CHECKSUM missing, known", |mut d, _| {
            d.unset("HARDWARE", "CHECKSUM");
            zlib(&d.text())
        })
        .known()
        .allowed("no CHECKSUM"),
        odd("CHECKSUM no number", |mut d, _| {
            d.set("HARDWARE", "CHECKSUM", "all");
            zlib(&d.text())
        })
        .allowed("no CHECKSUM"),
        odd("a bit of a later agent", |mut d, _| {
            d.set("HARDWARE", "CHECKSUM", "4194305");
            zlib(&d.text())
        })
        .known(),
        odd("an old LASTDATE", |mut d, _| {
            d.set("HARDWARE", "LASTDATE", "2020-05-06 07:08:09");
            zlib(&d.text())
        }),
        odd("LASTDATE of the epoch", |mut d, _| {
            d.set("HARDWARE", "LASTDATE", "1970-01-01");
            zlib(&d.text())
        }),
        odd("a user called SYSTEM", |mut d, _| {
            d.set("HARDWARE", "USERID", "NT AUTHORITY\\SYSTEM");
            zlib(&d.text())
        })
        .known(),
        odd("long values", |mut d, _| {
            for field in ["DESCRIPTION", "WINOWNER", "OSNAME", "ARCH", "USERID", "NAME"] {
                d.set("HARDWARE", field, &"é2345678".repeat(50));
            }
            zlib(&d.text())
        }),
        odd("odd numbers", |mut d, _| {
            let values = [("MEMORY", "12.5"), ("SWAP", "-1"), ("PROCESSORS", "99999999999"), ("PROCESSORN", "70000")];
            for (field, value) in values {
                d.set("HARDWARE", field, value);
            }
            d.set("DRIVES", "TOTAL", "274877.906944");
            d.set("DRIVES", "FREE", "N/A");
            d.set("DRIVES", "NUMFILES", "-5");
            d.set("MEMORIES", "CAPACITY", "8 GB");
            d.set("MEMORIES", "NUMSLOTS", "40000");
            zlib(&d.text())
        }),
        odd("HARDWARE with a number that is none", |mut d, _| {
            d.set("HARDWARE", "MEMORY", "N/A");
            zlib(&d.text())
        })
        .allowed("numbers of HARDWARE"),
        odd("odd dates", |mut d, _| {
            d.remove("DRIVES");
            for date in ["2020/1/2", "2020-02-30", "01/02/2020", "20200102", "2020-1-2 3:4", "N/A", "0"] {
                d.insert(&format!("<DRIVES>\n<LETTER>x</LETTER>\n<CREATEDATE>{date}</CREATEDATE>\n</DRIVES>"));
            }
            zlib(&d.text())
        }),
        odd("a long title", |d, _| software(d, &format!("<NAME>{}</NAME>\n<VERSION>1</VERSION>", "title ".repeat(60)))),
        odd("a program without a name", |d, _| software(d, "<PUBLISHER>p</PUBLISHER>\n<VERSION>3.2.1</VERSION>")),
        odd("one program in three spellings", |d, _| {
            let row = |name: &str, folder: &str| {
                format!(
                    "<SOFTWARES>\n<NAME>{name}</NAME>\n<VERSION>1.0</VERSION>\n<FOLDER>{folder}</FOLDER>\n</SOFTWARES>\n"
                )
            };
            adding(d, &(row("Éditeur", "a") + &row("editeur", "b") + &row("EDITEUR", "c")))
        }),
        odd("dates of installation", |d, _| {
            let row = |number: usize, date: &str| {
                format!("<SOFTWARES>\n<NAME>dated {number}</NAME>\n<INSTALLDATE>{date}</INSTALLDATE>\n</SOFTWARES>\n")
            };
            let dates = [
                "2021/03/04",
                "2021/03/04 05:06:07",
                "2021-03-04",
                "20210304",
                "03/04/2021",
                "31/12/2020",
                "0000//0/0/00",
                "N/A",
                "2021/02/30",
                "2021/03/04x",
            ];
            adding(d, &dates.iter().enumerate().map(|(at, date)| row(at, date)).collect::<String>())
        }),
        odd("a program somewhere else", |mut d, _| {
            let folder = "<FOLDER>/elsewhere</FOLDER>";
            let rows = d.sections("SOFTWARES");
            for row in rows {
                if let Some((line, _)) =
                    d.leaves(row).into_iter().find(|(_, name)| name == "FOLDER" || name == "COMMENTS")
                {
                    d.replace(line, "FOLDER", "/elsewhere");
                }
            }
            d.insert(&format!("<SOFTWARES>\n<NAME>another</NAME>\n{folder}\n</SOFTWARES>"));
            zlib(&d.text())
        })
        .known(),
    ]
}

fn requests() -> Vec<Odd> {
    let prologs: [(&'static str, Option<&'static str>, Make); 9] = [
        ("an unknown agent", Some("agents"), |_, device| {
            with("curl/8.5", pack(prolog(device).as_bytes(), Packed::Zlib))
        }),
        ("no agent at all", Some("agents"), |_, device| with("", pack(prolog(device).as_bytes(), Packed::Zlib))),
        ("an agent of tomorrow", Some("agents"), |_, device| {
            with("OCS-NG_unified_unix_agent_v3.0", pack(prolog(device).as_bytes(), Packed::Zlib))
        }),
        ("an agent of 2008", Some("agents"), |_, device| {
            with("OCS-NG_windows_client_v4027", pack(prolog(device).as_bytes(), Packed::Zlib))
        }),
        ("an agent of 2012", None, |_, device| {
            with("OCS-NG_windows_client_v4061", pack(prolog(device).as_bytes(), Packed::Zlib))
        }),
        ("GLPI's agent", Some("agents"), |_, device| {
            Request::post(
                "GLPI-Agent_v1.12",
                "application/x-compress-zlib",
                pack(prolog(device).as_bytes(), Packed::Zlib),
            )
        }),
        ("FusionInventory's agent", None, |_, device| {
            let body = pack(prolog(device).as_bytes(), Packed::Zlib);
            Request::post("FusionInventory-Agent_v2.6-3", "application/x-compress-zlib", body)
        }),
        ("gzip", None, |_, device| with("OCS-NG_Android_agent_v2.7", pack(prolog(device).as_bytes(), Packed::Gzip))),
        ("plain", None, |_, device| plain(&prolog(device))),
    ];
    let mut all: Vec<Odd> = prologs
        .into_iter()
        .map(|(kind, allowed, make)| Odd { kind, known: false, inventory: false, allowed, make })
        .collect();
    all.extend([
        odd("below the address", |_, device| Request { path: "/ocsinventory/foo/bar", ..query(device, "PROLOG") }),
        odd("with a slash and a question", |_, device| Request { path: "/ocsinventory/?x=1", ..query(device, "PROLOG") }),
        odd("query in lower case", |_, device| query(device, "prolog")),
        odd("unknown query", |_, device| query(device, "FILE")),
        odd("query SYSTEM", |_, device| query(device, "SYSTEM")).allowed("SYSTEM"),
        odd("no query", |_, device| zlib(&prolog(device).replace("<QUERY>PROLOG</QUERY>", ""))),
        odd("no identifier", |_, device| zlib(&prolog(device).replace(&format!("<DEVICEID>{device}</DEVICEID>"), ""))),
        odd("an identifier without a date", |_, _| zlib(&prolog("odd"))),
        odd("report about a package, from nobody", |_, device| {
            zlib(&format!("<?xml version=\"1.0\"?>\n<REQUEST DEVICEID=\"{device}\" ERR=\"SUCCESS\" ID=\"1700000001\" QUERY=\"DOWNLOAD\" />"))
        }),
        odd("GET", |_, _| Request { method: "GET", ..with("Mozilla/5.0", Vec::new()) }),
        odd("HEAD", |_, _| Request { method: "HEAD", ..with("Mozilla/5.0", Vec::new()) }),
        odd("PUT", |_, device| Request { method: "PUT", ..query(device, "PROLOG") }),
        odd("a file for launchers that is not there", |_, _| Request {
            method: "GET",
            path: "/ocsinventory/deploy/nothing",
            ..with("Mozilla/5.0", Vec::new())
        }),
    ].map(Odd::no_inventory));
    all
}
