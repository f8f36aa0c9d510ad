//! The crafted files in the order of their names, against their orders and each other.

use std::collections::BTreeMap;

use domain::invoices::einvoice::EInvoice;
use domain::invoices::matching::{Intake, Mismatch, OrderFacts, OrderLineFacts, Severity, compare};
use domain::money::Net;
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use serde::Deserialize;
use travee::exchange::einvoice::read;

use super::{file, path};

#[derive(Deserialize)]
struct Order {
    #[serde(rename = "order")]
    number: String,
    buyer_siret: String,
    supplier_siret: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "line")]
    number: u32,
    #[serde(rename = "ref")]
    reference: String,
    qty: String,
    unit_price_ht: String,
}

fn orders() -> BTreeMap<String, OrderFacts> {
    let orders: Vec<Order> = serde_json::from_slice(&file("orders.json")).unwrap();
    orders
        .into_iter()
        .map(|order| {
            let lines = order.lines.iter().map(|line| OrderLineFacts {
                number: line.number,
                reference: line.reference.clone(),
                ordered: Quantity::parse(&line.qty).unwrap(),
                accepted: Quantity::parse(&line.qty).unwrap(),
                invoiced: Quantity::ZERO,
                reduction: Net::ZERO,
                billed: Net::ZERO,
                unit_price: UnitPrice::scheduled(line.unit_price_ht.parse().unwrap()).unwrap(),
                vat_rate: None,
            });
            let facts = OrderFacts {
                number: order.number.clone(),
                buyer: order.buyer_siret.parse().unwrap(),
                supplier: order.supplier_siret.parse().unwrap(),
                lines: lines.collect(),
            };
            (order.number, facts)
        })
        .collect()
}

/// Counts what a taken-in invoice bills, or a credit note gives back, of its order.
fn book(order: &mut OrderFacts, invoice: &EInvoice) {
    for line in &invoice.lines {
        let of_order =
            order.lines.iter_mut().find(|one| Some(&one.reference) == line.reference.as_ref());
        let Some(of_order) = of_order else { continue };
        let quantity = Quantity::new(line.quantity).unwrap();
        of_order.invoiced = if invoice.kind.is_credit() {
            of_order.invoiced.minus(quantity).unwrap()
        } else {
            of_order.invoiced.plus(quantity).unwrap()
        };
    }
}

#[test]
fn the_files_in_the_order_of_their_names_meet_every_outcome_of_their_orders() {
    let mut orders = orders();
    let mut numbers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut order_of_invoice: BTreeMap<String, String> = BTreeMap::new();
    let mut outcomes = Vec::new();
    let mut names: Vec<_> = std::fs::read_dir(path("crafted"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in names {
        let invoice = read(&file(&format!("crafted/{name}"))).unwrap().invoice;
        let number = invoice.order_reference.clone().or_else(|| {
            let corrected = invoice.preceding.first()?;
            order_of_invoice.get(&corrected.number).cloned()
        });
        let order = number.as_ref().and_then(|number| orders.get_mut(number));
        let supplier = numbers.entry(invoice.seller.siret.clone().unwrap()).or_default();
        let intake =
            Intake { order: order.as_deref(), earlier_numbers: supplier, freight_references: &[] };
        let found = compare(&invoice, &intake);
        if let Some(order) = order
            && found.iter().all(|one| one.severity() != Severity::Refuses)
        {
            book(order, &invoice);
            order_of_invoice.insert(invoice.number.clone(), order.number.clone());
            supplier.push(invoice.number.clone());
        }
        if !found.is_empty() {
            let codes = found.iter().map(|one| (one.severity(), one.code())).collect::<Vec<_>>();
            outcomes.push((name[..3].to_owned(), codes));
        }
        assert!(found.iter().map(Mismatch::french).all(|text| text.ends_with('.')));
    }
    let expected = [
        ("F05", vec![(Severity::Blocks, "ligne_hors_commande")]),
        (
            "F10",
            vec![
                (Severity::Blocks, "commande_deja_facturee"),
                (Severity::Blocks, "prix_different_de_la_commande"),
            ],
        ),
        ("F11", vec![(Severity::Refuses, "numero_de_facture_deja_utilise_par_ce_fournisseur")]),
        ("F12", vec![(Severity::Refuses, "acheteur_different_de_la_commande")]),
    ];
    assert_eq!(outcomes, expected.map(|(name, codes)| (name.to_owned(), codes)));
}
