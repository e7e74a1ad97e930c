//! The requests of a run, made before it: nothing is packed or put together while the clock runs.

use std::fmt::Write as _;
use std::path::Path;

use rollcall::protocol::envelope::{self, Packing};

use crate::arguments::{Arguments, Target, What};
use crate::identity::Identity;
use crate::template::Template;

/// Whole requests, head and body.
pub struct Requests(Vec<Vec<u8>>);

impl Requests {
    /// How many different ones there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes of request `number`; they begin again after the last one.
    pub fn bytes(&self, number: usize) -> &[u8] {
        &self.0[number % self.0.len()]
    }
}

/// Makes the requests.
pub fn requests(arguments: &Arguments, target: &Target) -> Result<Requests, String> {
    let requests = match arguments.what {
        What::Pages => pages(arguments, target)?,
        _ => messages(arguments, target)?,
    };
    if requests.is_empty() { Err("there is nothing to send".to_owned()) } else { Ok(Requests(requests)) }
}

fn pages(arguments: &Arguments, target: &Target) -> Result<Vec<Vec<u8>>, String> {
    let file = arguments.paths.as_deref().ok_or("--what pages needs --paths FILE")?;
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
    let request = |path: &str| {
        let mut head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n", target.host);
        if let Some(cookie) = &arguments.cookie {
            let _ = write!(head, "Cookie: {cookie}\r\n");
        }
        head.push_str(if arguments.new_connections { "Connection: close\r\n\r\n" } else { "\r\n" });
        head.into_bytes()
    };
    Ok(text.lines().filter(|line| line.starts_with('/')).map(request).collect())
}

fn messages(arguments: &Arguments, target: &Target) -> Result<Vec<Vec<u8>>, String> {
    let folder = arguments.computers.as_deref().ok_or("--computers FOLDER is needed")?;
    if arguments.first + arguments.count > 100_000 {
        return Err("names hold numbers up to 99,999: no more than 100,000 computers".to_owned());
    }
    let templates = templates(folder)?;
    let numbers: Vec<usize> = (arguments.first..arguments.first + arguments.count).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = numbers.len().div_ceil(threads).max(1);
    // Packing takes far longer than sending; it is done by all processors before the clock runs.
    let made: Vec<Vec<Vec<u8>>> = std::thread::scope(|scope| {
        let templates = &templates;
        let threads: Vec<_> = numbers
            .chunks(part)
            .map(|numbers| scope.spawn(move || message_list(arguments, target, templates, numbers)))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("making requests does not fail")).collect()
    });
    Ok(made.into_iter().flatten().collect())
}

fn message_list(arguments: &Arguments, target: &Target, templates: &[Template], numbers: &[usize]) -> Vec<Vec<u8>> {
    let message = |number: &usize| {
        let template = &templates[number % templates.len()];
        let identity = Identity { number: *number, copy: number / templates.len() };
        let text = match arguments.what {
            What::Prolog => format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST><DEVICEID>{}</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>\n",
                identity.device(template)
            ),
            what => identity.inventory(template, what, arguments.day),
        };
        let body = envelope::seal(&text, Packing::Zlib);
        let mut request = format!(
            "POST /ocsinventory HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nContent-Type: application/x-compress\r\n\
             Content-Length: {}\r\n{}\r\n",
            target.host,
            if template.windows { "OCS-NG_WINDOWS_AGENT_v2.10.1.0" } else { "OCS-NG_unified_unix_agent_v2.10.0" },
            body.len(),
            if arguments.new_connections { "Connection: close\r\n" } else { "" },
        )
        .into_bytes();
        request.extend_from_slice(&body);
        request
    };
    numbers.iter().map(message).collect()
}

/// Reads the templates.
fn templates(folder: &Path) -> Result<Vec<Template>, String> {
    let cannot = |error: std::io::Error| format!("cannot read `{}`: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "xml"));
    // Their order is that of their names; templates keep their numbers however many computers are asked for.
    files.sort();
    let mut templates = Vec::with_capacity(files.len());
    for file in &files {
        let xml = std::fs::read_to_string(file).map_err(cannot)?;
        templates.push(Template::new(xml).ok_or_else(|| format!("`{}` is no inventory", file.display()))?);
    }
    if templates.is_empty() { Err(format!("no .xml in `{}`", folder.display())) } else { Ok(templates) }
}
