//! Papers as one ZIP file, for whoever would download them one by one.

use std::collections::BTreeSet;

use domain::ids::{JobId, OrganisationId};

use crate::exchange::holder_pack::{Archive, PackError};
use crate::store::Viewer;
use crate::store::overview::{self, PaperRow};
use crate::usecases::{App, UseCaseError};

/// Where the ZIP file of a job is kept.
pub fn zip_key(job: JobId) -> String {
    format!("taches/{job}.zip")
}

/// How many papers are in memory at once.
const AT_ONCE: usize = 32;

/// Writes `papers` into the file `key`, as far as `viewer` sees them; how many there are. The
/// same papers give the same file: a second run writes it again.
///
/// # Errors
///
/// Refused when none is left.
pub async fn zip(
    app: &App,
    viewer: Viewer,
    papers: &[i64],
    key: &str,
    told: impl Fn(usize, usize) + Send + Sync,
) -> Result<usize, UseCaseError> {
    let member = match viewer {
        Viewer::Coordinator => None,
        Viewer::Member(member) => Some(member),
    };
    let mut rows = seen(app, member, papers).await?;
    if rows.is_empty() {
        return Err(UseCaseError::refused(
            "aucun_document",
            "Il n’y a aucun document à rassembler.",
        ));
    }
    rows.sort_by(|a, b| (&a.kind, &a.number).cmp(&(&b.kind, &b.number)));
    let failed =
        |error: PackError| UseCaseError::failed("making a ZIP file")(crate::store::chain(&error));
    let mut file = app.files.writer(key).await?;
    let mut archive = Archive::default();
    for (number, chunk) in rows.chunks(AT_ONCE).enumerate() {
        for row in chunk {
            let bytes = app.files.get(&row.file_key).await?;
            archive.add(&file_name(row), &bytes).map_err(failed)?;
        }
        file.write(&archive.take()).await?;
        told((number * AT_ONCE + chunk.len()).min(rows.len()), rows.len());
    }
    file.write(&archive.finish().map_err(failed)?).await?;
    file.finish().await?;
    Ok(rows.len())
}

async fn seen(
    app: &App,
    member: Option<OrganisationId>,
    papers: &[i64],
) -> Result<Vec<PaperRow>, UseCaseError> {
    let wanted: BTreeSet<i64> = papers.iter().copied().collect();
    Ok(overview::papers_among(&app.store, member, &wanted).await?)
}

/// `purchase_order_BC-2026-0001.pdf`: what is neither letter, digit nor `-._` becomes `-`.
fn file_name(row: &PaperRow) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
    format!("{}_{}.pdf", row.kind, row.number).chars().map(plain).collect()
}
