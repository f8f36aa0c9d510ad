//! How the pages look, as far as their files say it: colours that can be read, one small style
//! sheet, nothing in line, nothing from elsewhere, no part that no page needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rstest::rstest;

/// No style sheet may weigh more.
const HEAVIEST: usize = 20_000;
/// WCAG 2.2, 1.4.3: text on its ground.
const TEXT: u128 = 4_500;
/// WCAG 2.2, 1.4.11: what shows a field, the focus, a part of a graphic.
const GRAPHIC: u128 = 3_000;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sheet() -> String {
    fs::read_to_string(root().join("assets/css/travee.css")).unwrap()
}

/// Templates of pages with their path; those of e-mails and files are no pages.
fn templates() -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let name = path.strip_prefix(root().join("templates")).unwrap();
                found.insert(name.display().to_string(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&root().join("templates"), &mut found);
    found.retain(|name, _| !name.starts_with("emails/"));
    found
}

/// The custom properties of the `nth` block of `:root`: light first, dark second.
fn tokens(sheet: &str, nth: usize) -> BTreeMap<String, u32> {
    let block = sheet.split(":root {").nth(nth + 1).unwrap();
    let block = block.split_once('}').unwrap().0;
    block
        .split(';')
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"))
        .map(|(name, hex)| (name.to_owned(), u32::from_str_radix(hex.trim(), 16).unwrap()))
        .collect()
}

/// Light is counted in parts of this: the twelfth power of a dark channel is still many of them.
const ONE: u128 = 1_000_000_000_000_000_000;

/// Linear light of one channel: `((c/255 + 0.055) / 1.055)^2.4`, as the fifth root of a twelfth
/// power, so that no float is needed.
fn light(channel: u32) -> u128 {
    let times = |one: u128, other: u128| one * other / ONE;
    let channel = u128::from(channel);
    if channel <= 10 {
        return channel * ONE * 100 / (255 * 1292);
    }
    let base = (channel * 1000 + 14_025) * ONE / 269_025;
    let second = times(base, base);
    let fourth = times(second, second);
    let twelfth = times(times(fourth, fourth), fourth);
    let fifth = |root: u128| times(times(times(root, root), times(root, root)), root);
    let (mut low, mut high) = (0, ONE);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fifth(middle) <= twelfth { low = middle } else { high = middle - 1 }
    }
    low
}

fn luminance(colour: u32) -> u128 {
    let [_, red, green, blue] = colour.to_be_bytes().map(u32::from);
    (light(red) * 2126 + light(green) * 7152 + light(blue) * 722) / 10_000
}

/// The contrast of two colours in thousandths: 4 500 is 4.5 : 1.
fn contrast(one: u32, other: u32) -> u128 {
    let (one, other) = (luminance(one) + ONE / 20, luminance(other) + ONE / 20);
    one.max(other) * 1000 / one.min(other)
}

#[test]
fn contrast_is_that_of_wcag() {
    assert_eq!(contrast(0x00_0000, 0xff_ffff), 21_000);
    assert_eq!(contrast(0x77_7777, 0xff_ffff) / 10, 447);
    assert_eq!(contrast(0x59_5959, 0xff_ffff) / 10, 700);
    assert_eq!(contrast(0x12_3456, 0x12_3456), 1000);
}

#[rstest]
#[case::light(0)]
#[case::dark(1)]
fn colours_can_be_read(#[case] scheme: usize) {
    let tokens = tokens(&sheet(), scheme);
    let mut faults = Vec::new();
    let mut ask = |front: &str, ground: &str, least: u128| {
        let found = contrast(tokens[front], tokens[ground]);
        if found < least {
            faults.push(format!("{front} on {ground}: {found} thousandths, {least} wanted"));
        }
    };
    for ground in ["paper", "soft"] {
        for text in ["ink", "quiet", "primary", "accent", "good", "warn", "bad"] {
            ask(text, ground, TEXT);
        }
    }
    // Words of buttons stand on their colour.
    for button in ["primary", "bad"] {
        ask("paper", button, TEXT);
    }
    // The bar of a gauge on its bed; the focus is primary, the edge of a field quiet.
    for bar in ["primary", "accent"] {
        ask(bar, "line", GRAPHIC);
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_style_sheet_stays_small() {
    let size = sheet().len();
    assert!(size <= HEAVIEST, "{size} bytes");
}

#[test]
fn nothing_moves() {
    let sheet = sheet();
    for word in ["animation", "transition", "@keyframes", "scroll-behavior"] {
        assert!(!sheet.contains(word), "{word}: some readers cannot bear it");
    }
}

#[test]
fn no_page_styles_or_runs_anything_in_line() {
    for (name, text) in templates() {
        for word in [" style=", "<style", "javascript:", " onclick=", " onchange=", " onsubmit="] {
            assert!(!text.contains(word), "{name}: {word}");
        }
        for script in text.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"{{ asset("), "{name}: a script in line");
        }
    }
}

#[test]
fn no_page_needs_another_host() {
    let mut sources = templates();
    sources.insert("travee.css".into(), sheet());
    let script = fs::read_to_string(root().join("assets/js/besoins.js")).unwrap();
    sources.insert("besoins.js".into(), script);
    for (name, text) in sources {
        for word in ["https://", "http://", "src=\"//", "href=\"//", "@import", "url(//"] {
            assert!(!text.contains(word), "{name}: {word}");
        }
    }
}

/// Names of the classes that a template gives, but those made from values.
fn classes(template: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in template.split("class=\"").skip(1) {
        let (mut plain, mut rest) = (String::new(), attribute);
        // What minijinja writes is cut: a statement parts two names, a value is a part of one.
        while let Some(at) = rest.find(['{', '"']) {
            plain.push_str(&rest[..at]);
            let (end, mark) = match rest.get(at..at + 2) {
                Some("{{") => ("}}", "?"),
                Some("{%") => ("%}", " "),
                _ => break,
            };
            plain.push_str(mark);
            let Some((_, after)) = rest[at..].split_once(end) else { break };
            rest = after;
        }
        let names = plain.split_whitespace().filter(|name| !name.contains('?'));
        found.extend(names.map(str::to_owned));
    }
    found
}

#[test]
fn every_class_of_a_page_is_in_the_style_sheet() {
    let sheet = sheet();
    let is_styled = |class: &str| {
        sheet.match_indices(&format!(".{class}")).any(|(at, found)| {
            let next = sheet[at + found.len()..].chars().next();
            next.is_none_or(|next| !next.is_alphanumeric() && next != '-')
        })
    };
    let mut unknown = Vec::new();
    for (name, text) in templates() {
        let without = classes(&text).into_iter().filter(|class| !is_styled(class));
        unknown.extend(without.map(|class| format!("{name}: {class}")));
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_part_is_needed_and_shown_with_the_others() {
    const SHOWN: &str = "pages/demo/parts.html";
    let templates = templates();
    let macros = &templates["parts/macros.html"];
    let names = macros.split("{% macro ").skip(1).filter_map(|rest| rest.split_once('('));
    let mut told = Vec::new();
    for (name, _) in names {
        let called = format!("parts.{name}(");
        let users = templates.iter().filter(|(_, text)| text.contains(&called));
        let users: Vec<&str> = users.map(|(user, _)| user.as_str()).collect();
        if !users.contains(&SHOWN) {
            told.push(format!("{name} is not on the page of all parts"));
        }
        if !users.iter().any(|user| *user != SHOWN) {
            told.push(format!("{name} is on no page"));
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}
