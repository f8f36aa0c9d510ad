//! Pictures of the pages, to look at: the main ones for docs/screens when `TRAVEE_SCREENSHOTS` names
//! a folder, every page of every reader when `TRAVEE_GALLERY` does.

use std::path::PathBuf;

use domain::platform::role::Role;

use super::driver::Window;
use super::pages::{demonstration, seen};
use super::site::open;
use crate::harness::On;
use crate::house::House;
use crate::rows::address;

/// File name, path, reader.
const MAIN: [(&str, &str, Role); 10] = [
    ("01-accueil", "/", Role::Signatory),
    ("02-recensement", "/campagnes/{id}", Role::MemberContact),
    ("03-besoins", "/campagnes/{id}/besoins", Role::MemberContact),
    ("04-commande", "/commandes/{id}/validation", Role::Signatory),
    ("05-reception", "/livraisons/{order}/reception", Role::MemberContact),
    ("06-facture", "/factures/{id}", Role::MemberFinance),
    ("07-suivi", "/gestion/recensements/{id}", Role::Buyer),
    ("08-periode-de-commande", "/gestion/fenetres/{id}", Role::Buyer),
    ("09-factures-recues", "/comptabilite", Role::CoordinatorFinance),
    ("10-repartition", "/comptabilite/factures/{id}/repartition", Role::CoordinatorFinance),
];

/// The folder that a variable names, made.
fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from)?;
    std::fs::create_dir_all(&folder).unwrap();
    Some(folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_pages_can_be_pictured_at_both_widths() {
    let open = open(House::open(On::Sqlite).await).await;
    let scratch = tempfile::tempdir().unwrap();
    // Without a folder one page is enough to see that it works.
    let (folder, pages) = match folder("TRAVEE_SCREENSHOTS") {
        Some(folder) => (folder, &MAIN[..]),
        None => (scratch.path().to_owned(), &MAIN[..1]),
    };
    for (name, path, role) in pages {
        open.become_one(*role).await;
        let page = address(&open.house, path, open.house.arras()).await.unwrap();
        open.browser.goto(&page).await;
        for window in [Window::TELEPHONE, Window::DESK] {
            let file = folder.join(format!("{name}-{}.png", window.width));
            open.browser.picture(window, &file).await;
            let bytes = std::fs::read(&file).unwrap();
            assert!(bytes.starts_with(b"\x89PNG"), "{}", file.display());
        }
    }
}

/// All pages at three widths, in the dark, and on paper.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_pictured_and_printed() {
    let open = open(demonstration().await).await;
    let scratch = tempfile::tempdir().unwrap();
    let (folder, least) = match folder("TRAVEE_GALLERY") {
        Some(folder) => (folder, usize::MAX),
        None => (scratch.path().to_owned(), 1),
    };
    let mut signed_in = None;
    for page in seen(&open).await.iter().filter(|page| page.first).take(least) {
        open.show(page, &mut signed_in).await;
        let name = page.path.trim_matches('/').replace(['/', '{', '}'], "-");
        let name = format!("{}_{name}", page.reader);
        for window in [Window::TELEPHONE, Window::TABLET, Window::DESK, Window::DESK.dark()] {
            let shade = if window.dark { "-dark" } else { "" };
            let file = folder.join(format!("{name}-{}{shade}.png", window.width));
            open.browser.picture(window, &file).await;
        }
        let file = folder.join(format!("{name}.pdf"));
        open.browser.print(&file).await;
        assert!(std::fs::read(&file).unwrap().starts_with(b"%PDF"), "{}", file.display());
    }
}
