//! As much of HTTP as the bench needs: it must cost nothing beside the program it measures.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A connection that stays open.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    port: u16,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), port }
    }

    /// As a browser asks: compressed.
    pub(crate) async fn get(&mut self, path: &str, cookie: &str) -> Answer {
        self.ask("GET", path, cookie, "gzip", "").await
    }

    /// A page to be read here.
    pub(crate) async fn read(&mut self, path: &str, cookie: &str) -> String {
        let answer = self.ask("GET", path, cookie, "identity", "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        String::from_utf8(answer.body).unwrap()
    }

    pub(crate) async fn post(&mut self, path: &str, cookie: &str, form: &str) -> Answer {
        self.ask("POST", path, cookie, "identity", form).await
    }

    async fn ask(
        &mut self,
        method: &str,
        path: &str,
        cookie: &str,
        encoding: &str,
        form: &str,
    ) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {cookie}\r\n\
             Accept-Encoding: {encoding}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.port,
            form.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await.unwrap();
        assert!(read > 0, "the server hung up");
        line
    }

    async fn answer(&mut self) -> Answer {
        let mut head = self.line().await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line().await;
            if line == "\r\n" {
                break;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            chunked |= lower.starts_with("transfer-encoding:") && lower.contains("chunked");
            head.push_str(&line);
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let size = usize::from_str_radix(self.line().await.trim(), 16).unwrap();
                self.take(size, &mut body).await;
                self.line().await;
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length, &mut body).await;
        }
        Answer { status, head, body }
    }

    async fn take(&mut self, size: usize, body: &mut Vec<u8>) {
        let start = body.len();
        body.resize(start + size, 0);
        self.stream.read_exact(&mut body[start..]).await.unwrap();
    }
}
