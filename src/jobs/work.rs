//! Which use case a job is.

use chrono::Timelike;
use domain::dates::{paris_day, paris_time};
use domain::french;
use domain::ids::JobId;

use super::{Made, Progress};
use crate::store::Viewer;
use crate::usecases::platform::jobs::{Work, start_daily};
use crate::usecases::platform::{archive, housekeeping, reminders};
use crate::usecases::{Actor, App, UseCaseError, campaigns, invoices, orders};

/// Reminders leave when offices open; the house is kept while they are closed.
const REMINDERS_FROM: u32 = 8;
const HOUSE_FROM: u32 = 3;

/// What was done, as a sentence.
fn done(count: impl TryInto<u64> + Copy, one: &str, many: &str) -> String {
    french::counted(count, one, many) + "."
}

pub(super) async fn run(
    app: &App,
    actor: &Actor,
    job: JobId,
    work: &Work,
    progress: &Progress,
) -> Result<Made, UseCaseError> {
    let told = |done, total| progress.tell(done, total);
    let mut result = work.back().map(str::to_owned);
    let message = match work {
        Work::IssueWindow { window, .. } => {
            let issue = orders::issue_window(app, actor, *window, &told).await?;
            let mut words = done(issue.orders, "commande émise", "commandes émises");
            words += " ";
            words += &done(issue.papers, "document produit", "documents produits");
            for refused in &issue.refused {
                let reasons = refused.reasons.iter().map(|reason| reason.message.as_str());
                let reasons = reasons.collect::<Vec<_>>().join(" ");
                words.extend(["\n", &refused.name, " n’est pas émise : ", &reasons]);
            }
            words
        }
        Work::IssueStatements { allocation, .. } => {
            let told = |done| progress.tell(done, done);
            let made = invoices::issue_statements(app, actor, *allocation, told).await?;
            done(made, "décompte produit", "décomptes produits")
        }
        Work::IssueReceipts { campaign, .. } => {
            let made = campaigns::issue_receipts(app, actor, *campaign, told).await?;
            done(made, "récépissé produit", "récépissés produits")
        }
        Work::ZipPapers { member, papers, .. } => {
            let viewer = member.map_or(Viewer::Coordinator, Viewer::Member);
            let made = archive::zip(app, viewer, papers, &archive::zip_key(job), told).await?;
            result = Some(format!("/taches/{job}/fichier"));
            done(made, "document rassemblé", "documents rassemblés")
        }
        Work::HolderPack { window, send: false, .. } => {
            let pack = orders::make_pack(app, actor, *window).await?;
            format!("L’envoi n° {} au titulaire est prêt.", pack.rank)
        }
        Work::HolderPack { window, send: true, .. } => {
            let pack = orders::make_and_mail_pack(app, actor, *window).await?;
            format!("L’envoi n° {} part par courriel au titulaire.", pack.rank)
        }
        Work::CensusMails { campaign } => {
            let sent = reminders::announce(app, actor, *campaign).await?;
            done(sent, "courriel écrit", "courriels écrits")
        }
        Work::ClosingMails { campaign, before } => {
            let sent = reminders::closing_changed(app, actor, *campaign, *before).await?;
            done(sent, "courriel écrit", "courriels écrits")
        }
        Work::SendReminders { day } => {
            let opened = orders::tell_openings(app, actor, *day).await?;
            let sent = reminders::remind(app, actor, *day).await?;
            let mut words = done(sent, "rappel écrit", "rappels écrits");
            if opened > 0 {
                words += " ";
                words += &done(opened, "ouverture annoncée", "ouvertures annoncées");
            }
            words
        }
        Work::KeepHouse { .. } => {
            let gone = housekeeping::keep(app).await?;
            done(gone, "ligne effacée", "lignes effacées")
        }
        Work::RemindCensus { campaign, day } => {
            let sent = reminders::remind_census(app, actor, *campaign, *day).await?;
            done(sent, "rappel écrit", "rappels écrits")
        }
    };
    Ok(Made { message, result })
}

/// Asks for the work of the day, once a day over all nodes: the house is kept at night by the
/// clock on the wall, reminders of the business day leave from the hour when offices open.
pub async fn look_at_calendar(app: &App) -> Result<(), UseCaseError> {
    let actor = Actor("calendrier".into());
    let now = app.wall.now();
    let hour = paris_time(now).hour();
    if hour >= HOUSE_FROM {
        let day = paris_day(now);
        start_daily(app, &actor, day, &Work::KeepHouse { day }).await?;
    }
    if hour >= REMINDERS_FROM {
        let day = app.today();
        start_daily(app, &actor, day, &Work::SendReminders { day }).await?;
    }
    Ok(())
}
