//! The statements of an invoice as one ZIP file, written while it is sent: nine hundred papers
//! are never in memory together.

use std::vec::IntoIter;

use domain::ids::InvoiceId;

use super::super::{App, UseCaseError};
use super::statement::file_name_part;
use crate::exchange::holder_pack::{Archive, PackError};
use crate::store::invoices::{self as store, Statement};

/// How many papers one piece of the file takes.
const AT_ONCE: usize = 16;

/// One statement's file, named after its number and its member.
pub fn statement_file_name(statement: &Statement) -> String {
    format!("{}_{}.pdf", file_name_part(&statement.number), file_name_part(&statement.siret))
}

/// A ZIP file that is made piece by piece.
pub struct Bundle {
    app: App,
    left: IntoIter<Statement>,
    archive: Option<Archive>,
}

/// Every issued statement of an invoice, in the order of their numbers.
///
/// # Errors
///
/// Refused while none is issued.
pub async fn statements_zip(app: &App, invoice: InvoiceId) -> Result<Bundle, UseCaseError> {
    let mut all = store::statements(&app.store, invoice).await?;
    all.retain(|one| one.file_key.is_some());
    if all.is_empty() {
        return Err(UseCaseError::refused(
            "aucun_releve",
            "Aucun relevé de ce document n’est encore émis : émettez-les d’abord.",
        ));
    }
    let left = all.into_iter();
    Ok(Bundle { app: app.clone(), left, archive: Some(Archive::default()) })
}

impl Bundle {
    /// The next piece; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, UseCaseError> {
        let failed = |error: PackError| {
            UseCaseError::failed("packing statements")(crate::store::chain(&error))
        };
        let Some(mut archive) = self.archive.take() else { return Ok(None) };
        let mut some = false;
        for statement in self.left.by_ref().take(AT_ONCE) {
            let Some(key) = &statement.file_key else { continue };
            let bytes = self.app.files.get(key).await?;
            archive.add(&statement_file_name(&statement), &bytes).map_err(failed)?;
            some = true;
        }
        if !some {
            return Ok(Some(archive.finish().map_err(failed)?));
        }
        let piece = archive.take();
        self.archive = Some(archive);
        Ok(Some(piece))
    }
}
