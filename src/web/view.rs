//! Rows as the pages word them: dates, amounts and states in French.

use domain::campaigns::census::CensusState;
use domain::french;
use domain::group::organisation::OrganisationKind;
use domain::money::{Cents, Net};
use domain::orders::ceiling::WARN_FROM_PERCENT;
use domain::quantity::{Quantity, Unit};
use minijinja::{Value, context};

use crate::store::overview::{
    CampaignRow, ContractRow, Counts, LotArticleRow, LotRow, MemberRow, PaperRow,
};

fn count(number: i64) -> String {
    french::thousands(&number.to_string())
}

/// Absent is « – », as everywhere.
fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".into())
}

fn quantity(thousandths: i64) -> String {
    Quantity::from_thousandths(thousandths).map_or_else(|_| "–".into(), Quantity::french)
}

pub(super) fn counts(row: Counts) -> Value {
    context! {
        members => count(row.members),
        orders => count(row.orders),
        invoices => count(row.invoices),
        papers => count(row.papers),
    }
}

pub(super) fn campaign(row: &CampaignRow) -> Value {
    let state = CensusState::from_code(&row.state).map_or("inconnu", CensusState::french);
    context! {
        id => row.id,
        title => row.title.as_str(),
        state => row.state.as_str(),
        state_french => state,
        opens_on => french::date(row.opens_on),
        closes_on => french::date(row.closes_on),
        with_needs => count(row.with_needs),
        nothing => count(row.with_nothing),
        silent => count(row.silent()),
    }
}

pub(super) fn lot(row: &LotRow) -> Value {
    context! {
        id => row.id,
        number => row.number.as_str(),
        title => row.title.as_str(),
        procedure => row.procedure.as_str(),
        launched_on => french::date(row.launched_on),
        articles => count(row.articles),
        estimated => Cents(row.estimated_cents).french(),
        ceiling => Cents(row.ceiling_cents).french(),
    }
}

pub(super) fn lot_article(row: &LotArticleRow) -> Value {
    context! {
        reference => row.reference.as_str(),
        label => row.label.as_str(),
        unit => Unit::from_code(&row.unit).map_or("", Unit::french),
        year => row.year,
        members => count(row.members),
        needed => quantity(row.needed_milli),
        ordered => quantity(row.ordered_milli),
        packs => or_dash(row.packs.map(count)),
    }
}

pub(super) fn contract(row: &ContractRow) -> Value {
    let ceiling = Net::from_cents(row.ceiling_cents);
    let committed = Net::from_cents(row.committed_cents);
    let percent = i128::from(row.committed_cents) * 100 / i128::from(row.ceiling_cents.max(1));
    let percent = i64::try_from(percent).unwrap_or(100);
    context! {
        id => row.id,
        number => row.number.as_str(),
        title => row.title.as_str(),
        lot => row.lot.as_str(),
        holder => row.holder.as_str(),
        last_order_on => french::date(row.last_order_on),
        committed => committed.french(),
        ceiling => ceiling.french(),
        percent => percent,
        near => i128::from(percent) >= WARN_FROM_PERCENT,
        // The style sheet knows one width for every five percent.
        bar => (percent.clamp(0, 100) + 2) / 5 * 5,
    }
}

pub(super) fn member(row: MemberRow) -> Value {
    context! {
        id => row.id,
        name => row.name,
        kind => OrganisationKind::from_code(&row.kind).map_or("", OrganisationKind::french),
        epci => or_dash(row.epci),
        population => or_dash(row.population.map(count)),
        siret => or_dash(row.siret),
        papers => count(row.papers),
    }
}

pub(super) fn paper(row: &PaperRow) -> Value {
    let kilobytes = (row.bytes + 512) / 1024;
    context! {
        id => row.id,
        kind => paper_kind(&row.kind),
        number => row.number.as_str(),
        issued_on => french::date(row.issued_on),
        pages => row.pages,
        size => format!("{} ko", count(kilobytes.max(1))),
    }
}

/// What a person calls a paper of this kind.
pub(super) fn paper_kind(code: &str) -> &'static str {
    match code {
        "purchase_order" => "Bon de commande",
        "delivery_extract" => "Extrait de livraison",
        "allocation_statement" => "Relevé de répartition",
        "lot_sheet" => "Fiche de lot",
        "needs_receipt" => "Récépissé des besoins",
        _ => "Document",
    }
}
