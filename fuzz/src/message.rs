//! The format of every input, which a person can read and write: a first line, headers, an empty line, a body.
//!
//! Any bytes are a message. A line that is not a header is skipped, and without an empty line there is no body.

use tollbridge_connector::types::{Delivery, Header};

use crate::doubles::{HttpResponse, Request};

/// Separates two messages of one input.
const SEPARATOR: &[u8] = b"\n====\n";

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    first: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Message {
    /// Reads the bytes as a message.
    pub fn read(bytes: &[u8]) -> Self {
        let (head, body) = cut(bytes, b"\n\n").unwrap_or((bytes, b""));
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split('\n');
        let first = lines.next().unwrap_or_default().to_owned();
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.trim_start().to_owned())).collect();
        Self { first, headers, body: body.to_vec() }
    }

    /// Reads the bytes as two messages; the second is empty where there is only one.
    pub fn read_two(bytes: &[u8]) -> [Self; 2] {
        let (first, second) = cut(bytes, SEPARATOR).unwrap_or((bytes, b""));
        [Self::read(first), Self::read(second)]
    }

    /// Writes this message as bytes.
    pub fn write(first: &str, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        [first.as_bytes(), b"\n", headers.as_bytes(), b"\n", body].concat()
    }

    /// Writes these two messages as bytes.
    pub fn write_two(first: &[u8], second: &[u8]) -> Vec<u8> {
        [first, SEPARATOR, second].concat()
    }

    /// The message as a delivery.
    pub fn delivery(&self) -> Delivery {
        let headers = self.headers.iter().map(|(name, value)| Header { name: name.clone(), value: value.clone() });
        Delivery { headers: headers.collect(), body: self.body.clone() }
    }

    /// The message as a request: its first line has the method and the path with its query.
    pub fn request(&self) -> Request {
        let (method, target) = self.first.split_once(' ').unwrap_or((&self.first, ""));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: self.headers.clone(),
            body: Ok(self.body.clone()),
        }
    }

    /// The message as a response: its first line has the status. Anything else there counts as a success, which is the
    /// most interesting status.
    pub fn response(&self) -> HttpResponse {
        let status = self.first.trim().parse().ok().filter(|status| (100..600).contains(status)).unwrap_or(200);
        let headers = self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        HttpResponse { status, headers: headers.collect(), body: self.body.clone() }
    }
}

fn cut<'a>(bytes: &'a [u8], between: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(between.len()).position(|window| window == between)?;
    Some((&bytes[..at], &bytes[at + between.len()..]))
}

/// The body as JSON, with invalid UTF-8 replaced: a reader may skip a field that it does not need.
pub fn json(response: &HttpResponse) -> serde_json::Value {
    serde_json::from_str(&String::from_utf8_lossy(&response.body)).unwrap_or_default()
}

/// Whether the body is JSON that no `Value` can represent, such as a number beyond every float or half a surrogate
/// pair. A reader that does not need the field skips it; these checks would need it.
pub fn cannot_be_held(response: &HttpResponse) -> bool {
    let text = String::from_utf8_lossy(&response.body);
    serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok()
        && serde_json::from_str::<serde_json::Value>(&text).is_err()
}
