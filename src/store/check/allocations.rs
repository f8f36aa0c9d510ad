//! Every allocation against the invoice it shares, to the cent, as the database holds both.
//!
//! Shares are booked, a credit note's with the opposite sign of its print, so the printed side
//! turns its sign here.

use domain::money::Cents;
use entities::{allocation, invoice};
use sea_orm::{EntityTrait, PaginatorTrait};

use super::{Mismatch, Report, mismatches, named};
use crate::store::{Access, StoreError};

/// Rows against the sums of their shares: rule, what they are, and the query.
///
/// Every query names the row and gives both sums; it has a row for each that differ.
const SUMS: [(&str, &str, &str); 8] = [
    (
        "allocation_lines",
        "de la ligne",
        "SELECT i.number || ', ligne ' || l.line_ref AS name, \
         CAST(COALESCE(SUM(c.amount_cents), 0) AS BIGINT) AS found, \
         CASE WHEN i.credit THEN -l.net_cents ELSE l.net_cents END AS expected \
         FROM allocation a JOIN invoice i ON i.id = a.invoice_id \
         JOIN invoice_line l ON l.invoice_id = i.id \
         LEFT JOIN allocation_cell c ON c.allocation_id = a.id AND c.kind = 'line' \
         AND c.position = l.position \
         GROUP BY i.number, i.credit, l.id, l.line_ref, l.net_cents \
         HAVING COALESCE(SUM(c.amount_cents), 0) <> \
         CASE WHEN i.credit THEN -l.net_cents ELSE l.net_cents END",
    ),
    (
        "allocation_charges",
        "des frais ou de la remise",
        "SELECT i.number || ', ' || m.kind || ' ' || CAST(m.position + 1 AS TEXT) AS name, \
         CAST(COALESCE(SUM(c.amount_cents), 0) AS BIGINT) AS found, \
         CASE WHEN i.credit THEN -m.amount_cents ELSE m.amount_cents END AS expected \
         FROM allocation a JOIN invoice i ON i.id = a.invoice_id \
         JOIN invoice_amount m ON m.invoice_id = i.id \
         LEFT JOIN allocation_cell c ON c.allocation_id = a.id AND c.kind = m.kind \
         AND c.position = m.position \
         GROUP BY i.number, i.credit, m.id, m.kind, m.position, m.amount_cents \
         HAVING COALESCE(SUM(c.amount_cents), 0) <> \
         CASE WHEN i.credit THEN -m.amount_cents ELSE m.amount_cents END",
    ),
    (
        "allocation_vat",
        "de la base de TVA",
        "SELECT i.number || ', base ' || CAST(t.position + 1 AS TEXT) AS name, \
         CAST(COALESCE(SUM(c.amount_cents), 0) AS BIGINT) AS found, \
         CASE WHEN i.credit THEN -t.base_cents ELSE t.base_cents END AS expected \
         FROM allocation a JOIN invoice i ON i.id = a.invoice_id \
         JOIN invoice_tax t ON t.invoice_id = i.id \
         LEFT JOIN allocation_cell c ON c.allocation_id = a.id AND c.kind = 'base' \
         AND c.position = t.position \
         GROUP BY i.number, i.credit, t.id, t.position, t.base_cents \
         HAVING COALESCE(SUM(c.amount_cents), 0) <> \
         CASE WHEN i.credit THEN -t.base_cents ELSE t.base_cents END",
    ),
    (
        "allocation_vat",
        "de la TVA",
        "SELECT i.number || ', TVA ' || CAST(t.position + 1 AS TEXT) AS name, \
         CAST(COALESCE(SUM(c.amount_cents), 0) AS BIGINT) AS found, \
         CASE WHEN i.credit THEN -t.tax_cents ELSE t.tax_cents END AS expected \
         FROM allocation a JOIN invoice i ON i.id = a.invoice_id \
         JOIN invoice_tax t ON t.invoice_id = i.id \
         LEFT JOIN allocation_cell c ON c.allocation_id = a.id AND c.kind = 'tax' \
         AND c.position = t.position \
         GROUP BY i.number, i.credit, t.id, t.position, t.tax_cents \
         HAVING COALESCE(SUM(c.amount_cents), 0) <> \
         CASE WHEN i.credit THEN -t.tax_cents ELSE t.tax_cents END",
    ),
    (
        "allocation_totals",
        "du total TTC",
        "SELECT i.number AS name, CAST(COALESCE(SUM(m.gross_cents), 0) AS BIGINT) AS found, \
         CASE WHEN i.credit THEN -i.gross_cents ELSE i.gross_cents END AS expected \
         FROM allocation a JOIN invoice i ON i.id = a.invoice_id \
         LEFT JOIN allocation_member m ON m.allocation_id = a.id \
         GROUP BY i.id, i.number, i.credit, i.gross_cents \
         HAVING COALESCE(SUM(m.gross_cents), 0) <> \
         CASE WHEN i.credit THEN -i.gross_cents ELSE i.gross_cents END",
    ),
    (
        "allocation_totals",
        "de l’acompte",
        "SELECT i.number AS name, CAST(COALESCE(SUM(m.prepaid_cents), 0) AS BIGINT) AS found, \
         CASE WHEN i.credit THEN -i.prepaid_cents ELSE i.prepaid_cents END AS expected \
         FROM allocation a JOIN invoice i ON i.id = a.invoice_id \
         LEFT JOIN allocation_member m ON m.allocation_id = a.id \
         GROUP BY i.id, i.number, i.credit, i.prepaid_cents \
         HAVING COALESCE(SUM(m.prepaid_cents), 0) <> \
         CASE WHEN i.credit THEN -i.prepaid_cents ELSE i.prepaid_cents END",
    ),
    (
        "allocation_totals",
        "du net à payer",
        "SELECT i.number AS name, CAST(COALESCE(SUM(m.payable_cents), 0) AS BIGINT) AS found, \
         CASE WHEN i.credit THEN -i.payable_cents ELSE i.payable_cents END AS expected \
         FROM allocation a JOIN invoice i ON i.id = a.invoice_id \
         LEFT JOIN allocation_member m ON m.allocation_id = a.id \
         GROUP BY i.id, i.number, i.credit, i.payable_cents \
         HAVING COALESCE(SUM(m.payable_cents), 0) <> \
         CASE WHEN i.credit THEN -i.payable_cents ELSE i.payable_cents END",
    ),
    (
        "recharges",
        "de la somme à refacturer",
        "SELECT r.number AS name, r.amount_cents AS found, m.payable_cents AS expected \
         FROM recharge r JOIN allocation_member m ON m.allocation_id = r.allocation_id \
         AND m.organisation_id = r.organisation_id WHERE r.amount_cents <> m.payable_cents",
    ),
];

/// A member's totals are those of its figures, by rows and by rates.
const MEMBERS: [(&str, &str); 3] = [
    (
        "le HT",
        "SELECT i.number || ', ' || m.name AS name, \
         CAST(COALESCE(SUM(CASE WHEN c.kind IN ('base', 'tax') THEN 0 \
         WHEN c.kind = 'allowance' THEN -c.amount_cents ELSE c.amount_cents END), 0) AS BIGINT) \
         AS found, m.net_cents AS expected \
         FROM allocation_member m JOIN allocation a ON a.id = m.allocation_id \
         JOIN invoice i ON i.id = a.invoice_id LEFT JOIN allocation_cell c \
         ON c.allocation_id = m.allocation_id AND c.organisation_id = m.organisation_id \
         GROUP BY i.number, m.id, m.name, m.net_cents \
         HAVING COALESCE(SUM(CASE WHEN c.kind IN ('base', 'tax') THEN 0 \
         WHEN c.kind = 'allowance' THEN -c.amount_cents ELSE c.amount_cents END), 0) \
         <> m.net_cents",
    ),
    (
        "le HT par taux",
        "SELECT i.number || ', ' || m.name AS name, \
         CAST(COALESCE(SUM(CASE WHEN c.kind IN ('base', 'net_difference') THEN c.amount_cents \
         ELSE 0 END), 0) AS BIGINT) AS found, m.net_cents AS expected \
         FROM allocation_member m JOIN allocation a ON a.id = m.allocation_id \
         JOIN invoice i ON i.id = a.invoice_id LEFT JOIN allocation_cell c \
         ON c.allocation_id = m.allocation_id AND c.organisation_id = m.organisation_id \
         GROUP BY i.number, m.id, m.name, m.net_cents \
         HAVING COALESCE(SUM(CASE WHEN c.kind IN ('base', 'net_difference') THEN c.amount_cents \
         ELSE 0 END), 0) <> m.net_cents",
    ),
    (
        "la TVA",
        "SELECT i.number || ', ' || m.name AS name, \
         CAST(COALESCE(SUM(CASE WHEN c.kind = 'tax' THEN c.amount_cents ELSE 0 END), 0) AS BIGINT) \
         AS found, m.vat_cents AS expected \
         FROM allocation_member m JOIN allocation a ON a.id = m.allocation_id \
         JOIN invoice i ON i.id = a.invoice_id LEFT JOIN allocation_cell c \
         ON c.allocation_id = m.allocation_id AND c.organisation_id = m.organisation_id \
         GROUP BY i.number, m.id, m.name, m.vat_cents \
         HAVING COALESCE(SUM(CASE WHEN c.kind = 'tax' THEN c.amount_cents ELSE 0 END), 0) \
         <> m.vat_cents",
    ),
];

/// What must be true of an invoice in its state; `found` and `expected` are not read.
const STATES: [(&str, &str, &str); 3] = [
    (
        "allocation_states",
        "est répartie et son état ne le dit pas, ou l’inverse.",
        "SELECT i.number AS name, CAST(0 AS BIGINT) AS found, CAST(0 AS BIGINT) AS expected \
         FROM invoice i LEFT JOIN allocation a ON a.invoice_id = i.id \
         WHERE (i.state IN ('allocated', 'validated', 'paid')) <> (a.id IS NOT NULL)",
    ),
    (
        "allocation_numbers",
        "est validée et un relevé n’a pas de numéro, ou l’inverse.",
        "SELECT DISTINCT i.number AS name, CAST(0 AS BIGINT) AS found, \
         CAST(0 AS BIGINT) AS expected FROM invoice i JOIN allocation a ON a.invoice_id = i.id \
         JOIN allocation_member m ON m.allocation_id = a.id \
         WHERE (i.state IN ('validated', 'paid')) <> (m.statement_number IS NOT NULL)",
    ),
    (
        "recharges",
        "est validée et la part d’un membre n’est pas refacturée.",
        "SELECT DISTINCT i.number AS name, CAST(0 AS BIGINT) AS found, \
         CAST(0 AS BIGINT) AS expected FROM invoice i JOIN allocation a ON a.invoice_id = i.id \
         JOIN allocation_member m ON m.allocation_id = a.id \
         JOIN purchase_order o ON o.id = i.order_id JOIN contract c ON c.id = o.contract_id \
         JOIN lot l ON l.id = c.lot_id LEFT JOIN recharge r ON r.allocation_id = a.id \
         AND r.organisation_id = m.organisation_id \
         WHERE l.model = 'C' AND i.state IN ('validated', 'paid') AND m.payable_cents <> 0 \
         AND m.organisation_id <> o.buyer_id AND r.id IS NULL",
    ),
];

/// What is charged of a share, credit notes taken off, is never more than what was accepted.
const CHARGED: &str = "SELECT o.number || ', ' || b.name AS name, \
     CAST(SUM(w.quantity_milli) AS BIGINT) AS found, s.accepted_milli AS expected \
     FROM allocation_weight w JOIN order_share s ON s.id = w.share_id \
     JOIN purchase_order o ON o.id = s.order_id JOIN organisation b ON b.id = s.organisation_id \
     WHERE w.goods GROUP BY s.id, o.number, b.name, s.accepted_milli \
     HAVING SUM(w.quantity_milli) > s.accepted_milli";

/// Every issued allocation obeys rules 1 to 3 of the interfaces, and what follows from it.
pub async fn allocations(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    for (rule, what, text) in SUMS {
        let say = |row: &Mismatch| {
            let (found, expected) = (Cents(row.found), Cents(row.expected));
            format!("Les parts {what} font {found}, il faut {expected}.")
        };
        add(on, report, rule, text, say).await?;
    }
    for (what, text) in MEMBERS {
        let say = |row: &Mismatch| {
            let (found, expected) = (Cents(row.found), Cents(row.expected));
            format!("Le détail de {what} fait {found}, le total du membre dit {expected}.")
        };
        add(on, report, "allocation_members", text, say).await?;
    }
    for (rule, what, text) in STATES {
        add(on, report, rule, text, |_| format!("La facture {what}")).await?;
    }
    let say = |row: &Mismatch| {
        format!("{} millièmes sont facturés, {} sont admis.", row.found, row.expected)
    };
    add(on, report, "charged_quantities", CHARGED, say).await?;
    let counting = |error| StoreError::during("counting invoices")(error);
    let shared = allocation::Entity::find().count(on.connection()).await.map_err(counting)?;
    report.count("allocations", usize::try_from(shared).unwrap_or(usize::MAX));
    let all = invoice::Entity::find().count(on.connection()).await.map_err(counting)?;
    report.count("invoices", usize::try_from(all).unwrap_or(usize::MAX));
    Ok(())
}

async fn add(
    on: &impl Access,
    report: &mut Report,
    rule: &'static str,
    text: &str,
    say: impl Fn(&Mismatch) -> String + Send,
) -> Result<(), StoreError> {
    for row in mismatches(on, text).await? {
        let message = say(&row);
        report.breaches.push(named(rule, row.name, message));
    }
    Ok(())
}
