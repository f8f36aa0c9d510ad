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
    "lot",
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
                    "public_body",
                    "coordinator",
                    "supplier",
                    "departmental_archives",
                ],
            )
            .text("name")
            .text("siren")
            .text_null("insee")
            .int_null("population")
            .text("address_lines")
            .text_null("postcode")
            .text_null("town")
            .flag("chorus_service_code")
            .flag("chorus_commitment_number")
            .maybe_to("epci_id", "organisation")
            .maybe_to("heir_id", "organisation")
            .date_null("succeeded_on")
            .check("siren", "length(siren) = 9")
            .check("address", "(postcode IS NULL) = (town IS NULL)")
            .check("succession", "(heir_id IS NULL) = (succeeded_on IS NULL)")
            .unique(&["siren"])
            .index(&["name"])
            .create(manager)
            .await?;
        table("siret")
            .to("organisation_id", "organisation")
            .text("siret")
            .date_null("valid_from")
            .date_null("valid_to")
            .one_of("status", &["derived_not_verified", "confirmed"])
            .text_null("confirmed_by")
            .date_null("confirmed_on")
            .check("length", "length(siret) = 14")
            .check(
                "confirmed",
                "(status = 'confirmed') = (confirmed_by IS NOT NULL AND confirmed_on IS NOT NULL)",
            )
            .unique(&["siret"])
            .unique_where(&["organisation_id"], "valid_to IS NULL")
            .create(manager)
            .await?;
        table("site")
            .to("organisation_id", "organisation")
            .text("name")
            .text("address_lines")
            .text("postcode")
            .text("town")
            .text("hours")
            .text("constraints")
            .int_null("contact_id")
            .flag("retired")
            .check("postcode", "length(postcode) = 5")
            .unique(&["organisation_id", "name"])
            .unique(&["id", "organisation_id"])
            .create(manager)
            .await?;
        table("contact")
            .to("organisation_id", "organisation")
            .maybe_to("site_id", "site")
            .one_of("role", &["referent", "finance", "signataire"])
            .text("name")
            .text("quality")
            .text_null("email")
            .text("phone")
            .unique(&["organisation_id", "role", "name"])
            .create(manager)
            .await?;
        table("delegation")
            .to("contact_id", "contact")
            .text("name")
            .text("quality")
            .text("act")
            .date("valid_from")
            .date_null("valid_to")
            .create(manager)
            .await?;
        table("convention")
            .text("reference")
            .text("subject")
            .flag("permanent")
            .date("starts_on")
            .date_null("ends_on")
            .to("coordinator_id", "organisation")
            .one_of("committee", &["coordinator", "group"])
            .one_of("freight_key", &["net", "quantity", "equal"])
            .one_of("fee_key", &["equal", "population", "net"])
            .check("end", "permanent OR ends_on IS NOT NULL")
            .unique(&["reference"])
            .create(manager)
            .await?;
        table("lot")
            .to("convention_id", "convention")
            .text("number")
            .text("title")
            .one_of("model", &["A", "B", "C"])
            .one_of("packing", &["site", "pooled", "tolerance"])
            .check("shared_packs", "packing = 'site' OR model = 'C'")
            .unique(&["convention_id", "number"])
            .create(manager)
            .await?;
        table("membership")
            .to("convention_id", "convention")
            .to("organisation_id", "organisation")
            .one_of("state", &["prospect", "deliberated", "signed", "active", "withdrawn"])
            .text_null("deliberation_number")
            .date_null("deliberated_on")
            .date_null("enforceable_on")
            .text_null("signed_by")
            .text_null("signed_quality")
            .date_null("signed_on")
            .date_null("left_on")
            .check(
                "active",
                "state <> 'active' OR (enforceable_on IS NOT NULL AND signed_on IS NOT NULL)",
            )
            .check("withdrawn", "(state = 'withdrawn') = (left_on IS NOT NULL)")
            .unique(&["convention_id", "organisation_id"])
            .create(manager)
            .await?;
        table("membership_lot")
            .to("membership_id", "membership")
            .to("lot_id", "lot")
            .unique(&["membership_id", "lot_id"])
            .create(manager)
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &TABLES).await
    }
}
