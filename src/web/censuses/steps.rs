//! The steps that bind: what will happen, in figures, then the step.

use axum::extract::State;
use axum::response::Response;
use domain::french;
use domain::ids::CampaignId;
use minijinja::context;

use super::show::Desk;
use crate::store::campaigns as store;
use crate::usecases::campaigns as usecases;
use crate::web::Pages;
use crate::web::agent::{Agent, May};
use crate::web::error::PageError;
use crate::web::form::{Errors, Fields};
use crate::web::rights::Buy;
use crate::web::routes::Row;

/// What a step asks before it is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Nothing,
    Reason,
    DayAndReason,
}

/// A page that shows what a step will do.
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) lines: Vec<String>,
    /// What cannot be undone, or is easily missed.
    pub(super) warning: Option<&'static str>,
    /// Why it cannot be done now: the button is not there.
    pub(super) refused: Option<&'static str>,
    pub(super) asks: Asks,
    pub(super) verb: &'static str,
    pub(super) path: &'static str,
}

pub(super) async fn panel(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    panel: Panel,
    (fields, errors): (&Fields, &Errors),
) -> Result<Response, PageError> {
    let day = match fields.text("jour") {
        "" => desk.census.census.closes_on.to_string(),
        typed => typed.to_owned(),
    };
    let values = context! {
        census => desk.head(pages, who),
        title => panel.title,
        lines => panel.lines.iter().map(|line| french::unbroken(line)).collect::<Vec<_>>(),
        warning => panel.warning,
        refused => panel.refused,
        asks_reason => panel.asks != Asks::Nothing,
        asks_day => panel.asks == Asks::DayAndReason,
        day => day,
        reason => fields.text("motif"),
        verb => panel.verb,
        action => format!("{}/{}", desk.home(), panel.path),
        errors => errors.view(),
    };
    let template = "pages/censuses/step.html";
    if errors.is_empty() {
        pages.page(who, template, values).await
    } else {
        pages.again(who, template, values).await
    }
}

/// Shows a step before anything was typed.
pub(super) async fn first(
    pages: &Pages,
    who: &Agent,
    desk: &Desk,
    shown: Panel,
) -> Result<Response, PageError> {
    panel(pages, who, desk, shown, (&Fields::default(), &Errors::none())).await
}

pub(super) fn campaign(desk: &Desk) -> CampaignId {
    desk.census.id
}

// --- opening

async fn opening_panel(pages: &Pages, desk: &Desk) -> Result<Panel, PageError> {
    let day = pages.app.today();
    let figures = store::opening(&pages.app.store, campaign(desk), day).await?;
    let census = &desk.census.census;
    let mut lines = vec![
        format!(
            "{} {} une fiche de besoins par point de livraison : {}.",
            french::counted(figures.members, "membre", "membres"),
            if figures.members < 2 { "reçoit" } else { "reçoivent" },
            french::counted(figures.sheets, "fiche", "fiches")
        ),
        format!(
            "{} du catalogue {} figé{} dans la version du {}.",
            french::counted(figures.articles, "article", "articles"),
            if figures.articles < 2 { "est" } else { "sont" },
            if figures.articles < 2 { "" } else { "s" },
            french::date(day)
        ),
        format!(
            "Les réponses sont reçues du {} au {} inclus.",
            french::date(census.opens_on),
            french::date(census.closes_on)
        ),
    ];
    let with_email = figures.members - figures.without_email;
    lines.push(format!(
        "{} {} prévenu{} par courriel, avec un lien vers {} fiche.",
        french::counted(with_email, "membre", "membres"),
        if with_email < 2 { "est" } else { "sont" },
        if with_email < 2 { "" } else { "s" },
        if with_email < 2 { "sa" } else { "leur" }
    ));
    if figures.without_email > 0 {
        lines.push(format!(
            "{} sans adresse de courriel : prévenez-{} par lettre ou par téléphone.",
            french::counted(figures.without_email, "membre", "membres"),
            if figures.without_email < 2 { "le" } else { "les" }
        ));
    }
    if figures.at_home > 0 {
        lines.push(format!(
            "{} sans lieu de livraison : {} adresse en devient un, à corriger en répondant.",
            french::counted(figures.at_home, "membre", "membres"),
            if figures.at_home < 2 { "son" } else { "leur" }
        ));
    }
    if figures.without_site > 0 {
        lines.push(format!(
            "{} sans lieu de livraison ni adresse : {} ne pourr{} pas répondre tant qu’il n’est pas ajouté.",
            french::counted(figures.without_site, "membre", "membres"),
            if figures.without_site < 2 { "il" } else { "ils" },
            if figures.without_site < 2 { "a" } else { "ont" }
        ));
    }
    let refused = if figures.articles == 0 {
        Some("Aucun article n’est au catalogue pour ces lots : importez-le d’abord.")
    } else if figures.members == 0 {
        Some("Aucun membre actif n’a souscrit l’un de ces lots et de point de livraison.")
    } else {
        None
    };
    Ok(Panel {
        title: "Ouvrir le recensement",
        lines,
        warning: Some(
            "Une fois le recensement ouvert, ses lots, ses années et ses articles ne changent plus.",
        ),
        refused,
        asks: Asks::Nothing,
        verb: "Ouvrir le recensement",
        path: "ouverture",
    })
}

pub(super) async fn opening(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let shown = opening_panel(&pages, &desk).await?;
    first(&pages, &who, &desk, shown).await
}

pub(super) async fn open(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let opened = usecases::open_and_tell(&pages.app, &who.actor(), CampaignId(id)).await?;
    let said = format!(
        "Le recensement est ouvert : {}, {}. Les courriels d’ouverture partent. Prochaine étape : \
         suivre les réponses et relancer.",
        french::counted(opened.sheets, "fiche créée", "fiches créées"),
        french::counted(opened.articles, "article figé", "articles figés")
    );
    pages.done(&who, &format!("/gestion/recensements/{id}"), said).await
}

// --- closing

async fn closing_panel(pages: &Pages, desk: &Desk) -> Result<Panel, PageError> {
    let figures = store::closing(&pages.app.store, campaign(desk)).await?;
    let census = &desk.census.census;
    let mut lines = vec![
        format!(
            "{} envoyée{} {} verrouillée{}.",
            french::counted(figures.sheets, "fiche", "fiches"),
            if figures.sheets < 2 { "" } else { "s" },
            if figures.sheets < 2 { "sera" } else { "seront" },
            if figures.sheets < 2 { "" } else { "s" }
        ),
        format!(
            "{} rest{} sans réponse : le silence n’est pas un « néant ».",
            french::counted(figures.silent, "membre", "membres"),
            if figures.silent < 2 { "e" } else { "ent" }
        ),
    ];
    if figures.drafts > 0 {
        lines.push(format!(
            "Parmi eux, {} un brouillon qui n’a pas été envoyé.",
            french::counted(figures.drafts, "a commencé", "ont commencé")
        ));
    }
    if pages.app.today() <= census.closes_on {
        lines.push(format!(
            "Le recensement devait courir jusqu’au {} : vous le closez plus tôt.",
            french::date(census.closes_on)
        ));
    }
    Ok(Panel {
        title: "Clore le recensement",
        lines,
        warning: Some(
            "Les membres ne répondent plus. Vous pourrez encore corriger une réponse, avec un motif.",
        ),
        refused: None,
        asks: Asks::Nothing,
        verb: "Clore le recensement",
        path: "cloture",
    })
}

pub(super) async fn closing(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let shown = closing_panel(&pages, &desk).await?;
    first(&pages, &who, &desk, shown).await
}

pub(super) async fn close(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let locked =
        usecases::close_and_issue_receipts(&pages.app, &who.actor(), CampaignId(id)).await?;
    let said = format!(
        "Le recensement est clos : {}. Les récépissés se préparent. Prochaine étape : examiner les \
         quantités.",
        french::counted(locked, "fiche verrouillée", "fiches verrouillées")
    );
    pages.done(&who, &format!("/gestion/recensements/{id}/consolidation"), said).await
}

// --- settling, cancelling

pub(super) async fn settling(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let progress = store::progress(&pages.app.store, campaign(&desk)).await?;
    let shown = Panel {
        title: "Arrêter les besoins",
        lines: vec![
            format!(
                "Les besoins de {} sont arrêtés tels quels.",
                french::counted(progress.with_needs, "membre", "membres")
            ),
            "Lancer la consultation les arrête aussi : cette étape n’est utile que si vous \
             commandez sous un marché déjà conclu."
                .into(),
        ],
        warning: Some(
            "Aucune réponse ne change plus, même corrigée par le CdG62. Cette étape ne se défait pas.",
        ),
        refused: None,
        asks: Asks::Nothing,
        verb: "Arrêter les besoins",
        path: "arret",
    };
    first(&pages, &who, &desk, shown).await
}

pub(super) async fn settle(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    usecases::settle_census(&pages.app, &who.actor(), CampaignId(id)).await?;
    let said = "Les besoins sont arrêtés. Prochaine étape : la consultation.";
    pages.done(&who, &format!("/gestion/recensements/{id}"), said).await
}

async fn cancelling_panel(pages: &Pages, desk: &Desk) -> Result<Panel, PageError> {
    let progress = store::progress(&pages.app.store, campaign(desk)).await?;
    let answered = progress.members - progress.silent();
    Ok(Panel {
        title: "Annuler le recensement",
        lines: vec![format!(
            "{} déjà reçue{} ne serv{} plus.",
            french::counted(answered, "réponse", "réponses"),
            if answered < 2 { "" } else { "s" },
            if answered < 2 { "ira" } else { "iront" }
        )],
        warning: Some("Un recensement annulé ne se rouvre pas : il faudra en préparer un autre."),
        refused: None,
        asks: Asks::Reason,
        verb: "Annuler le recensement",
        path: "annulation",
    })
}

pub(super) async fn cancelling(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let shown = cancelling_panel(&pages, &desk).await?;
    first(&pages, &who, &desk, shown).await
}

pub(super) async fn cancel(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
    fields: Fields,
) -> Result<Response, PageError> {
    let desk = Desk::of(&pages, id).await?;
    let reason = fields.text("motif");
    let mut errors = Errors::none();
    if reason.is_empty() {
        errors.add("motif", "Indiquez pourquoi le recensement est annulé.");
        let shown = cancelling_panel(&pages, &desk).await?;
        return panel(&pages, &who, &desk, shown, (&fields, &errors)).await;
    }
    usecases::cancel_census(&pages.app, &who.actor(), campaign(&desk), reason).await?;
    pages.done(&who, "/gestion/recensements", "Le recensement est annulé.").await
}

/// Gives a sheet to who joined since.
pub(super) async fn complete(
    State(pages): State<Pages>,
    who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let added = usecases::complete_sheets(&pages.app, &who.actor(), CampaignId(id)).await?;
    let said = if added == 0 {
        "Aucune fiche ne manquait.".to_owned()
    } else {
        format!("{}.", french::counted(added, "fiche ajoutée", "fiches ajoutées"))
    };
    pages.done(&who, &format!("/gestion/recensements/{id}/anomalies"), said).await
}
