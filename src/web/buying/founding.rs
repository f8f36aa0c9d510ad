//! A group is founded: its convention, its lots, who orders and pays for each.

use axum::extract::State;
use axum::response::Response;
use domain::group::convention::{
    ConventionTerms, CoordinationModel, FeeKey, FreightKey, PackingPolicy, TenderCommittee,
};
use minijinja::{Value, context};

use super::{day, maybe_day, text};
use crate::store::catalogue;
use crate::store::group::NewLot;
use crate::usecases::group::found_group;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields, new_key};
use crate::web::rights::Buy;
use crate::web::routes::Routes;

/// Lots that one form founds; a convention of archives has three.
const ROWS: usize = 8;

const TEMPLATE: &str = "pages/buying/founding.html";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/gestion/conventions/nouvelle", ask)
        .post("/gestion/conventions/nouvelle", found)
}

/// The codes of a list of the domain, as the macro `select` takes them.
macro_rules! options {
    ($list:ty) => {
        <$list>::ALL
            .iter()
            .map(|one| context! { code => one.code(), words => one.french() })
            .collect::<Vec<_>>()
    };
}

async fn ask(State(pages): State<Pages>, who: May<Buy>) -> Result<Response, PageError> {
    let mut fields = vec![
        ("nature".to_owned(), "permanente".to_owned()),
        ("port".into(), FreightKey::NetAmount.code().into()),
        ("frais".into(), FeeKey::Population.code().into()),
        ("cle".into(), new_key()?),
    ];
    // The catalogue's lots come first: an article is bought under the lot of its code.
    for (row, code) in catalogue::lot_codes(&pages.app.store).await?.into_iter().enumerate() {
        fields.push((format!("lot-{}-numero", row + 1), code));
    }
    let values = form(&Fields(fields), &Errors::none());
    pages.page(&who, TEMPLATE, values).await
}

fn form(fields: &Fields, errors: &Errors) -> Value {
    let lots = (1..=ROWS).map(|row| {
        let typed = |name: &str| fields.text(&format!("lot-{row}-{name}")).to_owned();
        let code = |name: &str, usual: &str| match typed(name).as_str() {
            "" => usual.to_owned(),
            chosen => chosen.to_owned(),
        };
        context! {
            row => row,
            number => typed("numero"),
            title => typed("intitule"),
            model => code("modele", CoordinationModel::MembersOrder.code()),
            packing => code("conditionnement", PackingPolicy::Site.code()),
        }
    });
    context! {
        key => fields.text("cle"),
        reference => fields.text("reference"),
        subject => fields.text("objet"),
        nature => fields.text("nature"),
        from => fields.text("du"),
        to => fields.text("au"),
        committee => fields.text("cao"),
        freight => fields.text("port"),
        fees => fields.text("frais"),
        lots => lots.collect::<Vec<_>>(),
        committees => options!(TenderCommittee),
        freight_keys => options!(FreightKey),
        fee_keys => options!(FeeKey),
        models => options!(CoordinationModel),
        packings => options!(PackingPolicy),
        natures => [("permanente", "Permanente : elle survit à ses marchés"), ("ponctuelle", "Ponctuelle : elle finit avec eux")]
            .map(|(code, words)| context! { code => code, words => words })
            .to_vec(),
        errors => errors.view(),
    }
}

/// The lots that were typed; a row with neither number nor title is none.
fn lots(fields: &Fields, errors: &mut Errors) -> Vec<NewLot> {
    let mut lots: Vec<NewLot> = Vec::new();
    for row in 1..=ROWS {
        let name = |name: &str| format!("lot-{row}-{name}");
        let (number, title) = (fields.text(&name("numero")), fields.text(&name("intitule")));
        if title.is_empty() && number.is_empty() {
            continue;
        }
        if number.is_empty() {
            errors.add(&name("numero"), format!("Lot « {title} » : saisissez son numéro."));
        }
        if title.is_empty() {
            errors.add(
                &name("intitule"),
                format!("Lot {number} : saisissez son intitulé, ou effacez son numéro."),
            );
        }
        if lots.iter().any(|lot| lot.number == number) {
            errors.add(&name("numero"), format!("Le lot {number} figure deux fois."));
        }
        let model = CoordinationModel::from_code(fields.text(&name("modele")));
        let packing = PackingPolicy::from_code(fields.text(&name("conditionnement")));
        let (Some(model), Some(packing)) = (model, packing) else {
            errors.add(&name("modele"), format!("Lot {number} : choisissez un modèle."));
            continue;
        };
        lots.push(NewLot { number: number.into(), title: title.into(), model, packing });
    }
    lots
}

fn terms(fields: &Fields, errors: &mut Errors) -> Option<ConventionTerms> {
    let reference = "Saisissez la référence de la convention, par exemple 2026-GC-01.";
    let reference = text(fields.text("reference"), "reference", reference, errors);
    let subject = text(fields.text("objet"), "objet", "Saisissez l’objet du groupement.", errors);
    let from = day(fields.text("du"), "du", errors);
    let to = maybe_day(fields.text("au"), "au", errors);
    let committee = TenderCommittee::from_code(fields.text("cao"));
    let freight_key = FreightKey::from_code(fields.text("port"));
    let fee_key = FeeKey::from_code(fields.text("frais"));
    let (Some(committee), Some(freight_key), Some(fee_key)) = (committee, freight_key, fee_key)
    else {
        errors.add("", "Choisissez la commission et les clés de partage.");
        return None;
    };
    Some(ConventionTerms {
        reference,
        subject,
        permanent: fields.text("nature") != "ponctuelle",
        from: from?,
        to,
        committee,
        freight_key,
        fee_key,
        lots: Vec::new(),
    })
}

async fn found(
    State(pages): State<Pages>,
    who: May<Buy>,
    fields: Fields,
) -> Result<Response, PageError> {
    let mut errors = Errors::none();
    let terms = terms(&fields, &mut errors);
    let lots = lots(&fields, &mut errors);
    if let (Some(terms), true) = (terms, errors.is_empty()) {
        let (app, actor, key) = (&pages.app, who.actor(), fields.text("cle"));
        match found_group(app, &actor, &terms, who.organisation, &lots, key).await {
            Ok(id) => {
                let said = "La convention est enregistrée. Déposez son texte, puis invitez les membres à adhérer.";
                return pages.done(&who, &format!("/gestion/conventions/{id}"), said).await;
            }
            Err(error) => errors = Errors::refused(error)?,
        }
    }
    pages.again(&who, TEMPLATE, form(&fields, &errors)).await
}
