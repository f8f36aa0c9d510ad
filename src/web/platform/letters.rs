//! The letters by post of a census, made when they are asked for.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::ids::CampaignId;

use crate::usecases::platform::reminders::letters;
use crate::web::Pages;
use crate::web::agent::May;
use crate::web::error::PageError;
use crate::web::rights::Buy;
use crate::web::routes::Row;

pub(super) async fn take(
    State(pages): State<Pages>,
    _who: May<Buy>,
    Row(id): Row<i64>,
) -> Result<Response, PageError> {
    let paper = letters(&pages.app, CampaignId(id)).await?;
    let name = format!("attachment; filename=\"lettres-de-rappel_{}.pdf\"", pages.app.today());
    let headers =
        [(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, paper.bytes).into_response())
}
