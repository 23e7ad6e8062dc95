//! Requests of callers and of MaldoPay.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json as value};
use sha2::Sha256;

use super::{KEY_TR, Request};

/// The order of the payments.
pub const ORDER: &str = "801Hs00000abcdeIAA";

pub fn request(method: &str, path: &str) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        body: Ok(Vec::new()),
    }
}

/// Sets a header, replacing those of the same name.
pub fn with_header(mut request: Request, name: &str, value: &str) -> Request {
    request.headers.retain(|(header, _)| header != name);
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

fn authorized(request: Request) -> Request {
    with_header(request, "authorization", &format!("Bearer {KEY_TR}"))
}

pub fn get(path: &str) -> Request {
    authorized(request("GET", path))
}

/// A request with these bytes as its body.
pub fn post(path: &str, key: &str, body: impl Into<Vec<u8>>) -> Request {
    let request = with_header(authorized(request("POST", path)), "idempotency-key", key);
    Request { body: Ok(body.into()), ..request }
}

pub fn json(path: &str, key: &str, body: &Value) -> Request {
    post(path, key, body.to_string())
}

/// `POST …/captures`, `…/refunds`, `…/voids`.
pub fn operation(reference: &str, operation: &str, key: &str, body: &Value) -> Request {
    json(&format!("/v1/payments/{reference}/{operation}"), key, body)
}

pub fn sync(reference: &str) -> Request {
    authorized(request("POST", &format!("/v1/payments/{reference}/sync")))
}

/// The body that opens a payment of 149.90 for the order.
pub fn body() -> Value {
    order_body(ORDER)
}

pub fn order_body(order: &str) -> Value {
    value!({
        "site": "tr", "intent": "charge", "amount": "149.90", "currency": "TRY", "method": "checkout",
        "source": {"object": "Order", "id": order, "number": "00000123"},
        "customer": {
            "id": "003Hs00000abcdeIAA", "firstName": "Ada-Marker", "lastName": "Yılmaz-Marker",
            "email": "ada.marker@example.com", "phone": "+905551112233", "birthDate": "1990-04-01", "country": "TR",
            "city": "Izmir-Marker", "postalCode": "35000", "street": "Kordon-Marker 1", "language": "tr",
            "ip": "203.0.113.7"
        },
        "tax": {"amount": "24.98", "rate": "20"}, "description": "Order 00000123"
    })
}

/// The content of a callback.
#[derive(Clone)]
pub struct Callback {
    pub reference: String,
    pub kind: &'static str,
    pub result: &'static str,
    pub transaction: String,
    pub original: Option<String>,
    pub amount: &'static str,
    /// Seconds after 10:00:00.
    pub second: u32,
    /// The id of MaldoPay's service, if the callback names it.
    pub service: Option<&'static str>,
}

/// A callback about the whole amount.
pub fn callback(reference: &str, kind: &'static str, result: &'static str, transaction: &str, second: u32) -> Callback {
    Callback {
        reference: reference.to_owned(),
        kind,
        result,
        transaction: transaction.to_owned(),
        original: None,
        amount: "149.90",
        second,
        service: None,
    }
}

fn code(result: &str) -> &'static str {
    match result {
        "CONFIRMED" => "200",
        "PENDING" => "300",
        _ => "400",
    }
}

/// The callback, signed with the site's current key.
pub fn webhook(callback: &Callback) -> Request {
    let time = callback.time();
    signed_fields(&callback.fields(&time))
}

/// The callback, signed as a whole.
pub fn signed_body(callback: &Callback) -> Request {
    let time = callback.time();
    let body = object(&callback.fields(&time));
    with_header(delivery(body.clone()), "x-maldo-signature", &signature(&body))
}

/// This body, signed as a whole.
pub fn signed_text(body: impl AsRef<[u8]>) -> Request {
    let body = body.as_ref();
    let request = with_header(request("POST", "/webhooks/maldopay/tr"), "content-type", "application/json");
    let request = with_header(request, "x-maldo-signature", &signature(body));
    Request { body: Ok(body.to_vec()), ..request }
}

/// These fields with the checksum of their values.
pub fn signed_fields(fields: &[(&str, &str)]) -> Request {
    let values: Vec<&str> = fields.iter().map(|(_, value)| *value).collect();
    let checksum = signature(values.join("|"));
    delivery(object(&[fields, &[("checksum", checksum.as_str())]].concat()))
}

impl Callback {
    fn time(&self) -> String {
        format!("2026-11-20 10:{:02}:{:02}", self.second / 60, self.second % 60)
    }

    fn fields<'a>(&'a self, time: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut fields = vec![
            ("result", self.result),
            ("codeId", code(self.result)),
            ("type", self.kind),
            ("dateUpdated", time),
            ("referenceOrderId", &self.reference),
            ("maldoTransactionId", &self.transaction),
            ("amount", self.amount),
            ("currencyCode", "TRY"),
        ];
        fields.extend(self.service.map(|service| ("serviceId", service)));
        fields.extend(self.original.iter().map(|original| ("originalTransactionId", original.as_str())));
        fields
    }
}

/// The site's signature of this text.
pub fn signature(message: impl AsRef<[u8]>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"marker-encrypting-key-tr").unwrap();
    mac.update(message.as_ref());
    base16ct::lower::encode_string(&mac.finalize().into_bytes())
}

fn object(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, text)| format!("{}:{}", Value::from(*name), Value::from(*text))).collect();
    format!("{{{}}}", fields.join(","))
}

/// A delivery of this JSON.
pub fn delivery(body: String) -> Request {
    let request = with_header(request("POST", "/webhooks/maldopay/tr"), "content-type", "application/json");
    Request { body: Ok(body.into_bytes()), ..request }
}
