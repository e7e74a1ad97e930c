//! "Did you mean …": the known name that is nearest to a mistyped one.

/// The nearest of the known names, when it is near enough to be meant.
///
/// Case does not count. A name that has the same last part (`http` for `web.http`) goes before a similar one.
pub fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let given: Vec<char> = given.chars().take(64).flat_map(char::to_lowercase).collect();
    let last = |name: &[char]| name.rsplit(|char| *char == '.').next().map(<[char]>::to_vec);
    let allowed = (given.len() / 3).max(2);
    known
        .filter_map(|name| {
            let letters: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
            let distance = if last(&letters) == last(&given) { 0 } else { distance(&given, &letters) };
            (distance <= allowed).then_some((distance, name))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be added, removed, replaced or exchanged with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut least = (above[j + 1] + 1).min(row[j] + 1).min(above[j] + usize::from(x != y));
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: [&str; 4] = ["web.http", "web.https", "limits.packed", "log.level"];

    #[test]
    fn mistyped_names_are_recognized() {
        let near = |name: &str| nearest(name, KNOWN.into_iter());
        assert_eq!(near("web.htpp"), Some("web.http"));
        assert_eq!(near("Web.Https"), Some("web.https"));
        assert_eq!(near("level"), Some("log.level"));
        assert_eq!(near("limit.packed"), Some("limits.packed"));
        assert_eq!(near("colour"), None);
        assert_eq!(near(""), None);
    }

    proptest! {
        #[test]
        fn distance_is_even_handed(a in "[abc]{0,8}", b in "[abc]{0,8}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
            prop_assert!(distance(&a, &b) <= a.len().max(b.len()));
        }
    }
}
