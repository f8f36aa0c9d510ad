//! Orders against their lines, lines against their shares, counters against what happened.

use std::collections::HashMap;

use domain::ids::OrderId;
use domain::money::{Cents, Net};
use domain::platform::breach::Breach;
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::VatRate;
use entities::{order_line, order_tax, purchase_order};
use rust_decimal::Decimal;
use sea_orm::EntityTrait;

use super::{Report, mismatches, named};
use crate::store::{Access, StoreError};

/// What a person calls an order: its number, or its row before it has one.
pub(super) fn order_name(row: &purchase_order::Model) -> String {
    row.number.clone().unwrap_or_else(|| format!("commande {}", OrderId(row.id)))
}

/// Every order's totals are its lines', each line the price times the quantity.
pub async fn orders(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    let doing = "checking orders";
    let orders = purchase_order::Entity::find()
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut lines: HashMap<i64, Vec<order_line::Model>> = HashMap::new();
    for line in
        order_line::Entity::find().all(on.connection()).await.map_err(StoreError::during(doing))?
    {
        lines.entry(line.order_id).or_default().push(line);
    }
    let mut taxes: HashMap<i64, Vec<order_tax::Model>> = HashMap::new();
    for tax in
        order_tax::Entity::find().all(on.connection()).await.map_err(StoreError::during(doing))?
    {
        taxes.entry(tax.order_id).or_default().push(tax);
    }
    for order in &orders {
        let lines = lines.remove(&order.id).unwrap_or_default();
        let taxes = taxes.remove(&order.id).unwrap_or_default();
        report.breaches.extend(order_totals(order, &lines, &taxes));
        report.count("order_lines", lines.len());
    }
    report.count("orders", orders.len());
    shares(on, report).await
}

fn order_totals(
    order: &purchase_order::Model,
    lines: &[order_line::Model],
    taxes: &[order_tax::Model],
) -> Vec<Breach> {
    let mut found = Vec::new();
    let mut say = |message: String| found.push(named("order_totals", order_name(order), message));
    let mut sum = 0_i64;
    for line in lines {
        let computed = UnitPrice::from_ten_thousandths(line.price_e4)
            .ok()
            .zip(Quantity::from_thousandths(line.quantity_milli).ok())
            .and_then(|(price, quantity)| price.times(quantity).ok());
        if computed != Some(Net::from_cents(line.net_cents)) {
            say(format!(
                "La ligne {} vaut {}, ce n’est pas son prix par sa quantité.",
                line.position,
                Cents(line.net_cents)
            ));
        }
        sum = sum.saturating_add(line.net_cents);
    }
    if sum != order.lines_cents {
        say(format!("Les lignes font {}, l’en-tête dit {}.", Cents(sum), Cents(order.lines_cents)));
    }
    let (mut bases, mut tax_total) = (0_i64, 0_i64);
    for tax in taxes {
        bases = bases.saturating_add(tax.base_cents);
        tax_total = tax_total.saturating_add(tax.tax_cents);
        let due = VatRate::from_basis_points(tax.rate_bp)
            .and_then(|rate| rate.on(Net::from_cents(tax.base_cents)));
        if due.map(domain::money::Vat::cents) != Ok(tax.tax_cents) {
            say(format!(
                "La TVA d’un taux vaut {}, ce n’est pas sa base par son taux.",
                Cents(tax.tax_cents)
            ));
        }
    }
    if bases != order.net_cents || tax_total != order.vat_cents {
        say(format!(
            "Le détail de la TVA ({} HT, {} de TVA) n’est pas celui de l’en-tête ({} HT, {} de TVA).",
            Cents(bases),
            Cents(tax_total),
            Cents(order.net_cents),
            Cents(order.vat_cents)
        ));
    }
    found
}

/// Every order line is the sum of its shares, every counter the sum of what happened.
async fn shares(on: &impl Access, report: &mut Report) -> Result<(), StoreError> {
    let lines = "SELECT COALESCE(o.number, 'commande ' || CAST(o.id AS TEXT)) || ', ligne ' || CAST(l.position AS TEXT) AS name, \
                 CAST(COALESCE(SUM(s.quantity_milli), 0) AS BIGINT) AS found, l.quantity_milli AS expected \
                 FROM order_line l JOIN purchase_order o ON o.id = l.order_id \
                 LEFT JOIN order_share s ON s.line_id = l.id \
                 GROUP BY o.number, o.id, l.id, l.position, l.quantity_milli \
                 HAVING COALESCE(SUM(s.quantity_milli), 0) <> l.quantity_milli";
    for row in mismatches(on, lines).await? {
        let message = format!(
            "Les parts font {}, la ligne dit {}.",
            quantity(row.found),
            quantity(row.expected)
        );
        report.breaches.push(named("order_shares", row.name, message));
    }
    let delivered = "SELECT 'part ' || CAST(s.id AS TEXT) AS name, \
                     CAST(COALESCE(SUM(d.delivered_milli), 0) AS BIGINT) AS found, s.delivered_milli AS expected \
                     FROM order_share s LEFT JOIN delivery_line d ON d.share_id = s.id \
                     GROUP BY s.id, s.delivered_milli \
                     HAVING COALESCE(SUM(d.delivered_milli), 0) <> s.delivered_milli";
    for row in mismatches(on, delivered).await? {
        let message = format!(
            "Les bons de livraison font {}, le compteur dit {}.",
            quantity(row.found),
            quantity(row.expected)
        );
        report.breaches.push(named("delivered_quantities", row.name, message));
    }
    let rejected = "SELECT name, found, expected FROM (SELECT 'part ' || CAST(s.id AS TEXT) AS name, \
                    CAST(COALESCE((SELECT SUM(d.turned_back_milli) FROM delivery_line d WHERE d.share_id = s.id), 0) \
                    + COALESCE((SELECT SUM(d.quantity_milli) FROM delivery_decision d \
                    WHERE d.share_id = s.id AND d.verdict = 'rejected'), 0) AS BIGINT) AS found, \
                    s.rejected_milli AS expected FROM order_share s) AS r WHERE found <> expected";
    for row in mismatches(on, rejected).await? {
        let message = format!(
            "Les rejets et reprises font {} millièmes, le compteur dit {}.",
            row.found, row.expected
        );
        report.breaches.push(named("rejected_quantities", row.name, message));
    }
    let accepted = "SELECT 'part ' || CAST(s.id AS TEXT) AS name, \
                    CAST(COALESCE(SUM(d.quantity_milli), 0) AS BIGINT) AS found, s.accepted_milli AS expected \
                    FROM order_share s LEFT JOIN delivery_decision d ON d.share_id = s.id AND d.verdict <> 'rejected' \
                    GROUP BY s.id, s.accepted_milli \
                    HAVING COALESCE(SUM(d.quantity_milli), 0) <> s.accepted_milli";
    for row in mismatches(on, accepted).await? {
        let message = format!(
            "Les décisions admettent {}, le compteur dit {}.",
            quantity(row.found),
            quantity(row.expected)
        );
        report.breaches.push(named("accepted_quantities", row.name, message));
    }
    Ok(())
}

/// A stored quantity as people write it.
fn quantity(thousandths: i64) -> String {
    domain::french::decimal(Decimal::new(thousandths, 3).normalize())
}
