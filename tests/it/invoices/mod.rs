//! Suppliers' e-invoices: what is read, what is refused, and what does not match the order.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

mod check;
mod hostile;
mod intake;
mod spoiled;

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/invoices").join(file)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// `travee` with these arguments.
fn travee(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_travee")).args(arguments).output().unwrap()
}

/// The report of `travee invoice check --json` and its exit code.
fn check(name: &str) -> (Value, Option<i32>) {
    let output = travee(&["invoice", "check", path(name).to_str().unwrap(), "--json"]);
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}
