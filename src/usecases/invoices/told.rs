//! Whoever keeps a member's accounts is told of its share once the statement is there.

use std::collections::BTreeMap;

use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::allocation::MemberShare;
use domain::money::Gross;
use domain::platform::role::Right;
use domain::siret::Siret;

use crate::documents::emails::{InvoiceShare, Letter};
use crate::store::Tx;
use crate::store::platform::IssuedPaper;
use crate::usecases::platform::news::{News, about, tell};
use crate::usecases::{App, UseCaseError};

/// The invoice or credit note that was shared.
pub(super) struct Document {
    pub(super) id: InvoiceId,
    pub(super) number: String,
    pub(super) supplier: String,
    pub(super) credit: bool,
}

/// The statement that a member was just issued.
pub(super) struct Stated {
    pub(super) member: OrganisationId,
    pub(super) number: String,
    pub(super) gross: Gross,
}

/// What the issued statements state.
pub(super) fn stated(
    issued: &[IssuedPaper],
    sirets: &BTreeMap<OrganisationId, Siret>,
    shares: &[MemberShare],
) -> Vec<Stated> {
    let grosses: BTreeMap<&Siret, Gross> =
        shares.iter().map(|share| (&share.siret, share.gross)).collect();
    let stated = issued.iter().filter_map(|paper| {
        let member = OrganisationId(paper.organisation?);
        let gross = *grosses.get(sirets.get(&member)?)?;
        Some(Stated { member, number: paper.number.clone(), gross })
    });
    stated.collect()
}

pub(super) async fn shared(
    app: &App,
    tx: &Tx,
    document: &Document,
    stated: &[Stated],
) -> Result<(), UseCaseError> {
    let of = if document.credit { "de l’avoir" } else { "de la facture" };
    let news: Vec<News<Gross>> = stated
        .iter()
        .map(|one| News {
            organisation: one.member,
            key: format!("statement:{}", one.number),
            title: format!("part {of} {} : {} TTC", document.number, one.gross.french()),
            path: about(one.member, &format!("/factures/{}", document.id)),
            said: one.gross,
        })
        .collect();
    tell(app, tx, &[Right::MarkPayments], &news, |heard| {
        let shares = heard.iter().map(|(organisation, news)| InvoiceShare {
            organisation: (*organisation).to_owned(),
            gross: news.said,
            path: news.path.clone(),
        });
        Letter::InvoiceShared {
            supplier: document.supplier.clone(),
            number: document.number.clone(),
            credit: document.credit,
            shares: shares.collect(),
        }
    })
    .await?;
    Ok(())
}
