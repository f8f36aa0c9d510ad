//! Files that people add: deliberations, signed sheets, photographs, supplier invoices.

use chrono::{DateTime, Utc};
use domain::ids::{AttachmentId, MembershipId, OrganisationId};
use entities::{attachment, membership};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    Condition, EntityTrait, QueryFilter, QueryOrder, Select,
};

use crate::store::{Access, StoreError, Tx, Viewer};

/// What it was added to: the name of a table and a row of it.
pub type Subject = (&'static str, i64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    /// The member that may see it; without one, the coordinator alone.
    pub organisation: Option<OrganisationId>,
    /// `deliberation`, `signed_sheet`, `photo`, `invoice`…
    pub kind: String,
    pub name: String,
    pub content_type: String,
    pub bytes: i64,
    pub sha256: String,
    pub file_key: String,
    pub added_by: String,
    pub added_at: DateTime<Utc>,
}

/// Records a file that is already in the file store.
pub async fn add(tx: &Tx, subject: Subject, new: &Attachment) -> Result<AttachmentId, StoreError> {
    let row = attachment::ActiveModel {
        id: NotSet,
        subject: Set(subject.0.to_owned()),
        subject_id: Set(subject.1),
        organisation_id: Set(new.organisation.map(|id| id.0)),
        kind: Set(new.kind.clone()),
        name: Set(new.name.clone()),
        content_type: Set(new.content_type.clone()),
        bytes: Set(new.bytes),
        sha256: Set(new.sha256.clone()),
        file_key: Set(new.file_key.clone()),
        added_by: Set(new.added_by.clone()),
        added_at: Set(new.added_at),
    };
    let row = row.insert(tx.connection()).await.map_err(StoreError::during("adding a file"))?;
    Ok(AttachmentId(row.id))
}

fn visible(viewer: Viewer) -> Select<attachment::Entity> {
    let all = attachment::Entity::find();
    match viewer {
        Viewer::Coordinator => all,
        Viewer::Member(id) => all.filter(attachment::COLUMN.organisation_id.eq(id.0)),
    }
}

fn attachment(row: attachment::Model) -> Attachment {
    Attachment {
        id: AttachmentId(row.id),
        organisation: row.organisation_id.map(OrganisationId),
        kind: row.kind,
        name: row.name,
        content_type: row.content_type,
        bytes: row.bytes,
        sha256: row.sha256,
        file_key: row.file_key,
        added_by: row.added_by,
        added_at: row.added_at,
    }
}

pub async fn find(
    on: &impl Access,
    viewer: Viewer,
    id: AttachmentId,
) -> Result<Attachment, StoreError> {
    visible(viewer)
        .filter(attachment::COLUMN.id.eq(id.0))
        .one(on.connection())
        .await
        .map_err(StoreError::during("finding a file"))?
        .map(attachment)
        .ok_or_else(|| StoreError::NotFound { what: "attachment", id: id.to_string() })
}

/// The files of a member's memberships and the texts of their conventions, by membership, oldest
/// first.
pub async fn of_memberships(
    on: &impl Access,
    member: OrganisationId,
) -> Result<Vec<(MembershipId, Attachment)>, StoreError> {
    let doing = "listing the files of memberships";
    let joined = membership::Entity::find()
        .filter(membership::COLUMN.organisation_id.eq(member.0))
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let own = Condition::all()
        .add(attachment::COLUMN.subject.eq("membership"))
        .add(attachment::COLUMN.organisation_id.eq(member.0))
        .add(attachment::COLUMN.subject_id.is_in(joined.iter().map(|one| one.id)));
    let texts = Condition::all()
        .add(attachment::COLUMN.subject.eq("convention"))
        .add(attachment::COLUMN.kind.eq("convention"))
        .add(attachment::COLUMN.subject_id.is_in(joined.iter().map(|one| one.convention_id)));
    let rows = attachment::Entity::find()
        .filter(Condition::any().add(own).add(texts))
        .order_by_asc(attachment::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during(doing))?;
    let mut files = Vec::with_capacity(rows.len());
    for row in rows {
        let about = |one: &&membership::Model| match row.subject.as_str() {
            "membership" => one.id == row.subject_id,
            _ => one.convention_id == row.subject_id,
        };
        if let Some(one) = joined.iter().find(about) {
            files.push((MembershipId(one.id), attachment(row.clone())));
        }
    }
    Ok(files)
}

/// The files added to `subject`, oldest first.
pub async fn of(
    on: &impl Access,
    viewer: Viewer,
    subject: Subject,
) -> Result<Vec<Attachment>, StoreError> {
    let rows = visible(viewer)
        .filter(attachment::COLUMN.subject.eq(subject.0))
        .filter(attachment::COLUMN.subject_id.eq(subject.1))
        .order_by_asc(attachment::COLUMN.id)
        .all(on.connection())
        .await
        .map_err(StoreError::during("listing files"))?;
    Ok(rows.into_iter().map(attachment).collect())
}
