//! Coming in, staying in, being taken out.

mod coming_in;
mod limits;
mod second_factor;
mod shared_link;
mod teams;

use chrono::{DateTime, Duration, Utc};
use domain::ids::{OrganisationId, PersonId};
use domain::platform::role::Role;
use sea_orm::{ConnectionTrait, Statement};
use travee::clock::Clock;
use travee::usecases::App;
use travee::usecases::platform::sessions::Place;

use crate::client::{Answer, Client, person};
use crate::fixtures::{app_on, organisations};
use crate::harness::{Fresh, On};

const EMAIL: &str = "marie.dupont@arras.example";

/// A database, an application on it, and somebody of Arras.
struct World {
    fresh: Fresh,
    app: App,
    ids: Vec<OrganisationId>,
    marie: PersonId,
}

impl World {
    async fn new(on: On) -> Self {
        let fresh = on.fresh().await;
        let app = app_on(&fresh, "2026-03-02");
        let ids = organisations(&app).await;
        let marie = person(&fresh, EMAIL, ids[2], &[Role::MemberContact]).await;
        Self { fresh, app, ids, marie }
    }

    /// The same database, later.
    fn later(&self, by: Duration) -> App {
        App { wall: Clock::Frozen(self.app.wall.now() + by), ..self.app.clone() }
    }

    /// The paths of the links in all queued letters of a kind, oldest first.
    async fn links(&self, kind: &str) -> Vec<String> {
        let select = format!("SELECT text FROM mail WHERE kind = '{kind}' ORDER BY id");
        let texts = self.texts(&select).await;
        texts
            .iter()
            .map(|text| {
                let (_, rest) = text.split_once("http://127.0.0.1:8062").unwrap();
                rest.split_whitespace().next().unwrap().to_owned()
            })
            .collect()
    }

    async fn link(&self, kind: &str) -> String {
        self.links(kind).await.pop().expect("a letter was queued")
    }

    /// The first column of a query, as text.
    async fn texts(&self, query: &str) -> Vec<String> {
        let db = self.fresh.raw().await;
        let statement = Statement::from_string(db.get_database_backend(), query.to_owned());
        let rows = db.query_all_raw(statement).await.unwrap();
        let texts = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        db.close().await.unwrap();
        texts
    }

    async fn count(&self, of: &str) -> i64 {
        let db = self.fresh.raw().await;
        let query = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {of}");
        let statement = Statement::from_string(db.get_database_backend(), query);
        let row = db.query_one_raw(statement).await.unwrap().unwrap();
        let count = row.try_get_by_index(0).unwrap();
        db.close().await.unwrap();
        count
    }
}

fn place() -> Place {
    Place { device: "Essai".into(), address: "192.0.2.7".into() }
}

/// The browser that keeps the cookie of this answer.
fn keeping(client: &Client, answer: &Answer) -> Client {
    let cookie = answer.headers.get("set-cookie").expect("a cookie").to_str().unwrap();
    let (pair, rest) = cookie.split_once(';').unwrap();
    assert!(rest.contains("HttpOnly") && rest.contains("SameSite=Lax"), "{cookie}");
    let mut kept = client.clone();
    kept.cookie = Some(pair.to_owned());
    kept
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
