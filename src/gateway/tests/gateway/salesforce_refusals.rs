//! Salesforce's error codes, and what happens to a payment that could not be synced.

use std::rc::Rc;

use serde_json::{Value, json as value};

use super::doubles::{CallError, HttpResponse, World, composite, refused, request, response, with_header};

/// How a refusal is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handling {
    /// Retried at the next drain, without a limit.
    Transient,
    /// Retried at the next drain, and put into the review queue after five attempts.
    FewTries,
    /// Retried after a longer wait, without a limit; a person is notified.
    Late,
    /// Retried after the same longer wait, and the circuit breaker opens.
    Organisation,
    /// Put into the review queue at once.
    Person,
}

use Handling::{FewTries, Late, Organisation, Person, Transient};

/// A world in which Salesforce returned this response this often in a row, and the payment as it is then shown.
fn refused_payment(response: &Result<HttpResponse, CallError>, times: u32) -> (Rc<World>, Value) {
    let world = World::new();
    for _ in 0..times {
        world.network.salesforce.next(response.clone());
    }
    let reference = world.charge("k");
    for _ in 1..times {
        world.clock.advance_seconds(3 * 3600);
        assert_eq!(drain(&world).status, 200);
    }
    let payment = world.payment(&reference);
    (world, payment)
}

fn drain(world: &World) -> super::doubles::DecodedResponse {
    let key = format!("Bearer {}", super::doubles::KEY_TR);
    world.send(with_header(request("POST", "/v1/drain"), "authorization", &key))
}

/// Asserts that the response leads to this retry policy, and that this code is shown.
fn expect(response: &Result<HttpResponse, CallError>, handling: Handling, code: &str) {
    let (world, payment) = refused_payment(response, 1);
    let shown = &payment["salesforce"];
    assert_eq!((&shown["errorCode"], &shown["failedAttempts"]), (&code.into(), &1.into()));
    assert!(shown["errorMessage"].is_string());
    assert_eq!(shown["version"], 0, "{code}: nothing was synced");
    let next = shown["nextAttemptAt"].as_str();
    let now = Some("2026-11-20T10:00:00.000Z");
    match handling {
        Transient | FewTries => assert_eq!(next, now, "{code}"),
        Late | Organisation => assert!(next > now, "{code}: {next:?}"),
        Person => assert_eq!(next, None, "{code}"),
    }
    let at_once = matches!(handling, Person | Organisation | Late);
    let paused = drain(&world).json["paused"].clone();
    assert_eq!(paused["code"].as_str(), (handling == Organisation).then_some(code), "{paused}");
    review(&payment, at_once, code);
    for (times, handed_over) in [(4, false), (5, handling == FewTries)] {
        if handling == Person {
            break;
        }
        let (_, payment) = refused_payment(response, times);
        assert_eq!(payment["salesforce"]["failedAttempts"], times, "{code}");
        assert_eq!(payment["salesforce"]["nextAttemptAt"].is_null(), handed_over, "{code} {times} times");
        review(&payment, handed_over || at_once, code);
    }
}

fn review(payment: &Value, required: bool, code: &str) {
    assert_eq!(payment["reviewRequired"], required, "{code}");
    let reasons = if required { value!([format!("salesforce:{code}")]) } else { value!([]) };
    assert_eq!(payment["reviewReasons"], reasons, "{code}");
}

fn expect_code(handling: Handling, code: &str, message: &str) {
    let halted = (400, refused("PROCESSING_HALTED", "The transaction was rolled back", &[]));
    let rolled_back = (400, refused("ALL_OR_NONE_OPERATION_ROLLED_BACK", "rolled back", &[]));
    let cause = (400, refused(code, message, &[]));
    for parts in [
        [cause.clone(), halted.clone(), halted.clone()],
        [halted.clone(), cause.clone(), halted.clone()],
        [halted, rolled_back, cause],
    ] {
        expect(&Ok(composite(&parts)), handling, code);
    }
    expect(&Ok(response(400, &refused(code, message, &[]).to_string())), handling, code);
}

#[test]
fn a_transient_refusal_is_retried_soon() {
    for code in [
        "UNABLE_TO_LOCK_ROW",
        "UNABLE_TO_LOCK_RECORD",
        "SERVER_UNAVAILABLE",
        "SERVICE_UNAVAILABLE",
        "BAD_GATEWAY",
        "QUERY_TIMEOUT",
        "REQUEST_RUNNING_TOO_LONG",
        "TOO_MANY_APEX_REQUESTS",
        "API_CURRENTLY_DISABLED",
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        "TERRITORY_REALIGN_IN_PROGRESS",
        "CONFLICT",
    ] {
        expect_code(Transient, code, "");
    }
}

#[test]
fn a_possibly_transient_refusal_is_retried_a_few_times() {
    for code in ["UNKNOWN_EXCEPTION", "INTERNAL_ERROR", "CANNOT_EXECUTE_FLOW_TRIGGER", "DUPLICATE_VALUE", "NEW_CODE"] {
        expect_code(FewTries, code, "");
    }
}

#[test]
fn a_transient_code_within_a_message_counts() {
    for code in ["APEX_ERROR", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"] {
        expect_code(FewTries, code, "T1: execution of BeforeUpdate caused by: System.NullPointerException");
        expect_code(Transient, code, "T1: execution caused by: Insert failed; UNABLE_TO_LOCK_ROW, unable to obtain");
    }
}

#[test]
fn a_slowly_passing_refusal_is_retried_late() {
    for code in ["ENTITY_IS_LOCKED", "RECORD_IN_USE_BY_WORKFLOW"] {
        expect_code(Late, code, "");
    }
    for code in ["STORAGE_LIMIT_EXCEEDED", "EXCEEDED_QUOTA"] {
        expect_code(Organisation, code, "");
    }
}

#[test]
fn an_organisation_that_refuses_everything_is_called_rarely_and_needs_a_person() {
    for code in [
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "API_DISABLED_FOR_ORG",
        "FUNCTIONALITY_NOT_ENABLED",
        "INVALID_LOGIN",
        "ORG_LOCKED",
        "TRIAL_EXPIRED",
        "TXN_SECURITY_NO_ACCESS",
    ] {
        expect_code(Organisation, code, "");
    }
}

#[test]
fn a_refusal_that_needs_a_person_goes_to_review_at_once() {
    for code in [
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "DUPLICATE_EXTERNAL_ID",
        "DUPLICATES_DETECTED",
        "REQUIRED_FIELD_MISSING",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_INTEGRITY_EXCEPTION",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_TYPE",
        "NOT_FOUND",
        "MALFORMED_ID",
        "INVALID_CROSS_REFERENCE_KEY",
        "ENTITY_IS_DELETED",
        "STRING_TOO_LONG",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_CURRENCY_ISO",
        "JSON_PARSER_ERROR",
    ] {
        expect_code(Person, code, "");
    }
}

#[test]
fn a_status_without_a_code_decides_the_retry_policy() {
    for status in [420, 429, 500, 502, 503, 504] {
        for body in ["", "<html><body>Gateway</body></html>", "{}", "[]", "[{}]", "null", "[\"x\"]"] {
            expect(&Ok(response(status, body)), Transient, &format!("http_{status}"));
        }
    }
    expect(&Ok(composite(&[(300, value!(["/a", "/b"]))])), Person, "http_300");
    expect(&Ok(response(418, "")), FewTries, "http_418");
}

#[test]
fn a_timeout_is_transient() {
    expect(&Err(CallError::NotSent("refused".to_owned())), Transient, "no_answer");
    expect(&Err(CallError::NoResponse("timeout".to_owned())), Transient, "no_answer");
}

#[test]
fn a_response_that_is_not_a_composite_response_is_not_a_success() {
    for body in ["", "{}", "[]", "null", "{\"compositeResponse\":[{}]}"] {
        expect(&Ok(response(200, body)), FewTries, "unreadable_answer");
    }
}

#[test]
fn a_response_about_another_number_of_records_is_not_a_success() {
    let world = World::new();
    world.charge("k");
    let sent = world.network.salesforce.last().len();
    for answered in (0..sent).chain([sent + 1]) {
        expect(&Ok(composite(&vec![(200, Value::Null); answered])), FewTries, "unreadable_answer");
    }
}

#[test]
fn an_invalid_code_is_not_shown() {
    for code in ["Ayse Yilmaz <ayse@customer.example>", "X; Y", &"X".repeat(81)] {
        expect(&Ok(response(400, &refused(code, "", &[]).to_string())), FewTries, "http_400");
        expect(&Ok(composite(&[(400, refused(code, "", &[]))])), FewTries, "http_400");
    }
}

#[test]
fn rolled_back_records_without_a_cause_are_retried_a_few_times() {
    let halted = (400, refused("PROCESSING_HALTED", "", &[]));
    expect(&Ok(composite(&[(200, Value::Null), halted.clone(), halted])), FewTries, "PROCESSING_HALTED");
}

#[test]
fn a_200_with_one_failed_record_is_a_failure() {
    let parts = [(200, Value::Null), (201, value!({"id": "a"})), (400, refused("INVALID_FIELD", "no such", &[]))];
    expect(&Ok(composite(&parts)), Person, "INVALID_FIELD");
}

#[test]
fn the_wait_is_long_at_the_daily_limit_and_short_below_it() {
    for (info, handling) in [
        (Some("api-usage=100/100000"), Transient),
        (Some("api-usage=89999/100000"), Transient),
        (Some("api-usage=90000/100000"), Organisation),
        (Some("api-usage=100000/100000; per-app-api-usage=17/250(appName=x)"), Organisation),
        (Some("per-app-api-usage=17/250"), Transient),
        (Some("nonsense"), Organisation),
        (None, Organisation),
    ] {
        let mut response =
            response(403, &refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded", &[]).to_string());
        response.headers.extend(info.map(|info| ("sforce-limit-info".to_owned(), info.to_owned())));
        expect(&Ok(response), handling, "REQUEST_LIMIT_EXCEEDED");
    }
}

#[test]
fn a_version_refusal_needs_review_where_the_ledger_has_no_newer_version() {
    let halted = (400, refused("PROCESSING_HALTED", "", &[]));
    let older = (400, refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "a newer version", &["Version__c"]));
    for parts in [[older.clone(), halted.clone()], [halted, older]] {
        let (world, payment) = refused_payment(&Ok(composite(&parts)), 1);
        let shown = &payment["salesforce"];
        assert_eq!((&shown["errorCode"], &shown["version"]), (&"version_conflict".into(), &0.into()));
        assert_eq!(payment["reviewReasons"][0], "salesforce:version_conflict");
        assert_eq!(world.salesforce_calls(), 1, "the flag would be refused too");
        assert_eq!(drain(&world).json["taken"], 0, "nothing is retried until a person has acted");
    }
    let rule = (400, refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "a rule of the org", &["Status__c"]));
    expect(&Ok(composite(&[rule])), Person, "FIELD_CUSTOM_VALIDATION_EXCEPTION");
}

#[test]
fn a_success_ends_the_count_of_failures() {
    let (world, payment) = refused_payment(&Ok(response(503, "")), 3);
    assert_eq!(payment["salesforce"]["failedAttempts"], 3);
    world.clock.advance_seconds(3 * 3600);
    drain(&world);
    let shown = &world.payment(payment["reference"].as_str().unwrap())["salesforce"];
    assert_eq!(shown["failedAttempts"], 0);
    assert_eq!((&shown["errorCode"], &shown["nextAttemptAt"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_person_may_sync_a_payment_in_review() {
    let (world, payment) = refused_payment(&Ok(response(400, &refused("INVALID_FIELD", "", &[]).to_string())), 1);
    let calls = world.salesforce_calls();
    world.clock.advance_seconds(24 * 3600);
    drain(&world);
    assert_eq!(world.salesforce_calls(), calls, "the drain leaves it to the person");
    let response = world.send(super::doubles::sync(payment["reference"].as_str().unwrap()));
    assert_eq!((&response.json["reviewRequired"], &response.json["salesforce"]["version"]), (&false.into(), &2.into()));
}
