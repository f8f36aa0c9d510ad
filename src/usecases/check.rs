//! `travee check`: reads the whole database and proves its invariants.

use domain::platform::breach::Breach;
use sha2::{Digest, Sha256};

use super::{App, UseCaseError};
use crate::store::check::{self as store, PaperFile, Report};
use crate::store::files::Files;

/// How many papers are read at once.
const AT_ONCE: usize = 8;

/// Everything that must be true, looked at once; the report names every breach.
pub async fn check(app: &App) -> Result<Report, UseCaseError> {
    let mut report = Report::default();
    store::orders(&app.store, &mut report).await?;
    store::ceilings(&app.store, &mut report).await?;
    store::allocations(&app.store, &mut report).await?;
    store::series(&app.store, &mut report).await?;
    let lives = store::journal(&app.store, &mut report).await?;
    store::states(&app.store, &lives, &mut report).await?;
    store::orphans(&app.store, &mut report).await?;
    let papers = store::papers(&app.store).await?;
    report.checked.insert("papers", papers.len());
    report.breaches.extend(altered_papers(&app.files, papers).await);
    Ok(report)
}

/// The papers whose file is gone or not what was issued.
async fn altered_papers(files: &Files, papers: Vec<PaperFile>) -> Vec<Breach> {
    use futures_util::StreamExt;
    futures_util::stream::iter(papers.into_iter().map(|paper| altered(files, paper)))
        .buffered(AT_ONCE)
        .filter_map(|breach| async { breach })
        .collect()
        .await
}

async fn altered(files: &Files, paper: PaperFile) -> Option<Breach> {
    let breach = |message: &str| Breach {
        rule: "paper_files",
        subject: paper.number.clone(),
        message: message.to_owned(),
    };
    match files.get(&paper.file_key).await {
        Err(_) => Some(breach("Le fichier de ce document est introuvable ou illisible.")),
        Ok(bytes) => {
            let hash = hex(&Sha256::digest(&bytes));
            (hash != paper.sha256)
                .then(|| breach("Le fichier de ce document n’est plus celui qui a été émis."))
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
