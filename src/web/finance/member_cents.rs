//! « Comment ce centime a été attribué » : a member's share taken apart, line by line.

use domain::french;
use domain::invoices::allocation::{Attribution, KeyedShare, Share, attributions};
use domain::siret::Siret;
use minijinja::{Value, context};

use super::words::{euros, quantity};
use crate::usecases::invoices::SharedDocument;

/// The certificate of one member; `None` where it has no share.
pub(super) fn view(shown: &SharedDocument, siret: &str) -> Option<Value> {
    let siret: Siret = siret.parse().ok()?;
    let member = shown.allocation.members.iter().find(|one| one.siret == siret)?;
    let lines = attributions(&shown.invoice, &shown.allocation, &siret);
    let invoice = &shown.invoice;
    let mut others = Vec::new();
    for row in &member.freight_lines {
        let name = invoice.lines.get(row.index).map(|line| line.label.clone());
        others.push(keyed(&name.unwrap_or_default(), row));
    }
    for (rows, printed, word) in [
        (&member.charges, &invoice.charges, "Frais"),
        (&member.allowances, &invoice.allowances, "Remise, à déduire"),
    ] {
        for row in rows {
            let reason = printed.get(row.index).and_then(|one| one.reason.clone());
            others.push(keyed(&reason.unwrap_or_else(|| word.to_owned()), row));
        }
    }
    for rate in &member.vat {
        let name = format!("TVA à {} sur {}", rate.rate.french(), euros(rate.base.amount.0));
        others.push(exact(&name, "", rate.tax));
    }
    Some(context! {
        name => member.name.as_str(),
        siret => siret.spaced(),
        gross => member.gross.french(),
        lines => lines.iter().map(|one| line(shown, one)).collect::<Vec<_>>(),
        others => others,
    })
}

fn line(shown: &SharedDocument, one: &Attribution) -> Value {
    let printed = shown.invoice.lines.get(one.index);
    let label = printed.map_or("", |line| line.label.as_str());
    let id = printed.map_or("", |line| line.id.as_str());
    context! {
        id => id,
        label => label,
        amount => euros(one.amount),
        weight => quantity(one.weight),
        total_weight => quantity(one.total_weight),
        exact => format!("{} €", french::decimal(one.share.net.exact.abs())),
        floor => euros(one.floor),
        remainder => if one.remainder == 0 {
            "aucun reste".to_owned()
        } else {
            format!("{} / {} de centime", thousandths(one.remainder), thousandths(one.total_weight))
        },
        rank => one.rank,
        members => one.members,
        left_over => one.left_over,
        words => words(one),
        share => euros(one.share.net.amount.0),
    }
}

/// Quantities are in thousandths: a fraction of two of them is the same without.
fn thousandths(milli: i64) -> String {
    french::thousands(&milli.to_string())
}

fn words(one: &Attribution) -> String {
    let place = if one.rank == 1 { "1er".to_owned() } else { format!("{}e", one.rank) };
    let left = french::counted(one.left_over, "centime", "centimes")
        + " à attribuer aux plus forts restes";
    let rank = match (one.left_over, one.remainder) {
        (_, 0) => "La part tombe juste : aucun centime n’est à attribuer.".to_owned(),
        (0, _) => "Aucun centime ne reste à attribuer.".to_owned(),
        (_, _) if one.by_rank == 1 => format!("{left} ; ce reste est le {place} : 1 centime."),
        (_, _) => format!("{left} ; ce reste est le {place} : aucun centime."),
    };
    if !one.moved() {
        return rank;
    }
    let way = if one.retained > one.by_rank { "ajoute" } else { "retire" };
    format!(
        "{rank} L’arrondi des totaux {way} ensuite 1 centime : sans lui, un total du membre \
         s’écarterait d’un centime ou plus de sa valeur exacte."
    )
}

fn keyed(name: &str, row: &KeyedShare) -> Value {
    let weight = french::decimal(row.weight.normalize());
    exact(name, &format!("poids {weight}"), row.net)
}

fn exact(name: &str, weight: &str, share: Share) -> Value {
    let cent = match share.cent().0 {
        0 => "coupé au centime inférieur",
        _ => "arrondi au centime supérieur",
    };
    context! {
        name => name,
        weight => weight,
        exact => format!("{} €", french::decimal(share.exact)),
        cent => cent,
        share => euros(share.amount.0),
    }
}
