//! Pictures of the main pages for docs/screens, when `TRAVEE_SCREENSHOTS` names a folder.

use std::path::PathBuf;

use domain::platform::role::Role;

use super::driver::Window;
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

#[tokio::test(flavor = "multi_thread")]
async fn the_main_pages_can_be_pictured_at_both_widths() {
    let open = open(House::open(On::Sqlite).await).await;
    let scratch = tempfile::tempdir().unwrap();
    let asked = std::env::var_os("TRAVEE_SCREENSHOTS").map(PathBuf::from);
    // Without a folder one page is enough to see that it works.
    let (folder, pages) = match asked {
        Some(folder) => (folder, &MAIN[..]),
        None => (scratch.path().to_owned(), &MAIN[..1]),
    };
    std::fs::create_dir_all(&folder).unwrap();
    for (name, path, role) in pages {
        open.become_one(*role).await;
        let page = address(&open.house, path, open.house.arras()).await.unwrap();
        for window in [Window::TELEPHONE, Window::DESK] {
            open.browser.look_through(window).await;
            open.browser.goto(&page).await;
            let file = folder.join(format!("{name}-{}.png", window.width));
            open.browser.picture(&file).await;
            let bytes = std::fs::read(&file).unwrap();
            assert!(bytes.starts_with(b"\x89PNG"), "{}", file.display());
        }
    }
}
