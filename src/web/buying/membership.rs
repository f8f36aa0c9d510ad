//! One body in one convention: how far it has come, and its next step.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::group::contact::Signature;
use domain::group::membership::{Deliberation, Membership, MembershipState};
use domain::ids::{AttachmentId, ConventionId, LotId, MembershipId, OrganisationId};
use minijinja::{Value, context};

use super::conventions::found;
use super::members::membership_state;
use super::words::{facts, history, table};
use super::{Row, day, maybe_day, text};
use crate::store::group::{self, StoredConvention};
use crate::store::orders::{OrderFilter, desk_orders};
use crate::store::platform::attachments;
use crate::store::{StoreError, Viewer, platform, tenders};
use crate::usecases::group::{Step, invite, take_step, withdraw};
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::listing::Cell;
use crate::web::pieces;
use crate::web::rights::{Buy, Needed, ReadMembers};
use crate::web::routes::Routes;
use crate::web::upload::Upload;

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/conventions/{id}/membres/{membre}", show)
        .post("/gestion/conventions/{id}/membres/{membre}/invitation", ask_in)
        .upload("/gestion/conventions/{id}/membres/{membre}/deliberation", deliberate)
        .upload("/gestion/conventions/{id}/membres/{membre}/signature", sign)
        .post("/gestion/conventions/{id}/membres/{membre}/admission", admit)
        .get("/gestion/conventions/{id}/membres/{membre}/retrait", ask_leave)
        .post("/gestion/conventions/{id}/membres/{membre}/retrait", leave)
        .get("/gestion/deliberations/{id}", file)
}

/// What a page of a membership is about.
struct Case {
    convention: StoredConvention,
    member: OrganisationId,
    name: String,
    membership: Option<(MembershipId, Membership)>,
}

impl Case {
    async fn of(pages: &Pages, id: i64, member: i64) -> Result<Self, PageError> {
        let on = &pages.app.store;
        let convention = found(pages, id).await?;
        let member = OrganisationId(member);
        let body = group::organisation(on, member)
            .await?
            .ok_or_else(|| StoreError::NotFound { what: "organisation", id: member.to_string() })?;
        let membership = group::memberships(on, convention.id).await?.remove(&member);
        Ok(Self { convention, member, name: body.organisation.name, membership })
    }

    fn address(&self) -> String {
        format!("/gestion/conventions/{}/membres/{}", self.convention.id, self.member)
    }

    async fn view(
        &self,
        pages: &Pages,
        who: &Agent,
        fields: &Fields,
        errors: &Errors,
    ) -> Result<Value, PageError> {
        let on = &pages.app.store;
        let today = pages.app.today();
        let id = self.membership.as_ref().map(|(id, _)| id.0);
        let membership = self.membership.as_ref().map(|(_, membership)| membership);
        let subject = ("membership", id.unwrap_or_default());
        let files = attachments::of(on, Viewer::Coordinator, subject).await?;
        let told = platform::history(on, subject).await?;
        let procedures = tenders::procedures(on).await?;
        let mut rows = Vec::new();
        for procedure in procedures.iter().filter(|one| one.head.convention == self.convention.id) {
            for lot in &procedure.lots {
                let may =
                    membership.map(|one| one.may_order(lot.lot, procedure.head.launched_on, today));
                let named = self.convention.lots.iter().find(|named| named.id == lot.lot);
                rows.push(vec![
                    Cell::text(&procedure.head.reference),
                    Cell::text(
                        named.map_or_else(String::new, |lot| {
                            format!("{} – {}", lot.number, lot.title)
                        }),
                    ),
                    Cell::Date(procedure.head.launched_on),
                    match may {
                        Some(Ok(())) => Cell::state("peut commander", "good"),
                        Some(Err(why)) => Cell::state(why.for_the_reader(), "warn"),
                        None => Cell::state("aucune adhésion", "draft"),
                    },
                ]);
            }
        }
        let lots = self.convention.lots.iter().map(|lot| {
            context! {
                id => lot.id.0,
                words => format!("Lot {} – {}", lot.number, lot.title),
                chosen => membership.is_some_and(|one| one.lots.contains(&lot.id)),
            }
        });
        let state = membership.map(|one| one.state);
        Ok(context! {
            address => self.address(),
            convention_id => self.convention.id.0,
            convention => self.convention.convention.terms().reference.as_str(),
            member_id => self.member.0,
            name => self.name.as_str(),
            state => membership_state(state.map(MembershipState::code)).french(),
            step => state.map_or("none", MembershipState::code),
            may_buy => who.may(Buy::RIGHT),
            facts => membership.map(described),
            lots => lots.collect::<Vec<_>>(),
            entitled => table(
                "Droit de commander, par consultation et par lot",
                &[("Consultation", false), ("Lot", false), ("Lancée le", false), ("Droit de commander", false)],
                rows,
                "Aucune consultation n’est lancée sous cette convention.",
            ),
            files => files.iter().map(|file| pieces::row(file, "/gestion/deliberations")).collect::<Vec<_>>(),
            history => history(&told),
            number => fields.text("numero"),
            deliberated => fields.text("du"),
            enforceable => fields.text("executoire"),
            signed_by => fields.text("nom"),
            quality => fields.text("qualite"),
            signed_on => fields.text("signe"),
            errors => errors.view(),
        })
    }

    async fn again(
        &self,
        pages: &Pages,
        who: &Agent,
        fields: &Fields,
        errors: Errors,
    ) -> Result<Response, PageError> {
        let values = self.view(pages, who, fields, &errors).await?;
        pages.again(who, "pages/buying/membership.html", values).await
    }
}

fn described(membership: &Membership) -> Value {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    let made = membership.deliberation.as_ref();
    let signature = membership.signature.as_ref();
    facts(vec![
        (
            "Délibération",
            or_dash(made.map(|made| format!("n° {} du {}", made.number, french::date(made.on)))),
        ),
        ("Exécutoire le", or_dash(made.and_then(|made| made.enforceable_on).map(french::date))),
        (
            "Convention signée",
            or_dash(signature.map(|one| {
                format!("par {}, {}, le {}", one.name, one.quality, french::date(one.on))
            })),
        ),
        ("Lié depuis le", or_dash(membership.bound_on().map(french::date))),
        ("Ne commande plus à partir du", or_dash(membership.left_on.map(french::date))),
    ])
}

async fn show(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row((id, member)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let case = Case::of(&pages, id, member).await?;
    let values = case.view(&pages, &who, &Fields::default(), &Errors::none()).await?;
    pages.page(&who, "pages/buying/membership.html", values).await
}

async fn ask_in(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, member)): Row<(i64, i64)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let case = Case::of(&pages, id, member).await?;
    let lots: BTreeSet<LotId> =
        fields.all("lot").filter_map(|text| text.parse().ok()).map(LotId).collect();
    match invite(&pages.app, &who.actor(), ConventionId(id), case.member, lots).await {
        Ok(()) => {
            let message =
                format!("{} est noté comme pressenti. Attendez sa délibération.", case.name);
            pages.done(&who, &case.address(), message).await
        }
        Err(error) => case.again(&pages, &who, &fields, Errors::refused(error)?).await,
    }
}

async fn deliberate(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, member)): Row<(i64, i64)>,
    mut upload: Upload,
) -> Result<Response, PageError> {
    let case = Case::of(&pages, id, member).await?;
    let fields = std::mem::take(&mut upload.fields);
    let mut errors = Errors::none();
    let number = text(
        fields.text("numero"),
        "numero",
        "Indiquez le numéro de la délibération.",
        &mut errors,
    );
    let on = day(fields.text("du"), "du", &mut errors);
    let enforceable_on = maybe_day(fields.text("executoire"), "executoire", &mut errors);
    let file = pieces::scan(&mut upload, "fichier", &mut errors);
    let step = on.map(|on| Step::Deliberate(Deliberation { number, on, enforceable_on }, file));
    let message =
        "La délibération est enregistrée. Enregistrez ensuite la signature de la convention.";
    take(&pages, &who, &case, &fields, (step, errors), message).await
}

/// Takes a step that was read without a fault; else shows the form again with what is wrong.
async fn take(
    pages: &Pages,
    who: &Agent,
    case: &Case,
    fields: &Fields,
    (step, errors): (Option<Step>, Errors),
    message: &str,
) -> Result<Response, PageError> {
    let step = match step {
        Some(step) if errors.is_empty() => step,
        Some(_) | None => return case.again(pages, who, fields, errors).await,
    };
    match take_step(&pages.app, &who.actor(), case.convention.id, case.member, step).await {
        Ok(_) => pages.done(who, &case.address(), message).await,
        Err(error) => case.again(pages, who, fields, Errors::refused(error)?).await,
    }
}

async fn sign(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, member)): Row<(i64, i64)>,
    mut upload: Upload,
) -> Result<Response, PageError> {
    let case = Case::of(&pages, id, member).await?;
    let fields = std::mem::take(&mut upload.fields);
    let mut errors = Errors::none();
    let name = text(fields.text("nom"), "nom", "Indiquez qui a signé.", &mut errors);
    let quality = text(
        fields.text("qualite"),
        "qualite",
        "Indiquez sa qualité, par exemple Maire.",
        &mut errors,
    );
    let on = day(fields.text("signe"), "signe", &mut errors);
    let scan = pieces::scan(&mut upload, "scan", &mut errors);
    let step = on.map(|on| Step::Sign(Signature { name, quality, on }, scan));
    let message = "La signature est enregistrée. Admettez maintenant le membre.";
    take(&pages, &who, &case, &fields, (step, errors), message).await
}

async fn admit(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, member)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let case = Case::of(&pages, id, member).await?;
    let message = format!("{} est membre du groupement.", case.name);
    let step = (Some(Step::Admit), Errors::none());
    take(&pages, &who, &case, &Fields::default(), step, &message).await
}

async fn leaving(
    pages: &Pages,
    case: &Case,
    fields: &Fields,
    errors: &Errors,
) -> Result<Value, PageError> {
    let on = &pages.app.store;
    let filter = OrderFilter { concerning: Some(case.member), ..OrderFilter::default() };
    let (_, orders) = desk_orders(on, &filter, &super::contract::glance()).await?;
    Ok(context! {
        address => case.address(),
        convention_id => case.convention.id.0,
        convention => case.convention.convention.terms().reference.as_str(),
        name => case.name.as_str(),
        lines => vec![
            format!("{} ne pourra plus valider de commande à partir du jour indiqué.", case.name),
            format!("Ses commandes déjà émises restent dues : {orders} commandes la concernent, brouillons compris."),
            "Le retrait ne se reprend pas : un nouveau passage devant l’assemblée sera nécessaire pour revenir.".to_owned(),
        ],
        from => fields.text("du"),
        reason => fields.text("motif"),
        errors => errors.view(),
    })
}

async fn ask_leave(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, member)): Row<(i64, i64)>,
) -> Result<Response, PageError> {
    let case = Case::of(&pages, id, member).await?;
    let values = leaving(&pages, &case, &Fields::default(), &Errors::none()).await?;
    pages.page(&who, "pages/buying/membership_leave.html", values).await
}

async fn leave(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row((id, member)): Row<(i64, i64)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let case = Case::of(&pages, id, member).await?;
    let mut errors = Errors::none();
    let on = day(fields.text("du"), "du", &mut errors);
    let reason = text(fields.text("motif"), "motif", "Indiquez le motif du retrait.", &mut errors);
    if let (Some(on), true) = (on, errors.is_empty()) {
        let done =
            withdraw(&pages.app, &who.actor(), case.convention.id, case.member, on, &reason).await;
        match done {
            Ok(()) => {
                let message = format!(
                    "Le retrait {} au {} est enregistré.",
                    french::of(&case.name),
                    french::date(on)
                );
                return pages.done(&who, &case.address(), message).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    let values = leaving(&pages, &case, &fields, &errors).await?;
    pages.again(&who, "pages/buying/membership_leave.html", values).await
}

async fn file(
    State(pages): State<Pages>,
    who: May<ReadMembers>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let kept = attachments::find(&pages.app.store, who.viewer(), AttachmentId(id)).await?;
    if !["deliberation", "signed_convention"].contains(&kept.kind.as_str()) {
        return Err(PageError::NotFound);
    }
    pieces::serve(&pages, kept).await
}
