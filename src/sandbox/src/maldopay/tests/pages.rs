//! The pages: their effects, and that hostile text in them stays inert.

use serde_json::json;

use super::*;
use crate::testing::{Shop, sandbox};
use crate::{Sandbox, Signature, TransactionState};

fn at(sandbox: &Sandbox, path: &str) -> String {
    sandbox.maldopay.url().replace("/json/", path)
}

#[tokio::test]
async fn the_payer_pays_on_the_page_that_the_answer_names() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let shop = Shop::open(&[]).await;
    sandbox.maldopay.set_callback_url(&shop.url);
    let reply = ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.00", "r-1")).await.unwrap();
    let redirect = reply.json()["redirect"].as_str().unwrap().to_owned();
    let page = send("GET", &redirect, &[], "").await.unwrap();
    assert!(page.body.contains("50.00") && page.body.contains("/pay/700001/pay"), "{}", page.body);
    assert_eq!(send("POST", &format!("{redirect}/pay"), &[], "").await.unwrap().status, 303);
    assert_eq!(sandbox.maldopay.find("r-1").unwrap().state, TransactionState::Confirmed);
    assert_eq!(shop.received()[0].text("result"), "CONFIRMED");
    let page = send("GET", &redirect, &[], "").await.unwrap();
    assert!(!page.body.contains("<button"), "{}", page.body);
}

#[tokio::test]
async fn hostile_text_is_shown_and_never_run() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let hostile = "<script>alert(1)</script>\"'&";
    let json = json!({ "transaction": {
        "clientId": "81433",
        "landingPages": { "landingSuccess": "javascript:alert(1)" },
        "request": start("DEPOSIT", 2031, "50.09", hostile),
        "user": user(),
    } });
    assert_eq!(code(&post(&sandbox.maldopay, &json.to_string(), KEY).await), 200);
    for path in ["/", "/pay/700001"] {
        let page = send("GET", &at(&sandbox, path), &[], "").await.unwrap();
        assert!(page.body.contains("&lt;script&gt;alert(1)"), "{}", page.body);
        assert!(!page.body.contains("<script") && !page.body.contains("javascript:"), "{}", page.body);
    }
}

#[tokio::test]
async fn a_button_on_the_list_triggers_its_event() {
    let sandbox = sandbox(Signature::ValuesPipe).await;
    let shop = Shop::open(&[]).await;
    sandbox.maldopay.set_callback_url(&shop.url);
    ask(&sandbox.maldopay, start("DEPOSIT", 2031, "50.09", "r-1")).await;
    let pressed = send("POST", &at(&sandbox, "/transactions/700001/settle"), &[], "").await.unwrap();
    assert_eq!(pressed.status, 303);
    assert_eq!(shop.received()[0].text("type"), "SETTLEMENT");
    let pressed = send("POST", &at(&sandbox, "/transactions/700001/decline-later"), &[], "").await.unwrap();
    assert_eq!(pressed.status, 303);
    assert_eq!(sandbox.maldopay.transaction(700_001).unwrap().state, TransactionState::Declined);
    let pressed = send("POST", &at(&sandbox, "/transactions/9/settle"), &[], "").await.unwrap();
    assert_eq!(pressed.status, 409);
    assert_eq!(send("POST", &at(&sandbox, "/transactions/700001/x"), &[], "").await.unwrap().status, 404);
}
