//! Invoices as one member sees them: those it is to pay itself, and its share of the others.
//!
//! A share is shown once a second person has validated it: before, it may be thrown away.

use chrono::NaiveDate;
use domain::ids::{InvoiceId, OrganisationId};
use sea_orm::FromQueryResult;

use crate::store::paged::paged;
use crate::store::{Access, Slice, StoreError, sql};

/// One invoice in a member's list.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct MemberInvoice {
    /// Of the invoice.
    pub id: i64,
    pub number: String,
    pub supplier: String,
    pub issued_on: NaiveDate,
    pub credit: bool,
    pub state: String,
    /// Whether the member pays the supplier itself (models A and B).
    pub own: bool,
    pub order_number: Option<String>,
    pub due_on: Option<NaiveDate>,
    pub paid_on: Option<NaiveDate>,
    /// What the member owes, booked: negative for a credit note. Of an invoice of its own that is
    /// not shared yet, what is printed; `None` for one that was rejected.
    pub net_cents: Option<i64>,
    pub vat_cents: Option<i64>,
    pub gross_cents: Option<i64>,
    pub payable_cents: Option<i64>,
    pub statement_number: Option<String>,
    /// The paper of the statement.
    pub paper_id: Option<i64>,
    /// The coordinator's payment notice (model C).
    pub notice: Option<String>,
    pub notice_state: Option<String>,
}

const COLUMNS: &str = "i.id, i.number, f.name AS supplier, i.issue_date AS issued_on, i.credit, i.state, \
     (i.buyer_id = $1) AS own, p.number AS order_number, \
     CASE WHEN i.buyer_id = $1 THEN i.due_on END AS due_on, \
     CASE WHEN i.buyer_id = $1 THEN i.paid_on END AS paid_on, \
     COALESCE(m.net_cents, CASE WHEN i.state <> 'rejected' THEN (CASE WHEN i.credit THEN -i.net_cents ELSE i.net_cents END) END) AS net_cents, \
     COALESCE(m.vat_cents, CASE WHEN i.state <> 'rejected' THEN (CASE WHEN i.credit THEN -i.vat_cents ELSE i.vat_cents END) END) AS vat_cents, \
     COALESCE(m.gross_cents, CASE WHEN i.state <> 'rejected' THEN (CASE WHEN i.credit THEN -i.gross_cents ELSE i.gross_cents END) END) AS gross_cents, \
     COALESCE(m.payable_cents, CASE WHEN i.state <> 'rejected' THEN (CASE WHEN i.credit THEN -i.payable_cents ELSE i.payable_cents END) END) AS payable_cents, \
     m.statement_number, r.id AS paper_id, n.number AS notice, n.state AS notice_state";

/// The member's own invoices at every step; of the others, those whose share it was given.
const FROM: &str = "FROM invoice i JOIN organisation f ON f.id = i.supplier_id \
     LEFT JOIN purchase_order p ON p.id = i.order_id \
     LEFT JOIN allocation a ON a.invoice_id = i.id AND i.state IN ('validated', 'paid') \
     LEFT JOIN allocation_member m ON m.allocation_id = a.id AND m.organisation_id = $1 \
     LEFT JOIN paper r ON r.kind = 'allocation_statement' AND r.number = m.statement_number \
       AND r.organisation_id = $1 \
     LEFT JOIN recharge n ON n.allocation_id = a.id AND n.organisation_id = $1 \
     WHERE (i.buyer_id = $1 OR m.statement_number IS NOT NULL)";

fn sorted(sort: &str, descending: bool) -> String {
    let column = match sort {
        "facture" => "i.number",
        "fournisseur" => "f.name",
        "date" => "i.issue_date",
        "etat" => "i.state",
        "ttc" => "COALESCE(m.gross_cents, i.gross_cents)",
        "payer" => "CASE WHEN i.buyer_id = $1 THEN i.due_on END",
        // Those to pay first, by their last day.
        _ => {
            return "CASE WHEN i.state = 'validated' AND i.buyer_id = $1 THEN 0 ELSE 1 END, \
                    CASE WHEN i.state = 'validated' AND i.buyer_id = $1 THEN i.due_on END, \
                    i.issue_date DESC, i.id DESC"
                .into();
        }
    };
    let way = if descending { "DESC" } else { "ASC" };
    format!("CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, {column} {way}, i.id")
}

/// One page of a member's invoices, and how many there are in all.
pub async fn member_invoices(
    on: &impl Access,
    member: OrganisationId,
    slice: &Slice,
) -> Result<(Vec<MemberInvoice>, u64), StoreError> {
    let from = format!(
        "{FROM} AND (LOWER(i.number) LIKE $2 ESCAPE '\\' OR LOWER(f.name) LIKE $2 ESCAPE '\\' \
         OR LOWER(COALESCE(p.number, '')) LIKE $2 ESCAPE '\\')"
    );
    let order = format!(" ORDER BY {}", sorted(&slice.sort, slice.descending));
    let values = vec![member.0.into(), slice.pattern().into()];
    paged(on, "i.id", (COLUMNS, &from), &order, slice, values).await
}

/// One invoice as `member` sees it.
pub async fn member_invoice(
    on: &impl Access,
    member: OrganisationId,
    id: InvoiceId,
) -> Result<MemberInvoice, StoreError> {
    let db = on.connection();
    let text = format!("SELECT {COLUMNS} {FROM} AND i.id = $2");
    MemberInvoice::find_by_statement(sql(db, &text, [member.0.into(), id.0.into()]))
        .one(db)
        .await
        .map_err(StoreError::during("reading an invoice of a member"))?
        .ok_or_else(|| StoreError::NotFound { what: "invoice", id: id.to_string() })
}
