//! Counting attempts before they are made: an attempt that crashes or races has counted.
//!
//! What is counted is kept under a hash: what people type into a sign-in form, now and then
//! their password, has no place in a table.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use domain::platform::limit::{Attempt, Limit};

use super::entering::EntryError;
use super::secret;
use super::sessions::Place;
use crate::store::Tx;
use crate::store::platform::limits as store;
use crate::usecases::{App, UseCaseError};

/// Windows that nothing looks at any more: the longest is a day.
const KEPT: Duration = Duration::days(2);

/// Counts an attempt on `account` from `place`, and refuses it when it is one too many.
pub async fn attempt(
    app: &App,
    what: Attempt,
    account: Option<&str>,
    place: &Place,
) -> Result<(), EntryError> {
    let now = app.wall.now();
    let mut counted: Vec<(Limit, String)> = Vec::new();
    if let Some(account) = account {
        counted.extend(keys(what, account));
    }
    if let Some(network) = network(&place.address) {
        let limits = what.per_network().iter();
        counted.extend(limits.map(|limit| (*limit, key(what, "network", *limit, &network))));
    }
    let tx = app.store.begin_write().await?;
    let mut until: Option<DateTime<Utc>> = None;
    for (limit, key) in counted {
        let count = store::count(&tx, &key, limit.window_start(now)).await?;
        until = until.max(limit.until(count, now));
    }
    tx.commit().await?;
    until.map_or(Ok(()), |until| {
        tracing::warn!(attempt = what.code(), %until, "refused: too many attempts");
        Err(EntryError::TooMany(until))
    })
}

/// Forgets the attempts on an account: its person came in.
pub(super) async fn forgive(tx: &Tx, what: Attempt, account: &str) -> Result<(), UseCaseError> {
    let keys: Vec<String> = keys(what, account).map(|(_, key)| key).collect();
    Ok(store::clear(tx, &keys).await?)
}

/// Forgets what no limit looks at any more; how many windows.
pub(super) async fn forget(app: &App, tx: &Tx) -> Result<u64, UseCaseError> {
    Ok(store::forget(tx, app.wall.now() - KEPT).await?)
}

fn keys(what: Attempt, account: &str) -> impl Iterator<Item = (Limit, String)> {
    what.per_account().iter().map(move |limit| (*limit, key(what, "account", *limit, account)))
}

fn key(what: Attempt, of: &str, limit: Limit, subject: &str) -> String {
    let minutes = limit.window.num_minutes();
    format!("{}:{of}:{minutes}:{}", what.code(), secret::hash(subject))
}

/// An IPv6 subscriber holds a whole /64: it counts as one address. `None` without a connection:
/// a command or a test.
fn network(address: &str) -> Option<String> {
    match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(v4) => Some(v4.to_string()),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Some(format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_one_subscriber_count_as_one() {
        let first = network("2001:db8:1:2::1");
        assert_eq!(first, network("2001:db8:1:2:ffff::9"));
        assert_ne!(first, network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_eq!(network(""), None);
    }

    #[test]
    fn a_key_tells_the_windows_apart_and_shows_nothing_of_what_was_typed() {
        let all: Vec<String> =
            keys(Attempt::Password, "marie@avion.example").map(|(_, key)| key).collect();
        assert_eq!(all.len(), 2);
        assert_ne!(all[0], all[1]);
        assert!(all.iter().all(|key| !key.contains("marie")));
    }
}
