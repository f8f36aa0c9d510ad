//! Keeping a file that somebody added: its bytes in the file store, its row in the database.

use domain::ids::{AttachmentId, OrganisationId};

use super::secret;
use crate::store::Tx;
use crate::store::platform::attachments::{self as store, Attachment, Subject};
use crate::usecases::{Actor, App, UseCaseError};

/// A file as it came in, its content already known to be what its type says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    pub name: String,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Keeps a file for `subject`, in the transaction of what it belongs to. The bytes are written
/// first, under a name of their own: a transaction that fails leaves a file nobody names.
pub async fn keep(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    subject: Subject,
    (organisation, kind): (Option<OrganisationId>, &str),
    file: NewFile,
) -> Result<AttachmentId, UseCaseError> {
    use sha2::Digest;
    let sha256 = secret::hexadecimal(&sha2::Sha256::digest(&file.bytes));
    let unique: String = secret::token()?.chars().take(32).collect();
    let file_key = format!("pieces/{}/{unique}", subject.0);
    let bytes = i64::try_from(file.bytes.len()).map_err(UseCaseError::failed("sizing a file"))?;
    app.files.put(&file_key, file.bytes).await?;
    let row = Attachment {
        id: AttachmentId(0),
        organisation,
        kind: kind.to_owned(),
        name: file.name,
        content_type: file.content_type.to_owned(),
        bytes,
        sha256,
        file_key,
        added_by: actor.0.clone(),
        added_at: app.wall.now(),
    };
    Ok(store::add(tx, subject, &row).await?)
}
