//! The figures of the need sheet: what the script says while somebody types is what the server
//! says of what was kept.

use std::collections::BTreeMap;
use std::fmt::Write;

use domain::platform::role::Role;
use serde_json::json;

use super::driver::Window;
use super::site::{Open, open};
use crate::harness::On;
use crate::house::House;

/// Article, pack, price in ten-thousandths of a euro, rate in hundredths of a percent, what is
/// typed for each year, what instead for the last year.
type Row = (&'static str, Option<u32>, u32, u32, &'static str, &'static str);

/// Packs entered into, prices that round half up, thousands, decimals, years that differ.
const ROUNDS: [[Row; 5]; 4] = [
    [
        ("BOI-001", Some(25), 8_900, 2_000, "130", ""),
        ("BOI-002", Some(10), 35_000, 2_000, "9", ""),
        ("RAY-001", None, 413_350, 2_000, "2,125", ""),
        ("REL-001", Some(1), 380_000, 2_000, "1", ""),
        ("REL-041", Some(1), 580_000, 2_000, "3", "5"),
    ],
    [
        ("BOI-001", Some(50), 50, 2_000, "1", "0"),
        ("BOI-002", Some(3), 33, 550, "2", ""),
        ("RAY-001", None, 100, 550, "0,5", ""),
        ("REL-001", Some(1), 50, 2_000, "1", ""),
        ("REL-041", Some(12), 12_345_678, 2_000, "1 000", ""),
    ],
    [
        ("BOI-001", Some(100), 123_456, 2_000, "99 999", ""),
        ("BOI-002", Some(7), 1_429, 2_000, "50", "51"),
        ("RAY-001", None, 999_999, 2_000, "99999,999", "0.001"),
        ("REL-001", Some(1), 380_000, 2_000, "", "2"),
        ("REL-041", Some(1), 1, 2_000, "2", ""),
    ],
    [
        ("BOI-001", Some(25), 8_900, 2_000, "100", ""),
        ("BOI-002", Some(10), 35_000, 2_000, "0", ""),
        ("RAY-001", None, 413_350, 2_000, "", ""),
        ("REL-001", Some(1), 380_000, 2_000, "1", "2"),
        ("REL-041", Some(6), 580_000, 2_000, "6", "7"),
    ],
];

/// The last year of the census that is open.
const LAST: &str = "2029";

/// What stands in the outputs and at the foot.
const SAID: &str = "
    const said = {};
    document.querySelectorAll('output').forEach(one => { said[one.id] = one.textContent; });
    ['pied-articles', 'pied-ht', 'pied-ttc'].forEach(id => {
      said[id] = document.getElementById(id).textContent;
    });
    return said;";

fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ").trim().to_owned()
}

/// The same, from a page whose scripts did not run.
fn served(page: &str) -> BTreeMap<String, String> {
    let ids = page.match_indices(" id=\"").filter_map(|(at, found)| {
        let (id, rest) = page[at + found.len()..].split_once('"')?;
        let tag = page[..at].rsplit_once('<')?.1;
        let wanted = tag.starts_with("output") || id.starts_with("pied-");
        let text = rest.split_once('>')?.1.split_once('<')?.0;
        wanted.then(|| (id.to_owned(), plain(text)))
    });
    ids.collect()
}

async fn set_up(open: &Open, rows: &[Row]) {
    for (reference, pack, price, rate, ..) in rows {
        let article = open.house.shop.world.article(reference).await;
        let pack = pack.map_or("NULL".to_owned(), |pack| (pack * 1000).to_string());
        let change = format!(
            "UPDATE article_version SET pack_milli = {pack}, price_e4 = {price}, rate_bp = {rate} \
             WHERE article_id = {article}"
        );
        open.house.fresh().execute(&change).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_and_the_server_say_the_same_figures() {
    let open = open(House::open(On::Sqlite).await).await;
    let browser = &open.browser;
    browser.look_through(Window::DESK).await;
    open.become_one(Role::MemberContact).await;
    let reader = open.house.client(Role::MemberContact).await;
    let page = format!("/campagnes/{}/besoins", open.house.census);
    let mut told = String::new();
    for (round, rows) in ROUNDS.iter().enumerate() {
        set_up(&open, rows).await;
        browser.goto(&page).await;
        let mut typed = BTreeMap::new();
        for (reference, .., every, last) in rows {
            let article = open.house.shop.world.article(reference).await;
            typed.insert(format!("a{article}"), *every);
            typed.insert(format!("a{article}_{LAST}"), *last);
        }
        let script = format!(
            "for (const [name, value] of Object.entries({})) {{
               const field = document.getElementsByName(name)[0];
               field.value = value;
               field.dispatchEvent(new Event('input', {{ bubbles: true }}));
             }} {SAID}",
            json!(typed)
        );
        let live = browser.ask(&script).await;
        browser.ask("document.querySelector('.foot button.second').click(); return null").await;
        browser.hears("Votre saisie est enregistrée").await;
        let kept = served(&reader.get(&page).await.text());
        assert_eq!(kept.len(), rows.len() + 3, "{kept:?}");
        for (id, server) in kept {
            let script = plain(live[&id].as_str().unwrap());
            if script != server {
                writeln!(told, "round {round}, {id}: « {script} », « {server} »").unwrap();
            }
        }
    }
    assert!(told.is_empty(), "\n{told}");
}
