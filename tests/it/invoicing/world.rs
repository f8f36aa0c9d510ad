//! Orders with accepted deliveries, written row by row: what an invoice is judged against.

use std::collections::HashMap;

use domain::ids::{ConventionId, OrganisationId};
use domain::platform::breach::Breach;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, Value};
use travee::usecases::App;
use travee::usecases::check::check;

use crate::fixtures::day;
use crate::harness::Fresh;

/// What one member has of an order line: member, ordered, delivered, accepted.
pub(crate) type Share = (OrganisationId, u32, u32, u32);

#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) reference: &'static str,
    pub(crate) price_e4: i64,
    pub(crate) rate_bp: i64,
    /// In thousandths: ordered, delivered, accepted by member.
    pub(crate) shares: Vec<(OrganisationId, i64, i64, i64)>,
}

/// A line of `price` (ten-thousandths) at 20 %.
pub(crate) fn line(reference: &'static str, price_e4: i64, shares: &[Share]) -> Line {
    let milli = |one: &u32| i64::from(*one) * 1_000;
    let shares = shares.iter().map(|(member, ordered, delivered, accepted)| {
        (*member, milli(ordered), milli(delivered), milli(accepted))
    });
    Line { reference, price_e4, rate_bp: 2_000, shares: shares.collect() }
}

/// Writes rows behind the store's back, and remembers what is there already.
pub(crate) struct World {
    db: DatabaseConnection,
    convention: ConventionId,
    campaign: i64,
    procedure: i64,
    seen: HashMap<String, i64>,
}

impl World {
    pub(crate) async fn new(fresh: &Fresh, convention: ConventionId) -> Self {
        let db = fresh.raw().await;
        let mut world = Self { db, convention, campaign: 0, procedure: 0, seen: HashMap::new() };
        world.campaign = world
            .insert(
                "campaign",
                &[
                    ("convention_id", convention.0.into()),
                    ("title", "Besoins 2026".into()),
                    ("state", "draft".into()),
                    ("opens_on", day("2026-02-01").into()),
                    ("closes_on", day("2026-03-01").into()),
                    ("first_year", 2026_i64.into()),
                    ("years", 1_i64.into()),
                ],
            )
            .await;
        world.procedure = world
            .insert(
                "tender_procedure",
                &[
                    ("convention_id", convention.0.into()),
                    ("campaign_id", world.campaign.into()),
                    ("reference", "2026-ARCH".into()),
                    ("title", "Archives".into()),
                    ("launched_on", day("2026-04-01").into()),
                    ("kind", "formal".into()),
                    ("estimated_cents", 10_000_000_i64.into()),
                    ("threshold_source", "".into()),
                ],
            )
            .await;
        world
    }

    async fn insert(&self, table: &str, row: &[(&str, Value)]) -> i64 {
        let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
        let places: Vec<String> = (1..=row.len()).map(|at| format!("${at}")).collect();
        let text = format!(
            "INSERT INTO {table} ({}) VALUES ({}) RETURNING id",
            names.join(", "),
            places.join(", ")
        );
        let values = row.iter().map(|(_, value)| value.clone());
        let backend = self.db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, text, values);
        let made = self.db.query_one_raw(statement).await.unwrap().unwrap();
        made.try_get("", "id").unwrap()
    }

    async fn once(&mut self, table: &str, key: &str, row: &[(&str, Value)]) -> i64 {
        let name = format!("{table} {key}");
        if let Some(id) = self.seen.get(&name) {
            return *id;
        }
        let id = self.insert(table, row).await;
        self.seen.insert(name, id);
        id
    }

    pub(crate) async fn lot(&self, number: &str) -> i64 {
        let backend = self.db.get_database_backend();
        let text = "SELECT id FROM lot WHERE convention_id = $1 AND number = $2";
        let values = [self.convention.0.into(), number.into()];
        let statement = Statement::from_sql_and_values(backend, text, values);
        self.db.query_one_raw(statement).await.unwrap().unwrap().try_get("", "id").unwrap()
    }

    /// A contract of the lot with its schedule: (contract, schedule).
    async fn contract(&mut self, number: &str, lot: &str, holder: OrganisationId) -> (i64, i64) {
        let lot_id = self.lot(lot).await;
        let tender_lot = self
            .once(
                "tender_lot",
                lot,
                &[
                    ("procedure_id", self.procedure.into()),
                    ("lot_id", lot_id.into()),
                    ("duration_months", 48_i64.into()),
                    ("estimated_cents", 10_000_000_i64.into()),
                    ("ceiling_cents", 100_000_000_i64.into()),
                ],
            )
            .await;
        let contract = self
            .once(
                "contract",
                number,
                &[
                    ("number", number.into()),
                    ("title", "Fournitures d’archives".into()),
                    ("convention_id", self.convention.0.into()),
                    ("tender_lot_id", tender_lot.into()),
                    ("lot_id", lot_id.into()),
                    ("holder_id", holder.0.into()),
                    ("launched_on", day("2026-04-01").into()),
                    ("notified_on", day("2026-06-01").into()),
                    ("starts_on", day("2026-06-01").into()),
                    ("months", 48_i64.into()),
                    ("last_order_on", day("2030-05-31").into()),
                    ("ceiling_cents", 100_000_000_i64.into()),
                    ("delivery_days", 30_i64.into()),
                    ("freight_cents", 0_i64.into()),
                    ("tier_base", "order".into()),
                ],
            )
            .await;
        let schedule = self
            .once(
                "price_schedule",
                number,
                &[
                    ("contract_id", contract.into()),
                    ("valid_from", day("2026-06-01").into()),
                    ("note", "".into()),
                ],
            )
            .await;
        (contract, schedule)
    }

    async fn article(&mut self, reference: &str, rate_bp: i64) -> i64 {
        let (lot, family, unit) = match &reference[..3] {
            "BOI" => ("1", "boites", "H87"),
            "RAY" => ("2", "rayonnages", "MTR"),
            _ => ("3", "reliures", "H87"),
        };
        let article = self
            .once(
                "article",
                reference,
                &[
                    ("reference", reference.into()),
                    ("lot", lot.into()),
                    ("family", family.into()),
                    ("subfamily", "courant".into()),
                ],
            )
            .await;
        self.once(
            "article_version",
            reference,
            &[
                ("article_id", article.into()),
                ("valid_from", day("2026-01-01").into()),
                ("label", format!("Article {reference}").into()),
                ("unit", unit.into()),
                ("unit_label", "unité".into()),
                ("takes_decimals", (unit == "MTR").into()),
                ("cpv", "30199500-5".into()),
                ("rate_bp", rate_bp.into()),
                ("specification", "".into()),
                ("standards", "".into()),
                ("price_e4", 10_000_i64.into()),
            ],
        )
        .await
    }

    async fn site(&mut self, member: OrganisationId) -> i64 {
        self.once(
            "site",
            &member.to_string(),
            &[
                ("organisation_id", member.0.into()),
                ("name", "Mairie".into()),
                ("address_lines", "1 place de la Mairie".into()),
                ("postcode", "62000".into()),
                ("town", "Arras".into()),
                ("hours", "".into()),
                ("constraints", "".into()),
                ("retired", false.into()),
            ],
        )
        .await
    }

    /// An issued order of `buyer` with what was delivered and accepted of it.
    pub(crate) async fn order(
        &mut self,
        number: &str,
        (contract, lot, holder): (&str, &str, OrganisationId),
        buyer: OrganisationId,
        lines: &[Line],
    ) {
        let (contract_id, schedule) = self.contract(contract, lot, holder).await;
        let opens =
            day("2026-06-15") + chrono::Duration::days(i64::try_from(self.seen.len()).unwrap());
        let window = self
            .insert(
                "order_window",
                &[
                    ("contract_id", contract_id.into()),
                    ("campaign_id", self.campaign.into()),
                    ("year", 2026_i64.into()),
                    ("opens_on", opens.into()),
                    ("closes_on", day("2028-06-30").into()),
                    ("state", "closed".into()),
                ],
            )
            .await;
        self.seen.insert(format!("window {number}"), window);
        let quantity =
            |line: &Line| line.shares.iter().map(|(_, ordered, ..)| *ordered).sum::<i64>();
        // Ten-thousandths × thousandths, to cents, half-up.
        let net = |line: &Line| (line.price_e4 * quantity(line) + 50_000) / 100_000;
        let total: i64 = lines.iter().map(net).sum();
        let vat: i64 = lines.iter().map(|line| net(line) * line.rate_bp / 10_000).sum();
        let order = self
            .insert(
                "purchase_order",
                &[
                    ("number", number.into()),
                    ("contract_id", contract_id.into()),
                    ("window_id", window.into()),
                    ("schedule_id", schedule.into()),
                    ("buyer_id", buyer.0.into()),
                    ("state", "issued".into()),
                    ("version", 0_i64.into()),
                    ("lines_cents", total.into()),
                    ("freight_cents", 0_i64.into()),
                    ("net_cents", total.into()),
                    ("vat_cents", vat.into()),
                    ("gross_cents", (total + vat).into()),
                    ("signed_by", "Claire Martin".into()),
                    ("signed_quality", "Maire".into()),
                    ("signed_on", day("2026-06-30").into()),
                    ("issued_on", day("2026-07-01").into()),
                    ("deliver_by", day("2026-08-01").into()),
                ],
            )
            .await;
        for (line, position) in lines.iter().zip(1_i64..) {
            let version = self.article(line.reference, line.rate_bp).await;
            let row = self
                .insert(
                    "order_line",
                    &[
                        ("order_id", order.into()),
                        ("position", position.into()),
                        ("version_id", version.into()),
                        ("quantity_milli", quantity(line).into()),
                        ("price_e4", line.price_e4.into()),
                        ("category", "S".into()),
                        ("rate_bp", line.rate_bp.into()),
                        ("net_cents", net(line).into()),
                        ("amendable", false.into()),
                    ],
                )
                .await;
            for (member, ordered, delivered, accepted) in &line.shares {
                let site = self.site(*member).await;
                self.insert(
                    "order_share",
                    &[
                        ("line_id", row.into()),
                        ("order_id", order.into()),
                        ("organisation_id", member.0.into()),
                        ("site_id", site.into()),
                        ("quantity_milli", (*ordered).into()),
                        ("delivered_milli", (*delivered).into()),
                        ("accepted_milli", (*accepted).into()),
                    ],
                )
                .await;
            }
        }
    }

    /// What `travee check` finds wrong, but for the orders that this world wrote without their
    /// history.
    pub(crate) async fn breaches(app: &App) -> Vec<Breach> {
        let made_up = [
            "order_totals",
            "delivered_quantities",
            "accepted_quantities",
            "series_unknown",
            "contract_committed",
        ];
        let ours = |one: &Breach| {
            let order = one.rule == "allowed_steps" && one.subject.starts_with("BC-");
            !order && !made_up.contains(&one.rule)
        };
        check(app).await.unwrap().breaches.into_iter().filter(ours).collect()
    }

    /// One cell of one row, for looking behind the store's back.
    pub(crate) async fn number(&self, text: &str) -> i64 {
        let statement = Statement::from_string(self.db.get_database_backend(), text.to_owned());
        let row = self.db.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }
}
