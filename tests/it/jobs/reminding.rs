//! Who is reminded, when, and how often: once, of all that is open, and not after an answer.

use chrono::NaiveDate;
use domain::platform::role::Role;
use rstest::rstest;
use travee::store::Slice;
use travee::store::platform::mail::letter;
use travee::store::platform::mail::{self as store, MailRow};
use travee::usecases::App;
use travee::usecases::platform::reminders::{announce, closing_changed, letters, remind};

use crate::campaigns::{World, on_day};
use crate::client::person;
use crate::fixtures::{buyer, day, pdf_text};
use crate::harness::On;
use crate::orders::answer_sheet;

async fn mails(app: &App) -> Vec<MailRow> {
    let slice = Slice { sort: "destinataire".into(), limit: 100, ..Slice::default() };
    store::list(&app.store, None, &slice).await.unwrap().0
}

async fn on(app: &App, day: NaiveDate) -> usize {
    remind(&on_day(app, &day.to_string()), &buyer(), day).await.unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_letter_a_person_for_all_that_is_open_and_none_to_who_has_answered(
    #[values(On::Sqlite, On::Postgres)] database: On,
) {
    let world = World::new(database).await;
    let app = &world.app;
    let campaign = world.open().await;
    let census = travee::store::campaigns::census(&app.store, campaign).await.unwrap().census;
    let waiting = travee::store::platform::reminders::asked(&app.store, campaign).await.unwrap();
    assert!(waiting.len() >= 2, "{waiting:?}");
    let first = domain::ids::OrganisationId(waiting[0].organisation_id);
    let second = domain::ids::OrganisationId(waiting[1].organisation_id);
    // One secretary of two communes.
    person(&world.fresh, "zoe@mairies.example", first, &[Role::MemberContact]).await;
    let text = format!(
        "INSERT INTO role_grant (person_id, organisation_id, role, from_day, given_by) \
         SELECT id, {second}, 'signatory', '2026-01-01', 'test' FROM person"
    );
    world.fresh.execute(&text).await;
    let closes_on = census.closes_on;
    assert_eq!(on(app, closes_on - chrono::Duration::days(9)).await, 0, "not a day of reminders");
    let third_before = closes_on - chrono::Duration::days(3);
    let written = on(app, third_before).await;
    assert!(written >= 1);
    assert_eq!(on(app, third_before).await, 0, "run again, it writes nothing");
    let all = mails(app).await;
    let to_zoe: Vec<_> =
        all.iter().filter(|mail| mail.to_address == "zoe@mairies.example").collect();
    let [only] = to_zoe.as_slice() else { panic!("{} letters", to_zoe.len()) };
    let text = letter(&app.store, domain::ids::MailId(only.id)).await.unwrap().text;
    for (name, id) in [(&waiting[0].organisation, first), (&waiting[1].organisation, second)] {
        assert!(text.contains(name.as_str()), "{name} is not in {text}");
        let link = format!("/campagnes/{campaign}/besoins?pour={id}");
        assert!(text.contains(&link), "{link} is not in {text}");
    }
    assert!(text.contains("dans 3 jours"), "{text}");
    // Both answer: the last evening nobody writes to her.
    let needs = world.needs(&[("BOI-001", ["100", "100"])]).await;
    let spring = on_day(app, "2026-04-01");
    let keys = travee::store::campaigns::sheet_keys(
        &app.store,
        travee::store::Viewer::Coordinator,
        campaign,
    )
    .await
    .unwrap();
    for key in keys.iter().filter(|key| [first, second].contains(&key.member)) {
        answer_sheet(&spring, key.id, needs.clone()).await;
    }
    let before = mails(app).await.len();
    on(app, closes_on - chrono::Duration::days(1)).await;
    let after = mails(app).await;
    assert!(after.iter().filter(|mail| mail.to_address == "zoe@mairies.example").count() == 1);
    assert!(after.len() >= before);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_opening_and_a_new_closing_day_are_told_once_and_the_rest_goes_by_post(
    #[values(On::Sqlite, On::Postgres)] database: On,
) {
    let world = World::new(database).await;
    let campaign = world.open().await;
    let census = travee::store::campaigns::census(&world.app.store, campaign).await.unwrap().census;
    let app = on_day(&world.app, &census.opens_on.to_string());
    let asked = travee::store::platform::reminders::asked(&app.store, campaign).await.unwrap();
    let first = domain::ids::OrganisationId(asked[0].organisation_id);
    person(&world.fresh, "zoe@mairies.example", first, &[Role::MemberContact]).await;
    let told = announce(&app, &buyer(), campaign).await.unwrap();
    assert!(told >= 1);
    assert_eq!(announce(&app, &buyer(), campaign).await.unwrap(), 0);
    let before = day("2026-01-31");
    assert_eq!(closing_changed(&app, &buyer(), campaign, before).await.unwrap(), told);
    assert_eq!(closing_changed(&app, &buyer(), campaign, before).await.unwrap(), 0);
    let silent =
        travee::store::campaigns::unreachable(&app.store, campaign, app.today()).await.unwrap();
    assert_eq!(silent.len() + told, asked.len(), "each is reached one way or the other");
    let paper = letters(&app, campaign).await.unwrap();
    assert_eq!(paper.pages, silent.len(), "one page a letter");
    let text = pdf_text(&paper.bytes);
    for waiting in &silent {
        assert!(text.contains(&waiting.name), "no letter to {}", waiting.name);
    }
    let post = travee::store::platform::reminders::contacts(&app.store).await.unwrap();
    assert!(post.iter().all(|contact| silent.iter().all(|one| one.id != contact.organisation_id)));
}
