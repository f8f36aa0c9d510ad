//! Making many papers: rendered off the async threads, on every core, a batch at a time.
//!
//! The file is put before its row is registered and its key comes from its number, so that
//! whoever starts again after a kill overwrites the same file and leaves none without a row.

use std::num::NonZero;
use std::thread::available_parallelism;

use super::{App, UseCaseError};
use crate::documents::{Paper, PaperError};
use crate::store::Tx;
use crate::store::platform::{self, IssuedPaper};

/// How many papers are in memory at once.
pub(crate) const BATCH: usize = 64;

/// Renders `inputs`, in their order, each with what became of it.
pub(crate) async fn render_each<T: Send + 'static>(
    mut inputs: Vec<T>,
    render: fn(&T) -> Result<Paper, PaperError>,
) -> Result<Vec<Result<Paper, PaperError>>, UseCaseError> {
    let cores = available_parallelism().map_or(1, NonZero::get);
    let part = inputs.len().div_ceil(cores).max(1);
    let mut tasks = Vec::with_capacity(cores);
    while !inputs.is_empty() {
        let rest = inputs.split_off(part.min(inputs.len()));
        let mine = std::mem::replace(&mut inputs, rest);
        tasks
            .push(tokio::task::spawn_blocking(move || mine.iter().map(render).collect::<Vec<_>>()));
    }
    let mut papers = Vec::new();
    for task in tasks {
        papers.extend(task.await.map_err(UseCaseError::failed("rendering papers"))?);
    }
    Ok(papers)
}

/// Renders `inputs`, in their order; none when one of them cannot be.
pub(crate) async fn render_all<T: Send + 'static>(
    inputs: Vec<T>,
    render: fn(&T) -> Result<Paper, PaperError>,
) -> Result<Vec<Paper>, UseCaseError> {
    let made = render_each(inputs, render).await?;
    made.into_iter().collect::<Result<_, _>>().map_err(|error| UseCaseError::Failed {
        doing: "rendering papers",
        message: error.for_the_reader(),
    })
}

/// Keeps the bytes of `papers` and registers them, in the transaction that issues them. Each
/// comes with its row, whose title, hash and sizes are those of the paper.
pub(crate) async fn keep(
    app: &App,
    tx: &Tx,
    papers: Vec<(IssuedPaper, Paper)>,
) -> Result<(), UseCaseError> {
    let mut rows = Vec::with_capacity(papers.len());
    for (row, paper) in papers {
        let Paper { title, pages, sha256, bytes } = paper;
        rows.push(IssuedPaper { title, pages, sha256, bytes: bytes.len(), ..row });
        let key = rows.last().map_or("", |row| row.file_key.as_str());
        app.files.put(key, bytes).await?;
    }
    Ok(platform::register_papers(tx, &rows).await?)
}
