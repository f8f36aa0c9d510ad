//! Opening an order window: the days on which a year's needs become orders.

use domain::campaigns::census::CensusState;
use domain::french;
use domain::ids::{CampaignId, ContractId, OrderWindowId};
use domain::orders::calendar::Period;
use domain::tenders::contract::FrameworkAgreement;

use crate::store::campaigns;
use crate::store::platform;
use crate::store::tenders as store;
use crate::usecases::{Actor, App, Refusal, UseCaseError};

const OPEN: &str = "order_window.open";

/// The needs of one year of a census, to be ordered under a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewWindow {
    pub contract: ContractId,
    pub campaign: CampaignId,
    pub year: i32,
    /// The last day counts to its end in Paris.
    pub days: Period,
}

/// Opens a window. The same `key` opens it once.
///
/// # Errors
///
/// Refused, with every reason, outside the contract's days or over another window of it, for a
/// census that is not closed, of another group, or without this lot or year.
pub async fn open_window(
    app: &App,
    actor: &Actor,
    new: &NewWindow,
    key: &str,
) -> Result<OrderWindowId, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let contract = store::lock_contract(&tx, new.contract).await?;
    if let Some(made) = platform::already_done(&tx, OPEN, key).await? {
        let id = made.parse().map_err(UseCaseError::failed("reading an idempotency key"))?;
        return Ok(OrderWindowId(id));
    }
    let stored = campaigns::census(&tx, new.campaign).await?;
    let census = &stored.census;
    let mut refusals = Vec::new();
    let mut refuse = |code: &str, message: String| refusals.push(Refusal::new(code, message));
    let mut terms = contract.agreement.terms().clone();
    terms.windows.push(new.days);
    if let Err(error) = FrameworkAgreement::new(terms) {
        refuse("periode", error.for_the_reader());
    }
    let over = contract
        .windows
        .iter()
        .find(|window| window.days.from <= new.days.to && new.days.from <= window.days.to);
    if let Some(window) = over {
        refuse(
            "periode",
            format!(
                "Une période de commande court déjà du {} au {}.",
                french::date(window.days.from),
                french::date(window.days.to)
            ),
        );
    }
    if stored.convention != contract.convention || !census.lots.contains(&contract.lot) {
        refuse("recensement", "Ce recensement ne porte pas sur le lot de ce marché.".into());
    }
    if !census.year_numbers().any(|year| year == new.year) {
        let message = format!("Le recensement « {} » ne porte pas sur {}.", census.name, new.year);
        refuse("annee", message);
    }
    match census.state {
        CensusState::Closed | CensusState::Settled => {}
        CensusState::Draft | CensusState::Open | CensusState::Cancelled => refuse(
            "recensement_non_clos",
            format!("Le recensement « {} » n’est pas clos : clôturez-le d’abord.", census.name),
        ),
    }
    if !refusals.is_empty() {
        return Err(UseCaseError::Refused(refusals));
    }
    let id = store::add_window(&tx, new.contract, new.campaign, new.year, new.days).await?;
    platform::note_done(&tx, OPEN, key, id.to_string(), app.clock.now()).await?;
    let details = format!(
        "{}, besoins {}, du {} au {}",
        contract.agreement.terms().number,
        new.year,
        french::date(new.days.from),
        french::date(new.days.to)
    );
    platform::append(&tx, vec![app.entry(actor, OPEN, "order_window", id.0, details)]).await?;
    tx.commit().await?;
    Ok(id)
}
