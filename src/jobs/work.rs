//! Which use case a job is.

use chrono::Timelike;
use domain::dates::paris_time;
use domain::french;
use domain::ids::JobId;

use super::{Made, Progress};
use crate::store::Viewer;
use crate::store::platform::jobs::last_of;
use crate::usecases::platform::jobs::{Work, start};
use crate::usecases::platform::{archive, reminders};
use crate::usecases::{Actor, App, UseCaseError, campaigns, invoices, orders};

/// Reminders leave when offices open.
const REMINDERS_FROM: u32 = 8;

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}.", french::count(count), french::plural(count, one, many))
}

/// Where the ZIP file of a job is kept.
pub fn zip_key(job: JobId) -> String {
    format!("taches/{job}.zip")
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
            let mut words = counted(issue.orders, "commande émise", "commandes émises");
            words += " ";
            words += &counted(issue.papers, "document produit", "documents produits");
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
            counted(made, "décompte produit", "décomptes produits")
        }
        Work::IssueReceipts { campaign, .. } => {
            let made = campaigns::issue_receipts(app, actor, *campaign, told).await?;
            counted(made, "récépissé produit", "récépissés produits")
        }
        Work::ZipPapers { member, papers, .. } => {
            let viewer = member.map_or(Viewer::Coordinator, Viewer::Member);
            let made = archive::zip(app, viewer, papers, &zip_key(job), told).await?;
            result = Some(format!("/taches/{job}/fichier"));
            counted(made, "document rassemblé", "documents rassemblés")
        }
        Work::HolderPack { window, .. } => {
            orders::make_pack(app, actor, *window).await?;
            "L’envoi au titulaire est prêt.".into()
        }
        Work::CensusMails { campaign } => {
            let sent = reminders::announce(app, actor, *campaign).await?;
            counted(sent, "e-mail écrit", "e-mails écrits")
        }
        Work::ClosingMails { campaign, before } => {
            let sent = reminders::closing_changed(app, actor, *campaign, *before).await?;
            counted(sent, "e-mail écrit", "e-mails écrits")
        }
        Work::SendReminders { day } => {
            let sent = reminders::remind(app, actor, *day).await?;
            counted(sent, "rappel écrit", "rappels écrits")
        }
        Work::RemindCensus { campaign, day } => {
            let sent = reminders::remind_census(app, actor, *campaign, *day).await?;
            counted(sent, "rappel écrit", "rappels écrits")
        }
    };
    Ok(Made { message, result })
}

/// Asks for the reminders of the day, once a day, from the hour when offices open.
pub(super) async fn look_at_calendar(app: &App) -> Result<(), UseCaseError> {
    if paris_time(app.wall.now()).hour() < REMINDERS_FROM {
        return Ok(());
    }
    let day = app.today();
    let work = Work::SendReminders { day };
    let key = day.to_string();
    if last_of(&app.store, work.kind(), &key).await?.is_none() {
        start(app, &Actor("calendrier".into()), &key, &work).await?;
    }
    Ok(())
}
