//! The demonstration's pages under load, and hundreds of members who send their needs at once.
//!
//! By hand: `tests/postgres.sh cargo bench --bench load`. Builds the demonstration twice (SQLite,
//! PostgreSQL), serves it by the program itself, and asks over plain sockets. `TRAVEE_LOAD=sqlite`
//! or `postgres` runs one of them.
//!
//! A request's time runs from the moment it was due, not from when a connection was free: what
//! waits in a queue is part of what a reader waits.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::similar_names,
    reason = "a bench prints, may stop, and calls percentiles by their numbers"
)]

mod server;
mod socket;
mod storm;

use std::time::Duration;

use domain::ids::PersonId;
use tokio::time::Instant;
use travee::usecases::platform::sessions::{Holder, Place, open};

use server::Installation;
use socket::Connection;

const CONNECTIONS: usize = 64;
const EACH_SECOND: u32 = 200;
const SECONDS: u32 = 25;

/// What p95 may be.
const TARGET: Duration = Duration::from_millis(50);

/// At most so many sheets at once on each database.
const ON_SQLITE: usize = 200;
const ON_POSTGRES: usize = 500;

fn main() {
    // `cargo test --benches` and `cargo clippy` must not build two demonstrations.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("load: by hand, with cargo bench --bench load");
        return;
    }
    let only = std::env::var("TRAVEE_LOAD").unwrap_or_default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        if only != "postgres" {
            let here = Installation::sqlite(1).await;
            reading(&here).await;
            storm::send_at_once(&here, ON_SQLITE).await;
        }
        if only != "sqlite" {
            let here = Installation::postgres(2).await;
            storm::send_at_once(&here, ON_POSTGRES).await;
        }
    });
}

/// What is asked for together: a name, and addresses with whoever asks.
struct Load {
    name: &'static str,
    pages: Vec<(String, String)>,
}

/// Each page of a member alone: these are asked for by nine hundred. The lists of the coordinator
/// together: a handful of people read them.
async fn loads(here: &Installation) -> Vec<Load> {
    let of_role = async |role: &str| {
        let query = format!("SELECT person_id FROM role_grant WHERE role = '{role}' ORDER BY id");
        let person = PersonId(here.number(&query).await);
        let holder = Holder::Person { id: person, second_factor: true };
        format!("travee={}", open(&here.app, holder, &Place::default()).await.unwrap())
    };
    let member = of_role("member_contact").await;
    let buyer = of_role("buyer").await;
    let finance = of_role("coordinator_finance").await;
    let census = here.open_census().await;
    let at = |path: &str, cookie: &str| (path.to_owned(), cookie.to_owned());
    vec![
        Load {
            name: "census sheet",
            pages: vec![at(&format!("/campagnes/{census}/besoins"), &member)],
        },
        Load { name: "a member's orders", pages: vec![at("/commandes", &member)] },
        Load { name: "a member's invoices", pages: vec![at("/factures", &member)] },
        Load {
            name: "the coordinator's lists",
            pages: vec![
                at(&format!("/gestion/recensements/{census}/reponses"), &buyer),
                at("/gestion/commandes", &buyer),
                at("/gestion/membres", &buyer),
                at("/gestion/catalogue", &buyer),
                at("/comptabilite", &finance),
            ],
        },
    ]
}

async fn reading(here: &Installation) {
    println!(
        "\n{EACH_SECOND} requests a second over {CONNECTIONS} connections, {SECONDS} s a load"
    );
    for load in loads(here).await {
        let mut warm = Connection::open(here.ports[0]).await;
        let mut bytes = 0;
        for (path, cookie) in &load.pages {
            let first = warm.get(path, cookie).await;
            assert_eq!(first.status, 200, "{path}: {}", first.head);
            bytes = bytes.max(first.body.len());
        }
        let mut times = steadily(here.ports[0], &load.pages).await;
        times.sort_unstable();
        let [p50, p95, p99] = [50, 95, 99].map(|part| percentile(&times, part));
        let met = if p95 <= TARGET { "met" } else { "MISSED" };
        println!(
            "{:<24} {:>6} answers  p50 {p50:>7.1?}  p95 {p95:>7.1?}  p99 {p99:>7.1?}  at most {bytes:>6} bytes  {met}",
            load.name,
            times.len(),
        );
    }
}

/// Asks for the pages in turn, as often as planned; the time of each answer from when it was due.
async fn steadily(port: u16, pages: &[(String, String)]) -> Vec<Duration> {
    let start = Instant::now() + Duration::from_millis(200);
    let every = Duration::from_secs(1) / EACH_SECOND;
    let all = EACH_SECOND * SECONDS;
    let mut readers = Vec::new();
    for reader in 0..CONNECTIONS {
        let pages = pages.to_vec();
        readers.push(tokio::spawn(async move {
            let mut connection = Connection::open(port).await;
            let mut times = Vec::new();
            for turn in (u32::try_from(reader).unwrap()..all).step_by(CONNECTIONS) {
                let due = start + every * turn;
                tokio::time::sleep_until(due).await;
                let (path, cookie) = &pages[turn as usize % pages.len()];
                let answer = connection.get(path, cookie).await;
                assert_eq!(answer.status, 200, "{path}: {}", answer.head);
                times.push(due.elapsed());
            }
            times
        }));
    }
    let mut times = Vec::new();
    for reader in readers {
        times.extend(reader.await.unwrap());
    }
    times
}

fn percentile(sorted: &[Duration], part: usize) -> Duration {
    sorted[(sorted.len() * part / 100).min(sorted.len() - 1)]
}
