//! One order of a member: what is in it, what it costs, where it stands, what to do.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::french;
use domain::ids::{ArticleVersionId, OrderId, OrganisationId, SiteId};
use domain::orders::order::OrderLine;
use domain::orders::state::OrderState;
use domain::orders::totals::totals;
use domain::quantity::Quantity;
use minijinja::{Value, context};

use super::words;
use crate::store::orders::{self as store, ArticleText, MemberOrder, StoredOrder, Window};
use crate::store::{Store, StoreError, Viewer, group};

/// An order with what its page reads beside it.
pub(super) struct Seen {
    pub(super) stored: StoredOrder,
    pub(super) window: Window,
    pub(super) articles: std::collections::HashMap<ArticleVersionId, ArticleText>,
    pub(super) sites: BTreeMap<SiteId, domain::group::site::DeliveryPoint>,
    pub(super) member: OrganisationId,
}

impl Seen {
    pub(super) async fn read(
        on: &Store,
        member: OrganisationId,
        id: OrderId,
    ) -> Result<Self, StoreError> {
        let stored = store::one(on, Viewer::Member(member), id).await?;
        let window = store::window(on, stored.order.window).await?;
        Ok(Self {
            articles: store::article_texts(on, window.contract.id).await?,
            sites: group::sites(on, Some(member)).await?,
            stored,
            window,
            member,
        })
    }

    /// Whether the member places and pays it itself.
    pub(super) fn own(&self) -> bool {
        self.stored.order.buyer == self.member
    }

    pub(super) fn is_draft(&self) -> bool {
        self.stored.order.state == OrderState::Draft
    }

    /// Whether its quantities may still change.
    pub(super) fn changes(&self, today: NaiveDate) -> bool {
        let window = &self.window.window;
        self.own() && self.is_draft() && !window.closed && window.days.holds(today)
    }

    pub(super) fn site_name(&self, site: SiteId) -> &str {
        self.sites.get(&site).map_or("–", |point| point.name.as_str())
    }

    pub(super) fn article(&self, line: &OrderLine) -> Option<&ArticleText> {
        self.articles.get(&line.article.version)
    }

    /// As the list shows it.
    pub(super) fn row(&self) -> MemberOrder {
        let order = &self.stored.order;
        let own = self.own();
        let mine = |milli: fn(&domain::orders::delivery::Receipt) -> i64| -> i64 {
            self.stored
                .receipts
                .iter()
                .filter(|(key, _)| key.member == self.member)
                .map(|(_, receipt)| milli(receipt))
                .sum()
        };
        let shares = order.lines.iter().flat_map(|line| &line.shares);
        MemberOrder {
            id: self.stored.id.0,
            number: order.issue.as_ref().map(|issue| issue.number.to_string()),
            contract: self.window.contract.agreement.terms().number.clone(),
            lot: self.window.contract.lot_title.clone(),
            holder: self.window.contract.holder_name.clone(),
            tier_base: self.window.tier_base().code().to_owned(),
            own,
            state: order.state.code().to_owned(),
            net_cents: own.then(|| self.stored.totals.net.cents()),
            gross_cents: own.then(|| self.stored.totals.gross.cents()),
            opens_on: self.window.window.days.from,
            closes_on: self.window.window.days.to,
            window_open: !self.window.window.closed,
            issued_on: order.issue.as_ref().map(|issue| issue.on),
            deliver_by: order.issue.as_ref().map(|issue| issue.deliver_by),
            ordered_milli: shares
                .filter(|share| share.member == self.member)
                .map(|share| share.quantity.thousandths())
                .sum(),
            kept_milli: mine(|receipt| receipt.kept().thousandths()),
            undecided_milli: mine(|receipt| receipt.pending().thousandths()),
        }
    }

    /// « 150 boîtes, soit 3 paquets de 50 ».
    pub(super) fn worded(&self, line: &OrderLine, quantity: Quantity) -> String {
        let Some(article) = self.article(line) else { return quantity.french() };
        worded(article, quantity)
    }

    /// The lines with their amounts, for whoever pays; with quantities only for the others.
    pub(super) fn lines(&self) -> Result<Vec<Value>, StoreError> {
        let own = self.own();
        self.stored
            .order
            .lines
            .iter()
            .map(|line| {
                let article = self.article(line);
                let quantity = line.quantity().map_err(|_| too_large())?;
                let net = line.net().map_err(|_| too_large())?;
                let places: Vec<Value> = line
                    .shares
                    .iter()
                    .map(|share| {
                        let key = domain::orders::delivery::ShareKey::of(line.position, share);
                        let got = self.stored.receipts.get(&key).copied().unwrap_or_default();
                        context! {
                            site => self.site_name(share.site),
                            quantity => share.quantity.french(),
                            accepted => got.accepted.french(),
                            pending => got.pending().french(),
                            is_pending => !got.pending().is_zero(),
                        }
                    })
                    .collect();
                Ok(context! {
                    position => line.position,
                    reference => article.map_or("–", |article| article.reference.as_str()),
                    label => article.map_or("–", |article| article.label.as_str()),
                    quantity => self.worded(line, quantity),
                    price => if own { line.article.price.french() } else { "–".into() },
                    rate => line.article.taxation.rate.french(),
                    net => if own { net.french() } else { "–".into() },
                    places => places,
                })
            })
            .collect()
    }

    /// The totals as its paper prints them; nothing of an order that others share.
    pub(super) fn figures(&self) -> Result<Option<Value>, StoreError> {
        if !self.own() {
            return Ok(None);
        }
        let sums = totals(&self.stored.order).map_err(|_| too_large())?;
        let rates: Vec<Value> = sums
            .rates
            .iter()
            .map(|rate| {
                context! {
                    rate => rate.taxation.rate.french(),
                    base => rate.net.french(),
                    vat => rate.vat.french(),
                }
            })
            .collect();
        Ok(Some(context! {
            lines => sums.lines.french(),
            freight => sums.freight.french(),
            has_freight => self.stored.order.freight.is_some(),
            net => sums.net.french(),
            vat => sums.vat.french(),
            gross => sums.gross.french(),
            rates => rates,
        }))
    }

    /// Head of every page of the order.
    pub(super) fn head(&self, today: NaiveDate) -> Value {
        let row = self.row();
        let standing = words::standing(&row, today);
        let tone = words::tone(&row, today);
        let order = &self.stored.order;
        context! {
            id => row.id,
            version => self.stored.version,
            name => words::name(row.number.as_deref(), row.own),
            lot => row.lot,
            contract => row.contract,
            holder => row.holder,
            own => row.own,
            state => standing.code,
            word => standing.word,
            tone => tone,
            sentence => standing.sentence,
            closes_on => french::date(row.closes_on),
            issued_on => words::date(row.issued_on),
            deliver_by => words::date(row.deliver_by),
            is_issued => order.state == OrderState::Issued,
            has_number => row.number.is_some(),
            commitment => own_text(row.own, order.commitment_number.as_ref()),
            service => own_text(row.own, order.service_code.as_ref()),
            account => own_text(row.own, self.stored.budget_account.as_ref()),
            signed => order.validated.as_ref().filter(|_| row.own).map(|signature| {
                format!(
                    "{}, {}, le {}",
                    signature.name,
                    signature.quality,
                    french::date(signature.on)
                )
            }),
            cancel_reason => self.stored.cancel_reason.clone().filter(|_| row.own),
        }
    }
}

fn own_text(own: bool, text: Option<&String>) -> String {
    text.filter(|text| own && !text.is_empty()).cloned().unwrap_or_else(|| "–".into())
}

pub(super) fn too_large() -> StoreError {
    StoreError::Refused("Le montant de cette commande est trop grand pour être affiché.")
}

/// « 150 boîtes, soit 3 paquets de 50 » where the article comes in packs.
pub(super) fn worded(article: &ArticleText, quantity: Quantity) -> String {
    let several = !article.takes_decimals && quantity >= Quantity::whole(2);
    let unit = if several { french::many(&article.unit_label) } else { article.unit_label.clone() };
    let plain = format!("{} {unit}", quantity.french());
    let Some(pack) = article.pack() else { return plain };
    let count = quantity.decimal().checked_div(pack.decimal());
    match count
        .filter(|count| count.fract().is_zero())
        .and_then(|count| usize::try_from(count).ok())
    {
        Some(count) if count > 0 => format!(
            "{plain}, soit {} {} de {}",
            french::count(count),
            french::plural(count, "paquet", "paquets"),
            pack.french()
        ),
        Some(_) | None => plain,
    }
}
