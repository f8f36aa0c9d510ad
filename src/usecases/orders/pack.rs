//! The holder's pack of a window: every paper, a manifest, a workbook of all lines.
//!
//! Its key follows from what is in it: asked for again, nothing new is made; once another order
//! was issued or amended, the next pack has everything. It is written as it grows.

use domain::french;
use domain::ids::{OrderWindowId, OrganisationId};
use domain::orders::state::OrderState;
use sha2::{Digest, Sha256};

use super::papers::Desk;
use super::sending;
use crate::exchange::holder_pack::{
    Archive, DeliveryRow, LineRow, ManifestRow, PackError, manifest, workbook,
};
use crate::store::orders::{self as store, HolderPack, OrderPaper, StoredOrder, Which};
use crate::store::{Viewer, platform};
use crate::usecases::check::hex;
use crate::usecases::{Actor, App, UseCaseError};

/// How many papers are read and packed before they are written.
const AT_ONCE: usize = 64;

/// The key of the letter that leaves with the pack's making.
const FIRST: &str = "premier";

const WORKBOOK: &str = "lignes.xlsx";
const MANIFEST: &str = "manifest.json";

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn failed(error: PackError) -> UseCaseError {
    UseCaseError::failed("packing")(crate::store::chain(&error))
}

/// `SIRET_BC-2026-0001.pdf`: what a number has beyond letters, digits and `-` becomes `-`.
fn file_name(siret: &str, number: &str) -> String {
    format!("{siret}_{}.pdf", number.replace('/', "-"))
}

/// Makes the pack of a window's issued orders, or answers the one that is already there.
///
/// # Errors
///
/// Refused while nothing is issued or an extract is missing.
pub async fn make_pack(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
) -> Result<HolderPack, UseCaseError> {
    make(app, actor, window, false).await
}

/// Makes the pack and sends it to the holder by e-mail, in one transaction: killed in between,
/// neither has happened, and run again nothing leaves twice.
///
/// # Errors
///
/// Those of [`make_pack`] and of [`super::mail_pack`].
pub async fn make_and_mail_pack(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
) -> Result<HolderPack, UseCaseError> {
    make(app, actor, window, true).await
}

async fn make(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    mail: bool,
) -> Result<HolderPack, UseCaseError> {
    let on = &app.store;
    let window = store::window(on, window).await?;
    let mut orders = store::load(on, Viewer::Coordinator, &Which::Window(window.id())).await?;
    orders.retain(|stored| matches!(stored.order.state, OrderState::Issued | OrderState::Closed));
    if orders.is_empty() {
        return Err(UseCaseError::refused("rien_emis", "Aucune commande n’est émise."));
    }
    let papers = store::papers_of_window(on, window.id()).await?;
    complete(&orders, &papers)?;
    let (contract, id) = (window.contract.id, window.id());
    let desk = Desk::of(app, on, window, &orders).await?;
    let last = orders.iter().filter_map(|stored| Some(stored.order.issue.as_ref()?.on)).max();
    let (lines, deliveries) = rows(&desk, &orders)?;
    let book =
        workbook(&lines, &deliveries, last.unwrap_or_else(|| app.today())).map_err(failed)?;
    let mut listed = named(&desk, &orders, &papers);
    listed.push(ManifestRow {
        file: WORKBOOK.into(),
        sha256: hex(&Sha256::digest(&book)),
        pages: None,
    });
    let index = manifest(&listed).map_err(failed)?;
    let content = hex(&Sha256::digest(&index));
    let file_key = format!("holders/{id}/{}.zip", &content[..16]);
    let packs = store::packs_of_window(on, id).await?;
    let known = packs.iter().find(|pack| pack.file_key == file_key).cloned();
    let (mut pack, new) = match known {
        Some(known) => (known, false),
        None => {
            let (sha256, bytes) = write(app, &file_key, &listed, &papers, &book, &index).await?;
            let pack = HolderPack {
                contract,
                window: id,
                rank: count(packs.len() + 1),
                orders: count(orders.len()),
                file_key,
                sha256,
                bytes: count(bytes),
                made_on: app.today(),
                sent_on: None,
                acknowledged_on: None,
            };
            (pack, true)
        }
    };
    let mail = mail && pack.sent_on.is_none();
    if !(new || mail) {
        return Ok(pack);
    }
    let tx = app.store.begin_write().await?;
    let mut entries = Vec::new();
    if new {
        store::add_pack(&tx, &pack).await?;
        let size = french::thousands(&pack.bytes.to_string());
        let details = format!("{} documents, {size} octets", papers.len());
        entries.push(app.entry(actor, "holder_pack.make", "order_window", id.0, details));
    }
    if mail {
        let (_, entry) = sending::mail_in(app, actor, &tx, &mut pack, FIRST).await?;
        entries.push(entry);
    }
    platform::append(&tx, entries).await?;
    tx.commit().await?;
    Ok(pack)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Every order has its paper, and in model C every member its extract.
fn complete(orders: &[StoredOrder], papers: &[OrderPaper]) -> Result<(), UseCaseError> {
    for stored in orders {
        let members = stored.order.members().len();
        let extracts = if stored.order.model.coordinator_pays() { members } else { 0 };
        let found =
            papers.iter().filter(|paper| paper.order_id == stored.id.0 && !is_amendment(paper));
        if found.count() != extracts + 1 {
            let message = format!(
                "Des documents de la commande {} manquent : relancez l’émission.",
                stored.name()
            );
            return Err(UseCaseError::refused("documents_manquants", message));
        }
    }
    Ok(())
}

fn is_amendment(paper: &OrderPaper) -> bool {
    paper.kind == "purchase_order" && paper.number.contains('/')
}

/// The papers under their names in the pack.
fn named(desk: &Desk, orders: &[StoredOrder], papers: &[OrderPaper]) -> Vec<ManifestRow> {
    let issued = |paper: &OrderPaper| {
        let stored = orders.iter().find(|stored| stored.id.0 == paper.order_id)?;
        Some(stored.order.issue.as_ref()?.on)
    };
    papers
        .iter()
        .map(|paper| {
            let body = OrganisationId(paper.organisation_id.unwrap_or_default());
            let siret = issued(paper).and_then(|day| desk.confirmed(body, day).ok());
            let siret = siret.map_or_else(|| body.to_string(), |proof| proof.siret().to_string());
            ManifestRow {
                file: file_name(&siret, &paper.number),
                sha256: paper.sha256.clone(),
                pages: Some(paper.pages),
            }
        })
        .collect()
}

fn rows(
    desk: &Desk,
    orders: &[StoredOrder],
) -> Result<(Vec<LineRow>, Vec<DeliveryRow>), UseCaseError> {
    let (mut lines, mut deliveries) = (Vec::new(), Vec::new());
    for stored in orders {
        let Some(issue) = &stored.order.issue else { continue };
        let number = issue.number.to_string();
        let siret = |body| {
            let proof = desk.confirmed(body, issue.on);
            proof.map(|proof| proof.siret().to_string()).unwrap_or_default()
        };
        for line in &stored.order.lines {
            let quantity = line.quantity().map_err(UseCaseError::failed("adding up a line"))?;
            let goods = desk.goods(line, quantity)?;
            lines.push(LineRow {
                order: number.clone(),
                buyer: desk.name(stored.order.buyer),
                siret: siret(stored.order.buyer),
                service_code: stored.order.service_code.clone().unwrap_or_default(),
                commitment_number: stored.order.commitment_number.clone().unwrap_or_default(),
                position: line.position,
                reference: goods.reference,
                designation: goods.designation,
                quantity,
                unit: goods.unit,
                packs: goods.packs.map(|packs| packs.count),
                unit_price: line.article.price,
                vat_rate: line.article.taxation.rate,
                net: line.net().map_err(UseCaseError::failed("pricing a line"))?,
            });
            for share in &line.shares {
                let goods = desk.goods(line, share.quantity)?;
                let point = desk.site(share.site)?;
                deliveries.push(DeliveryRow {
                    order: number.clone(),
                    position: line.position,
                    member: desk.name(share.member),
                    siret: siret(share.member),
                    site: point.name.clone(),
                    address: point.address.to_string(),
                    hours: point.access.hours.clone(),
                    access: point.access.constraints.clone(),
                    reference: goods.reference,
                    quantity: share.quantity,
                    unit: goods.unit,
                    packs: goods.packs.map(|packs| packs.count),
                    deliver_by: issue.deliver_by,
                });
            }
        }
    }
    Ok((lines, deliveries))
}

/// Writes the pack as it grows; its hash and size.
async fn write(
    app: &App,
    key: &str,
    listed: &[ManifestRow],
    papers: &[OrderPaper],
    book: &[u8],
    index: &[u8],
) -> Result<(String, usize), UseCaseError> {
    let mut archive = Archive::default();
    let mut file = app.files.writer(key).await?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let named: Vec<(&str, &OrderPaper)> =
        listed.iter().map(|row| row.file.as_str()).zip(papers).collect();
    for chunk in named.chunks(AT_ONCE) {
        let mut read = Vec::with_capacity(chunk.len());
        for (name, paper) in chunk {
            let bytes = app.files.get(&paper.file_key).await?;
            if hex(&Sha256::digest(&bytes)) != paper.sha256 {
                let message = format!(
                    "Le fichier du document {} n’est plus celui qui a été émis : rien n’est envoyé.",
                    paper.number
                );
                return Err(UseCaseError::refused("document_altere", message));
            }
            read.push(((*name).to_owned(), bytes));
        }
        archive = tokio::task::spawn_blocking(move || {
            for (name, bytes) in read {
                archive.add(&name, &bytes)?;
            }
            Ok::<_, PackError>(archive)
        })
        .await
        .map_err(UseCaseError::failed("packing"))?
        .map_err(failed)?;
        let bytes = archive.take();
        hash.update(&bytes);
        size += bytes.len();
        file.write(&bytes).await?;
    }
    archive.add(WORKBOOK, book).map_err(failed)?;
    archive.add(MANIFEST, index).map_err(failed)?;
    let bytes = archive.finish().map_err(failed)?;
    hash.update(&bytes);
    size += bytes.len();
    file.write(&bytes).await?;
    file.finish().await?;
    Ok((hex(&hash.finalize()), size))
}
