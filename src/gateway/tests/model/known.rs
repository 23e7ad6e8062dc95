//! All scenarios by name, and those that are known to fail.

use super::scenario::ModelScenario;
use super::{faults, scenarios};

macro_rules! scenarios {
    ($($module:ident: $($name:ident),+;)+) => {
        &[$($((stringify!($name), $module::$name)),+),+]
    };
}

/// The name of a scenario, and the function that builds it.
pub type Named = (&'static str, fn() -> ModelScenario);

/// All scenarios.
pub const SCENARIOS: &[Named] = scenarios! {
    scenarios:
        a_webhook_and_a_drain, a_webhook_that_stalls, two_webhooks, one_delivery_twice, one_charge_twice,
        two_charges_of_an_order, a_charge_that_is_repeated_later, two_refunds, a_refund_and_a_drain,
        a_person_and_a_webhook, two_payments_of_an_order;
    faults:
        lost_numbers_fill_a_page_of_the_journal, an_old_entry_moves_to_the_end,
        lost_numbers_of_a_payment_hide_what_follows, lost_numbers_of_a_payment_hide_a_refund,
        lost_attempts_hide_a_payment_of_the_order, a_reader_follows_the_feed, two_drains_enqueue_a_review,
        a_person_decides_by_what_is_old, a_repeated_refund_by_clocks_that_differ,
        a_refund_on_its_way_and_clocks_that_differ, a_charge_on_its_way_and_clocks_that_differ,
        a_stalled_refund_is_repeated, a_refund_stalls_before_it_is_sent,
        a_charge_stalls_before_it_is_sent, a_delivery_is_written_late, a_delivery_is_written_in_part;
};

/// The scenarios that fail, each with its fault. The tests fail when one of them no longer does, until it is removed
/// here.
pub const KNOWN_FAULTS: &[(&str, &str)] = &[];
