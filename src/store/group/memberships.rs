//! Who adhered to a convention, and how far each has come.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::group::contact::Signature;
use domain::group::membership::{Deliberation, Membership, MembershipState};
use domain::ids::{ConventionId, LotId, MembershipId, OrganisationId};
use entities::{lot, membership, membership_lot};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, Value,
};

use super::values::coded;
use crate::store::platform::insert_all;
use crate::store::{Access, StoreError, Tx, sql};

/// Adds memberships as they stand.
pub async fn add_memberships(
    tx: &Tx,
    convention: ConventionId,
    new: &[(OrganisationId, Membership)],
) -> Result<(), StoreError> {
    let doing = "adding memberships";
    let rows = new
        .iter()
        .map(|(organisation, membership)| membership_row(convention, *organisation, membership));
    insert_all::<membership::Entity, _>(tx, rows.collect(), 12, doing).await?;
    let ids: BTreeMap<i64, i64> = membership::Entity::find()
        .filter(membership::COLUMN.convention_id.eq(convention.0))
        .all(tx.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|row| (row.organisation_id, row.id))
        .collect();
    let lots = new.iter().flat_map(|(organisation, membership)| {
        let id = ids.get(&organisation.0).copied().unwrap_or_default();
        membership.lots.iter().map(move |lot| membership_lot::ActiveModel {
            id: NotSet,
            membership_id: Set(id),
            lot_id: Set(lot.0),
        })
    });
    insert_all::<membership_lot::Entity, _>(tx, lots.collect(), 3, doing).await
}

fn membership_row(
    convention: ConventionId,
    organisation: OrganisationId,
    membership: &Membership,
) -> membership::ActiveModel {
    let deliberation = membership.deliberation.as_ref();
    let signature = membership.signature.as_ref();
    membership::ActiveModel {
        id: NotSet,
        convention_id: Set(convention.0),
        organisation_id: Set(organisation.0),
        state: Set(membership.state.code().to_owned()),
        deliberation_number: Set(deliberation.map(|made| made.number.clone())),
        deliberated_on: Set(deliberation.map(|made| made.on)),
        enforceable_on: Set(deliberation.and_then(|made| made.enforceable_on)),
        signed_by: Set(signature.map(|signature| signature.name.clone())),
        signed_quality: Set(signature.map(|signature| signature.quality.clone())),
        signed_on: Set(signature.map(|signature| signature.on)),
        left_on: Set(membership.left_on),
    }
}

/// Writes a membership that has taken a step, unless somebody else moved it since.
pub async fn move_membership(
    tx: &Tx,
    id: MembershipId,
    from: MembershipState,
    to: &Membership,
) -> Result<(), StoreError> {
    let (convention, organisation) = (ConventionId(0), OrganisationId(0));
    let mut row = membership_row(convention, organisation, to);
    row.convention_id = NotSet;
    row.organisation_id = NotSet;
    let moved = membership::Entity::update_many()
        .set(row)
        .filter(membership::COLUMN.id.eq(id.0))
        .filter(membership::COLUMN.state.eq(from.code()))
        .exec(tx.connection())
        .await
        .map_err(StoreError::during("moving a membership"))?;
    if moved.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Overtaken { what: "membership", id: id.0 })
    }
}

/// Every membership of a convention, by member.
pub async fn memberships(
    on: &impl Access,
    convention: ConventionId,
) -> Result<BTreeMap<OrganisationId, (MembershipId, Membership)>, StoreError> {
    let doing = "reading memberships";
    let mut lots: BTreeMap<i64, BTreeSet<LotId>> = BTreeMap::new();
    let of_it = lot::Entity::find()
        .select_only()
        .column(lot::Column::Id)
        .filter(lot::COLUMN.convention_id.eq(convention.0))
        .into_query();
    let subscribed = membership_lot::Entity::find()
        .filter(membership_lot::COLUMN.lot_id.in_subquery(of_it))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    for row in subscribed {
        lots.entry(row.membership_id).or_default().insert(LotId(row.lot_id));
    }
    membership::Entity::find()
        .filter(membership::COLUMN.convention_id.eq(convention.0))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?
        .into_iter()
        .map(|row| {
            let state = MembershipState::from_code(&row.state);
            let state = coded(state, ("membership", row.id, "state"), &row.state)?;
            let deliberation =
                row.deliberation_number.zip(row.deliberated_on).map(|(number, on)| Deliberation {
                    number,
                    on,
                    enforceable_on: row.enforceable_on,
                });
            let signature = row
                .signed_by
                .zip(row.signed_quality)
                .zip(row.signed_on)
                .map(|((name, quality), on)| Signature { name, quality, on });
            let membership = Membership {
                state,
                deliberation,
                signature,
                left_on: row.left_on,
                lots: lots.remove(&row.id).unwrap_or_default(),
            };
            Ok((OrganisationId(row.organisation_id), (MembershipId(row.id), membership)))
        })
        .collect()
}

/// The memberships of a convention, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MembershipFigures {
    /// Of each state that there are any of.
    pub by_state: BTreeMap<MembershipState, u64>,
    /// Active ones that were not bound on the day asked about (rule 1).
    pub late: u64,
}

/// Counts the memberships of a convention; on `launched`, the day of its last procedure, who was
/// bound in time ([`Membership::bound_on`]).
pub async fn membership_figures(
    on: &impl Access,
    convention: ConventionId,
    launched: Option<NaiveDate>,
) -> Result<MembershipFigures, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        state: String,
        members: i64,
        late: i64,
    }
    let text = "SELECT m.state, COUNT(*) AS members, \
                CAST(SUM(CASE WHEN m.enforceable_on <= $2 AND m.signed_on <= $2 THEN 0 ELSE 1 END) \
                AS BIGINT) AS late FROM membership m WHERE m.convention_id = $1 GROUP BY m.state";
    let values: [Value; 2] = [convention.0.into(), launched.into()];
    let rows = Row::find_by_statement(sql(on.connection(), text, values))
        .all(on.connection())
        .await
        .map_err(StoreError::during("counting memberships"))?;
    let mut figures = MembershipFigures::default();
    for row in rows {
        let state = MembershipState::from_code(&row.state);
        let state = coded(state, ("membership", convention.0, "state"), &row.state)?;
        figures.by_state.insert(state, row.members.unsigned_abs());
        if state == MembershipState::Active && launched.is_some() {
            figures.late = row.late.unsigned_abs();
        }
    }
    Ok(figures)
}
