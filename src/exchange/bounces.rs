//! What mail servers send back: delivery status notifications (RFC 3464), as Postfix, Exchange and
//! others write them.
//!
//! A notification is a message in three parts: words for people, which nobody reads here; a group
//! of fields for each recipient; the headers of the letter that did not arrive, among them the
//! `Message-ID` that we gave it. A file holds one message, or a mailbox of them, each after a line
//! that begins with `From `.

/// No notification is larger: it holds at most the letter itself, with its attachment.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A letter that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// With its angle brackets, as it was sent.
    pub message_id: String,
    /// As the last server knew the mailbox: after a forwarding, not the one we wrote to.
    pub recipient: String,
    /// In French, then what the server said.
    pub reason: String,
}

/// What a message of the mailbox says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    Bounced(Bounce),
    /// Delayed, delivered, passed on: nothing came back.
    NotFailed,
}

/// Why a message is no notification that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BounceError {
    #[error("not a delivery status notification")]
    NotANotification,
    #[error("a part is missing or encoded")]
    Unreadable,
    #[error("the letter's Message-ID is missing")]
    NoMessageId,
}

impl BounceError {
    pub fn for_the_reader(self) -> &'static str {
        match self {
            Self::NotANotification => {
                "ce message n’est pas un avis de non-remise (multipart/report) : lisez-le vous-même."
            }
            Self::Unreadable => "cet avis de non-remise est incomplet ou illisible.",
            Self::NoMessageId => {
                "cet avis ne donne pas l’identifiant (Message-ID) du courriel qui est revenu."
            }
        }
    }
}

/// Every message of a file, in order.
pub fn read(bytes: &[u8]) -> Vec<Result<Notification, BounceError>> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    messages(&text).into_iter().map(notification).collect()
}

/// The messages of a mailbox, or the one message.
fn messages(text: &str) -> Vec<&str> {
    let Some(first) = text.strip_prefix("From ") else {
        return if text.trim().is_empty() { Vec::new() } else { vec![text] };
    };
    // A line of a letter that begins so was quoted (`>From `) when it came into the mailbox.
    first
        .split("\n\nFrom ")
        .map(|message| message.split_once('\n').map_or("", |(_, message)| message))
        .collect()
}

fn notification(message: &str) -> Result<Notification, BounceError> {
    let (head, body) = split(message);
    let kind = field(&head, "content-type").ok_or(BounceError::NotANotification)?;
    let report = parameter(&kind, "report-type").is_some_and(|it| it == "delivery-status");
    if media(&kind) != "multipart/report" || !report {
        return Err(BounceError::NotANotification);
    }
    let boundary = parameter(&kind, "boundary").ok_or(BounceError::Unreadable)?;
    let parts = parts(body, &boundary);
    let status = part(&parts, &["message/delivery-status", "message/global-delivery-status"])?;
    // The first group is about the report, the others about a recipient each.
    let groups = status.split("\n\n").map(unfolded).filter(|group| !group.is_empty());
    let failed = |group: &Vec<(String, String)>| {
        field(group, "action").is_some_and(|action| word(&action).eq_ignore_ascii_case("failed"))
    };
    // We write to one mailbox a letter.
    let Some(group) = groups.skip(1).find(failed) else { return Ok(Notification::NotFailed) };
    let letter = part(
        &parts,
        &["text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers"],
    )?;
    let message_id = field(&split(letter).0, "message-id").ok_or(BounceError::NoMessageId)?;
    let recipient = field(&group, "final-recipient").or(field(&group, "original-recipient"));
    let recipient = recipient.as_deref().map_or("", after_type);
    let status = field(&group, "status").unwrap_or_default();
    let said = field(&group, "diagnostic-code");
    let said = said.as_deref().map_or("", after_type);
    Ok(Notification::Bounced(Bounce {
        message_id,
        recipient: recipient.trim_matches(['<', '>']).to_owned(),
        reason: reason(word(&status), said),
    }))
}

/// The headers of a message or part, and what follows them.
fn split(text: &str) -> (Vec<(String, String)>, &str) {
    let text = text.trim_start_matches('\n');
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    (unfolded(head), body)
}

/// Fields by name in lower case, each on one line.
fn unfolded(head: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some((_, value))) => {
                if !value.is_empty() {
                    value.push(' ');
                }
                value.push_str(line.trim());
            }
            (true, None) => {}
            (false, _) => {
                if let Some((name, value)) = line.split_once(':') {
                    fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }
    fields
}

fn field(fields: &[(String, String)], name: &str) -> Option<String> {
    let found = fields.iter().find(|(known, value)| known == name && !value.is_empty());
    found.map(|(_, value)| value.clone())
}

/// `text/plain` of `Text/Plain; charset=utf-8`.
fn media(kind: &str) -> String {
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter of a `Content-Type`, without its quotes.
fn parameter(kind: &str, name: &str) -> Option<String> {
    let mut rest = kind.split_once(';')?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        if key.trim_matches([' ', ';', '\t']).eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = next;
    }
}

/// A part: its headers, and what they head.
type Part<'a> = (Vec<(String, String)>, &'a str);

fn parts<'a>(body: &'a str, boundary: &str) -> Vec<Part<'a>> {
    let edge = format!("\n--{boundary}");
    // The first edge may stand on the first line.
    let body = body.strip_prefix(&edge[1..]).unwrap_or(body);
    let pieces = body.split(edge.as_str()).map(|piece| piece.strip_prefix('\n').unwrap_or(piece));
    // What follows the last edge begins with its two dashes.
    pieces.take_while(|piece| !piece.starts_with("--")).map(part_of).collect()
}

/// A part without headers begins with an empty line.
fn part_of(piece: &str) -> Part<'_> {
    match piece.strip_prefix('\n') {
        Some(body) => (Vec::new(), body),
        None => {
            let (head, body) = piece.split_once("\n\n").unwrap_or((piece, ""));
            (unfolded(head), body)
        }
    }
}

/// The first part of one of these types; the standard wants it unencoded.
fn part<'a>(parts: &[Part<'a>], kinds: &[&str]) -> Result<&'a str, BounceError> {
    let is = |head: &[(String, String)]| {
        field(head, "content-type").is_some_and(|kind| kinds.contains(&media(&kind).as_str()))
    };
    let (head, body) = parts.iter().find(|(head, _)| is(head)).ok_or(BounceError::Unreadable)?;
    match field(head, "content-transfer-encoding").map(|it| it.to_ascii_lowercase()).as_deref() {
        None | Some("7bit" | "8bit" | "binary") => Ok(body),
        Some(_) => Err(BounceError::Unreadable),
    }
}

/// What stands after the type: `smtp; 550 5.1.1 …`, `rfc822;zoe@avion.example`.
fn after_type(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, after)| after).trim()
}

/// The first word, without a comment after it.
fn word(value: &str) -> &str {
    value.split([' ', '\t', '(']).next().unwrap_or_default()
}

/// What an enhanced status code (RFC 3463) means to whoever keeps addresses, then the code and the
/// server's words.
fn reason(status: &str, said: &str) -> String {
    let words = match status {
        "5.1.1" | "5.1.10" | "5.1.6" => "adresse inconnue",
        "5.1.2" | "5.4.4" => "domaine inconnu",
        "5.2.1" => "boîte fermée",
        "5.2.2" => "boîte pleine",
        "5.3.4" | "5.2.3" => "message trop lourd",
        "5.4.1" | "4.4.1" | "4.4.7" => "serveur injoignable",
        _ if status.starts_with("5.7.") => "refusé par le destinataire",
        _ if status.starts_with("5.1.") => "adresse refusée",
        _ => "non remis",
    };
    let told: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let told: String = told.chars().filter(|c| !c.is_control()).take(240).collect();
    match (status.is_empty(), told.is_empty()) {
        (true, true) => words.to_owned(),
        (true, false) => format!("{words} ({told})"),
        (false, true) => format!("{words} ({status})"),
        (false, false) => format!("{words} ({status} ; {told})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTFIX: &str = include_str!("../../tests/it/bounces/postfix.eml");
    const EXCHANGE: &str = include_str!("../../tests/it/bounces/exchange.eml");
    const DELAYED: &str = include_str!("../../tests/it/bounces/delayed.eml");

    fn bounce(text: &str) -> Bounce {
        match read(text.as_bytes()).as_slice() {
            [Ok(Notification::Bounced(bounce))] => bounce.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn postfix_says_which_letter_came_back_and_why() {
        let found = bounce(POSTFIX);
        assert_eq!(found.message_id, "<0123456789abcdef0123456789abcdef@achats.cdg62.example>");
        assert_eq!(found.recipient, "zoe@avion.example");
        assert!(found.reason.starts_with("adresse inconnue (5.1.1 ; 550 5.1.1 "), "{found:?}");
        assert!(found.reason.ends_with("User unknown in virtual mailbox table)"), "{found:?}");
    }

    #[test]
    fn exchange_says_the_same_in_its_own_way() {
        let found = bounce(EXCHANGE);
        assert_eq!(found.message_id, "<fedcba9876543210fedcba9876543210@achats.cdg62.example>");
        assert_eq!(found.recipient, "mairie@carency.example");
        assert!(
            found.reason.starts_with("adresse inconnue (5.1.10 ; 550 5.1.10 RESOLVER"),
            "{found:?}"
        );
    }

    #[test]
    fn a_letter_that_is_only_late_has_not_come_back() {
        assert_eq!(read(DELAYED.as_bytes()), [Ok(Notification::NotFailed)]);
    }

    #[test]
    fn lines_may_end_as_on_the_wire_and_a_mailbox_holds_several() {
        assert_eq!(bounce(&POSTFIX.replace('\n', "\r\n")), bounce(POSTFIX));
        let from = "From MAILER-DAEMON Mon Nov 23 08:12:09 2026\n";
        let mailbox = format!("{from}{POSTFIX}\n{from}{DELAYED}\n{from}{EXCHANGE}");
        let found = read(mailbox.as_bytes());
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], Ok(Notification::Bounced(bounce(POSTFIX))));
        assert_eq!(found[1], Ok(Notification::NotFailed));
        assert_eq!(found[2], Ok(Notification::Bounced(bounce(EXCHANGE))));
    }

    #[test]
    fn what_is_no_notification_or_cut_is_said_and_never_guessed() {
        let answer = "From: zoe@avion.example\nContent-Type: text/plain\nSubject: Absente\n\nJe suis absente.\n";
        assert_eq!(read(answer.as_bytes()), [Err(BounceError::NotANotification)]);
        assert_eq!(read(b""), []);
        assert_eq!(read(b"\xff\xfe\x00"), [Err(BounceError::NotANotification)]);
        let nameless = POSTFIX.replace("Message-ID: <0123", "X-Other: <0123");
        assert_eq!(read(nameless.as_bytes()), [Err(BounceError::NoMessageId)]);
        let coded = POSTFIX.replace(
            "Content-Type: message/delivery-status",
            "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64",
        );
        assert_eq!(read(coded.as_bytes()), [Err(BounceError::Unreadable)]);
        // Cut anywhere, it is read or refused, and no other letter is named.
        for end in 0..POSTFIX.len() {
            let Some(cut) = POSTFIX.get(..end) else { continue };
            for found in read(cut.as_bytes()) {
                if let Ok(Notification::Bounced(found)) = found {
                    assert_eq!(found.recipient, "zoe@avion.example");
                }
            }
        }
    }
}
