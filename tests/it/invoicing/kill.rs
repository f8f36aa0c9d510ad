//! `kill -9` at any moment of sharing, validating and stating an invoice.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::group::organisation::OrganisationKind;
use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::state::InvoiceState as S;
use rstest::rstest;
use travee::clock::Clock;
use travee::store::files::Files;
use travee::store::invoices as store;
use travee::store::{Store, Viewer};
use travee::usecases::App;
use travee::usecases::group::{confirm_sirets, import_members};
use travee::usecases::invoices::{allocate, issue_statements, validate};

use super::group::{Group, ORDER, bill, group, second};
use super::world::{World, line};
use crate::fixtures::{body, buyer};
use crate::harness::{On, given, in_its_own_process};

const MEMBERS: u32 = 70;

/// A SIREN of our own with its key, then the establishment 00010 with its.
fn siret(member: u32) -> String {
    let with_key = |digits: &str| {
        let sum = |number: &str| -> u32 {
            let bytes = number.bytes().rev().enumerate();
            bytes
                .map(|(at, byte)| u32::from(byte - b'0') * if at % 2 == 1 { 2 } else { 1 })
                .map(|digit| digit / 10 + digit % 10)
                .sum()
        };
        let mut numbers = (0..10).map(|key| format!("{digits}{key}"));
        numbers.find(|number| sum(number) % 10 == 0).unwrap()
    };
    with_key(&format!("{}0001", with_key(&format!("2199{member:04}"))))
}

/// An order of seventy members, its invoice received.
async fn received(on: On) -> (Group, InvoiceId) {
    let mut group = group(on).await;
    let bodies: Vec<_> = (0..MEMBERS)
        .map(|at| body(OrganisationKind::Commune, &format!("Commune {at}"), &siret(at)))
        .collect();
    import_members(&group.app, &buyer(), bodies).await.unwrap();
    let communes = [OrganisationKind::Commune];
    let all = travee::store::group::organisations(&group.app.store, &communes).await.unwrap();
    let ids: Vec<OrganisationId> = all
        .iter()
        .filter(|listed| listed.organisation.name.starts_with("Commune "))
        .map(|listed| listed.id)
        .collect();
    confirm_sirets(&group.app, &buyer(), &ids).await.unwrap();
    let shares: Vec<_> =
        ids.iter().zip(1..).map(|(id, count)| (*id, count, count, count)).collect();
    let total: u32 = shares.iter().map(|share| share.1).sum();
    group.order(ORDER, &[line("BOI-001", 18_700, &shares)]).await;
    let count = total.to_string();
    let lines = [("BOI-001", count.as_str(), "1.87", i64::from(total) * 187)];
    let id = group.receive(&bill("F-1", None, &lines, 4_500)).await.invoice.unwrap();
    (group, id)
}

/// Goes on from wherever the invoice stands, to its last statement.
async fn finish(app: &App) -> usize {
    let id = InvoiceId(1);
    let state = || async {
        store::invoice(&app.store, Viewer::Coordinator, id).await.unwrap().unwrap().state
    };
    if state().await == S::Matched {
        allocate(app, &buyer(), id, &[]).await.unwrap();
    }
    if state().await == S::Allocated {
        validate(app, &second(), id).await.unwrap();
    }
    let allocation = store::allocation_of(&app.store, id).await.unwrap().unwrap();
    issue_statements(app, &buyer(), allocation.id, |_| ()).await.unwrap()
}

/// Run by the test below in a process of its own; by itself it goes through undisturbed.
#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_goes_from_match_to_its_last_statement() {
    let Some((url, folder)) = given() else {
        let (group, _) = received(On::Sqlite).await;
        assert_eq!(finish(&group.app).await, MEMBERS as usize);
        assert_eq!(World::breaches(&group.app).await, []);
        return;
    };
    let noon: DateTime<Utc> = "2026-09-01T12:00:00Z".parse().unwrap();
    let app = App {
        clock: Clock::Frozen(noon),
        ..App::new(
            Store::connect(&url).await.unwrap(),
            Files::in_folder(&folder.join("fichiers")).unwrap(),
        )
    };
    finish(&app).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_nothing_is_lost_and_nothing_is_there_twice(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let (group, id) = received(on).await;
    let name = "invoicing::kill::an_invoice_goes_from_match_to_its_last_statement";
    let papers = "SELECT COUNT(*) FROM paper";
    // While it is shared and validated: a moment later each time.
    for delay in [15, 25, 35, 50, 70, 100] {
        let mut child = in_its_own_process(name, &group.fresh);
        tokio::time::sleep(Duration::from_millis(delay)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let stored = store::invoice(&group.app.store, Viewer::Coordinator, id).await;
        assert!(stored.unwrap().is_some());
        assert_eq!(World::breaches(&group.app).await, [], "killed after {delay} ms");
    }
    // While its statements are issued: as soon as one more is in the file store.
    let folder = group.fresh.folder.path().join("fichiers/releves");
    let written = || std::fs::read_dir(&folder).map_or(0, Iterator::count);
    for more in [1, 20, 66] {
        let mut child = in_its_own_process(name, &group.fresh);
        while written() < more && child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(World::breaches(&group.app).await, [], "killed at {more} statements");
    }
    finish(&group.app).await;
    assert_eq!(group.world.number(papers).await, i64::from(MEMBERS));
    assert_eq!(finish(&group.app).await, 0, "nothing is left to issue");
    assert_eq!(group.world.number("SELECT COUNT(*) FROM allocation").await, 1);
    assert_eq!(group.world.number("SELECT COUNT(*) FROM recharge").await, i64::from(MEMBERS));
    assert_eq!(World::breaches(&group.app).await, []);
}
