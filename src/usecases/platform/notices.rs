//! What happened to people while they were away, on their start page.

use domain::ids::PersonId;

use crate::store::Tx;
use crate::store::platform::notices::{self as store, NewNotice};
use crate::usecases::{App, UseCaseError};

/// Tells people, in the transaction of what happened.
pub async fn tell(tx: &Tx, app: &App, notices: Vec<NewNotice>) -> Result<(), UseCaseError> {
    Ok(store::add(tx, notices, app.clock.now()).await?)
}

/// Marks a person's notices, up to the last one shown, as read. Not journalled: it is their own
/// reading.
pub async fn read_all(app: &App, person: PersonId, until: i64) -> Result<(), UseCaseError> {
    let tx = app.store.begin_write().await?;
    store::read_all(&tx, person, until, app.wall.now()).await?;
    Ok(tx.commit().await?)
}
