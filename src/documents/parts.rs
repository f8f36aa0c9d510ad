//! The pieces that several papers are made of.

use chrono::NaiveDate;
use domain::french;
use domain::money::{AmountError, Cents};
use domain::quantity::Quantity;
use rust_decimal::Decimal;

use super::error::PaperError;
use super::layout::{BODY, Cell, Column, DUE, LABEL, NOTE, Rich, STRONG, Stack, WIDTH_MM};
use super::parties::{
    Buyer, ContractRef, ConventionRef, DeliveryPoint, Goods, Letterhead, LotRef, Member, Packs,
    Party,
};

/// Refuses a printed amount that is not the sum of what it stands for.
pub(super) fn adds_up(
    what: &'static str,
    printed: Cents,
    computed: Result<Cents, AmountError>,
) -> Result<(), PaperError> {
    let wrong = |computed| PaperError::DoesNotAddUp { what, printed: printed.french(), computed };
    match computed {
        Ok(computed) if computed == printed => Ok(()),
        Ok(computed) => Err(wrong(computed.french())),
        Err(error) => Err(wrong(error.to_string())),
    }
}

pub(super) fn party(label: &str, share: f32, party: &Party) -> Stack {
    let contact = party.contact.as_deref().unwrap_or("");
    Stack::new(label, share).with(
        Rich::new(STRONG, &party.name)
            .below(BODY, &party.address.join("\n"))
            .below(BODY, &format!("SIRET\u{a0}{}", party.siret.spaced()))
            .below(BODY, contact),
    )
}

/// With what Chorus Pro asks for: SIRET, service code, commitment number.
pub(super) fn buyer(label: &str, share: f32, buyer: &Buyer) -> Stack {
    let mut rich = Rich::new(STRONG, &buyer.name)
        .below(BODY, &buyer.address.join("\n"))
        .below(BODY, &format!("SIRET\u{a0}{}", buyer.siret.spaced()));
    for (name, value) in
        [("Code service", &buyer.service_code), ("Engagement", &buyer.commitment_number)]
    {
        if let Some(value) = value {
            rich = rich.below(LABEL, &format!("{name}\u{a0} ")).then(BODY, value);
        }
    }
    Stack::new(label, share).with(rich)
}

pub(super) fn member(label: &str, share: f32, member: &Member) -> Stack {
    let siret = match &member.siret {
        Some(siret) => format!("SIRET\u{a0}{}", siret.spaced()),
        None => "SIRET à confirmer".to_owned(),
    };
    Stack::new(label, share).with(
        Rich::new(STRONG, &member.name).below(BODY, &member.address.join("\n")).below(BODY, &siret),
    )
}

/// A small name and its value on one line.
pub(super) fn named(name: &str, value: impl Into<String>) -> Rich {
    Rich::new(LABEL, format!("{name}\u{a0} ")).then(BODY, value)
}

pub(super) fn lot(lot: &LotRef) -> String {
    format!("lot\u{a0}{}\u{a0}: {}", lot.number, lot.title)
}

pub(super) fn contract(share: f32, order: Option<&str>, contract: &ContractRef) -> Stack {
    let mut stack = Stack::new("Références", share);
    if let Some(order) = order {
        stack = stack.with(named("Bon de commande", order));
    }
    stack = stack.with(named("Marché", &contract.number));
    if let Some(day) = contract.notified_on {
        stack = stack.with(named("Notifié le", french::date(day)));
    }
    let titles = Rich::new(BODY, &contract.title);
    stack.with(titles.below(BODY, &capital(&lot(&contract.lot))))
}

/// « convention constitutive…, signée le 12/04/2026, article 6 ».
pub(super) fn convention(convention: &ConventionRef) -> String {
    let signed = french::date(convention.signed_on);
    let article = convention.article.as_ref().map(|article| format!(", article\u{a0}{article}"));
    format!("{} du {signed}{}", convention.title, article.unwrap_or_default())
}

/// « 5 × 50 », « – » where there are no packs.
pub(super) fn packs(packs: Option<Packs>) -> String {
    match packs {
        Some(packs) => {
            let count = french::thousands(&packs.count.to_string());
            format!("{count}\u{a0}×\u{a0}{}", packs.size)
        }
        None => "–".to_owned(),
    }
}

/// « unité, par 50 »; the unit alone where packs are of one or none.
pub(super) fn packed(unit: &str, pack: Option<Quantity>) -> String {
    match pack.filter(|pack| *pack != Quantity::whole(1)) {
        Some(pack) => format!("{unit}, par\u{a0}{pack}"),
        None => unit.to_owned(),
    }
}

/// Euros with the six decimals that show a share to a ten-thousandth of a cent.
pub(super) fn exact(mut euros: Decimal) -> String {
    euros.rescale(6);
    french::decimal(euros)
}

pub(super) fn amount(cents: Cents) -> Cell {
    Cell::text(cents.french_bare())
}

pub(super) fn quantity(quantity: Quantity) -> Cell {
    Cell::text(quantity.french())
}

/// Reference over designation is for lists; in tables each has its column.
pub(super) fn designation(text: &str, note: Option<&str>) -> Cell {
    Cell::rich(Rich::new(BODY, text).below(NOTE, note.unwrap_or("")))
}

/// Gives the column of this index the width that the others leave.
#[expect(clippy::float_arithmetic, reason = "geometry: millimetres on a page")]
pub(super) fn fill(columns: &mut [Column], index: usize) {
    let taken: f32 = columns.iter().map(|column| column.width).sum();
    columns[index].width += WIDTH_MM - taken;
}

/// A delivery point told in three stacks.
pub(super) fn point(point: &DeliveryPoint) -> [Stack; 3] {
    let mut place = Rich::default();
    if let Some(member) = &point.member {
        place = place.below(STRONG, member);
    }
    let place = place.below(STRONG, &point.name).below(BODY, &point.address.join("\n"));
    let mut how = Stack::new("Réception", 1.6);
    for (name, value) in
        [("Contact", &point.contact), ("Horaires", &point.hours), ("Accès", &point.access)]
    {
        how = how.with(named(name, value.as_deref().unwrap_or("non précisé")));
    }
    [
        Stack::new("Adresse", 1.0).with(place),
        how,
        Stack::new("À livrer au plus tard le", 0.8)
            .with(Rich::new(DUE, french::date(point.deliver_by))),
    ]
}

/// « BOI-001 : 250 · BOI-012 : 50 », no article broken over two lines.
pub(super) fn goods(point: &DeliveryPoint) -> String {
    let one = |goods: &Goods| format!("{}\u{a0}:\u{a0}{}", goods.reference, goods.quantity);
    point.goods.iter().map(one).collect::<Vec<_>>().join(" · ")
}

pub(super) fn foot(letterhead: &Letterhead, what: &str, day: NaiveDate) -> String {
    format!("{} · {what} · {}", letterhead.short_name, french::date(day))
}

/// The first letter in capitals.
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
