//! Sets the headers in which Spin describes the call to a component. They replace the client's, so that a client cannot
//! forge its address.

use std::net::SocketAddr;

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Uri};

/// The route of the only component.
const ROUTE: &str = "/...";

/// Sets the headers for a request to this address.
pub(crate) fn set_spin_headers(headers: &mut HeaderMap, uri: &Uri, client: SocketAddr) {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path_and_query = uri.path_and_query().map_or("/", |path| path.as_str());
    let full_url = format!("http://{host}{path_and_query}");
    let values = [
        ("spin-full-url", full_url.as_str()),
        ("spin-path-info", uri.path()),
        ("spin-matched-route", ROUTE),
        ("spin-raw-component-route", ROUTE),
        ("spin-component-route", ""),
        ("spin-base-path", "/"),
        ("spin-client-addr", &client.to_string()),
    ];
    let values = values.map(|(name, value)| (name, HeaderValue::from_str(value)));
    for (name, value) in values {
        match value {
            Ok(value) => headers.insert(name, value),
            Err(_) => headers.remove(name),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_choose_its_address() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("shop.example"));
        headers.append("spin-client-addr", HeaderValue::from_static("10.0.0.1:1"));
        headers.append("spin-client-addr", HeaderValue::from_static("10.0.0.2:2"));
        let client = SocketAddr::from(([192, 0, 2, 7], 4000));
        set_spin_headers(&mut headers, &Uri::from_static("/a/b?c=d"), client);
        let addresses: Vec<_> = headers.get_all("spin-client-addr").iter().collect();
        assert_eq!(addresses, ["192.0.2.7:4000"]);
        assert_eq!(headers["spin-full-url"], "http://shop.example/a/b?c=d");
        assert_eq!(headers["spin-path-info"], "/a/b");
    }
}
