use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const D8: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

/// Sixty byte strings: how they come, what they become, which words the log gets.
#[test]
fn sec_06_a_table_of_sixty_byte_strings() {
    let (bom_le, bom_be) = ([0xff, 0xfe], [0xfe, 0xff]);
    let table: [(Vec<u8>, &str, &str); 60] = [
        // Valid UTF-8 stays as it is.
        (b"".into(), "", ""),
        (b"<a>x</a>".into(), "<a>x</a>", ""),
        ("<a>é€😀</a>".into(), "<a>é€😀</a>", ""),
        ("<a>\u{7f}\u{80}\u{9f}\u{a0}</a>".into(), "<a>\u{7f}\u{80}\u{9f}\u{a0}</a>", ""),
        ("<a>\u{202e}\u{200f}</a>".into(), "<a>\u{202e}\u{200f}</a>", ""),
        ("<a>\u{fffd}\u{feff}\u{1fffe}</a>".into(), "<a>\u{fffd}\u{feff}\u{1fffe}</a>", ""),
        (b"<a>\t\n\r</a>".into(), "<a>\t\n\r</a>", ""),
        (b"\xef\xbb\xbf<a/>".into(), "<a/>", ""),
        (format!("{D8}<a>é</a>").into(), &format!("{D8}<a>é</a>"), ""),
        ("<?xml version='1.0' encoding='utf8'?>é".into(), "<?xml version='1.0' encoding='utf8'?>é", ""),
        // Declared encodings.
        (b"<?xml encoding=\"ISO-8859-1\"?>\xe9".into(), "<?xml encoding=\"ISO-8859-1\"?>é", ""),
        (b"<?xml encoding='iso-8859-1'?>\x80\x92".into(), "<?xml encoding='iso-8859-1'?>€’", ""),
        (b"<?xml encoding = 'latin1' ?>\xe9".into(), "<?xml encoding = 'latin1' ?>é", ""),
        (b"<?xml encoding=\"windows-1252\"?>\x93\x81".into(), "<?xml encoding=\"windows-1252\"?>“\u{81}", ""),
        (b"<?xml encoding='ISO-8859-15'?>\xa4".into(), "<?xml encoding='ISO-8859-15'?>€", ""),
        (b"<?xml encoding='windows-1251'?>\xcf".into(), "<?xml encoding='windows-1251'?>П", ""),
        (b"<?xml encoding='Shift_JIS'?>\x82\xa0".into(), "<?xml encoding='Shift_JIS'?>あ", ""),
        (b"<?xml encoding='gb2312'?>\xc4\xe3".into(), "<?xml encoding='gb2312'?>你", ""),
        (b"<?xml encoding=' us-ascii '?>\xe9".into(), "<?xml encoding=' us-ascii '?>é", ""),
        (b"<?XML ENCODING='koi8-r'?>\xf0".into(), "<?XML ENCODING='koi8-r'?>П", ""),
        (b"\r\n<?xml encoding='ISO-8859-1'?>\xe9".into(), "\r\n<?xml encoding='ISO-8859-1'?>é", ""),
        (b"<?xml\nencoding\n=\n'ISO-8859-1'\n?>\xe9".into(), "<?xml\nencoding\n=\n'ISO-8859-1'\n?>é", ""),
        // A label that cannot be true, is unknown, or stands elsewhere.
        (b"<?xml encoding='UTF-16'?>x".into(), "<?xml encoding='UTF-16'?>x", ""),
        (b"<?xml encoding='UTF-16'?>\xe9".into(), "<?xml encoding='UTF-16'?>é", "charset guessed"),
        (b"<?xml encoding='klingon'?>\xe9".into(), "<?xml encoding='klingon'?>é", "charset guessed"),
        (b"<?xml encoding=''?>\xe9".into(), "<?xml encoding=''?>é", "charset guessed"),
        (b"<?xml encoding=UTF-8?>\xe9".into(), "<?xml encoding=UTF-8?>é", "charset guessed"),
        (b"<?xml?><a encoding='koi8-r'/>\xe9".into(), "<?xml?><a encoding='koi8-r'/>é", "charset guessed"),
        (b"<?xml encoding='iso-2022-kr'?>x".into(), "<?xml encoding='iso-2022-kr'?>x", ""),
        // UTF-16.
        ([&bom_le[..], &utf16("<a>é😀</a>", true)].concat(), "<a>é😀</a>", ""),
        ([&bom_be[..], &utf16("<a>é😀</a>", false)].concat(), "<a>é😀</a>", ""),
        (utf16("<a>é</a>", true), "<a>é</a>", ""),
        (utf16("<a>é</a>", false), "<a>é</a>", ""),
        (
            [&utf16("<a>", true)[..], &[0x00, 0xd8], &utf16("<", true)].concat(),
            "<a>\u{fffd}<",
            "unreadable bytes replaced",
        ),
        (
            [&bom_le[..], &utf16("<a>\0&</a>", true)].concat(),
            "<a>&amp;</a>",
            "control characters removed, stray ampersands repaired",
        ),
        // Undeclared and not UTF-8.
        (b"<a>\xe9t\xe9</a>".into(), "<a>été</a>", "charset guessed"),
        (b"<?xml version='1.0'?>\x80".into(), "<?xml version='1.0'?>€", "charset guessed"),
        ([b"<a>\xe9", "é".as_bytes()].concat(), "<a>éÃ©", "charset guessed"),
        // UTF-8 declared and not kept to.
        ([D8.as_bytes(), "é".as_bytes(), b"\xe9\x80x"].concat(), &format!("{D8}éé€x"), "mixed charsets"),
        ([D8.as_bytes(), b"\xc3"].concat(), &format!("{D8}Ã"), "mixed charsets"),
        ([D8.as_bytes(), b"\xed\xa0\x80"].concat(), &format!("{D8}í\u{a0}€"), "mixed charsets"),
        ([D8.as_bytes(), b"\xf0\x9f\x98x"].concat(), &format!("{D8}ðŸ˜x"), "mixed charsets"),
        ([D8.as_bytes(), b"\xc0\x80"].concat(), &format!("{D8}À€"), "mixed charsets"),
        (b"\xef\xbb\xbf<a>\xe9</a>".into(), "<a>é</a>", "mixed charsets"),
        (b"\xef\xbb\xbf<?xml encoding='koi8-r'?>\xe9".into(), "<?xml encoding='koi8-r'?>é", "mixed charsets"),
        // Characters that XML forbids.
        (b"<a>KVM\0G5610</a>".into(), "<a>KVMG5610</a>", "control characters removed"),
        (b"\x01\x08\x0b\x0c\x0e\x1f".into(), "", "control characters removed"),
        ("a\u{ffff}b\u{fffe}c".into(), "abc", "control characters removed"),
        (
            b"<a>&#0;&#x1f;&#65535;&#xFFFE;&#xD800;&#1114112;&#99999999999;</a>".into(),
            "<a></a>",
            "control characters removed",
        ),
        (b"<a>&#9;&#10;&#xd;&#233;&#x1F600;&#0065;</a>".into(), "<a>&#9;&#10;&#xd;&#233;&#x1F600;&#0065;</a>", ""),
        // Ampersands.
        (b"<a>R&D</a>".into(), "<a>R&amp;D</a>", "stray ampersands repaired"),
        (b"<a>&amp;&lt;&gt;&quot;&apos;</a>".into(), "<a>&amp;&lt;&gt;&quot;&apos;</a>", ""),
        (
            b"<a>&eacute; &nbsp; &AMP; &amp</a>".into(),
            "<a>&amp;eacute; &amp;nbsp; &amp;AMP; &amp;amp</a>",
            "stray ampersands repaired",
        ),
        (
            b"&#; &#x; &#xg; &#X41; &#12".into(),
            "&amp;#; &amp;#x; &amp;#xg; &amp;#X41; &amp;#12",
            "stray ampersands repaired",
        ),
        (b"<a b='x&y=1'/>&".into(), "<a b='x&amp;y=1'/>&amp;", "stray ampersands repaired"),
        (
            b"<![CDATA[a & b &#0; \0]]>&".into(),
            "<![CDATA[a & b &#0; ]]>&amp;",
            "control characters removed, stray ampersands repaired",
        ),
        (
            b"<!-- & --><![CDATA[&]]>&<![CDATA[&".into(),
            "<!-- & --><![CDATA[&]]>&amp;<![CDATA[&",
            "stray ampersands repaired",
        ),
        (b"<!x&y>&".into(), "<!x&amp;y>&amp;", "stray ampersands repaired"),
        // All at once.
        (
            b"<a>\xe9&\0</a>".into(),
            "<a>é&amp;</a>",
            "charset guessed, control characters removed, stray ampersands repaired",
        ),
        (
            [D8.as_bytes(), b"\xe9&&#0;"].concat(),
            &format!("{D8}é&amp;"),
            "mixed charsets, control characters removed, stray ampersands repaired",
        ),
    ];
    for (bytes, text, words) in table {
        let decoded = decode_xml(&bytes);
        assert_eq!((decoded.text.as_ref(), decoded.repairs.to_string().as_str()), (text, words), "{bytes:x?}");
        if words.is_empty() && std::str::from_utf8(&bytes) == Ok(text) {
            assert!(matches!(decoded.text, Cow::Borrowed(_)), "{bytes:x?} was copied");
        }
    }
}

/// Four times the text may take four times the time, not sixteen times, which would be seconds. The best of some tries,
/// and half a second for what the machine does besides.
#[test]
fn hostile_text_takes_no_more_than_its_size() {
    let best = |text: &str| {
        let once = |_| {
            let start = Instant::now();
            decode_xml(text.as_bytes());
            start.elapsed()
        };
        (0..5).map(once).min().unwrap_or_default()
    };
    for piece in ["&", "<![CDATA[&", "<!--&", "<!&", "&#000"] {
        let (short, long) = (best(&piece.repeat(50_000)), best(&piece.repeat(200_000)));
        assert!(long < short * 10 + Duration::from_millis(500), "{piece}: {short:?}, {long:?}");
    }
    assert_eq!(decode_xml("&".repeat(1 << 20).as_bytes()).text.len(), 5 << 20);
}

#[test]
fn doubly_encoded_text_is_taken_back_only_when_all_of_it_is() {
    for (double, single) in [
        ("Ã©", "é"),
        ("Poste de RenÃ©", "Poste de René"),
        ("â‚¬", "€"),
        ("ðŸ˜€", "😀"),
        ("Ã‰tÃ©", "Été"),
        ("\u{c3}\u{89}", "É"),
        ("Â ", "\u{a0}"),
    ] {
        let double = double.replace("Â ", "Â\u{a0}");
        assert_eq!(undouble(&double).as_deref(), Some(single), "{double}");
    }
    for fine in ["", "abc", "é", "été", "Ã", "Ã©té", "Ω Ã©", "Ã© Ω", "€", "Â\u{80}", "😀", "naïve Ã©"]
    {
        assert_eq!(undouble(fine), None, "{fine}");
    }
}

#[test]
fn long_values_are_cut_at_a_whole_character_and_marked() {
    assert_eq!(cut("abc", 3), "abc");
    assert_eq!(cut(&"é".repeat(20), 20), "ééééé… [cut]");
    assert_eq!(cut("ééé", 3), "é");
    let cut_once = cut(&"€".repeat(50_000), 64 << 10).into_owned();
    assert!(cut_once.len() <= 64 << 10 && cut_once.ends_with(CUT_MARK));
    assert_eq!(cut(&cut_once, 64 << 10), cut_once);
}

#[test]
fn sec_06_writing_direction_is_shown_as_marks() {
    assert_eq!(visible("photo_\u{202e}gpj.exe"), "photo_⟦RLO⟧gpj.exe");
    assert_eq!(visible("\u{61c}\u{2069}é"), "⟦ALM⟧⟦PDI⟧é");
    assert!(matches!(visible("שלום"), Cow::Borrowed(_)));
}

#[test]
fn sec_07_a_logged_value_is_one_bounded_line() {
    assert_eq!(log_value("a\r\nERROR fake\u{1b}[31m\0\u{202e}"), "a\\r\\nERROR fake\\u{1b}[31m\\0\\u{202e}");
    assert_eq!(log_value("l'été \"x\" \\n"), "l'été \\\"x\\\" \\\\n");
    assert_eq!(log_value(&"x".repeat(512)).len(), 512);
    let long = log_value(&"x".repeat(513));
    assert!(long.len() <= 512 && long.ends_with("x…"));
    let long = log_value(&"\n".repeat(300));
    assert!(long.len() <= 512 && long.ends_with("\\n…"));
}

#[test]
fn repairs_have_words() {
    let mut repairs = Repairs::from(Repair::Cut);
    repairs.extend(Repair::DoubleEncoding.into());
    assert_eq!(repairs.to_string(), "double encoding repaired, long values cut");
    assert!(!repairs.is_empty() && repairs.contains(Repair::Cut) && !repairs.contains(Repair::CharsetGuessed));
}

proptest! {
    #[test]
    fn any_bytes_become_text_that_is_clean_and_stays_so(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let decoded = decode_xml(&bytes);
        let again = decode_xml(decoded.text.as_bytes());
        prop_assert!(!again.repairs.contains(Repair::CharsetMixed));
        let forbidden = |c: char| matches!(c, '\0'..='\x08' | '\u{fffe}' | '\u{ffff}');
        prop_assert!(!decoded.text.contains(forbidden));
    }

    #[test]
    fn repaired_text_is_not_repaired_again(text in "[&#x0-9;a-c<!\\[\\]CDATA\\-\\u{0}-\\u{20}é\\u{ffff}]{0,60}") {
        let mut repairs = Repairs::default();
        let once = repair::xml(&text, &mut repairs).into_owned();
        let twice = repair::xml(&once, &mut repairs).into_owned();
        // Removing a character can make a new reference or section, but never a forbidden character.
        prop_assert!(!twice.chars().any(|c| c < '\t'));
        if !text.contains(|c: char| c.is_control() || c == '\u{ffff}' || c == '#') {
            prop_assert_eq!(once, twice);
        }
    }

    #[test]
    fn every_text_in_every_encoding_comes_back(text in "<[a-zé€😀\\u{a1}-\\u{ff}]{0,40}") {
        let little = [&[0xff, 0xfe], &utf16(&text, true)[..]].concat();
        for bytes in [text.clone().into_bytes(), little, utf16(&text, false)] {
            let decoded = decode(&bytes);
            prop_assert_eq!(decoded.text.as_ref(), text.as_str());
        }
    }

    #[test]
    fn double_encoding_of_latin_text_is_found(text in "[a-z ]{0,5}[éèàüñ€’œ]{1,4}[a-z]{0,5}") {
        let double: String = text.bytes().map(|byte| if byte < 0x80 { byte as char } else { windows_1252(byte) }).collect();
        prop_assert_eq!(undouble(&double), Some(text));
    }

    #[test]
    fn shown_text_never_panics_and_keeps_its_bounds(text in "\\PC{0,200}", bytes in 0usize..100) {
        prop_assert!(cut(&text, bytes).len() <= bytes.max(text.len().min(bytes)));
        prop_assert!(log_value(&text).len() <= 512);
        let _ = visible(&text);
    }
}
