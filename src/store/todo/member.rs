//! What a member's people are to do: censuses, drafts, deliveries, payments.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use domain::french;
use domain::ids::OrganisationId;
use domain::money::{Cents, Gross, Net};
use domain::platform::role::Right;
use domain::tenders::tiers::TierBase;
use sea_orm::{FromQueryResult, Value};

use super::{Todo, TodoKind, by_date};
use crate::store::{Access, StoreError, sql};

/// What `member` is to do that somebody with these rights can do, the nearest date first.
pub async fn member(
    on: &impl Access,
    member: OrganisationId,
    rights: &BTreeSet<Right>,
    today: NaiveDate,
) -> Result<Vec<Todo>, StoreError> {
    let any = |wanted: &[Right]| wanted.iter().any(|right| rights.contains(right));
    let mut todos = Vec::new();
    if any(&[Right::WriteNeeds, Right::SignNeeds]) {
        censuses(on, member, rights, today, &mut todos).await?;
    }
    if any(&[Right::AdjustOrders, Right::ValidateOrders, Right::KeepAccounts]) {
        drafts(on, member, rights, today, &mut todos).await?;
    }
    if any(&[Right::ReceiveDeliveries]) {
        deliveries(on, member, &mut todos).await?;
    }
    if any(&[Right::MarkPayments]) {
        payments(on, member, &mut todos).await?;
    }
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
        .map_err(StoreError::during("reading what a member is to do"))
}

async fn censuses(
    on: &impl Access,
    member: OrganisationId,
    rights: &BTreeSet<Right>,
    today: NaiveDate,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        title: String,
        closes_on: NaiveDate,
        sheets: i64,
        unanswered: i64,
        unsigned: i64,
    }
    let text = "SELECT c.id, c.title, c.closes_on, COUNT(s.id) AS sheets, \
         CAST(SUM(CASE WHEN s.state IN ('draft', 'reopened') THEN 1 ELSE 0 END) AS BIGINT) AS unanswered, \
         CAST(SUM(CASE WHEN s.state = 'submitted' AND s.signed_by IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS unsigned \
         FROM campaign c LEFT JOIN need_sheet s ON s.campaign_id = c.id AND s.organisation_id = $1 \
         WHERE c.state = 'open' AND c.opens_on <= $2 AND c.closes_on >= $2 \
         AND (s.id IS NOT NULL OR EXISTS (SELECT 1 FROM membership m \
           JOIN membership_lot ml ON ml.membership_id = m.id \
           JOIN campaign_lot cl ON cl.lot_id = ml.lot_id AND cl.campaign_id = c.id \
           WHERE m.convention_id = c.convention_id AND m.organisation_id = $1 AND m.state = 'active')) \
         GROUP BY c.id, c.title, c.closes_on";
    let found: Vec<Row> = rows(on, text, vec![member.0.into(), today.into()]).await?;
    for row in found {
        let todo = |title: String, detail: String| Todo {
            kind: TodoKind::Census,
            title,
            detail,
            until: Some(row.closes_on),
            link: format!("/campagnes/{}/besoins", row.id),
            blocked: None,
        };
        let points = |count: i64| french::counted(count, "lieu de livraison", "lieux de livraison");
        if row.sheets == 0 && rights.contains(&Right::ManageSites) {
            let title = format!("Répondre au recensement « {} »", row.title);
            let detail = "Dites d’abord où livrer : la fiche de besoins s’ouvre alors.".to_owned();
            todos.push(Todo {
                link: format!("/campagnes/{}/livraison", row.id),
                ..todo(title, detail)
            });
        } else if row.unanswered > 0 && rights.contains(&Right::WriteNeeds) {
            todos.push(todo(
                format!("Répondre au recensement « {} »", row.title),
                format!("Reste à répondre pour {}. Environ 3 minutes.", points(row.unanswered)),
            ));
        } else if row.unsigned > 0 && rights.contains(&Right::SignNeeds) {
            todos.push(todo(
                format!("Signer vos besoins pour « {} »", row.title),
                format!("Envoyés et pas encore signés pour {}.", points(row.unsigned)),
            ));
        }
    }
    Ok(())
}

async fn drafts(
    on: &impl Access,
    member: OrganisationId,
    rights: &BTreeSet<Right>,
    today: NaiveDate,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        lot: String,
        tier_base: String,
        net_cents: i64,
        opens_on: NaiveDate,
        closes_on: NaiveDate,
        window_state: String,
        last_order_on: NaiveDate,
        lacks_commitment: bool,
        lacks_service: bool,
    }
    let text = "SELECT p.id, l.title AS lot, c.tier_base, p.net_cents, w.opens_on, w.closes_on, \
         w.state AS window_state, c.last_order_on, \
         (o.chorus_commitment_number AND p.commitment_number IS NULL) AS lacks_commitment, \
         (o.chorus_service_code AND p.service_code IS NULL) AS lacks_service \
         FROM purchase_order p JOIN contract c ON c.id = p.contract_id JOIN lot l ON l.id = c.lot_id \
         JOIN order_window w ON w.id = p.window_id JOIN organisation o ON o.id = p.buyer_id \
         WHERE p.buyer_id = $1 AND p.state = 'draft' AND c.last_order_on >= $2";
    let found: Vec<Row> = rows(on, text, vec![member.0.into(), today.into()]).await?;
    for row in found {
        let link = format!("/commandes/{}", row.id);
        let amount = Net::from_cents(row.net_cents).french();
        let todo = |title: String, until, blocked| Todo {
            kind: TodoKind::Order,
            title,
            detail: format!("Brouillon de {amount} HT, préparé d’après vos besoins."),
            until: Some(until),
            link: link.clone(),
            blocked,
        };
        let open = row.window_state == "open";
        let changeable = open && today <= row.closes_on;
        let opens = (today < row.opens_on)
            .then(|| format!("La période de commande ouvre le {}.", french::date(row.opens_on)));
        let at_close = TierBase::from_code(&row.tier_base) == Some(TierBase::Consolidated);
        let lacks = match (row.lacks_commitment, row.lacks_service) {
            (false, false) => None,
            (true, false) => Some("le numéro d’engagement"),
            (false, true) => Some("le code service"),
            (true, true) => Some("le numéro d’engagement et le code service"),
        };
        if let Some(lacks) = lacks.filter(|_| rights.contains(&Right::KeepAccounts)) {
            todos.push(todo(
                format!("Saisir {lacks} de votre commande « {} »", row.lot),
                if at_close { row.last_order_on } else { row.closes_on },
                None,
            ));
        }
        if rights.contains(&Right::ValidateOrders) {
            let waits = if at_close && open {
                Some(format!(
                    "Les prix dépendent de ce que tous commandent : ils sont fixés après le {}.",
                    french::date(row.closes_on)
                ))
            } else {
                lacks
                    .filter(|_| !rights.contains(&Right::KeepAccounts))
                    .map(|lacks| format!("Il manque {lacks} : vos finances le saisissent."))
            };
            let until = if at_close || !open { row.last_order_on } else { row.closes_on };
            todos.push(todo(
                format!("Relire et valider votre commande « {} »", row.lot),
                if at_close && changeable { row.closes_on } else { until },
                opens.or(waits),
            ));
        } else if rights.contains(&Right::AdjustOrders) && changeable {
            todos.push(todo(
                format!("Relire votre commande « {} »", row.lot),
                row.closes_on,
                opens,
            ));
        }
    }
    Ok(())
}

async fn deliveries(
    on: &impl Access,
    member: OrganisationId,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        number: String,
        lot: String,
        deliver_by: NaiveDate,
        awaited: i64,
        undecided: i64,
    }
    let text = "SELECT p.id, p.number, l.title AS lot, p.deliver_by, \
         CAST(SUM(CASE WHEN s.delivered_milli - s.rejected_milli < s.quantity_milli THEN 1 ELSE 0 END) AS BIGINT) AS awaited, \
         CAST(SUM(CASE WHEN s.accepted_milli + s.rejected_milli < s.delivered_milli THEN 1 ELSE 0 END) AS BIGINT) AS undecided \
         FROM order_share s JOIN purchase_order p ON p.id = s.order_id \
         JOIN contract c ON c.id = p.contract_id JOIN lot l ON l.id = c.lot_id \
         WHERE s.organisation_id = $1 AND p.state = 'issued' AND p.deliver_by IS NOT NULL \
         GROUP BY p.id, p.number, l.title, p.deliver_by";
    let found: Vec<Row> = rows(on, text, vec![member.0.into()]).await?;
    for row in found {
        let lines = |count: i64| french::counted(count, "article", "articles");
        let link = format!("/livraisons/{}/reception", row.id);
        if row.undecided > 0 {
            todos.push(Todo {
                kind: TodoKind::Delivery,
                title: format!("Accepter ou refuser ce qui est livré : {}", row.lot),
                detail: format!(
                    "Commande {} : {} sans décision.",
                    row.number,
                    lines(row.undecided)
                ),
                until: None,
                link: link.clone(),
                blocked: None,
            });
        }
        if row.awaited > 0 {
            todos.push(Todo {
                kind: TodoKind::Delivery,
                title: format!("Réceptionner la livraison : {}", row.lot),
                detail: format!("Commande {} : {} à livrer.", row.number, lines(row.awaited)),
                until: Some(row.deliver_by),
                link,
                blocked: None,
            });
        }
    }
    Ok(())
}

/// What the member pays itself (models A and B), and the notices of the coordinator (model C).
async fn payments(
    on: &impl Access,
    member: OrganisationId,
    todos: &mut Vec<Todo>,
) -> Result<(), StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        number: String,
        supplier: String,
        payable_cents: i64,
        due_on: Option<NaiveDate>,
        notice: Option<String>,
    }
    let text = "SELECT i.id, i.number, f.name AS supplier, i.payable_cents, i.due_on, \
         CAST(NULL AS TEXT) AS notice \
         FROM invoice i JOIN organisation f ON f.id = i.supplier_id \
         WHERE i.buyer_id = $1 AND i.state = 'validated' AND NOT i.credit \
         UNION ALL SELECT i.id, i.number, f.name, r.amount_cents, CAST(NULL AS DATE), r.number \
         FROM recharge r JOIN allocation a ON a.id = r.allocation_id \
         JOIN invoice i ON i.id = a.invoice_id JOIN organisation f ON f.id = i.supplier_id \
         WHERE r.organisation_id = $1 AND r.state = 'sent' AND r.amount_cents > 0";
    let found: Vec<Row> = rows(on, text, vec![member.0.into()]).await?;
    for row in found {
        let amount = Gross(Cents(row.payable_cents)).french();
        let (title, detail) = match &row.notice {
            None => (
                format!("Payer {amount} TTC à {}", row.supplier),
                format!("Facture {}. Indiquez ensuite ici la date du paiement.", row.number),
            ),
            Some(notice) => (
                format!("Payer {amount} TTC au CdG62"),
                format!("Avis des sommes à payer {notice}, facture {}.", row.number),
            ),
        };
        todos.push(Todo {
            kind: TodoKind::Invoice,
            title,
            detail,
            until: row.due_on,
            link: format!("/factures/{}", row.id),
            blocked: None,
        });
    }
    Ok(())
}
