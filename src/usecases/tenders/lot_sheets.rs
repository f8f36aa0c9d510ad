//! Issuing the consolidated sheet of each lot, for the consultation.

use std::collections::BTreeMap;

use domain::group::convention::PackingPolicy;
use domain::group::site::DeliveryPoint;
use domain::ids::{OrganisationId, ProcedureId, SiteId};
use domain::quantity::Quantity;

use crate::documents::Paper;
use crate::documents::lot_sheet::{self as paper, LotArticle, LotPoint, LotSheet};
use crate::documents::parties::{LotRef, Member};
use crate::store::group::{self, Listed};
use crate::store::platform::{self, IssuedPaper};
use crate::store::tenders::{self as store, LotArticleRow, LotMembers, StoredLot, StoredProcedure};
use crate::store::{StoreError, campaigns};
use crate::usecases::campaigns::convention_ref;
use crate::usecases::{Actor, App, UseCaseError, letterhead, papers};

/// Issues the sheet of every lot that has none yet; how many. What is issued never changes, so
/// that issuing again does nothing.
pub async fn issue_lot_sheets(
    app: &App,
    actor: &Actor,
    procedure: ProcedureId,
) -> Result<usize, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let procedure = store::lock_procedure(&tx, procedure).await?;
    let issued = store::lots_with_sheet(&tx, procedure.id).await?;
    let convention = group::convention(&tx, procedure.head.convention).await?;
    let convention = convention.ok_or_else(|| StoreError::NotFound {
        what: "convention",
        id: procedure.head.convention.to_string(),
    })?;
    let desk = Desk {
        bodies: group::organisations(&tx, &[])
            .await?
            .into_iter()
            .map(|listed| (listed.id, listed))
            .collect(),
        sites: group::sites(&tx, None).await?,
        blank: LotSheet {
            letterhead: letterhead::of(app, &tx, convention.coordinator).await?,
            procedure_reference: procedure.head.reference.clone(),
            procedure_title: procedure.head.title.clone(),
            lot: LotRef { number: String::new(), title: String::new() },
            convention: convention_ref(
                &convention.convention.terms().reference,
                convention.convention.terms().from,
            ),
            census_title: String::new(),
            established_on: app.today(),
            years: Vec::new(),
            members: 0,
            packing: String::new(),
            articles: Vec::new(),
            points: Vec::new(),
        },
    };
    let census = campaigns::census(&tx, procedure.head.campaign).await?.census;
    let lots: Vec<&StoredLot> =
        procedure.lots.iter().filter(|lot| !issued.contains(&lot.id)).collect();
    let mut sheets = Vec::with_capacity(lots.len());
    for lot in &lots {
        let terms = convention.convention.lot(lot.lot);
        let terms = terms.map_err(|error| UseCaseError::refused("lot", error.for_the_reader()))?;
        let articles = store::lot_articles(&tx, lot.id).await?;
        let members = store::lot_members(&tx, procedure.head.campaign, lot.lot).await?;
        sheets.push(LotSheet {
            census_title: census.name.clone(),
            packing: packing(terms.packing()).to_owned(),
            ..desk.sheet(lot, census.year_numbers().collect(), &articles, &members)
        });
    }
    let made = papers::render_all(sheets, paper::render).await?;
    let rows: Vec<(IssuedPaper, Paper)> = lots
        .iter()
        .zip(made)
        .map(|(lot, made)| (issued_paper(app, &procedure, lot), made))
        .collect();
    let count = rows.len();
    let entries = rows.iter().map(|(row, _)| {
        let lot = row.tender_lot.unwrap_or_default();
        app.entry(actor, "lot_sheet.issue", "tender_lot", lot, row.number.clone())
    });
    let entries = entries.collect();
    papers::keep(app, &tx, rows).await?;
    platform::append(&tx, entries).await?;
    tx.commit().await?;
    Ok(count)
}

fn issued_paper(app: &App, procedure: &StoredProcedure, lot: &StoredLot) -> IssuedPaper {
    let number = number(procedure, lot);
    IssuedPaper {
        kind: "lot_sheet",
        title: String::new(),
        organisation: None,
        order: None,
        allocation: None,
        tender_lot: Some(lot.id.0),
        campaign: Some(procedure.head.campaign.0),
        file_key: format!("lots/{}.pdf", file_name(&number)),
        sha256: String::new(),
        bytes: 0,
        pages: 0,
        issued_on: app.today(),
        number,
    }
}

/// What the sheets of one procedure have in common.
struct Desk {
    bodies: BTreeMap<OrganisationId, Listed>,
    sites: BTreeMap<SiteId, DeliveryPoint>,
    blank: LotSheet,
}

impl Desk {
    fn sheet(
        &self,
        lot: &StoredLot,
        years: Vec<i32>,
        rows: &[LotArticleRow],
        members: &LotMembers,
    ) -> LotSheet {
        let articles = rows
            .chunk_by(|a, b| a.article == b.article)
            .map(|of_one| article(of_one, &years, members))
            .collect();
        let points = members.sites.iter().filter_map(|(member, site)| self.point(*member, *site));
        LotSheet {
            lot: LotRef { number: lot.code.to_string(), title: lot.title.clone() },
            members: members.of_the_lot,
            articles,
            points: points.collect(),
            years,
            ..self.blank.clone()
        }
    }

    fn point(&self, member: OrganisationId, site: SiteId) -> Option<LotPoint> {
        let (body, point) = (&self.bodies.get(&member)?.organisation, self.sites.get(&site)?);
        let town = format!("{} {}", point.address.postcode, point.address.town);
        let lines: Vec<String> = point.address.lines.iter().cloned().chain([town]).collect();
        let access = [point.access.hours.as_str(), point.access.constraints.as_str()];
        let access = access.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        let confirmed = body.sirets.confirmed_on(self.blank.established_on).ok();
        Some(LotPoint {
            member: Member {
                name: body.name.clone(),
                siret: confirmed.map(|proof| proof.siret().clone()),
                address: Vec::new(),
            },
            name: point.name.clone(),
            address: lines.join(", "),
            access: (!access.is_empty()).then(|| access.join(" ; ")),
        })
    }
}

/// One article of the sheet, from its rows of several years.
fn article(rows: &[LotArticleRow], years: &[i32], members: &LotMembers) -> LotArticle {
    let first = &rows[0];
    let shown = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let of_year = |year: &i32| {
        let row = rows.iter().find(|row| row.needs.year == *year);
        row.map_or(Quantity::ZERO, |row| row.needs.ordered)
    };
    LotArticle {
        reference: first.reference.to_string(),
        designation: first.label.clone(),
        specification: shown(&first.specification),
        standards: shown(&first.standards),
        cpv: shown(&first.cpv),
        unit: first.unit_label.clone(),
        pack: first.pack.map(|pack| Quantity::whole(pack.units())),
        members: members.by_article.get(&first.article).copied().unwrap_or_default(),
        by_year: years.iter().map(of_year).collect(),
    }
}

fn packing(policy: PackingPolicy) -> &'static str {
    match policy {
        PackingPolicy::Site => {
            "Arrondies au conditionnement supérieur pour chaque point de livraison, article et \
             année."
        }
        PackingPolicy::Pooled => {
            "Arrondies au conditionnement supérieur pour l’ensemble du lot, par article et par année."
        }
        PackingPolicy::Tolerance => {
            "Arrondies au conditionnement pour l’ensemble du lot, par article et par année, selon \
             les tolérances des membres."
        }
    }
}

/// `2026-ARC-L1`.
fn number(procedure: &StoredProcedure, lot: &StoredLot) -> String {
    format!("{}-L{}", procedure.head.reference, lot.code)
}

/// What a file may be called.
fn file_name(number: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
    number.chars().map(plain).collect()
}
