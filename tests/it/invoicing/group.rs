//! The coordinator, its holder and three communes, with an order for them and its bills.

use std::collections::BTreeSet;

use domain::ids::{InvoiceId, OrganisationId};
use domain::invoices::state::InvoiceState as S;
use travee::store::invoices as store;
use travee::usecases::invoices::{Received, receive_invoice};
use travee::usecases::{Actor, App, UseCaseError};

use super::bill::Bill;
use super::world::{Line, World, line};
use crate::fixtures::{app_on, buyer, convention, day, organisations};
use crate::harness::{Fresh, On};

pub(crate) const CDG: &str = "28629990400016";
pub(crate) const HOLDER: &str = "00062010400018";
pub(crate) const ORDER: &str = "BC-2026-0001";

pub(crate) fn second() -> Actor {
    Actor("directeur@cdg62.example".into())
}

/// The coordinator, its holder and three communes, with one order for them.
pub(crate) struct Group {
    pub(crate) fresh: Fresh,
    pub(crate) app: App,
    pub(crate) world: World,
    pub(crate) coordinator: OrganisationId,
    pub(crate) holder: OrganisationId,
    /// Arras, Bapaume, Berck.
    pub(crate) members: [OrganisationId; 3],
}

pub(crate) async fn group(on: On) -> Group {
    let fresh = on.fresh().await;
    let app = app_on(&fresh, "2026-09-01");
    let ids = organisations(&app).await;
    let convention = convention(&app, ids[0]).await;
    let world = World::new(&fresh, convention).await;
    let members = [ids[2], ids[3], ids[4]];
    Group { fresh, app, world, coordinator: ids[0], holder: ids[1], members }
}

impl Group {
    pub(crate) async fn order(&mut self, number: &str, lines: &[Line]) {
        let (holder, coordinator) = (self.holder, self.coordinator);
        self.world.order(number, ("2026-ARCH-L1", "1", holder), coordinator, lines).await;
    }

    /// 327 boxes at 1.87 for three members (domain dossier, §5), of which the second accepted
    /// `accepted` of its 40.
    pub(crate) async fn boxes(&mut self, accepted: u32) {
        let [arras, bapaume, berck] = self.members;
        let shares = [(arras, 250, 250, 250), (bapaume, 40, 40, accepted), (berck, 37, 37, 37)];
        self.order(ORDER, &[line("BOI-001", 18_700, &shares)]).await;
    }

    pub(crate) async fn receive(&self, bill: &Bill<'_>) -> Received {
        let none = BTreeSet::new();
        receive_invoice(&self.app, &buyer(), bill.xml(), day("2026-09-01"), &none, bill.number)
            .await
            .unwrap()
    }

    /// Each member's booked cents of `column` over all its shares.
    pub(crate) async fn owed(&self, column: &str) -> [i64; 3] {
        let mut owed = [0; 3];
        for (member, cents) in self.members.iter().zip(&mut owed) {
            *cents = self
                .world
                .number(&format!(
                    "SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) FROM allocation_member \
                     WHERE organisation_id = {member}"
                ))
                .await;
        }
        owed
    }
}

pub(crate) fn bill<'a>(
    number: &'a str,
    corrects: Option<&'a str>,
    lines: &'a [(&'a str, &'a str, &'a str, i64)],
    freight: i64,
) -> Bill<'a> {
    Bill { number, order: ORDER, corrects, supplier: HOLDER, buyer: CDG, lines, freight }
}

pub(crate) const BOXES: [(&str, &str, &str, i64); 1] = [("BOI-001", "327", "1.87", 61_149)];

pub(crate) fn codes(error: UseCaseError) -> Vec<String> {
    match error {
        UseCaseError::Refused(reasons) => reasons.into_iter().map(|one| one.code).collect(),
        UseCaseError::Store(_) | UseCaseError::Failed { .. } => panic!("not a refusal: {error}"),
    }
}

pub(crate) async fn state(app: &App, id: InvoiceId) -> S {
    let viewer = travee::store::Viewer::Coordinator;
    store::invoice(&app.store, viewer, id).await.unwrap().unwrap().state
}
