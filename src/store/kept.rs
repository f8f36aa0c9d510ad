//! What cannot change once it is committed, read from the database once by each process: the
//! articles that a census froze, and the budget accounts, which only a migration writes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::catalogue::budget::AccountRule;
use domain::dates::Dated;
use domain::ids::CampaignId;

use super::campaigns::FrozenArticle;
use super::{Access, StoreError};

#[derive(Debug, Default)]
pub struct Kept {
    /// By census, in the order of lots, families and references.
    pub(super) articles: Shelf<CampaignId, Arc<FrozenArticle>>,
    pub(super) accounts: Shelf<(), Dated<AccountRule>>,
}

/// Lists by key.
#[derive(Debug)]
pub(super) struct Shelf<K, V>(Mutex<BTreeMap<K, Arc<[V]>>>);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// The list of `key`: kept, or read and kept. One without rows is not: they may still come.
pub(super) async fn kept<A: Access, K: Ord, V>(
    on: &A,
    shelf: impl Fn(&Kept) -> &Shelf<K, V>,
    key: K,
    read: impl AsyncFnOnce(&A) -> Result<Vec<V>, StoreError>,
) -> Result<Arc<[V]>, StoreError> {
    let lists = on.kept().map(|kept| &shelf(kept).0);
    let known = lists
        .and_then(|lists| lists.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned());
    if let Some(list) = known {
        return Ok(list);
    }
    let list: Arc<[V]> = read(on).await?.into();
    if let Some(lists) = lists.filter(|_| !list.is_empty()) {
        lists.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&list));
    }
    Ok(list)
}
