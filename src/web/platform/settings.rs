//! The name and contact that papers and pages carry.

use axum::extract::State;
use axum::response::Response;
use minijinja::context;
use serde::Deserialize;
use validator::Validate;

use crate::store::StoreError;
use crate::usecases::UseCaseError;
use crate::usecases::letterhead::{self, LetterheadSettings};
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::form::{Errors, Form};
use crate::web::rights::Administer;

const PAGE: &str = "pages/platform/settings.html";

#[derive(Debug, Clone, Deserialize, Validate)]
pub(super) struct SettingsForm {
    #[validate(length(min = 1, max = 40, message = "Indiquez le nom court, par exemple CdG62."))]
    nom_court: String,
    #[validate(length(max = 120, message = "Le nom du service a 120 caractères au plus."))]
    service: String,
    #[validate(length(
        min = 1,
        max = 160,
        message = "Indiquez le téléphone et l’adresse de courriel, sur une ligne."
    ))]
    contact: String,
    vu_nom_court: String,
    vu_service: String,
    vu_contact: String,
}

impl SettingsForm {
    fn of(settings: LetterheadSettings) -> Self {
        Self {
            nom_court: settings.short_name.clone(),
            service: settings.service.clone(),
            contact: settings.contact.clone(),
            vu_nom_court: settings.short_name,
            vu_service: settings.service,
            vu_contact: settings.contact,
        }
    }

    fn view(&self, errors: &Errors) -> minijinja::Value {
        context! {
            form => context! {
                nom_court => self.nom_court.as_str(),
                service => self.service.as_str(),
                contact => self.contact.as_str(),
                vu_nom_court => self.vu_nom_court.as_str(),
                vu_service => self.vu_service.as_str(),
                vu_contact => self.vu_contact.as_str(),
            },
            errors => errors.view(),
        }
    }
}

pub(super) async fn show(
    State(pages): State<Pages>,
    who: May<Administer>,
) -> Result<Response, PageError> {
    let form = SettingsForm::of(letterhead::settings(&pages.app.store).await?);
    pages.page(&who, PAGE, form.view(&Errors::none())).await
}

pub(super) async fn change(
    State(pages): State<Pages>,
    who: May<Administer>,
    Form(form): Form<SettingsForm>,
) -> Result<Response, PageError> {
    let mut errors = Errors::of(&form);
    if !errors.is_empty() {
        return pages.again(&who, PAGE, form.view(&errors)).await;
    }
    let seen = LetterheadSettings {
        short_name: form.vu_nom_court.clone(),
        service: form.vu_service.clone(),
        contact: form.vu_contact.clone(),
    };
    let wanted = LetterheadSettings {
        short_name: form.nom_court.clone(),
        service: form.service.clone(),
        contact: form.contact.clone(),
    };
    match letterhead::change(&pages.app, &who.actor(), &seen, &wanted).await {
        Ok(()) => {
            let message = "Les paramètres sont enregistrés. Les prochains documents les porteront ; ceux déjà émis ne changent pas.";
            pages.done(&who, "/administration/parametres", message).await
        }
        Err(UseCaseError::Store(StoreError::Overtaken { .. })) => {
            // What was typed stays; what the other one kept is said beside it.
            let now = letterhead::settings(&pages.app.store).await?;
            errors.add(
                "",
                format!(
                    "Une autre personne vient d’enregistrer : nom court « {} », service « {} », contact « {} ». Rien n’a été modifié. Enregistrez de nouveau pour garder votre saisie.",
                    now.short_name, now.service, now.contact
                ),
            );
            let form = SettingsForm {
                vu_nom_court: now.short_name,
                vu_service: now.service,
                vu_contact: now.contact,
                ..form
            };
            pages.again(&who, PAGE, form.view(&errors)).await
        }
        Err(error) => {
            let errors = Errors::refused(error)?;
            pages.again(&who, PAGE, form.view(&errors)).await
        }
    }
}
