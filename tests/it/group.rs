//! Members come in, adhere and are confirmed.

use domain::group::convention::CoordinationModel;
use domain::group::membership::MembershipState;
use domain::platform::journal::{ChainHead, verify};
use rstest::rstest;
use travee::store::group as store;
use travee::store::platform::journal_after;
use travee::usecases::group::{confirm_sirets, found_group, import_members, withdraw};

use crate::fixtures::{ARRAS, app_on, body, buyer, convention, day, members, organisations};
use crate::harness::On;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_members_file_can_be_read_twice_and_adds_nobody_twice(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    organisations(&app).await;
    let again = body(domain::group::organisation::OrganisationKind::Commune, "Arras", ARRAS);
    let imported = import_members(&app, &buyer(), vec![again]).await.unwrap();
    assert_eq!((imported.added, imported.known), (0, 1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_11_no_paper_takes_a_siret_before_somebody_confirms_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let arras = ids[2];
    let may = async || {
        let listed = store::organisation(&app.store, arras).await.unwrap().unwrap();
        listed.organisation.sirets.confirmed_on(day("2026-03-01")).is_ok()
    };
    assert!(!may().await);
    assert_eq!(confirm_sirets(&app, &buyer(), &[arras]).await.unwrap(), 1);
    assert!(may().await);
    assert_eq!(confirm_sirets(&app, &buyer(), &[arras]).await.unwrap(), 0, "once is enough");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_founds_one_group(#[values(On::Sqlite, On::Postgres)] on: On) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let first = convention(&app, ids[0]).await;
    let stored = store::convention(&app.store, first).await.unwrap().unwrap();
    assert_eq!(stored.lots[0].terms.model(), CoordinationModel::CoordinatorOrders);
    let terms = stored.convention.terms();
    let second = found_group(&app, &buyer(), terms, ids[0], &[], "fixture").await;
    assert!(second.is_err(), "terms without a lot are refused before the key is looked up");
    assert_eq!(convention(&app, ids[0]).await, first);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_member_adheres_step_by_step_withdraws_and_the_journal_tells_it(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let group = convention(&app, ids[0]).await;
    members(&app, group, &ids[2..]).await;
    let known = store::memberships(&app.store, group).await.unwrap();
    assert_eq!(known.len(), 3);
    assert!(known.values().all(|(_, one)| one.state == MembershipState::Active));
    assert!(known.values().all(|(_, one)| one.lots.len() == 3));
    withdraw(&app, &buyer(), group, ids[2], day("2027-01-01"), "fusion").await.unwrap();
    let twice = withdraw(&app, &buyer(), group, ids[2], day("2027-01-01"), "fusion").await;
    assert!(twice.unwrap_err().in_french().contains("retiré"));
    let known = store::memberships(&app.store, group).await.unwrap();
    assert_eq!(known[&ids[2]].1.left_on, Some(day("2027-01-01")));
    let journal = journal_after(&app.store, 0, 1_000).await.unwrap();
    let head = verify(ChainHead::START, journal.iter().map(|(entry, hash)| (entry, *hash)));
    assert_eq!(head.unwrap().sequence, i64::try_from(journal.len()).unwrap());
    let actions: Vec<&str> = journal.iter().map(|(entry, _)| entry.action.as_str()).collect();
    let of_one = &actions[2..5];
    assert_eq!(of_one, ["membership.deliberate", "membership.sign", "membership.activate"]);
    assert_eq!(actions.last(), Some(&"membership.withdraw"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rule_1_the_figures_of_a_convention_count_who_was_not_bound_at_the_launch(
    #[values(On::Sqlite, On::Postgres)] on: On,
) {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-03-01");
    let ids = organisations(&app).await;
    let group = convention(&app, ids[0]).await;
    members(&app, group, &ids[2..]).await;
    withdraw(&app, &buyer(), group, ids[2], day("2027-01-01"), "fusion").await.unwrap();
    let active = store::memberships(&app.store, group).await.unwrap();
    let active: Vec<_> =
        active.values().filter(|(_, one)| one.state == MembershipState::Active).collect();
    let bound = active.iter().find_map(|(_, one)| one.bound_on()).unwrap();
    for launched in [Some(bound.pred_opt().unwrap()), Some(bound), bound.succ_opt(), None] {
        let figures = store::membership_figures(&app.store, group, launched).await.unwrap();
        let late = active.iter().filter(|(_, one)| {
            launched.is_some_and(|day| one.bound_on().is_none_or(|bound| bound > day))
        });
        assert_eq!(figures.late, late.count() as u64, "launched on {launched:?}");
        let states = [(MembershipState::Active, 2), (MembershipState::Withdrawn, 1)];
        assert_eq!(figures.by_state, states.into());
    }
}
