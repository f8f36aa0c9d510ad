//! Work to be done later, e-mails to be sent, notices on the start page.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 3] = ["job", "mail", "notice"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One job of a kind and key at a time waits or runs: a double click asks once.
        table("job")
            .text("kind")
            .text("key")
            .text("payload")
            .one_of("state", &["waiting", "running", "done", "dead", "cancelled"])
            .counter("attempts")
            .instant("run_at")
            .instant_null("locked_until")
            .text_null("runner")
            .counter("done_units")
            .counter("total_units")
            .text("message")
            .text_null("last_error")
            .text_null("result")
            .flag("cancel_asked")
            .text("asked_by")
            .instant("asked_at")
            .instant_null("ended_at")
            .index(&["state", "run_at"])
            .unique_where(&["kind", "key"], "state IN ('waiting', 'running')")
            .create(manager)
            .await?;
        // Written in the transaction that caused it. `key` says what it is about: one message of
        // a kind and key is ever written, however often a reminder's job runs.
        table("mail")
            .text("kind")
            .text("key")
            .text("to_address")
            .text("to_name")
            .maybe_to("person_id", "person")
            .maybe_to("organisation_id", "organisation")
            .maybe_to("campaign_id", "campaign")
            .text("subject")
            .text("text")
            .text("html")
            // A file of the store that goes with it: the holder's pack.
            .text_null("attached_key")
            .text_null("attached_name")
            .one_of("state", &["waiting", "sending", "sent", "failed", "bounced"])
            .counter("attempts")
            .instant("next_at")
            .instant_null("locked_until")
            .instant("queued_at")
            .instant_null("sent_at")
            .text_null("last_error")
            .text("message_id")
            .index(&["state", "next_at"])
            .unique(&["kind", "key"])
            .unique(&["message_id"])
            .create(manager)
            .await?;
        table("notice")
            .to("person_id", "person")
            .maybe_to("organisation_id", "organisation")
            .text("title")
            .text("link")
            .instant("at")
            .instant_null("read_at")
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
