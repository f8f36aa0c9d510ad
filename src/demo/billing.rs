//! Late summer 2026: suppliers write their invoices, the CdG62 reads, shares and validates them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use domain::ids::{AllocationId, ArticleVersionId, InvoiceId, OrganisationId};
use domain::money::{Cents, Net};
use domain::orders::order::OrderLine;
use domain::orders::state::OrderState;
use domain::price::UnitPrice;
use domain::quantity::Quantity;
use domain::vat::{VatCategory, VatRate};
use rust_decimal::Decimal;

use super::chance::Chance;
use super::market::Contract;
use super::people::SELLERS;
use super::supplier::{Billed, BilledCharge, BilledLine, Customer, Seller, Writer};
use super::{DemoError, Progress, day, on};
use crate::store::Viewer;
use crate::store::group::{self as group_store, Listed};
use crate::store::orders::{self as store, ArticleText, StoredOrder, Which};
use crate::usecases::{Actor, App, invoices};

/// Who receives and shares, and who looks again.
pub(super) struct Desk<'a> {
    pub(super) app: &'a App,
    pub(super) clerk: Actor,
    pub(super) manager: Actor,
    pub(super) writer: Writer,
}

/// What the invoices of one contract are written from.
struct Books<'a> {
    contract: &'a Contract,
    seller: &'static Seller,
    texts: HashMap<ArticleVersionId, ArticleText>,
    bodies: BTreeMap<OrganisationId, Listed>,
}

impl Books<'_> {
    fn customer(&self, id: OrganisationId, day: NaiveDate) -> Result<Customer, DemoError> {
        let missing = || DemoError::Data(format!("l’organisme {id} n’a pas d’adresse ou de SIRET"));
        let body = &self.bodies.get(&id).ok_or_else(missing)?.organisation;
        let siret = body.sirets.confirmed_on(day).map_err(|_| missing())?;
        // An EPCI's own address is not public: its invoices name its town only.
        let (postcode, town) = body
            .address
            .as_ref()
            .map_or(("62000", body.name.as_str()), |at| (at.postcode.as_str(), at.town.as_str()));
        Ok(Customer {
            name: body.name.clone(),
            siret: siret.siret().to_string(),
            postcode: postcode.to_owned(),
            town: town.to_owned(),
        })
    }

    fn line(&self, line: &OrderLine, quantity: Quantity) -> BilledLine {
        let text = self.texts.get(&line.article.version);
        BilledLine {
            order_line: Some(line.position),
            reference: text.map(|text| text.reference.clone()),
            label: text.map_or_else(String::new, |text| text.label.clone()),
            unit: line.article.unit.code(),
            quantity,
            price: line.article.price,
            category: line.article.taxation.category,
            rate: line.article.taxation.rate,
        }
    }

    fn bill(
        &self,
        order: &StoredOrder,
        number: String,
        issued_on: NaiveDate,
        lines: Vec<BilledLine>,
        charges: Vec<BilledCharge>,
    ) -> Result<Billed<'static>, DemoError> {
        let issue = order
            .order
            .issue
            .as_ref()
            .ok_or_else(|| DemoError::Data("une commande facturée n’est pas émise".into()))?;
        Ok(Billed {
            credit: false,
            number,
            issue_date: issued_on,
            due_date: issued_on + Days::new(30),
            delivered_on: issued_on - Days::new(10),
            seller: self.seller,
            buyer: self.customer(order.order.buyer, issued_on)?,
            service_code: order.order.service_code.clone(),
            order_number: issue.number.as_str().to_owned(),
            contract_number: self.contract.number.to_owned(),
            preceding: None,
            lines,
            charges,
        })
    }
}

/// The standard rate, at which freight is taxed.
fn standard() -> Result<VatRate, DemoError> {
    VatRate::percent(Decimal::from(20)).map_err(|error| DemoError::Data(error.to_string()))
}

fn freight(amount: Net) -> Result<Vec<BilledCharge>, DemoError> {
    if amount == Net::ZERO {
        return Ok(Vec::new());
    }
    let charge = BilledCharge {
        reason: "Frais de port",
        amount,
        category: VatCategory::S,
        rate: standard()?,
    };
    Ok(vec![charge])
}

/// What was delivered of each line, and what of it was accepted.
fn received(order: &StoredOrder, position: u32) -> Result<(Quantity, Quantity), DemoError> {
    let of_line = || order.receipts.iter().filter(|(key, _)| key.position == position);
    let failed = |error: domain::quantity::QuantityError| DemoError::Data(error.to_string());
    let delivered = Quantity::sum(of_line().map(|(_, one)| one.delivered)).map_err(failed)?;
    let accepted = Quantity::sum(of_line().map(|(_, one)| one.accepted)).map_err(failed)?;
    Ok((delivered, accepted))
}

impl Desk<'_> {
    async fn books<'c>(&self, contract: &'c Contract) -> Result<Books<'c>, DemoError> {
        let seller = SELLERS
            .get(contract.holder)
            .ok_or_else(|| DemoError::Data("le titulaire manque".into()))?;
        let bodies = group_store::organisations(&self.app.store, &[]).await?;
        Ok(Books {
            contract,
            seller,
            texts: store::article_texts(&self.app.store, contract.id).await?,
            bodies: bodies.into_iter().map(|one| (one.id, one)).collect(),
        })
    }

    async fn issued(&self, contract: &Contract) -> Result<Vec<StoredOrder>, DemoError> {
        let which = Which::At(contract.window, OrderState::Issued);
        Ok(store::load(&self.app.store, Viewer::Coordinator, &which).await?)
    }

    /// Takes an invoice in on the day it comes; the number it has with us.
    async fn receive(
        &self,
        bill: &Billed<'_>,
        freight_lines: &BTreeSet<String>,
    ) -> Result<InvoiceId, DemoError> {
        let received_on = bill.issue_date + Days::new(1);
        let bytes = self.writer.write(bill)?;
        let app = on(self.app, received_on);
        let taken = invoices::receive_invoice(
            &app,
            &self.clerk,
            bytes,
            received_on,
            freight_lines,
            &bill.number,
        )
        .await?;
        taken.invoice.ok_or_else(|| {
            let why: Vec<&str> =
                taken.findings.iter().map(|finding| finding.message.as_str()).collect();
            DemoError::Data(format!("la facture {} est refusée : {}", bill.number, why.join(" ; ")))
        })
    }

    /// Shares an invoice, has it validated by a second person and issues its statements.
    async fn share(
        &self,
        invoice: InvoiceId,
        day: NaiveDate,
    ) -> Result<Vec<AllocationId>, DemoError> {
        let app = on(self.app, day);
        let allocations = invoices::allocate(&app, &self.clerk, invoice, &[]).await?;
        Ok(allocations)
    }

    async fn validate(
        &self,
        invoice: InvoiceId,
        allocation: AllocationId,
        day: NaiveDate,
    ) -> Result<(), DemoError> {
        let app = on(self.app, day);
        invoices::validate(&app, &self.manager, invoice).await?;
        invoices::issue_statements(&app, &self.manager, allocation, |_| ()).await?;
        Ok(())
    }
}

/// The shared order of model C: three invoices, one of them disputed for ten damaged boxes until
/// its credit note comes.
pub(super) async fn shared(
    desk: &Desk<'_>,
    contract: &Contract,
    progress: &Progress<'_>,
) -> Result<(), DemoError> {
    let books = desk.books(contract).await?;
    let issued = desk.issued(contract).await?;
    let Some(order) = issued.first() else { return Ok(()) };
    // Three parts: the last has the lines of other rates, so that it is a mixed one.
    let mut parts: [Vec<BilledLine>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    let mut damaged = None;
    for (index, line) in order.order.lines.iter().enumerate() {
        let (delivered, accepted) = received(order, line.position)?;
        if delivered.is_zero() {
            continue;
        }
        let part = if line.article.taxation.rate == standard()? { index % 3 } else { 2 };
        if delivered != accepted {
            let back = delivered.minus(accepted).map_err(|e| DemoError::Data(e.to_string()))?;
            damaged = Some((part, books.line(line, back)));
        }
        if let Some(lines) = parts.get_mut(part) {
            lines.push(books.line(line, delivered));
        }
    }
    let port = BilledLine {
        order_line: None,
        reference: Some("PORT".into()),
        label: "Frais de port".into(),
        unit: "C62",
        quantity: Quantity::whole(1),
        price: UnitPrice::scheduled(Decimal::from(180))
            .map_err(|e| DemoError::Data(e.to_string()))?,
        category: VatCategory::S,
        rate: standard()?,
    };
    let issued_on = day(2026, 9, 7)?;
    let sharing = day(2026, 9, 15)?;
    let total = parts.len();
    for (part, mut lines) in parts.into_iter().enumerate() {
        let charges = if part == 0 { freight(Net(Cents(20_000)))? } else { Vec::new() };
        if part == 1 {
            lines.push(port.clone());
        }
        let number = format!("CL-2026-{:04}", 1_101 + part);
        let bill = books.bill(order, number.clone(), issued_on, lines, charges)?;
        let invoice = desk.receive(&bill, &BTreeSet::new()).await?;
        match &damaged {
            Some((of, line)) if *of == part => {
                let mut credit = books.bill(
                    order,
                    format!("CL-A-2026-{part:04}"),
                    day(2026, 9, 11)?,
                    vec![line.clone()],
                    Vec::new(),
                )?;
                credit.credit = true;
                credit.preceding = Some((number, issued_on));
                let credit = desk.receive(&credit, &BTreeSet::new()).await?;
                let allocations = desk.share(credit, sharing).await?;
                // The invoice's shares first, then its credit note's.
                for (document, allocation) in [invoice, credit].into_iter().zip(allocations) {
                    desk.validate(document, allocation, day(2026, 9, 16)?).await?;
                }
            }
            Some(_) | None => {
                for allocation in desk.share(invoice, sharing).await? {
                    desk.validate(invoice, allocation, day(2026, 9, 16)?).await?;
                }
            }
        }
        progress("Factures partagées", part + 1, total);
    }
    Ok(())
}

/// The member orders of model B: an invoice each, for what was accepted; one in ten is still to
/// come.
pub(super) async fn own(
    desk: &Desk<'_>,
    contract: &Contract,
    prefix: &str,
    progress: &Progress<'_>,
) -> Result<(), DemoError> {
    let books = desk.books(contract).await?;
    let issued = desk.issued(contract).await?;
    let total = issued.len();
    for (index, order) in issued.iter().enumerate() {
        let mut chance = Chance::of(&order.id.to_string(), "invoice");
        let mut lines = Vec::new();
        for line in &order.order.lines {
            let (_, accepted) = received(order, line.position)?;
            if !accepted.is_zero() {
                lines.push(books.line(line, accepted));
            }
        }
        if lines.is_empty() || chance.happens(10) {
            continue;
        }
        let issued_on = day(2026, 9, 8)? + Days::new(chance.between(0, 12).into());
        let number = format!("{prefix}-2026-{:05}", index + 1);
        let charges = freight(order.totals.freight)?;
        let bill = books.bill(order, number, issued_on, lines, charges)?;
        let invoice = desk.receive(&bill, &BTreeSet::new()).await?;
        for allocation in desk.share(invoice, issued_on + Days::new(4)).await? {
            desk.validate(invoice, allocation, issued_on + Days::new(6)).await?;
        }
        // Paid within the thirty days.
        if chance.happens(70) {
            let paid_on = issued_on + Days::new(24);
            invoices::pay(&on(desk.app, paid_on), &desk.clerk, invoice, paid_on).await?;
        }
        if index % 8 == 0 {
            progress(contract.number, index, total);
        }
    }
    progress(contract.number, total, total);
    Ok(())
}
