//! Who may use whom: the order of modules in ARCHITECTURE.md, section 3, against the `crate::` paths in `src`.
//!
//! The reader of paths is a plain one: it knows comments, nested groups and nothing of macros. That is enough as long
//! as modules name each other by `crate::`, which is how it is done here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each line may use the lines below it; modules of one line do not use each other.
const ORDER: [&[&str]; 22] = [
    &["main"],
    &["cli"],
    &["service", "demo"],
    &["server"],
    &["control", "jobs"],
    &["console", "api", "download"],
    &["import"],
    &["agent"],
    &["web"],
    &["check", "lifecycle", "repack", "replica", "running"],
    &["app"],
    &["backup", "proof"],
    &["sql", "schema", "finder", "notify"],
    &["duplicates", "deployment", "ipdiscover", "registry", "snmp"],
    &["groups", "capacity"],
    &["fleet"],
    &["search", "protocol"],
    &["history"],
    &["accountinfo", "dictionary", "users", "prolog", "kit"],
    &["inventory", "options"],
    &["store", "tls", "config", "log", "i18n"],
    &["text", "net", "id", "clock", "limits", "buffer", "system"],
];

/// The line of a module, 0 for `main`; `None` when it has no place yet.
fn place(module: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&module))
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let wrong: Vec<String> = arrows()
        .into_iter()
        .filter(|(from, to)| matches!((place(from), place(to)), (Some(from), Some(to)) if from >= to))
        .map(|(from, to)| format!("{from} -> {to}"))
        .collect();
    assert!(wrong.is_empty(), "arrows against the order of modules: {}", wrong.join(", "));
}

#[test]
fn every_module_has_a_place_in_the_order() {
    let homeless: Vec<String> = sources().into_keys().filter(|module| place(module).is_none()).collect();
    assert!(homeless.is_empty(), "modules without a place in ORDER: {}", homeless.join(", "));
}

/// `lib.rs` lists the modules so that each may use those above it.
#[test]
fn the_list_of_modules_begins_with_what_all_may_use() {
    let text = fs::read_to_string(root().join("lib.rs")).expect("src/lib.rs is there");
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    for pair in listed.windows(2) {
        assert!(place(pair[0]) >= place(pair[1]), "in lib.rs `{}` stands above `{}`", pair[0], pair[1]);
    }
}

/// Which module uses which, modules of this crate only.
fn arrows() -> BTreeSet<(String, String)> {
    let sources = sources();
    let mut arrows = BTreeSet::new();
    for (module, files) in &sources {
        for file in files {
            let text = fs::read_to_string(file).expect("a listed file can be read");
            // What is no module is a macro or an item of lib.rs.
            let used = used(&text).into_iter().filter(|to| to != module && sources.contains_key(to));
            arrows.extend(used.map(|to| (module.clone(), to)));
        }
    }
    arrows
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every module of the top level with its files; `lib.rs` is none.
fn sources() -> BTreeMap<String, Vec<PathBuf>> {
    let mut modules = BTreeMap::<String, Vec<PathBuf>>::new();
    let mut waiting = vec![root()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of src can be listed") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && path != root().join("lib.rs") {
                modules.entry(module_of(&path)).or_default().push(path);
            }
        }
    }
    modules
}

fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix(root()).expect("files come from src");
    let first = Path::new(inside.iter().next().expect("a file has a name"));
    first.with_extension("").to_string_lossy().into_owned()
}

/// First names behind `crate::` and, in `main.rs`, behind `rollcall::`.
fn used(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().map(without_comment).collect::<Vec<_>>().join("\n");
    let mut names = BTreeSet::new();
    for prefix in ["crate::", "rollcall::"] {
        for (at, _) in code.match_indices(prefix) {
            let before = code[..at].chars().next_back();
            // `$crate::` is a macro's way to say where it comes from, not a use of this file.
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                names.extend(first_names(&code[at + prefix.len()..]));
            }
        }
    }
    names
}

fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// The name at the start of a path, or those of a group: `{a, b::{c, d}}` gives `a` and `b`.
fn first_names(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return name(path).into_iter().collect();
    };
    let mut names = Vec::new();
    let (mut depth, mut start) = (1, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                names.extend(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            names.extend(name(&group[start..at]));
            break;
        }
    }
    names
}

fn name(path: &str) -> Option<String> {
    let name: String = path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn paths_are_found_in_every_spelling() {
    let text = "use crate::store::Read;\nuse crate::{\n    id::{ComputerId, DeviceId}, // crate::cli\n    clock,\n};\n\
                fn f(x: &crate::net::Mac) { crate::log::say!(\"http://x\") } /// [`crate::agent`]\n$crate::web::w()";
    let found: Vec<String> = used(text).into_iter().collect();
    assert_eq!(found, ["clock", "id", "log", "net", "store"]);
}

#[test]
fn an_arrow_upwards_or_sideways_is_wrong() {
    assert!(place("store") > place("inventory"));
    assert!(place("accountinfo") == place("prolog"));
    assert!(place("limits") == Some(21));
}
