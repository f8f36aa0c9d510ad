//! The statements of an invoice as one ZIP file.

use std::io::{Cursor, Write};

use domain::ids::InvoiceId;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::super::{App, UseCaseError};
use super::statement::file_name_part;
use crate::store::invoices::{self as store, Statement};

/// One statement's file, named after its number and its member.
pub fn statement_file_name(statement: &Statement) -> String {
    format!("{}_{}.pdf", file_name_part(&statement.number), file_name_part(&statement.siret))
}

/// Every issued statement of an invoice in one file, in the order of their numbers.
///
/// # Errors
///
/// Refused while none is issued.
pub async fn statements_zip(app: &App, invoice: InvoiceId) -> Result<Vec<u8>, UseCaseError> {
    let doing = "packing statements";
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut some = false;
    for statement in store::statements(&app.store, invoice).await? {
        let Some(key) = &statement.file_key else { continue };
        some = true;
        let bytes = app.files.get(key).await?;
        // A PDF is compressed already.
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer
            .start_file(statement_file_name(&statement), stored)
            .map_err(UseCaseError::failed(doing))?;
        writer.write_all(&bytes).map_err(UseCaseError::failed(doing))?;
    }
    if !some {
        return Err(UseCaseError::refused(
            "aucun_releve",
            "Aucun relevé de cette facture n’est encore émis : émettez-les d’abord.",
        ));
    }
    let packed = writer.finish().map_err(UseCaseError::failed(doing))?;
    Ok(packed.into_inner())
}
