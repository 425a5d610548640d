//! An HTTP listener on this machine that answers 204 and remembers what it was told: the other end of a webhook.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// What one call told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The header `webhook-id`.
    pub id: String,
    /// The body.
    pub event: Value,
}

/// A listener.
pub struct Listener {
    /// Where it listens.
    pub url: String,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Listener {
    /// Listens from now on.
    ///
    /// # Panics
    /// Where this machine gives no port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("no port: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        let told = Arc::new(Mutex::new(vec![]));
        let remembered = Arc::clone(&told);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (mut bytes, mut buffer) = (vec![], [0; 4096]);
                let call = loop {
                    let n = stream.read(&mut buffer).unwrap_or(0);
                    bytes.extend_from_slice(&buffer[..n]);
                    if let Some(call) = read(&bytes) {
                        break Some(call);
                    }
                    if n == 0 {
                        break None;
                    }
                };
                if let (Some(call), Ok(mut told)) = (call, remembered.lock()) {
                    told.push(call);
                }
                let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer);
            }
        });
        Self { url: format!("http://127.0.0.1:{port}/"), told }
    }

    /// What it was told about one thing, by its id.
    pub fn about(&self, id: &str) -> Vec<Told> {
        let all = self.told.lock().map(|told| told.clone()).unwrap_or_default();
        all.into_iter().filter(|told| told.event.to_string().contains(id)).collect()
    }
}

/// The call, once all of it is there.
fn read(bytes: &[u8]) -> Option<Told> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let header = |name: &str| {
        let mut pairs = head.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    if body.len() < header("content-length")?.parse().ok()? {
        return None;
    }
    Some(Told { id: header("webhook-id")?.to_owned(), event: serde_json::from_str(body).ok()? })
}
