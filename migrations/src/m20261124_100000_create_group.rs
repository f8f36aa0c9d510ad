//! Organisations, their SIRETs, people and delivery points; conventions and who adhered.

use sea_orm_migration::prelude::*;

use crate::table::{drop, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 9] = [
    "organisation",
    "siret",
    "site",
    "contact",
    "delegation",
    "convention",
    "convention_lot",
    "membership",
    "membership_lot",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table("organisation")
            .one_of(
                "kind",
                &[
                    "commune",
                    "epci",
                    "other_public",
                    "coordinator",
                    "supplier",
                    "departmental_archives",
                ],
            )
            .text("name")
            .text("siren")
            .text_null("insee")
            .int_null("population")
            .text_null("street")
            .text_null("postcode")
            .text_null("city")
            .maybe_to("epci_id", "organisation")
            .maybe_to("successor_id", "organisation")
            .date_null("succeeded_on")
            .check("siren", "length(siren) = 9")
            .check("succession", "(successor_id IS NULL) = (succeeded_on IS NULL)")
            .unique(&["siren"])
            .index(&["name"])
            .create(manager)
            .await?;
        table("siret")
            .to("organisation_id", "organisation")
            .text("siret")
            .date("valid_from")
            .date_null("valid_to")
            .one_of("status", &["derived", "confirmed"])
            .text("source")
            .text_null("confirmed_by")
            .date_null("confirmed_on")
            .check("length", "length(siret) = 14")
            .check(
                "confirmed",
                "status = 'derived' OR (confirmed_by IS NOT NULL AND confirmed_on IS NOT NULL)",
            )
            .unique(&["siret"])
            .unique_where(&["organisation_id", "valid_to"], "valid_to IS NULL")
            .create(manager)
            .await?;
        table("site")
            .to("organisation_id", "organisation")
            .text("name")
            .text_null("street")
            .text_null("postcode")
            .text_null("city")
            .text_null("access")
            .text_null("hours")
            .text_null("contact")
            .text_null("phone")
            .unique(&["organisation_id", "name"])
            .unique(&["id", "organisation_id"])
            .create(manager)
            .await?;
        table("contact")
            .to("organisation_id", "organisation")
            .one_of("role", &["referent", "finance", "signatory"])
            .text("name")
            .text_null("email")
            .text_null("phone")
            .unique(&["organisation_id", "role", "name"])
            .create(manager)
            .await?;
        table("delegation")
            .to("organisation_id", "organisation")
            .text("person")
            .text("quality")
            .date("valid_from")
            .date_null("valid_to")
            .text_null("act")
            .create(manager)
            .await?;
        table("convention")
            .text("reference")
            .text("title")
            .flag("permanent")
            .date("starts_on")
            .date_null("ends_on")
            .to("coordinator_id", "organisation")
            .one_of("committee", &["coordinator", "members"])
            .one_of("fee_key", &["none", "equal", "population", "net"])
            .unique(&["reference"])
            .create(manager)
            .await?;
        table("convention_lot")
            .to("convention_id", "convention")
            .text("lot")
            .text("title")
            .one_of("model", &["A", "B", "C"])
            .one_of("freight_key", &["net", "quantity", "equal"])
            .one_of("packing", &["site", "pooled", "tolerance"])
            .check("shared_packs", "packing = 'site' OR model = 'C'")
            .unique(&["convention_id", "lot"])
            .create(manager)
            .await?;
        table("membership")
            .to("convention_id", "convention")
            .to("organisation_id", "organisation")
            .one_of("state", &["prospect", "deliberated", "signed", "active", "withdrawn"])
            .text_null("deliberation_number")
            .date_null("deliberated_on")
            .date_null("enforceable_on")
            .date_null("signed_on")
            .text_null("signatory")
            .date_null("withdrawn_on")
            .check(
                "active",
                "state <> 'active' OR (enforceable_on IS NOT NULL AND signed_on IS NOT NULL)",
            )
            .check("withdrawn", "(state = 'withdrawn') = (withdrawn_on IS NOT NULL)")
            .unique(&["convention_id", "organisation_id"])
            .create(manager)
            .await?;
        table("membership_lot")
            .to("membership_id", "membership")
            .text("lot")
            .unique(&["membership_id", "lot"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
