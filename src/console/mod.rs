//! The administration console: what a person sees in a browser under `/ocsreports`.
//!
//! Here is the part that only writes: values in, markup out. [`view`] holds the pieces that pages are made of,
//! [`pages`] the body of each page. Neither asks the store, the clock or the network.

pub mod pages;
pub mod view;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }

    /// SEC-20. Clippy cannot say it: its lint on the constructor also meets every `html!`.
    #[test]
    fn html_is_written_by_the_escaping_builder_only() {
        let mut found = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 10);
        let raw = ["Pre", "Escaped"].concat();
        for (path, text) in found {
            assert!(!text.contains(&raw), "{path} writes raw HTML");
        }
    }
}
