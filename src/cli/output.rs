//! Standard output: the one place that writes to it.

use std::io::{self, Write};

use serde::Serialize;

use super::outcome::{Failure, Outcome};

/// Writes `value` as one JSON document and a line end.
pub(crate) fn json(value: &impl Serialize) -> Outcome {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)
        .map_err(io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
        .or_else(closed)
}

/// Writes `text` and a line end.
pub(crate) fn line(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).or_else(closed)
}

/// A table for the eye: the first `words` columns to the left, figures to the right.
pub(crate) fn aligned(table: &[Vec<String>], words: usize) -> String {
    let columns = table.first().map_or(0, Vec::len);
    let width = |column: usize| {
        table.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| {
                    if column < words {
                        format!("{cell:<width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                })
                .collect();
        format!("  {}", cells.join("  ").trim_end())
    };
    table.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A reader that has seen enough (`| head`) is no failure.
#[expect(clippy::needless_pass_by_value, reason = "it is what or_else hands over")]
fn closed(error: io::Error) -> Outcome {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(());
    }
    Err(Failure::Program(format!("Écriture impossible sur la sortie standard : {error}.")))
}
