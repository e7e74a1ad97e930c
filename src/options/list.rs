//! Every option, declared once.
//!
//! Defaults are those of the console page (CON-CFG-2), which go before the incumbent's. Options of the page
//! [`Page::Kept`] have no effect here: they are declared so that their values are judged and exported in the right
//! column. Other names of the incumbent (`GUI_…`, `CONEX_…`) are kept without a declaration.
//!
//! To add one: a line here, a sentence under `[option]` in each file of `assets/i18n`.

use super::declaration::{Declaration, Flag, Kind, Page, Place, Unit, Word};
use super::resolve::Among::{Election, First, Largest, Off, Smallest};
use super::{Number, Switch, Text};

const ALWAYS: Word = Word { value: 0, key: "option_word.always" };
const NEVER: Word = Word { value: -1, key: "option_word.never" };
const OFF: Word = Word { value: 0, key: "option_word.off" };

/// Own values of IPDISCOVER.
const SCANNING: Kind = Kind::Number {
    least: 0,
    most: 2,
    words: &[
        Word { value: 0, key: "option_word.never" },
        Word { value: 1, key: "option_word.automatic" },
        Word { value: 2, key: "option_word.forced" },
    ],
};

const SCANS: Kind = Kind::Choice(&["ICMP", "NMAP", "ARPSCAN"]);

/// The criteria of AUTO_DUPLICATE_LVL.
pub const CRITERIA: &[Flag] = &[
    Flag { bit: 1, name: "HOSTNAME" },
    Flag { bit: 2, name: "SERIAL" },
    Flag { bit: 4, name: "MACADDRESS" },
    Flag { bit: 8, name: "MODEL" },
    Flag { bit: 16, name: "UUID" },
    Flag { bit: 32, name: "ASSETTAG" },
];

/// Keeps the constant, the option's name and the key of its help equal.
macro_rules! options {
    ($($key:ident $name:ident = $declaration:expr;)*) => {
        $(
            #[doc = concat!("The option `", stringify!($name), "`; its help text says what it does.")]
            pub const $name: $key = {
                const DECLARATION: Declaration =
                    $declaration.called(stringify!($name), concat!("option.", stringify!($name)));
                $key(&DECLARATION)
            };
        )*

        /// Every option, in the order of the options page.
        pub const OPTIONS: &[&Declaration] = &[$($name.0),*];
    };
}

const fn number(default: i64, least: i64, most: i64, unit: Unit) -> Declaration {
    Declaration::number(default, least, most).unit(unit)
}

const fn switch(default: bool) -> Declaration {
    Declaration::switch(default)
}

const fn line(default: &'static str) -> Declaration {
    Declaration::text(Kind::Text(255), default)
}

const fn within(least: i64, most: i64) -> Kind {
    Kind::Number { least, most, words: &[] }
}

options! {
    Number FREQUENCY = Declaration::worded(0, -1, 999, &[ALWAYS, NEVER]).unit(Unit::Days).page(Page::Inventory)
        .own("FREQUENCY", Kind::Number { least: -1, most: 999, words: &[ALWAYS, NEVER] }, Smallest);
    Number PROLOG_FREQ = number(24, 1, 999, Unit::Hours).page(Page::Inventory)
        .own("PROLOG_FREQ", within(1, 999), Smallest);
    Switch INVENTORY_ON_STARTUP = switch(true).page(Page::Inventory)
        .own("INVENTORY_ON_STARTUP", Kind::Switch, Smallest);
    Switch INVENTORY_DIFF = switch(true).page(Page::Inventory).later();
    Switch INVENTORY_TRANSACTION = switch(true).page(Page::Inventory);
    Switch INVENTORY_SESSION_ONLY = switch(false).page(Page::Inventory);
    Number SESSION_VALIDITY_TIME = number(600, 0, 99_999, Unit::Seconds).page(Page::Inventory);
    Switch INVENTORY_FILTER_FLOOD_IP = switch(false).page(Page::Inventory);
    Number INVENTORY_FILTER_FLOOD_IP_CACHE_TIME = number(300, 1, 99_999, Unit::Seconds).page(Page::Inventory);
    Switch ACCEPT_TAG_UPDATE_FROM_CLIENT = switch(false).page(Page::Inventory).in_file();
    Switch REGISTRY = switch(false).page(Page::Inventory);
    Switch TRACE_DELETED = switch(false).page(Page::Inventory);
    Switch LOGLEVEL = switch(false).page(Page::Inventory);
    Switch STICKS_AUTO_IMPORT = switch(false).page(Page::Inventory).in_file();
    Number UPDATE = Declaration::fixed(0).page(Page::Inventory);

    Number AUTO_DUPLICATE_LVL = Declaration::bits(7, CRITERIA).page(Page::Duplicates);

    Switch DEPLOY = switch(true).page(Page::Deployment);
    Number PROXY_REVALIDATE_DELAY = number(3600, 0, 9_999_999, Unit::Seconds).page(Page::Deployment);
    Switch DOWNLOAD = switch(false).page(Page::Deployment).own("DOWNLOAD_SWITCH", Kind::Switch, Off);
    Number DOWNLOAD_CYCLE_LATENCY = number(60, 0, 99_999, Unit::Seconds).page(Page::Deployment)
        .own("DOWNLOAD_CYCLE_LATENCY", within(1, 99_999), Largest);
    Number DOWNLOAD_FRAG_LATENCY = number(10, 1, 99_999, Unit::Seconds).page(Page::Deployment)
        .own("DOWNLOAD_FRAG_LATENCY", within(1, 99_999), Largest);
    Number DOWNLOAD_PERIOD_LATENCY = number(1, 0, 99_999, Unit::Seconds).page(Page::Deployment)
        .own("DOWNLOAD_PERIOD_LATENCY", within(1, 99_999), Largest);
    Number DOWNLOAD_PERIOD_LENGTH = number(10, 1, 999, Unit::Cycles).page(Page::Deployment)
        .own("DOWNLOAD_PERIOD_LENGTH", within(1, 999), Smallest);
    Number DOWNLOAD_TIMEOUT = number(30, 1, 999, Unit::Days).page(Page::Deployment)
        .own("DOWNLOAD_TIMEOUT", within(1, 999), Smallest);
    Number DOWNLOAD_EXECUTION_TIMEOUT = number(120, 1, 9999, Unit::Minutes).page(Page::Deployment)
        .own("DOWNLOAD_EXECUTION_TIMEOUT", within(1, 9999), Smallest);
    Text DOWNLOAD_URI_INFO = Declaration::text(Kind::Location, "").page(Page::Deployment);
    Text DOWNLOAD_URI_FRAG = Declaration::text(Kind::Location, "").page(Page::Deployment);
    Text DOWNLOAD_PROTOCOL = Declaration::text(Kind::Choice(&["HTTP", "HTTPS"]), "HTTPS").page(Page::Deployment);
    Switch DOWNLOAD_ACTIVATE_FRAG = switch(false).page(Page::Deployment);
    Number DOWNLOAD_RATIO_FRAG = number(10, 1, 9999, Unit::Megabytes).page(Page::Deployment);
    Switch DOWNLOAD_AUTO_ACTIVATE = switch(false).page(Page::Deployment);
    Switch DOWNLOAD_GROUPS_TRACE_EVENTS = switch(true).page(Page::Deployment).later();

    Number IPDISCOVER = Declaration::worded(2, 0, 99, &[OFF]).unit(Unit::Computers).page(Page::Network).later()
        .own("IPDISCOVER", SCANNING, Election);
    Number IPDISCOVER_LATENCY = number(100, 10, 9999, Unit::Milliseconds).page(Page::Network).later()
        .own("IPDISCOVER_LATENCY", within(10, 9999), Largest);
    Number IPDISCOVER_MAX_ALIVE = number(7, 1, 999, Unit::Days).page(Page::Network).later();
    Number IPDISCOVER_BETTER_THRESHOLD = number(1, 0, 99, Unit::Days).page(Page::Network).later();
    Switch IPDISCOVER_NO_POSTPONE = switch(false).page(Page::Network).later();
    Switch IPDISCOVER_USE_GROUPS = switch(true).page(Page::Network).later();
    Switch IPDISCOVER_LINK_TAG_NETWORK = switch(false).page(Page::Network).later();
    Switch IPDISCOVER_PURGE_OLD = switch(false).page(Page::Network).later();
    Number IPDISCOVER_PURGE_VALIDITY_TIME = number(30, 1, 999, Unit::Days).page(Page::Network).later();
    Text SCAN_TYPE_IPDISCOVER = Declaration::text(SCANS, "ICMP").page(Page::Network).later()
        .own_in("SCAN_TYPE_IPDISCOVER", SCANS, First, Place::TValue);
    Number SCAN_ARP_BANDWIDTH = number(256, 1, 999_999, Unit::Kilobits).page(Page::Network).later()
        .own_in("SCAN_ARP_BANDWIDTH", within(1, 999_999), Smallest, Place::TValue);
    Switch SNMP = switch(false).page(Page::Network).later().own("SNMP_SWITCH", Kind::Switch, Off);
    Text SCAN_TYPE_SNMP = Declaration::text(SCANS, "ICMP").page(Page::Network).later()
        .own_in("SCAN_TYPE_SNMP", SCANS, First, Place::TValue);
    Switch SNMP_LINK_TAG = switch(false).page(Page::Network).later();
    Text WOL_PORT = Declaration::text(Kind::Ports, "7,9").page(Page::Network).later();

    Switch ENABLE_GROUPS = switch(true).page(Page::Groups).later();

    Number SECURITY_AUTHENTICATION_NB_ATTEMPT = number(5, 1, 99, Unit::Tries).page(Page::Security);
    Number SECURITY_AUTHENTICATION_TIME_BLOCK = number(300, 1, 99_999, Unit::Seconds).page(Page::Security);
    Number SECURITY_PASSWORD_MIN_CHAR = number(12, 8, 64, Unit::Characters).page(Page::Security);

    Text EXPORT_SEP = Declaration::text(Kind::Choice(&[";", ","]), "").page(Page::Console);
    Switch EXCLUDE_ARCHIVE_COMPUTER = switch(true).page(Page::Console);
    Number INTERFACE_LAST_CONTACT = number(15, 1, 999, Unit::Days).page(Page::Console);

    Text LOCAL_SERVER = line("");
    Number LOCAL_PORT = number(80, 1, 65_535, Unit::None);
    Text LOCAL_URI_SERVER = line("");
    Switch INVENTORY_WRITE_DIFF = switch(false);
    Switch INVENTORY_CACHE_ENABLED = switch(true);
    Number INVENTORY_CACHE_REVALIDATE = number(7, 0, 99_999, Unit::Days);
    Switch INVENTORY_CACHE_KEEP = switch(true);
    Switch INVENTORY_FILTER_ENABLED = switch(false);
    Switch INVENTORY_FILTER_ON = switch(false);
    Switch PROLOG_FILTER_ON = switch(false);
    Switch INVENTORY_SAAS_ENABLED = switch(false);
    Number SESSION_CLEAN_TIME = number(86_400, 0, 9_999_999, Unit::Seconds);
    Number LOCK_REUSE_TIME = number(600, 0, 9_999_999, Unit::Seconds);
    Number GROUPS_CACHE_REVALIDATE = number(43_200, 0, 9_999_999, Unit::Seconds);
    Number GROUPS_CACHE_OFFSET = number(43_200, 0, 9_999_999, Unit::Seconds);
    Switch GENERATE_OCS_FILES = switch(false);
    Switch GENERATE_OCS_FILES_SNMP = switch(false);
    Switch OCS_FILES_OVERWRITE = switch(false);
    Text OCS_FILES_PATH = line("/tmp");
    Text OCS_FILES_FORMAT = Declaration::text(Kind::Choice(&["OCS", "XML"]), "OCS");
    Switch SNMP_INVENTORY_DIFF = switch(true);
    Switch COMPRESS_TRY_OTHERS = switch(true);
    Number SECURITY_LEVEL = number(0, 0, 99, Unit::None);
    Number DEFAULT_CATEGORY = number(0, 0, 999_999_999, Unit::None);
    Text DOWNLOAD_PACK_DIR = line("/var/lib/ocsinventory-reports");
    Text DOWNLOAD_SERVER_URI = line("$IP$/local");
    Text DOWNLOAD_SERVER_DOCROOT = line("d:\\tele_ocs");
    Text IPDISCOVER_IPD_DIR = line("/var/lib/ocsinventory-reports");
    Text LOG_DIR = line("/var/lib/ocsinventory-reports");
    Text LOG_SCRIPT = line("/var/lib/ocsinventory-reports");
    Text TMP_DIR = line("");
    Switch LOG_GUI = switch(false);
    Text CUSTOM_THEME = line("");
    Switch ACTIVE_NEWS = switch(false);
    Switch WARN_UPDATE = switch(true);
    Text LOGPATH = line("/var/log/ocsinventory-server").in_file();
    Switch WEB_SERVICE_ENABLED = switch(false).in_file();
    Number WEB_SERVICE_RESULTS_LIMIT = number(100, 0, 999_999, Unit::None).in_file();
    Switch UNICODE_SUPPORT = switch(true).in_file();
    Switch OPTIONS_NOT_OVERLOADED = switch(false).in_file();
    Text TRUSTED_IP = line("127.0.0.1").in_file();
    Text EXT_USERAGENTS_FILE_PATH = line("").in_file();
    Switch SNMP_PRINT_HTTPS_ERROR = switch(false).in_file();
    Switch DATA_FILTER = switch(false).in_file();
    Text DATA_TO_FILTER = line("").in_file();
    Switch DBI_PRINT_ERROR = switch(false).in_file();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::options::Value;

    #[test]
    fn names_are_unique_and_defaults_are_allowed() {
        let names: BTreeSet<&str> = OPTIONS.iter().map(|option| option.name).collect();
        assert_eq!(names.len(), OPTIONS.len());
        for option in OPTIONS {
            let default = option.default_value();
            assert_eq!(option.parse(&default.to_string()), Ok(default.clone()), "{}", option.name);
            assert_eq!(option.kind.is_text(), matches!(default, Value::Text(_)), "{}", option.name);
        }
    }

    #[test]
    fn the_column_follows_the_kind() {
        for option in OPTIONS.iter().filter(|option| option.place != Place::File) {
            let place = if option.kind.is_text() { Place::TValue } else { Place::IValue };
            assert_eq!(option.place, place, "{}", option.name);
        }
    }

    /// The table of the console page, as far as it is numbers: name, least, most, default.
    const TABLE: &[(&str, i64, i64, i64)] = &[
        ("DOWNLOAD_CYCLE_LATENCY", 0, 99_999, 60),
        ("DOWNLOAD_FRAG_LATENCY", 1, 99_999, 10),
        ("DOWNLOAD_PERIOD_LATENCY", 0, 99_999, 1),
        ("DOWNLOAD_PERIOD_LENGTH", 1, 999, 10),
        ("DOWNLOAD_TIMEOUT", 1, 999, 30),
        ("DOWNLOAD_EXECUTION_TIMEOUT", 1, 9999, 120),
        ("DOWNLOAD_RATIO_FRAG", 1, 9999, 10),
        ("FREQUENCY", -1, 999, 0),
        ("INVENTORY_FILTER_FLOOD_IP_CACHE_TIME", 1, 99_999, 300),
        ("IPDISCOVER", 0, 99, 2),
        ("IPDISCOVER_LATENCY", 10, 9999, 100),
        ("IPDISCOVER_MAX_ALIVE", 1, 999, 7),
        ("IPDISCOVER_BETTER_THRESHOLD", 0, 99, 1),
        ("IPDISCOVER_PURGE_VALIDITY_TIME", 1, 999, 30),
        ("SCAN_ARP_BANDWIDTH", 1, 999_999, 256),
        ("LOCAL_PORT", 1, 65_535, 80),
        ("PROLOG_FREQ", 1, 999, 24),
        ("INTERFACE_LAST_CONTACT", 1, 999, 15),
        ("SECURITY_AUTHENTICATION_NB_ATTEMPT", 1, 99, 5),
        ("SECURITY_AUTHENTICATION_TIME_BLOCK", 1, 99_999, 300),
        ("SECURITY_PASSWORD_MIN_CHAR", 8, 64, 12),
    ];
    const SWITCHES: &[(&str, i64)] = &[
        ("DEPLOY", 1),
        ("DOWNLOAD", 0),
        ("DOWNLOAD_ACTIVATE_FRAG", 0),
        ("DOWNLOAD_AUTO_ACTIVATE", 0),
        ("DOWNLOAD_GROUPS_TRACE_EVENTS", 1),
        ("INVENTORY_DIFF", 1),
        ("INVENTORY_TRANSACTION", 1),
        ("INVENTORY_SESSION_ONLY", 0),
        ("INVENTORY_ON_STARTUP", 1),
        ("INVENTORY_FILTER_FLOOD_IP", 0),
        ("IPDISCOVER_NO_POSTPONE", 0),
        ("IPDISCOVER_USE_GROUPS", 1),
        ("IPDISCOVER_PURGE_OLD", 0),
        ("LOGLEVEL", 0),
        ("REGISTRY", 0),
        ("TRACE_DELETED", 0),
        ("ENABLE_GROUPS", 1),
        ("SNMP", 0),
        ("EXCLUDE_ARCHIVE_COMPUTER", 1),
    ];

    #[test]
    fn con_cfg_2_bounds_and_defaults_are_those_of_the_table() {
        let find = |name: &str| OPTIONS.iter().find(|option| option.name == name).unwrap();
        for &(name, least, most, default) in TABLE {
            let option = find(name);
            let bounds = matches!(option.kind, Kind::Number { least: a, most: b, .. } if (a, b) == (least, most));
            assert!(bounds && option.number == default, "{name}");
        }
        for &(name, default) in SWITCHES {
            assert_eq!((find(name).kind, find(name).number), (Kind::Switch, default), "{name}");
        }
        assert_eq!(find("AUTO_DUPLICATE_LVL").number, 7);
        assert_eq!((find("WOL_PORT").text, find("SCAN_TYPE_SNMP").text, find("EXPORT_SEP").text), ("7,9", "ICMP", ""));
    }

    #[test]
    fn key_types_fit_their_kind() {
        for (option, own) in OPTIONS.iter().filter_map(|option| Some((option, option.own?))) {
            assert_eq!(own.kind.is_text(), option.kind.is_text(), "{}", option.name);
        }
    }

    #[test]
    fn pages_stand_together_in_their_order() {
        let mut pages: Vec<Page> = OPTIONS.iter().map(|option| option.page).collect();
        pages.dedup();
        assert_eq!(pages, Page::ALL);
    }
}
