//! How an account wants to see each list: columns with their order, sort, rows on a page (CON-GEN-10).

use serde::{Deserialize, Serialize};

use super::Account;
use crate::named_record;
use crate::store::{Error, Read, Table, Write};

/// Layouts by account in lower case and list: `marie/computers`. No account has a slash in its name.
pub static LAYOUTS: Table<String, Layout> = Table::new("layouts");

/// How a list is shown. What is blank is the list's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Keys of the columns, in order.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The column that it is sorted by, with `-` in front for the largest first.
    #[serde(default)]
    pub sort: String,
    /// Rows on a page.
    #[serde(default)]
    pub size: u32,
}

named_record!(Layout);

fn key(account: &Account, list: &str) -> String {
    format!("{}/{list}", account.folded())
}

/// What an account keeps for a list. A damaged record counts as none.
pub fn layout(store: &impl Read, account: &Account, list: &str) -> Result<Option<Layout>, Error> {
    match store.get(&LAYOUTS, key(account, list)) {
        Err(Error::Damaged { .. }) => Ok(None),
        other => other,
    }
}

/// Keeps a layout; `None` goes back to the list's own.
pub fn keep(store: &mut impl Write, account: &Account, list: &str, layout: Option<&Layout>) -> Result<(), Error> {
    match layout {
        Some(layout) => store.put(&LAYOUTS, key(account, list), layout),
        None => store.remove(&LAYOUTS, key(account, list)),
    }
}

/// Forgets all layouts of an account that is deleted.
pub fn forget(store: &mut (impl Read + Write), account: &Account) -> Result<(), Error> {
    let mut keys = Vec::new();
    let mut failed = None;
    store.scan_from(&LAYOUTS, key(account, "").as_bytes(), &mut |record| {
        match record {
            Ok((key, _)) => keys.push(key),
            Err(Error::Damaged { .. }) => {}
            Err(error) => failed = Some(error),
        }
        failed.is_none()
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    keys.into_iter().try_for_each(|key| store.remove(&LAYOUTS, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn con_gen_10_layouts_are_kept_by_account_and_list_and_go_with_the_account() {
        let store = Store::in_memory().unwrap();
        let name = |text: &str| text.parse::<Account>().unwrap();
        let by_name = Layout { columns: vec!["name".into()], sort: "-name".into(), size: 25 };
        let kept = by_name.clone();
        store
            .write(move |w| {
                for (account, list) in [("Marie", "computers"), ("marie", "tags"), ("marie.d", "tags")] {
                    keep(w, &name(account), list, Some(&kept))?;
                }
                keep(w, &name("marie"), "tags", None)
            })
            .unwrap();
        let read = |account, list| layout(&store.read().unwrap(), &name(account), list).unwrap();
        assert_eq!((read("MARIE", "computers"), read("marie", "tags")), (Some(by_name.clone()), None));
        store.write(move |w| forget(w, &name("marie"))).unwrap();
        assert_eq!((read("marie", "computers"), read("marie.d", "tags")), (None, Some(by_name)));
    }
}
