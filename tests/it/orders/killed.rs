//! Killed by the system in the middle of issuing, then started again.
//!
//! The test binary starts itself: the first test below issues for its parent, which kills it
//! (SIGKILL) once its first papers are there; by itself it goes through undisturbed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::group::organisation::OrganisationKind;
use domain::ids::{OrderWindowId, OrganisationId};
use rstest::rstest;
use travee::clock::Clock;
use travee::store::campaigns::sheet_keys;
use travee::store::files::Files;
use travee::store::group::organisations;
use travee::store::{Store, Viewer};
use travee::usecases::App;
use travee::usecases::check::check;
use travee::usecases::group::{add_sites, import_members};
use travee::usecases::orders::issue_window;

use super::issuing::{issue, papers, ready};
use super::shop::{AFTER, Deal, Shop, answer_sheet, import_binding};
use crate::campaigns::{World, on_day};
use crate::fixtures::{body, buyer, members, site};
use crate::harness::On;

/// More members than two transactions make papers for.
pub(crate) const CROWD: u32 = 150;

const ORDERS_FOR: &str = "TRAVEE_TEST_ISSUES_FOR";

/// The digit that makes a SIREN or a SIRET pass its key.
fn keyed(digits: &str) -> String {
    (0..10)
        .map(|key| format!("{digits}{key}"))
        .find(|number| {
            let sum: u32 = number
                .bytes()
                .rev()
                .enumerate()
                .map(|(at, byte)| {
                    let digit = u32::from(byte - b'0');
                    let doubled = if at % 2 == 1 { digit * 2 } else { digit };
                    doubled / 10 + doubled % 10
                })
                .sum();
            sum.is_multiple_of(10)
        })
        .unwrap()
}

/// A window of [`CROWD`] members that each want one article.
pub(crate) async fn crowd(on: On, deal: &Deal, reference: &str) -> Shop {
    let world = World::new(on).await;
    let app = &world.app;
    let new = (1..=CROWD).map(|index| {
        let siret = keyed(&format!("{}0001", keyed(&format!("219{index:05}"))));
        body(OrganisationKind::Commune, &format!("Commune {index:03}"), &siret)
    });
    import_members(app, &buyer(), new.collect()).await.unwrap();
    let known = organisations(&app.store, &[]).await.unwrap();
    let crowd: Vec<OrganisationId> = known
        .iter()
        .filter(|listed| listed.organisation.name.starts_with("Commune "))
        .map(|listed| listed.id)
        .collect();
    members(app, world.group, &crowd).await;
    let sites: Vec<_> = crowd.iter().map(|member| site(*member, "Mairie")).collect();
    add_sites(app, &buyer(), &sites).await.unwrap();
    import_binding(app).await;
    let campaign = world.open().await;
    let spring = on_day(app, "2026-04-01");
    let answer = world.needs(&[(reference, ["10", "10"])]).await;
    let keys = sheet_keys(&app.store, Viewer::Coordinator, campaign).await.unwrap();
    for key in keys.iter().filter(|key| crowd.contains(&key.member)) {
        answer_sheet(&spring, key.id, answer.clone()).await;
    }
    Shop::under(world, campaign, deal).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_gets_its_papers() {
    let Ok(told) = std::env::var(ORDERS_FOR) else {
        let shop = crowd(On::Sqlite, &Deal::bindings(), "REL-001").await;
        ready(&shop).await;
        let app = shop.on(AFTER);
        assert_eq!(issue(&app, &shop).await.refused, []);
        assert_eq!(papers(&app, &shop).await.len(), CROWD as usize);
        return;
    };
    let [url, folder, window] = told.split('|').collect::<Vec<_>>().try_into().unwrap();
    let app = App {
        clock: Clock::Frozen(format!("{AFTER}T12:00:00Z").parse().unwrap()),
        ..App::new(Store::connect(url).await.unwrap(), Files::in_folder(folder.as_ref()).unwrap())
    };
    let window = OrderWindowId(window.parse().unwrap());
    let told = |done, total| {
        let mut out = std::io::stdout();
        writeln!(out, "\npapers {done} {total}").unwrap();
        out.flush().unwrap();
    };
    issue_window(&app, &buyer(), window, &told).await.unwrap();
}

/// Starts the issuer and kills it some time after its first papers are committed.
fn issue_and_be_killed(shop: &Shop, after: Duration) {
    let fresh = shop.fresh();
    let folder = fresh.folder.path().join("fichiers");
    let told = format!("{}|{}|{}", fresh.url, folder.display(), shop.window);
    let mut issuer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "orders::killed::a_crowd_gets_its_papers", "--nocapture"])
        .env(ORDERS_FOR, told)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(issuer.stdout.take().unwrap()).lines();
    let first = lines.map_while(Result::ok).find(|line| line.starts_with("papers "));
    assert!(first.is_some(), "the issuer made no paper");
    std::thread::sleep(after);
    issuer.kill().unwrap();
    issuer.wait().unwrap();
}

#[rstest]
#[case::members_orders(Deal::bindings(), "REL-001", CROWD as usize, CROWD as usize)]
#[case::one_order_and_its_extracts(Deal::boxes(), "BOI-001", 1, CROWD as usize + 1)]
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_issuing_nothing_is_lost_and_nothing_is_made_twice(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[case] deal: Deal,
    #[case] reference: &str,
    #[case] orders: usize,
    #[case] made: usize,
) {
    let shop = crowd(on, &deal, reference).await;
    ready(&shop).await;
    let app = shop.on(AFTER);
    let mut interrupted = 0;
    for wait in [0, 30] {
        issue_and_be_killed(&shop, Duration::from_millis(wait));
        assert_eq!(check(&app).await.unwrap().breaches, [], "right after the kill");
        interrupted += usize::from(papers(&app, &shop).await.len() < made);
    }
    assert!(interrupted > 0, "the issuer was never interrupted");
    let rest = issue(&app, &shop).await;
    assert_eq!(rest.refused, []);
    assert_eq!(papers(&app, &shop).await.len(), made, "every paper, with its bytes");
    let mut numbers: Vec<String> =
        shop.orders().await.iter().map(travee::store::orders::StoredOrder::name).collect();
    numbers.sort_unstable();
    let expected: Vec<String> = (1..=orders).map(|value| format!("BC-2026-{value:04}")).collect();
    assert_eq!(numbers, expected);
    assert_eq!(check(&app).await.unwrap().breaches, []);
}
