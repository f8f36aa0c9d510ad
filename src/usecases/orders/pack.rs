//! The holder's pack of a window: every paper, a manifest, a workbook of all lines.
//!
//! Its key follows from what is in it: asked for again, nothing new is made; once another order
//! was issued or amended, the next pack has everything. It is written as it grows.

use domain::french;
use domain::ids::{OrderWindowId, OrganisationId};
use domain::money::Net;
use domain::orders::state::OrderState;
use sha2::{Digest, Sha256};

use super::papers::Desk;
use crate::documents::emails::Letter;
use crate::exchange::holder_pack::{
    Archive, DeliveryRow, LineRow, ManifestRow, PackError, manifest, workbook,
};
use crate::store::orders::{self as store, HolderPack, OrderPaper, StoredOrder, Which};
use crate::store::platform::mail::Attached;
use crate::store::{Access, Viewer, group, platform};
use crate::usecases::check::hex;
use crate::usecases::platform::mail::{self, Message, Recipient};
use crate::usecases::{Actor, App, UseCaseError};

/// How many papers are read and packed before they are written.
const AT_ONCE: usize = 64;

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
    if let Some(made) = packs.iter().find(|pack| pack.file_key == file_key) {
        return Ok(made.clone());
    }
    let (sha256, bytes) = write(app, &file_key, &listed, &papers, &book, &index).await?;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
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
    let tx = app.store.begin_write().await?;
    store::add_pack(&tx, &pack).await?;
    let details = format!("{} documents, {} octets", papers.len(), french::count(bytes));
    let entry = app.entry(actor, "holder_pack.make", "order_window", id.0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(pack)
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

/// What most mail servers let through, attachment encoded.
pub const LARGEST_BY_MAIL: i64 = 15 * 1024 * 1024;

/// Whom of the holder the pack of a window goes to: who has an address, the first recorded.
pub async fn pack_recipient(
    on: &impl Access,
    holder: OrganisationId,
) -> Result<Option<Recipient>, UseCaseError> {
    let people = group::contacts(on, Some(holder)).await?;
    let found = people.into_values().find_map(|person| {
        Some(Recipient {
            address: person.email?.as_str().to_owned(),
            name: person.name,
            person: None,
            organisation: Some(holder),
        })
    });
    Ok(found)
}

/// Sends a pack to the holder by e-mail, and notes that it left today; answers to whom.
///
/// # Errors
///
/// Refused for a holder without an address, a pack too heavy for mail, and a pack that left.
pub async fn mail_pack(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    rank: i64,
) -> Result<Recipient, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let found = store::window(&tx, window).await?;
    let packs = store::packs_of_window(&tx, window).await?;
    let Some(pack) = packs.into_iter().find(|pack| pack.rank == rank) else {
        return Err(not_there(false));
    };
    if pack.bytes > LARGEST_BY_MAIL {
        return Err(UseCaseError::refused(
            "envoi_trop_lourd",
            "Cet envoi est trop lourd pour un courriel : téléchargez-le et remettez-le autrement.",
        ));
    }
    let to = pack_recipient(&tx, found.holder()).await?.ok_or_else(|| {
        UseCaseError::refused(
            "sans_adresse",
            "Le titulaire n’a pas d’adresse électronique : ajoutez-la à ses contacts.",
        )
    })?;
    if !store::mark_pack(&tx, window, rank, false, app.today()).await? {
        return Err(not_there(false));
    }
    let states = store::window_states(&tx, window).await?;
    let sent = states.iter().filter(|row| matches!(row.state.as_str(), "issued" | "closed"));
    let net = Net::sum(sent.map(|row| Net::from_cents(row.net_cents)))
        .map_err(UseCaseError::failed("adding up a pack"))?;
    let number = &found.contract.agreement.terms().number;
    let file = format!("commandes_{number}_{rank}.zip");
    let message = Message {
        key: format!("{window}/{rank}"),
        to: to.clone(),
        campaign: None,
        letter: Letter::HolderPack {
            contract: number.clone(),
            orders: usize::try_from(pack.orders).unwrap_or_default(),
            net,
            file: file.clone(),
        },
        attached: Some(Attached { file_key: pack.file_key, name: file }),
    };
    mail::queue(&tx, app, &message).await?;
    let details = format!("envoi {rank} à {}", to.address);
    let entry = app.entry(actor, "holder_pack.send", "order_window", window.0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(to)
}

fn not_there(acknowledged: bool) -> UseCaseError {
    let message = if acknowledged {
        "Cet envoi n’est pas parti, ou sa réception est déjà notée."
    } else {
        "Cet envoi n’existe pas, ou est déjà parti."
    };
    UseCaseError::refused("envoi", message)
}

/// Notes that a pack was sent to the holder today.
pub async fn send_pack(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    rank: i64,
) -> Result<(), UseCaseError> {
    mark(app, actor, window, rank, false).await
}

/// Notes that the holder acknowledged a pack today.
pub async fn acknowledge_pack(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    rank: i64,
) -> Result<(), UseCaseError> {
    mark(app, actor, window, rank, true).await
}

async fn mark(
    app: &App,
    actor: &Actor,
    window: OrderWindowId,
    rank: i64,
    acknowledged: bool,
) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    if !store::mark_pack(&tx, window, rank, acknowledged, app.today()).await? {
        return Err(not_there(acknowledged));
    }
    let action = if acknowledged { "holder_pack.acknowledge" } else { "holder_pack.send" };
    let entry = app.entry(actor, action, "order_window", window.0, format!("envoi {rank}"));
    platform::append(&tx, vec![entry]).await?;
    Ok(tx.commit().await?)
}
