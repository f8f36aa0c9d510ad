//! Every list of the CdG62 can be taken away: CSV and XLSX of what is shown, under a name that says
//! what it is, and nothing in it a formula.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::platform::role::Role;
use rstest::rstest;

use crate::client::{Answer, Client};
use crate::harness::On;
use crate::house::{House, TODAY};
use crate::routes::TABLE;
use crate::rows::address;

/// What the page offers: the addresses of its files, as the browser would follow them.
fn offered(text: &str) -> Option<(String, String)> {
    let (_, rest) = text.split_once("Emporter la liste")?;
    let mut links = rest
        .split("href=\"")
        .skip(1)
        .map(|link| link.split('"').next().unwrap().replace("&amp;", "&").replace("&#x3d;", "="));
    Some((links.next().unwrap(), links.next().unwrap()))
}

/// The name that a file is saved under.
fn name(file: &Answer) -> String {
    let name = file.headers["content-disposition"].to_str().unwrap();
    name.strip_prefix("attachment; filename=\"").unwrap().trim_end_matches('"').to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_taken_away_as_csv_and_xlsx_and_no_cell_is_a_formula(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let house = House::open(on).await;
    // Names as somebody would type them who wants a spreadsheet to calculate.
    house.fresh().execute("UPDATE organisation SET name = '=1+1;' || name").await;
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for role in [Role::CoordinatorFinance, Role::Buyer, Role::Administrator] {
        let client = house.client(role).await;
        for (method, path, who) in TABLE {
            if *method != "GET" || !who.includes(role) {
                continue;
            }
            let Some(page) = address(&house, path, house.arras()).await else { continue };
            let answer = client.get(&page).await;
            if answer.status != StatusCode::OK {
                continue;
            }
            if let Some(files) = offered(&answer.text()) {
                let saved = take(&client, &page, files).await;
                taken.insert((*path).to_owned(), saved);
            }
        }
    }
    // The lists of finance, buyers and administrators that this house has rows for.
    for path in [
        "/comptabilite",
        "/comptabilite/echeances",
        "/comptabilite/factures/{id}/repartition",
        "/comptabilite/factures/{id}/releves",
        "/comptabilite/annees/{year}",
        "/gestion/membres",
        "/gestion/commandes",
        "/gestion/marches",
        "/gestion/catalogue",
        "/gestion/livraisons",
        "/gestion/journal",
        "/administration/journal",
        "/administration/references",
        "/administration/personnes",
    ] {
        assert!(taken.contains_key(path), "{path} offers no file: {taken:#?}");
    }
    // A list of one thing says which.
    let about = |path: &str| taken[path].as_str();
    assert_eq!(about("/comptabilite/annees/{year}"), "annee_par_membre_2026");
    assert!(about("/comptabilite/factures/{id}/repartition").starts_with("repartition_"));
    println!("{} lists taken away", taken.len());
}

/// Takes both files of a list; answers the name without its suffix.
async fn take(client: &Client, page: &str, (csv, xlsx): (String, String)) -> String {
    let path = page.split('?').next().unwrap();
    let text = client.get(&format!("{path}{csv}")).await;
    assert_eq!(text.headers["content-type"], "text/csv; charset=utf-8", "{page}");
    let saved = name(&text);
    let stem = saved.strip_suffix(&format!("_{TODAY}.csv")).map(str::to_owned);
    let stem = stem.unwrap_or_else(|| panic!("{page} is saved as {saved}"));
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"_-.".contains(&c);
    assert!(stem.len() > 3 && stem.bytes().all(plain), "{saved}");
    let table = text.bytes.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
    let mut rows = csv::ReaderBuilder::new().delimiter(b';').from_reader(table);
    let mut count = 0;
    for row in rows.records() {
        for cell in &row.unwrap() {
            let formula = cell.starts_with(['=', '+', '@', '\t', '\r']);
            let minus =
                cell.starts_with('-') && !cell[1..].starts_with(|c: char| c.is_ascii_digit());
            assert!(!formula && !minus, "{page} writes {cell}");
        }
        count += 1;
    }
    assert!(count > 0, "{page}: a file of nothing");
    let book = client.get(&format!("{path}{xlsx}")).await;
    assert_eq!(name(&book), format!("{stem}_{TODAY}.xlsx"), "{page}");
    assert!(book.bytes.starts_with(b"PK"), "{page}");
    stem
}
