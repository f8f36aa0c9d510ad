//! The lines of an order at a delivery point, and what was typed of each: quantity, decision,
//! amount to be deducted.

use chrono::NaiveDate;
use domain::french;
use domain::ids::SiteId;
use domain::money::{Cents, Net};
use domain::orders::delivery::{Decision, ShareKey, Verdict};
use domain::orders::order::{OrderLine, Share};
use domain::quantity::Quantity;

use super::order::Seen;
use crate::web::agent::Agent;
use crate::web::form::{Errors, Fields};

/// A line of the order at one delivery point.
pub(super) struct Place<'a> {
    pub(super) line: &'a OrderLine,
    pub(super) share: &'a Share,
    pub(super) key: ShareKey,
    pub(super) left: Quantity,
    pub(super) pending: Quantity,
}

pub(super) fn places(seen: &Seen, site: SiteId) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for line in &seen.stored.order.lines {
        for share in &line.shares {
            if share.member != seen.member || share.site != site {
                continue;
            }
            let key = ShareKey::of(line.position, share);
            let got = seen.stored.receipts.get(&key).copied().unwrap_or_default();
            places.push(Place {
                line,
                share,
                key,
                left: share.quantity.minus(got.kept()).unwrap_or(Quantity::ZERO),
                pending: got.pending(),
            });
        }
    }
    places
}

pub(super) fn field(prefix: &str, place: &Place<'_>) -> String {
    format!("{prefix}-{}", place.key.position)
}

/// One line as it was typed.
pub(super) struct Typed<'a> {
    pub(super) place: Place<'a>,
    pub(super) quantity: Quantity,
    pub(super) verdict: Option<Verdict>,
    pub(super) reduction: Net,
}

/// The amount to be taken off, where the line is accepted at a lower price.
fn read_reduction(
    name: &str,
    verdict: Option<Verdict>,
    typed: &Fields,
    errors: &mut Errors,
) -> Net {
    let field = format!("{name}-refaction");
    match (verdict, typed.text(&field)) {
        (Some(Verdict::Reduced), text) => {
            let found = french::parse_decimal(text).ok();
            match found.and_then(|value| Cents::exactly(value).ok()) {
                Some(cents) if cents > Cents::ZERO => Net(cents),
                Some(_) | None => {
                    errors.add(&field, "Saisissez le montant HT à déduire, par exemple 12,50.");
                    Net::ZERO
                }
            }
        }
        (Some(_) | None, "") => Net::ZERO,
        (Some(_) | None, _) => {
            let message = "Un montant à déduire est saisi : choisissez « J’accepte à prix réduit », \
                           ou effacez-le.";
            errors.add(&field, message);
            Net::ZERO
        }
    }
}

/// Reads the quantities and decisions of the fields that begin with `prefix`; `reason` is where
/// their reserve is typed.
pub(super) fn read_lines<'a>(
    seen: &'a Seen,
    site: SiteId,
    (prefix, reason): (&str, &str),
    typed: &Fields,
    errors: &mut Errors,
) -> Vec<Typed<'a>> {
    let mut read = Vec::new();
    for place in places(seen, site) {
        let name = field(prefix, &place);
        let text = typed.text(&name);
        if text.is_empty() {
            continue;
        }
        let unit = place.line.article.unit;
        let quantity = Quantity::parse(text).and_then(|quantity| unit.accept(quantity));
        let Ok(quantity) = quantity else {
            let message = format!(
                "« {text} » n’est pas une quantité livrée. Saisissez un nombre, par exemple {}.",
                place.left.french()
            );
            errors.add(&name, message);
            continue;
        };
        if quantity.is_zero() {
            continue;
        }
        let verdict = Verdict::from_code(typed.text(&format!("{name}-decision")));
        let reduction = read_reduction(&name, verdict, typed, errors);
        read.push(Typed { place, quantity, verdict, reduction });
    }
    let reserved = |line: &Typed<'_>| {
        matches!(line.verdict, Some(Verdict::WithReserves | Verdict::Rejected | Verdict::Reduced))
    };
    if read.iter().any(reserved) && typed.text(reason).is_empty() {
        errors.add(
            reason,
            "Écrivez votre réserve, ou pourquoi vous refusez ou demandez un prix réduit : le \
             titulaire la lira.",
        );
    }
    read
}

/// What was decided of a line; `None` while it is left for later.
pub(super) fn decision(
    line: &Typed<'_>,
    who: &Agent,
    reason: &str,
    on: NaiveDate,
) -> Option<Decision> {
    let verdict = line.verdict?;
    Some(Decision {
        key: line.place.key,
        verdict,
        quantity: line.quantity,
        reduction: line.reduction,
        reason: if verdict == Verdict::Accepted { String::new() } else { reason.to_owned() },
        by: if who.name.is_empty() { who.email.clone() } else { who.name.clone() },
        on,
    })
}
