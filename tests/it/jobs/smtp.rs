//! A mail server of its own, small and real: it speaks SMTP on a port of the loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) data: String,
}

/// What the server was sent. It refuses `refused@…` for good, and `busy@…` the first time.
#[derive(Debug, Clone, Default)]
pub(super) struct Inbox(Arc<Mutex<(Vec<Received>, usize)>>);

impl Inbox {
    pub(super) fn all(&self) -> Vec<Received> {
        self.0.lock().unwrap().0.clone()
    }

    fn recipient(&self, address: &str) -> &'static str {
        if address.contains("refused@") {
            return "550 no such mailbox";
        }
        if address.contains("busy@") {
            let mut inside = self.0.lock().unwrap();
            inside.1 += 1;
            if inside.1 == 1 {
                return "451 try again later";
            }
        }
        "250 ok"
    }
}

/// Starts the server; it ends with the test.
pub(super) async fn start() -> (SocketAddr, Inbox) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let inbox = Inbox::default();
    let kept = inbox.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, kept.clone()));
        }
    });
    (address, inbox)
}

async fn converse(stream: TcpStream, inbox: Inbox) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut mail = Received { from: String::new(), to: String::new(), data: String::new() };
    write.write_all(b"220 test\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME",
            "MAIL" => {
                mail.from = line;
                "250 ok"
            }
            "RCPT" => {
                let answer = inbox.recipient(&line);
                mail.to = line;
                answer
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                mail.data.clear();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    mail.data += line.strip_prefix('.').unwrap_or(&line);
                    mail.data.push('\n');
                }
                inbox.0.lock().unwrap().0.push(mail.clone());
                "250 kept"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await.unwrap();
                return;
            }
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
}

/// Base64, as attachments and subjects travel.
pub(super) fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for letter in text.bytes() {
        let Some(value) = LETTERS.iter().position(|known| *known == letter) else { continue };
        bits = (bits << 6) | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).unwrap());
        }
    }
    bytes
}

/// Quoted-printable, as texts with accents travel.
pub(super) fn quoted_printable(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let coded = (*first == b'=').then(|| after.get(..2)).flatten();
        let coded = coded.and_then(|pair| std::str::from_utf8(pair).ok());
        match coded.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
