//! What reaches the network, what does not, and which errors the component gets.

use std::pin::Pin;

use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

use super::*;

fn outbound(entry: &str) -> (Outbound, Arc<Meter>) {
    with(entry, Limits::default())
}

fn with(entry: &str, limits: Limits) -> (Outbound, Arc<Meter>) {
    let meter = Arc::new(Meter::default());
    let allowed = Arc::new(AllowedHosts::parse([entry.to_owned()]).unwrap());
    (Outbound::new(allowed, meter.clone(), limits), meter)
}

fn request(uri: &str) -> Request<WasiBody> {
    let body = Full::from("{}").map_err(|never| match never {}).boxed_unsync();
    Request::post(uri).body(body).unwrap()
}

async fn send(outbound: &mut Outbound, uri: &str, options: RequestOptions) -> Result<Response<WasiBody>, Error> {
    let processed = Box::new(std::future::ready(Ok(())));
    let sending = outbound.send_request(request(uri), Some(options), processed);
    Pin::from(sending).await.map(|(response, _)| response)
}

fn brief() -> Duration {
    Duration::from_millis(20)
}

#[tokio::test]
async fn a_host_that_is_not_allowed_gets_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (mut outbound, meter) = outbound("https://127.0.0.1:*");
    let uri = format!("http://127.0.0.1:{port}/");
    let error = send(&mut outbound, &uri, RequestOptions::default()).await;
    assert!(matches!(error, Err(Error::HttpRequestDenied)));
    assert_eq!(meter.snapshot(0).outbound_requests, 0);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        let answer = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 2\r\n\r\nok";
        stream.write_all(answer).await.unwrap();
        String::from_utf8(head[..length].to_vec()).unwrap()
    });
    let (mut outbound, meter) = outbound("http://127.0.0.1:*");
    let uri = format!("http://127.0.0.1:{port}/path?query");
    let response = send(&mut outbound, &uri, RequestOptions::default()).await.unwrap();
    assert_eq!(response.status(), 302);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "ok");
    assert_eq!(meter.snapshot(0).outbound_requests, 1);
    let head = server.await.unwrap();
    assert!(head.starts_with("POST /path?query HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("host: 127.0.0.1:{port}\r\n")), "{head}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_read_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let (mut outbound, _) = outbound("http://127.0.0.1:*");
    // The listener accepts nothing. The system completes the connection all the same, but the first byte never comes.
    let options = RequestOptions { first_byte_timeout: Some(brief()), ..RequestOptions::default() };
    let error = send(&mut outbound, &uri, options).await;
    assert!(matches!(error, Err(Error::ConnectionReadTimeout)), "{error:?}");
}

#[tokio::test]
async fn a_port_without_a_server_is_a_refused_connection() {
    // The socket is bound but does not listen, so the port stays reserved and closed. The port of a listener that was
    // dropped is neither for certain: another process can bind it, and one that a test forks just then keeps the
    // listener open until it executes its program.
    let reserved = TcpSocket::new_v4().unwrap();
    reserved.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let uri = format!("http://{}/", reserved.local_addr().unwrap());
    let (mut outbound, _) = outbound("http://127.0.0.1:*");
    let error = send(&mut outbound, &uri, RequestOptions::default()).await;
    assert!(matches!(error, Err(Error::ConnectionRefused)), "{error:?}");
}

#[tokio::test]
async fn a_request_on_a_broken_connection_is_not_repeated() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        assert!(stream.read(&mut head).await.unwrap() > 0);
        drop(stream);
        listener
    });
    let (mut outbound, _) = outbound("http://127.0.0.1:*");
    let error = send(&mut outbound, &uri, RequestOptions::default()).await;
    assert!(matches!(error, Err(Error::ConnectionTerminated)), "{error:?}");
    let listener = server.await.unwrap();
    let second = tokio::time::timeout(brief(), listener.accept()).await;
    assert!(second.is_err(), "the request was sent a second time");
}

#[tokio::test]
async fn a_body_that_pauses_for_too_long_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        assert!(stream.read(&mut head).await.unwrap() > 0);
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
        stream.write_all(answer).await.unwrap();
        stream
    });
    let (mut outbound, _) = outbound("http://127.0.0.1:*");
    let options = RequestOptions { between_bytes_timeout: Some(brief()), ..RequestOptions::default() };
    let response = send(&mut outbound, &uri, options).await.unwrap();
    let stream = server.await.unwrap();
    let error = response.into_body().collect().await;
    assert!(matches!(error, Err(Error::ConnectionReadTimeout)));
    drop(stream);
}

#[tokio::test]
async fn a_host_with_an_exhausted_share_gets_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            assert!(stream.read(&mut head).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nha").await.unwrap();
            held.push(stream);
        }
    });
    let (mut outbound, meter) =
        with("http://127.0.0.1:*", Limits { calls_per_host: 1, call_wait: brief(), ..Limits::default() });
    let first = send(&mut outbound, &uri, RequestOptions::default()).await.unwrap();
    // The head of the first answer has arrived, but not its whole body.
    let error = send(&mut outbound, &uri, RequestOptions::default()).await;
    assert!(matches!(error, Err(Error::ConnectionLimitReached)), "{error:?}");
    assert_eq!(meter.snapshot(0).outbound_requests, 1, "nothing was sent");
    drop(first);
    assert!(send(&mut outbound, &uri, RequestOptions::default()).await.is_ok());
    server.abort();
}
