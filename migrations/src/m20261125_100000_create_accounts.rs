//! People, their roles, sessions and sign-in links; limits on attempts; drafts of needs; files
//! that people add.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 8] = [
    "person",
    "role_grant",
    "recovery_code",
    "session",
    "sign_in_token",
    "attempt",
    "need_draft",
    "attachment",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The address is kept in lower case: it is what a person signs in with.
        table("person")
            .text("email")
            .text("name")
            .text_null("phone")
            .text_null("password_hash")
            .text_null("totp_secret")
            // The last time step whose code was taken: a code works once.
            .int_null("totp_step")
            .instant("created_at")
            .instant_null("disabled_at")
            .counter("version")
            .unique(&["email"])
            .create(manager)
            .await?;
        table("role_grant")
            .to("person_id", "person")
            .to("organisation_id", "organisation")
            .one_of(
                "role",
                &[
                    "member_contact",
                    "signatory",
                    "member_finance",
                    "member_reader",
                    "buyer",
                    "coordinator_finance",
                    "archivist",
                    "administrator",
                    "inspector",
                ],
            )
            .date("from_day")
            // The first day without the role.
            .date_null("to_day")
            .text("given_by")
            .unique_where(&["person_id", "organisation_id", "role"], "to_day IS NULL")
            .create(manager)
            .await?;
        table("recovery_code")
            .to("person_id", "person")
            .text("code_hash")
            .instant_null("used_at")
            .unique(&["person_id", "code_hash"])
            .create(manager)
            .await?;
        // Without a person it is a census's link, shared by a mailbox: it opens that census only.
        table("session")
            .text("token_hash")
            .maybe_to("person_id", "person")
            .maybe_to("organisation_id", "organisation")
            .maybe_to("campaign_id", "campaign")
            .flag("second_factor")
            .text("device")
            .text("address")
            .instant("created_at")
            .instant("seen_at")
            .instant("expires_at")
            .text_null("flash")
            .check(
                "who",
                "person_id IS NOT NULL OR (organisation_id IS NOT NULL AND campaign_id IS NOT NULL)",
            )
            .unique(&["token_hash"])
            .create(manager)
            .await?;
        table("sign_in_token")
            .text("token_hash")
            .one_of("purpose", &["sign_in", "invitation", "reset", "change_email", "census"])
            .maybe_to("person_id", "person")
            .maybe_to("organisation_id", "organisation")
            .maybe_to("campaign_id", "campaign")
            .text("email")
            .instant("created_at")
            .instant("expires_at")
            .instant_null("used_at")
            .unique(&["token_hash"])
            .create(manager)
            .await?;
        table("attempt")
            .text("key")
            .instant("window_start")
            .int("count")
            .unique(&["key", "window_start"])
            .create(manager)
            .await?;
        // What was typed and not sent; needs themselves are written when they are sent.
        table("need_draft")
            .to("sheet_id", "need_sheet")
            .text("body")
            .text("saved_by")
            .instant("saved_at")
            .counter("version")
            .unique(&["sheet_id"])
            .create(manager)
            .await?;
        // `organisation_id` is the member that may see it; without one, the coordinator alone.
        table("attachment")
            .text("subject")
            .int("subject_id")
            .maybe_to("organisation_id", "organisation")
            .text("kind")
            .text("name")
            .text("content_type")
            .int("bytes")
            .text("sha256")
            .text("file_key")
            .text("added_by")
            .instant("added_at")
            .index(&["subject", "subject_id"])
            .unique(&["file_key"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
