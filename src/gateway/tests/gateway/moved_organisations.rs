//! An organisation that has moved, or a page in the place of its answer: the site pauses, no payment is left to a
//! person, and everything is sent once that is mended.

use serde_json::{Value, json as value};

use super::doubles::{HttpResponse, World, get, json, order_body, post, refused, response};

fn charge(world: &World, number: usize) -> String {
    let body = order_body(&format!("801Hs00000abc{number:02}"));
    let response = world.send(json("/v1/payments", &format!("k{number}"), &body));
    assert_eq!(response.status, 201, "{}", response.text);
    response.json["reference"].as_str().unwrap().to_owned()
}

fn drain(world: &World, query: &str) -> Value {
    let response = world.send(post(&format!("/v1/drain{query}"), "", ""));
    assert_eq!(response.status, 200, "{}", response.text);
    response.json
}

/// A response with a page for people.
fn page(status: u16) -> HttpResponse {
    let mut response = response(status, "\n<!DOCTYPE html><html><body>The URL has moved</body></html>");
    response.headers.push(("content-type".to_owned(), "text/html; charset=UTF-8".to_owned()));
    response
}

/// Answers from an organisation that is not there, each with the code that is shown.
fn responses() -> Vec<(HttpResponse, &'static str)> {
    let gone = refused("NOT_FOUND", "The requested resource does not exist", &[]).to_string();
    let retired = refused("UNSUPPORTED_API_VERSION", "This API version is retired", &[]).to_string();
    vec![
        (page(301), "http_301"),
        (response(302, ""), "http_302"),
        (response(307, "The URL has moved <a href=\"https://elsewhere.example\">here</a>"), "http_307"),
        (response(300, "[\"/services/data/v67.0/sobjects/Order/1\"]"), "http_300"),
        (response(404, &gone), "http_404"),
        (response(410, &retired), "http_410"),
        (page(404), "http_404"),
        (page(200), "html_page"),
        (page(403), "html_page"),
        (response(200, "<html>maintenance</html>"), "html_page"),
        (HttpResponse { body: b"login".to_vec(), ..page(200) }, "html_page"),
    ]
}

#[test]
fn a_moved_organisation_is_a_pause_and_everything_is_sent_once_it_is_back() {
    for (response, code) in responses() {
        let world = World::new();
        // Every attempt of the next hours finds the same.
        for _ in 0..40 {
            world.network.salesforce.next(Ok(response.clone()));
        }
        let references: Vec<String> = (0..10).map(|number| charge(&world, number)).collect();
        assert_eq!(world.salesforce_calls(), 1, "{code}: the other nine made no call");
        for _ in 0..60 {
            world.clock.advance_seconds(600);
            drain(&world, "");
        }
        let paused = drain(&world, "")["paused"].clone();
        assert_eq!(paused["code"], code);
        assert!(paused["remedy"].as_str().unwrap().contains("api_version"), "{paused}");
        assert!(paused["attempts"].as_u64().unwrap() > 5, "five failures in a row leave nothing to a person: {paused}");

        // The organisation is back.
        while world.network.salesforce.pop().is_some() {}
        for _ in 0..4 {
            world.clock.advance_seconds(3 * 3600);
            drain(&world, "");
        }
        for reference in &references {
            let payment = world.payment(reference);
            assert_eq!((&payment["salesforce"]["version"], &payment["reviewReasons"]), (&2.into(), &value!([])));
        }
        assert_eq!(world.send(get("/v1/reviews")).json, value!({"reviews": [], "next": null}), "{code}");
    }
}

#[test]
fn whoever_mended_it_need_not_wait() {
    let world = World::new();
    world.network.salesforce.next(Ok(page(301)));
    let references: Vec<String> = (0..5).map(|number| charge(&world, number)).collect();
    assert!(drain(&world, "?resume=true")["paused"].is_null());
    for reference in references {
        assert_eq!(world.payment(&reference)["salesforce"]["version"], 2);
    }
}

#[test]
fn a_sign_in_at_an_organisation_that_moved_pauses_the_site() {
    for (response, code) in responses() {
        let world = World::new();
        world.network.salesforce.next_sign_in(Ok(response));
        charge(&world, 1);
        charge(&world, 2);
        assert_eq!((world.network.salesforce.sign_ins().len(), world.salesforce_calls()), (1, 0), "{code}");
        assert_eq!(drain(&world, "")["paused"]["code"], code);
    }
}

#[test]
fn a_busy_organisation_may_say_so_in_a_page() {
    for status in [429, 500, 502, 503] {
        let world = World::new();
        world.network.salesforce.next(Ok(page(status)));
        charge(&world, 1);
        assert!(drain(&world, "")["paused"].is_null(), "{status}");
    }
}
