//! Where letters leave: by SMTP, or into a folder as the demonstration does.
//!
//! A letter that is sent twice, because somebody pulled the plug between the server's yes and
//! ours, bears the same `Message-ID` both times.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::store::platform::mail::Outgoing;

/// How long a server may take for one letter.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protection {
    /// From the first byte: port 465.
    Tls,
    /// After a word in the clear: port 587.
    Starttls,
    /// Not at all: a relay on the same machine.
    None,
}

/// A mail server, and how to come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub protection: Protection,
    /// User and password.
    pub credentials: Option<(String, String)>,
}

#[derive(Debug, Clone)]
enum Road {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

/// What sends letters. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mailer {
    road: Road,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The letter itself cannot be sent: asking again is in vain.
    #[error("the letter is refused: {0}")]
    Refused(String),
    /// The server or the way there fails: later perhaps.
    #[error("the server failed: {0}")]
    Later(String),
    #[error("the sender's address is not one: {0}")]
    Sender(String),
    #[error("the mail server cannot be used: {0}")]
    Server(String),
}

/// Tells mailboxes not to answer that somebody is on holiday (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

fn mailbox(text: &str) -> Result<Mailbox, MailError> {
    text.parse().map_err(|error| MailError::Sender(format!("{text} : {error}")))
}

impl Mailer {
    /// By a mail server, from `from` (« Achats groupés <achats@cdg62.example> »).
    pub fn smtp(server: Server, from: &str, reply_to: Option<&str>) -> Result<Self, MailError> {
        let tls = || {
            TlsParameters::new(server.host.clone())
                .map_err(|error| MailError::Server(error.to_string()))
        };
        let protection = match server.protection {
            Protection::Tls => Tls::Wrapper(tls()?),
            Protection::Starttls => Tls::Required(tls()?),
            Protection::None => Tls::None,
        };
        let mut road = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(protection)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = server.credentials {
            road = road.credentials(Credentials::new(user, password));
        }
        let reply_to = reply_to.map(mailbox).transpose()?;
        Ok(Self { road: Road::Smtp(road.build()), from: mailbox(from)?, reply_to })
    }

    /// Into a folder, one file a letter, named after its Message-ID: sending twice is sending
    /// once.
    pub fn folder(folder: PathBuf, from: &str) -> Result<Self, MailError> {
        Ok(Self { road: Road::Folder(folder), from: mailbox(from)?, reply_to: None })
    }

    /// Sends a letter with the bytes of what is attached to it.
    pub async fn send(
        &self,
        letter: &Outgoing,
        attached: Option<Vec<u8>>,
        at: DateTime<Utc>,
    ) -> Result<(), MailError> {
        let message = self.message(letter, attached, at)?;
        match &self.road {
            Road::Smtp(transport) => match transport.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => Err(MailError::Refused(chain(&error))),
                Err(error) => Err(MailError::Later(chain(&error))),
            },
            Road::Folder(folder) => {
                let plain = |c: &char| c.is_ascii_alphanumeric() || ".-@".contains(*c);
                let name: String = letter.message_id.chars().filter(plain).collect();
                let failed = |error: std::io::Error| {
                    MailError::Later(format!("{} : {error}", folder.display()))
                };
                tokio::fs::create_dir_all(folder).await.map_err(failed)?;
                let path = folder.join(format!("{name}.eml"));
                tokio::fs::write(path, message.formatted()).await.map_err(failed)
            }
        }
    }

    fn message(
        &self,
        letter: &Outgoing,
        attached: Option<Vec<u8>>,
        at: DateTime<Utc>,
    ) -> Result<Message, MailError> {
        let refused = |error: &dyn std::fmt::Display| MailError::Refused(error.to_string());
        let address = letter.address.parse().map_err(|error| refused(&error))?;
        let name = Some(letter.name.clone()).filter(|name| !name.is_empty());
        let mut head = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, address))
            .subject(letter.subject.clone())
            .message_id(Some(letter.message_id.clone()))
            .date(at.into())
            .header(AutoSubmitted);
        if let Some(reply_to) = &self.reply_to {
            head = head.reply_to(reply_to.clone());
        }
        let body = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
        let body = match (&letter.attached, attached) {
            (Some(file), Some(bytes)) => {
                let kind = match file.name.rsplit_once('.').map(|(_, end)| end) {
                    Some("zip") => "application/zip",
                    Some("pdf") => "application/pdf",
                    Some(_) | None => "application/octet-stream",
                };
                let kind = ContentType::parse(kind).map_err(|error| refused(&error))?;
                let file = Attachment::new(file.name.clone()).body(bytes, kind);
                MultiPart::mixed().multipart(body).singlepart(file)
            }
            (Some(_), None) => return Err(MailError::Later("its attachment is missing".into())),
            (None, _) => body,
        };
        head.multipart(body).map_err(|error| refused(&error))
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    crate::store::chain(error)
}
