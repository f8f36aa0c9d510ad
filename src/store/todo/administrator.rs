//! What the administrator is to do: work that failed, people who lack a second factor or lose a
//! role, reference rows that end. And, for buyers too, addresses that letters do not reach.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use domain::french;
use domain::platform::job::JobState;
use domain::platform::role::{Right, Role};
use sea_orm::{FromQueryResult, Value};

use super::{Todo, TodoKind, by_date};
use crate::store::platform::{jobs, mail};
use crate::store::{Access, StoreError, reference, sql};

/// How long before its end a role is told.
const ROLES: Days = Days::new(30);

/// How long before its end a reference row is told, and how long after: a text has to be found and
/// read; what ended longer ago has no successor.
const ROWS: Days = Days::new(60);
const ENDED: Days = Days::new(400);

/// What an administrator is to do, the nearest date first; nothing for whoever does not administer.
pub async fn administrator(
    on: &impl Access,
    rights: &BTreeSet<Right>,
    today: NaiveDate,
) -> Result<Vec<Todo>, StoreError> {
    let mut todos = Vec::new();
    if !rights.contains(&Right::Administer) {
        return Ok(todos);
    }
    dead_jobs(on, &mut todos).await?;
    second_factors(on, today, &mut todos).await?;
    roles(on, today, &mut todos).await?;
    rows(on, today, &mut todos).await?;
    by_date(&mut todos);
    Ok(todos)
}

fn todo(kind: TodoKind, title: String, detail: impl Into<String>, link: &str) -> Todo {
    let (detail, link) = (detail.into(), link.to_owned());
    Todo { kind, title, detail, until: None, link, blocked: None }
}

async fn dead_jobs(on: &impl Access, todos: &mut Vec<Todo>) -> Result<(), StoreError> {
    let counts = jobs::counts(on).await?;
    let dead = counts.iter().find(|(state, _)| *state == JobState::Dead);
    if let Some((_, dead)) = dead.filter(|(_, dead)| *dead > 0) {
        todos.push(todo(
            TodoKind::Job,
            format!("Examiner {}", french::counted(*dead, "tâche en échec", "tâches en échec")),
            "Une tâche se relance sans refaire ce qui est fait.",
            "/administration/taches?etat=dead",
        ));
    }
    Ok(())
}

async fn counted<T: FromQueryResult>(
    on: &impl Access,
    text: &str,
    values: Vec<Value>,
) -> Result<Option<T>, StoreError> {
    T::find_by_statement(sql(on.connection(), text, values))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading what an administrator is to do"))
}

/// People whose role wants a second factor: without it no page opens to them.
async fn second_factors(
    on: &impl Access,
    today: NaiveDate,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        people: i64,
    }
    let wanting = Role::ALL.iter().filter(|role| role.needs_second_factor());
    let wanting: Vec<String> = wanting.map(|role| format!("'{}'", role.code())).collect();
    let text = format!(
        "SELECT COUNT(DISTINCT p.id) AS people FROM person p \
         JOIN role_grant g ON g.person_id = p.id \
         WHERE p.totp_secret IS NULL AND p.disabled_at IS NULL AND g.role IN ({}) \
         AND g.from_day <= $1 AND (g.to_day IS NULL OR g.to_day > $1)",
        wanting.join(", ")
    );
    let found: Option<Row> = counted(on, &text, vec![today.into()]).await?;
    let people = found.and_then(|row| u64::try_from(row.people).ok()).unwrap_or_default();
    if people > 0 {
        todos.push(todo(
            TodoKind::Account,
            format!(
                "Faire mettre en place la double authentification : {}",
                french::counted(people, "personne", "personnes")
            ),
            "Sans elle, leurs pages ne s’ouvrent pas.",
            "/administration/personnes?organisme=cdg62",
        ));
    }
    Ok(())
}

/// Roles that end soon and that no other of the same person, organisation and kind follows.
async fn roles(
    on: &impl Access,
    today: NaiveDate,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        people: i64,
        first: Option<NaiveDate>,
    }
    let text = "SELECT COUNT(DISTINCT g.person_id) AS people, MIN(g.to_day) AS first \
                FROM role_grant g JOIN person p ON p.id = g.person_id \
                WHERE p.disabled_at IS NULL AND g.from_day <= $1 AND g.to_day > $1 \
                AND g.to_day <= $2 AND NOT EXISTS (SELECT 1 FROM role_grant n \
                WHERE n.person_id = g.person_id AND n.organisation_id = g.organisation_id \
                AND n.role = g.role AND n.id <> g.id AND n.from_day <= g.to_day \
                AND (n.to_day IS NULL OR n.to_day > g.to_day))";
    let found: Option<Row> = counted(on, text, vec![today.into(), (today + ROLES).into()]).await?;
    let Some(row) = found.filter(|row| row.people > 0) else { return Ok(()) };
    let people = u64::try_from(row.people).unwrap_or_default();
    let title =
        format!("Prolonger les rôles de {}", french::counted(people, "personne", "personnes"));
    let detail = "Passé ce jour, elles n’ont plus accès à ce que ces rôles ouvrent.";
    let until = row.first.and_then(|day| day.pred_opt());
    todos.push(Todo {
        until,
        ..todo(TodoKind::Account, title, detail, "/administration/personnes")
    });
    Ok(())
}

/// A reference table as a person calls what is in it.
fn called(table: &str) -> &'static str {
    match table {
        "seuils" => "les seuils de la commande publique",
        "tva" => "les taux de TVA",
        "interets" => "le taux des intérêts moratoires",
        "delais" => "les délais de paiement",
        "ccag" => "les chiffres du CCAG",
        "mandats" => "les mandats municipaux",
        _ => "les comptes budgétaires",
    }
}

/// Reference rows of which the last known ends soon, or has ended: a rate, a mandate, a threshold.
async fn rows(on: &impl Access, today: NaiveDate, todos: &mut Vec<Todo>) -> Result<(), StoreError> {
    for row in reference::ending(on, today - ENDED, today + ROWS).await? {
        let day = french::date(row.last_day);
        let ends = if row.last_day < today { "valait" } else { "vaut" };
        todos.push(Todo {
            until: Some(row.last_day),
            ..todo(
                TodoKind::Reference,
                format!("Mettre à jour {}", called(&row.table)),
                format!("Ce qui en est connu {ends} jusqu’au {day}."),
                &format!("/administration/references?table={}", row.table),
            )
        });
    }
    Ok(())
}

/// The addresses that letters do not reach, for whoever keeps the people of members.
pub async fn addresses(
    on: &impl Access,
    rights: &BTreeSet<Right>,
) -> Result<Vec<Todo>, StoreError> {
    if !rights.contains(&Right::ManagePeople) {
        return Ok(Vec::new());
    }
    let found = mail::undeliverable(on).await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let shown: Vec<&str> = found.iter().take(3).map(|one| one.address.as_str()).collect();
    let end = if found.len() > shown.len() { "…" } else { "." };
    let title = if found.len() == 1 {
        "Corriger une adresse qui ne reçoit pas nos courriels".to_owned()
    } else {
        format!(
            "Corriger {} adresses qui ne reçoivent pas nos courriels",
            french::count(found.len())
        )
    };
    let detail = format!("{}{end}", shown.join(", "));
    Ok(vec![todo(TodoKind::Account, title, detail, "/gestion/adresses")])
}
