//! What the CdG62's buyers are to do: windows, orders to issue, packs, deliveries, contracts.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::french;
use domain::money::Net;
use domain::orders::ceiling::WARN_FROM_PERCENT;
use domain::platform::role::Right;
use sea_orm::{FromQueryResult, Value};

use super::{Todo, TodoKind, by_date};
use crate::store::{Access, StoreError, sql};

/// What a buyer is to do, the nearest date first; nothing for who does not buy.
pub async fn purchases(
    on: &impl Access,
    rights: &BTreeSet<Right>,
    today: NaiveDate,
) -> Result<Vec<Todo>, StoreError> {
    let mut todos = Vec::new();
    if !rights.contains(&Right::Buy) {
        return Ok(todos);
    }
    beginning(on, &mut todos).await?;
    windows(on, today, &mut todos).await?;
    packs(on, &mut todos).await?;
    deliveries(on, &mut todos).await?;
    contracts(on, today, &mut todos).await?;
    by_date(&mut todos);
    Ok(todos)
}

async fn rows<T: FromQueryResult>(
    on: &impl Access,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<T>, StoreError> {
    T::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("reading what a buyer is to do"))
}

/// What a group still lacks before its first census, in the order that builds best.
async fn beginning(on: &impl Access, todos: &mut Vec<Todo>) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        members: i64,
        articles: i64,
        convention: Option<i64>,
        adhesions: i64,
        censuses: i64,
    }
    let any =
        |table: &str| format!("(SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT 1) any_of)");
    let text = format!(
        "SELECT {} AS members, {} AS articles, (SELECT MAX(id) FROM convention) AS convention, \
         {} AS adhesions, {} AS censuses",
        any("organisation WHERE kind IN ('commune', 'epci', 'public_body')"),
        any("article"),
        any("membership"),
        any("campaign"),
    );
    let Some(here) = rows::<Row>(on, &text, vec![]).await?.pop() else { return Ok(()) };
    let mut todo = |title: &str, detail: &str, link: String| {
        let (title, detail) = (title.to_owned(), detail.to_owned());
        let kind = TodoKind::Membership;
        todos.push(Todo { kind, title, detail, until: None, link, blocked: None });
    };
    if here.members == 0 {
        let detail = "Les EPCI, les communes, puis leurs contacts et lieux de livraison.";
        todo("Importer la liste des membres", detail, "/gestion/membres/fichier".into());
    }
    if here.articles == 0 {
        let detail = "Ses lots et ses articles : ce que les membres pourront demander.";
        todo("Importer le catalogue", detail, "/gestion/catalogue/fichier".into());
    }
    match here.convention {
        None => {
            let detail = "Elle fonde le groupement : ses lots, qui commande et qui paie.";
            let link = "/gestion/conventions/nouvelle".into();
            todo("Enregistrer la convention constitutive", detail, link);
        }
        Some(id) if here.adhesions == 0 => {
            let detail = "Aucun organisme n’est encore lié à la convention.";
            todo("Inviter les membres à adhérer", detail, format!("/gestion/conventions/{id}"));
        }
        Some(_) if here.censuses == 0 => {
            let detail = "Les membres y disent leurs besoins, lieu par lieu.";
            let link = "/gestion/recensements/nouveau".into();
            todo("Créer le premier recensement", detail, link);
        }
        Some(_) => {}
    }
    Ok(())
}

/// Windows that are open or to be closed, and those with validated orders to issue.
async fn windows(
    on: &impl Access,
    today: NaiveDate,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        contract: String,
        year: i64,
        opens_on: NaiveDate,
        closes_on: NaiveDate,
        state: String,
        orders: i64,
        drafts: i64,
        validated: i64,
        validated_cents: i64,
    }
    let text = "SELECT w.id, c.number AS contract, w.year, w.opens_on, w.closes_on, w.state, \
                COUNT(p.id) AS orders, \
                CAST(COALESCE(SUM(CASE WHEN p.state = 'draft' THEN 1 ELSE 0 END), 0) AS BIGINT) AS drafts, \
                CAST(COALESCE(SUM(CASE WHEN p.state = 'validated' THEN 1 ELSE 0 END), 0) AS BIGINT) AS validated, \
                CAST(COALESCE(SUM(CASE WHEN p.state = 'validated' THEN p.net_cents ELSE 0 END), 0) AS BIGINT) AS validated_cents \
                FROM order_window w JOIN contract c ON c.id = w.contract_id \
                LEFT JOIN purchase_order p ON p.window_id = w.id AND p.state <> 'cancelled' \
                GROUP BY w.id, c.number, w.year, w.opens_on, w.closes_on, w.state ORDER BY w.id";
    for row in rows::<Row>(on, text, vec![]).await? {
        let name = format!("marché {}, besoins {}", row.contract, row.year);
        let link = format!("/gestion/fenetres/{}", row.id);
        let mut todo = |title: String, detail: String, until, link: String| {
            todos.push(Todo { kind: TodoKind::Order, title, detail, until, link, blocked: None });
        };
        let open = row.state == "open";
        if open && row.orders == 0 && today <= row.closes_on {
            let detail = "La période de commande n’a pas de brouillon.".to_owned();
            todo(format!("Préparer les brouillons : {name}"), detail, Some(row.opens_on), link);
        } else if open && row.closes_on < today {
            let detail = format!(
                "Finie le {} ; {} à valider.",
                french::date(row.closes_on),
                french::counted(row.drafts, "brouillon", "brouillons")
            );
            todo(format!("Clore la période de commande : {name}"), detail, None, link + "/cloture");
        } else if row.validated > 0 {
            let detail = format!(
                "{}, {} HT.",
                french::counted(row.validated, "commande validée", "commandes validées"),
                Net::from_cents(row.validated_cents).french()
            );
            todo(format!("Émettre les commandes : {name}"), detail, None, link + "/emission");
        } else if open && row.drafts > 0 && row.opens_on <= today {
            let detail = format!(
                "{}.",
                french::counted(row.drafts, "brouillon à valider", "brouillons à valider")
            );
            let title = format!("Suivre les validations : {name}");
            todo(title, detail, Some(row.closes_on), link + "?etat=draft");
        }
    }
    Ok(())
}

/// Packs that have not left, and those that the holder has not acknowledged.
async fn packs(on: &impl Access, todos: &mut Vec<Todo>) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        window_id: i64,
        rank: i64,
        contract: String,
        holder: String,
        sent_on: Option<NaiveDate>,
    }
    let text = "SELECT k.window_id, k.rank, c.number AS contract, h.name AS holder, k.sent_on \
                FROM holder_pack k JOIN contract c ON c.id = k.contract_id \
                JOIN organisation h ON h.id = c.holder_id WHERE k.acknowledged_on IS NULL ORDER BY k.id";
    for row in rows::<Row>(on, text, vec![]).await? {
        let window = format!("/gestion/fenetres/{}", row.window_id);
        let (title, detail, link) = match row.sent_on {
            None => (
                format!("Envoyer les commandes à {}", row.holder),
                format!("Marché {}, envoi n° {} préparé.", row.contract, row.rank),
                format!("{window}/envois/{}/depart", row.rank),
            ),
            Some(day) => (
                format!("Noter la réception par {}", row.holder),
                format!("Envoi n° {} parti le {}.", row.rank, french::date(day)),
                window,
            ),
        };
        let kind = TodoKind::Order;
        todos.push(Todo { kind, title, detail, until: None, link, blocked: None });
    }
    Ok(())
}

/// What was delivered and nobody has decided on.
async fn deliveries(on: &impl Access, todos: &mut Vec<Todo>) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        lines: i64,
        members: i64,
    }
    let text = "SELECT COUNT(*) AS lines, COUNT(DISTINCT organisation_id) AS members \
                FROM order_share WHERE delivered_milli > accepted_milli + rejected_milli";
    for row in rows::<Row>(on, text, vec![]).await?.into_iter().filter(|row| row.lines > 0) {
        todos.push(Todo {
            kind: TodoKind::Delivery,
            title: "Suivre les livraisons à vérifier".into(),
            detail: format!(
                "{} chez {}.",
                french::counted(
                    row.lines,
                    "ligne livrée sans décision",
                    "lignes livrées sans décision"
                ),
                french::counted(row.members, "membre", "membres")
            ),
            until: None,
            link: "/gestion/livraisons".into(),
            blocked: None,
        });
    }
    Ok(())
}

/// Running contracts of which the warning part of the ceiling is committed.
async fn contracts(
    on: &impl Access,
    today: NaiveDate,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        number: String,
        last_order_on: NaiveDate,
        left_cents: i64,
    }
    let text = format!(
        "SELECT id, number, last_order_on, ceiling_cents - committed_cents AS left_cents FROM contract \
         WHERE last_order_on >= $1 AND committed_cents * 100 >= ceiling_cents * {WARN_FROM_PERCENT} \
         ORDER BY number"
    );
    for row in rows::<Row>(on, &text, vec![today.into()]).await? {
        todos.push(Todo {
            kind: TodoKind::Contract,
            title: format!("Surveiller le maximum du marché {}", row.number),
            detail: format!(
                "Il reste {} HT jusqu’au {}. Préparez le marché suivant.",
                Net::from_cents(row.left_cents).french(),
                french::date(row.last_order_on)
            ),
            until: None,
            link: format!("/gestion/marches/{}", row.id),
            blocked: None,
        });
    }
    Ok(())
}
