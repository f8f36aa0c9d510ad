//! The catalogue comes in, and articles retire from it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::catalogue::{Article, ArticleError, ArticleRef, ArticleTerms, CatalogueEntry};
use domain::french;
use domain::ids::ArticleId;

use super::{Actor, App, Refusal, UseCaseError};
use crate::store::{catalogue as store, platform};

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// New articles.
    pub added: usize,
    /// Known ones whose terms changed: each has one more version.
    pub revised: usize,
    pub unchanged: usize,
}

/// Takes a catalogue in: its terms are in force from `from` on. What the file does not name
/// stays as it is; nothing is ever deleted, and the same file twice changes nothing. All or none.
///
/// # Errors
///
/// Every entry is named that rewrites the past, changes a retired article, or moves an article
/// to another lot or family.
pub async fn import_catalogue(
    app: &App,
    actor: &Actor,
    entries: &[CatalogueEntry],
    from: NaiveDate,
) -> Result<Imported, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let known = store::articles(&tx).await?;
    let Sorted { new, revised, unchanged } = sorted(&known, entries, from)?;
    let new: Vec<CatalogueEntry> = new.into_iter().cloned().collect();
    let revised: Vec<(ArticleId, &ArticleTerms)> =
        revised.into_iter().map(|(stored, entry)| (stored.id, &entry.terms)).collect();
    store::add_articles(&tx, &new).await?;
    let ids = store::article_ids(&tx).await?;
    let first = new.iter().filter_map(|entry| {
        let id = ids.get(entry.reference.as_str())?;
        Some((*id, &entry.terms))
    });
    let versions: Vec<_> = first.chain(revised.iter().copied()).collect();
    store::add_versions(&tx, from, &versions).await?;
    let imported = Imported { added: new.len(), revised: revised.len(), unchanged };
    let details = format!(
        "{} ajoutés, {} modifiés au {}, {} inchangés",
        imported.added,
        imported.revised,
        french::date(from),
        imported.unchanged
    );
    let entry = app.entry(actor, "catalogue.import", "catalogue", 0, details);
    platform::append(&tx, vec![entry]).await?;
    tx.commit().await?;
    Ok(imported)
}

/// Entries by what importing them does.
struct Sorted<'a> {
    new: Vec<&'a CatalogueEntry>,
    revised: Vec<(&'a store::StoredArticle, &'a CatalogueEntry)>,
    unchanged: usize,
}

fn sorted<'a>(
    known: &'a BTreeMap<ArticleRef, store::StoredArticle>,
    entries: &'a [CatalogueEntry],
    from: NaiveDate,
) -> Result<Sorted<'a>, UseCaseError> {
    let mut sorted = Sorted { new: Vec::new(), revised: Vec::new(), unchanged: 0 };
    let mut refusals = Vec::new();
    for entry in entries {
        let Some(stored) = known.get(&entry.reference) else {
            sorted.new.push(entry);
            continue;
        };
        match change(stored, entry, from) {
            Ok(true) => sorted.revised.push((stored, entry)),
            Ok(false) => sorted.unchanged += 1,
            Err(refusal) => refusals.push(refusal),
        }
    }
    if refusals.is_empty() { Ok(sorted) } else { Err(UseCaseError::Refused(refusals)) }
}

/// An article that an import would change: the terms it has now, and those it would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revised {
    pub reference: ArticleRef,
    pub before: ArticleTerms,
    pub after: ArticleTerms,
}

/// What an import would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportPreview {
    pub added: Vec<CatalogueEntry>,
    pub revised: Vec<Revised>,
    pub unchanged: usize,
}

/// What [`import_catalogue`] would do with these entries, by the same rules.
///
/// # Errors
///
/// Those of [`import_catalogue`].
pub async fn preview_import(
    app: &App,
    entries: &[CatalogueEntry],
    from: NaiveDate,
) -> Result<ImportPreview, UseCaseError> {
    let known = store::articles(&app.store).await?;
    let Sorted { new, revised, unchanged } = sorted(&known, entries, from)?;
    let revised = revised.into_iter().filter_map(|(stored, entry)| {
        let before = stored.article.versions().last()?.terms.clone();
        Some(Revised { reference: entry.reference.clone(), before, after: entry.terms.clone() })
    });
    Ok(ImportPreview {
        added: new.into_iter().cloned().collect(),
        revised: revised.collect(),
        unchanged,
    })
}

/// Whether the entry is a new version of the article; a version as it is changes nothing.
fn change(
    stored: &store::StoredArticle,
    entry: &CatalogueEntry,
    from: NaiveDate,
) -> Result<bool, Refusal> {
    let known = &stored.article;
    let reference = &entry.reference;
    if known.lot != entry.lot
        || (&known.family, &known.sub_family) != (&entry.family, &entry.sub_family)
    {
        let message = format!(
            "L’article « {reference} » est du lot {}, famille « {} / {} » : un article n’en change \
             pas. Retirez-le et donnez une autre référence au nouveau.",
            known.lot, known.family, known.sub_family
        );
        return Err(Refusal::new("article_change_de_lot", message));
    }
    if known.versions().last().map(|version| &version.terms) == Some(&entry.terms) {
        return Ok(false);
    }
    let revised = Article::revise(&mut known.clone(), entry.terms.clone(), from);
    revised.map(|()| true).map_err(|error| refusal(&error))
}

fn refusal(error: &ArticleError) -> Refusal {
    match error {
        ArticleError::NotTheLast { reference, from, last } => Refusal::new(
            "version_anterieure",
            format!(
                "L’article « {reference} » a déjà une version au {} : une nouvelle ne peut pas \
                 prendre effet le {}.",
                french::date(*last),
                french::date(*from)
            ),
        ),
        ArticleError::Retired { reference, since } => Refusal::new(
            "article_retire",
            format!(
                "L’article « {reference} » est retiré depuis le {} : il ne change plus.",
                french::date(*since)
            ),
        ),
        ArticleError::Reference(_) | ArticleError::Lot(_) | ArticleError::EmptyPack => {
            Refusal::new("article_invalide", format!("Article refusé : {error}."))
        }
    }
}

/// From `day` on these articles can no longer be asked for; past papers keep them.
///
/// # Errors
///
/// Every reference that the catalogue does not have is named, and nothing retires.
pub async fn retire_articles(
    app: &App,
    actor: &Actor,
    references: &BTreeSet<ArticleRef>,
    day: NaiveDate,
) -> Result<u64, UseCaseError> {
    let tx = app.store.begin_write().await?;
    let ids = store::article_ids(&tx).await?;
    let (mut found, mut refusals) = (BTreeSet::new(), Vec::new());
    for reference in references {
        match ids.get(reference.as_str()) {
            Some(id) => {
                found.insert(*id);
            }
            None => refusals.push(Refusal::new(
                "reference_inconnue",
                format!("La référence « {reference} » n’est pas au catalogue."),
            )),
        }
    }
    if !refusals.is_empty() {
        return Err(UseCaseError::Refused(refusals));
    }
    let retired = store::retire(&tx, &found, day).await?;
    let entries = references.iter().filter_map(|reference| {
        let id = ids.get(reference.as_str())?;
        Some(app.entry(actor, "article.retire", "article", id.0, french::date(day)))
    });
    platform::append(&tx, entries.collect()).await?;
    tx.commit().await?;
    Ok(retired)
}
