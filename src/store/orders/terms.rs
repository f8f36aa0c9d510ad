//! An order window with the contract it belongs to: what every order placed in it obeys.

use domain::group::convention::CoordinationModel;
use domain::ids::{ContractId, OrderId, OrderWindowId, OrganisationId};
use domain::orders::calendar::Period;
use domain::orders::draft::DraftHead;
use domain::tenders::tiers::TierBase;
use sea_orm::FromQueryResult;

use crate::store::tenders::{self, StoredContract, StoredWindow};
use crate::store::{Access, StoreError, sql};

/// A window and its contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub window: StoredWindow,
    pub contract: StoredContract,
}

impl Window {
    pub fn id(&self) -> OrderWindowId {
        self.window.id
    }

    pub fn model(&self) -> CoordinationModel {
        self.contract.agreement.terms().model
    }

    pub fn holder(&self) -> OrganisationId {
        self.contract.agreement.terms().holder
    }

    /// The days on which an order may be placed (rule 4).
    pub fn period(&self) -> Period {
        self.contract.agreement.period()
    }

    pub fn tier_base(&self) -> TierBase {
        self.contract.agreement.terms().tier_base
    }

    /// Whether prices are set when the window closes: model C, and tiers by what all order.
    pub fn priced_at_close(&self) -> bool {
        self.model().coordinator_pays() || self.tier_base() == TierBase::Consolidated
    }

    /// What all drafts of the window have in common.
    pub fn head(&self) -> DraftHead {
        let terms = self.contract.agreement.terms();
        DraftHead {
            contract: self.contract.id,
            lot: self.contract.lot,
            window: self.window.id,
            model: terms.model,
            freight: terms.freight,
        }
    }
}

#[derive(FromQueryResult)]
struct Of {
    id: i64,
    contract_id: i64,
}

async fn read(on: &impl Access, text: &str, id: i64) -> Result<Option<Window>, StoreError> {
    let found = Of::find_by_statement(sql(on.connection(), text, [id.into()]))
        .one(on.connection())
        .await
        .map_err(StoreError::during("reading an order window"))?;
    let Some(found) = found else { return Ok(None) };
    let contract = tenders::contract(on, ContractId(found.contract_id)).await?;
    let window = contract.windows.iter().copied().find(|window| window.id.0 == found.id);
    Ok(window.map(|window| Window { window, contract }))
}

/// The order window `id`.
pub async fn window(on: &impl Access, id: OrderWindowId) -> Result<Window, StoreError> {
    let text = "SELECT id, contract_id FROM order_window WHERE id = $1";
    let found = read(on, text, id.0).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "order window", id: id.to_string() })
}

/// The window that an order belongs to.
pub async fn window_of(on: &impl Access, order: OrderId) -> Result<Window, StoreError> {
    let text = "SELECT window_id AS id, contract_id FROM purchase_order WHERE id = $1";
    let found = read(on, text, order.0).await?;
    found.ok_or_else(|| StoreError::NotFound { what: "order", id: order.to_string() })
}
