//! A member's papers of a year as one ZIP that is made while it is sent.
//!
//! Memory holds one paper at a time, whatever their number. A file that cannot be read ends the
//! archive before its end, so that the reader's program says that it is not whole.

use std::collections::VecDeque;

use domain::ids::OrganisationId;

use super::{App, UseCaseError};
use crate::exchange::holder_pack::Archive;
use crate::exchange::listing::{Cell, csv_piece};
use crate::store::files::Files;
use crate::store::papers::{MemberPaper, PaperFilter, member_papers};
use crate::store::{Slice, StoreError};

/// The name of the list of papers inside the archive.
pub const LIST: &str = "liste-des-documents.csv";

/// What it says of each file.
const HEAD: [&str; 8] =
    ["Fichier", "Document", "Numéro", "Objet", "Émis le", "Pages", "Octets", "SHA-256"];

/// What a person calls a paper of this kind.
pub fn paper_kind(code: &str) -> &'static str {
    match code {
        "purchase_order" => "Bon de commande",
        "delivery_extract" => "Extrait de livraison",
        "allocation_statement" => "Relevé de répartition",
        "lot_sheet" => "Fiche de lot",
        "needs_receipt" => "Récépissé des besoins",
        _ => "Document",
    }
}

/// `2026-11-03_bon-de-commande_BC-2026-0001.pdf`: the day first, so that a folder sorts.
pub fn paper_file_name(paper: &MemberPaper) -> String {
    let kind = match paper.kind.as_str() {
        "purchase_order" => "bon-de-commande",
        "delivery_extract" => "extrait-de-livraison",
        "allocation_statement" => "releve-de-repartition",
        "lot_sheet" => "fiche-de-lot",
        "needs_receipt" => "recepisse-des-besoins",
        _ => "document",
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '-' };
    let number: String = paper.number.chars().map(plain).collect();
    format!("{}_{kind}_{number}.pdf", paper.issued_on)
}

/// The archive of a year, piece by piece.
pub struct Bundle {
    files: Files,
    left: VecDeque<MemberPaper>,
    listed: Vec<Vec<Cell>>,
    archive: Option<Archive>,
}

/// The papers of `member` issued in `year`.
///
/// # Errors
///
/// `NotFound` where there is none.
pub async fn papers_of_year(
    app: &App,
    member: OrganisationId,
    year: i32,
) -> Result<Bundle, UseCaseError> {
    let filter = PaperFilter { year: Some(year), kind: None };
    let all = Slice { sort: "date".into(), limit: u64::MAX, ..Slice::default() };
    let (papers, _) = member_papers(&app.store, member, &filter, &all).await?;
    if papers.is_empty() {
        return Err(StoreError::NotFound { what: "papers of year", id: year.to_string() }.into());
    }
    Ok(Bundle {
        files: app.files.clone(),
        left: papers.into(),
        listed: Vec::new(),
        archive: Some(Archive::default()),
    })
}

impl Bundle {
    /// The next bytes; `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, UseCaseError>> {
        self.archive.as_ref()?;
        let piece = self.piece().await;
        if piece.is_err() {
            self.archive = None;
        }
        Some(piece)
    }

    async fn piece(&mut self) -> Result<Vec<u8>, UseCaseError> {
        let doing = "packing papers";
        let Some(paper) = self.left.pop_front() else {
            let Some(mut archive) = self.archive.take() else { return Ok(Vec::new()) };
            let head = HEAD.map(str::to_owned);
            let list = csv_piece(Some(&head), &self.listed).map_err(UseCaseError::failed(doing))?;
            archive.add(LIST, &list).map_err(UseCaseError::failed(doing))?;
            return archive.finish().map_err(UseCaseError::failed(doing));
        };
        let bytes = self.files.get(&paper.file_key).await?;
        let file = paper_file_name(&paper);
        let Some(archive) = self.archive.as_mut() else { return Ok(Vec::new()) };
        archive.add(&file, &bytes).map_err(UseCaseError::failed(doing))?;
        self.listed.push(vec![
            Cell::Text(file),
            Cell::text(paper_kind(&paper.kind)),
            Cell::Text(paper.number),
            Cell::Text(paper.about),
            Cell::Date(paper.issued_on),
            Cell::Count(paper.pages),
            Cell::Count(paper.bytes),
            Cell::Text(paper.sha256),
        ]);
        Ok(archive.take())
    }
}
