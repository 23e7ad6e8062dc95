//! Tollbridge from outside: the built components in the embedded runtime, between MaldoPay's and Salesforce's sandboxes,
//! asked over HTTP. One module for each behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod a_bad_configuration_says_what_is_wrong;
mod a_body_that_breaks_off_is_not_taken;
mod a_callback_counts_once;
mod a_callback_is_believed_only_when_signed;
mod a_caller_who_goes_away_finds_the_answer_later;
mod a_charge_is_captured_by_its_callback;
mod a_chargeback_calls_for_review;
mod a_command_is_carried_out_once;
mod a_customer_goes_both_ways;
mod a_decline_is_an_answer;
mod a_failing_store_acknowledges_nothing;
mod a_history_that_was_tampered_with_shows;
mod a_late_write_puts_nothing_back;
mod a_lost_callback_is_asked_about;
mod a_mapping_is_the_sites_own;
mod a_payment_can_be_told_again;
mod a_payout_goes_out;
mod a_record_shows_all_its_payments;
mod a_request_can_be_followed_everywhere;
mod a_service_that_is_silent_holds_nobody_up;
mod a_site_chooses_how_callbacks_are_signed;
mod a_source_has_one_open_payment;
mod a_store_that_reads_only_one_key_at_a_time_is_enough;
mod a_token_that_expired_is_replaced_once;
mod a_version_that_nobody_here_wrote_calls_for_review;
mod a_void_releases_what_is_reserved;
mod a_webhook_costs_the_same_among_many_payments;
mod an_authorization_is_captured_in_parts;
mod an_unanswered_request_is_never_repeated;
mod bodies_have_a_limit;
mod callbacks_may_overtake_each_other;
mod callers_see_only_their_own_site;
mod card_numbers_of_callbacks_are_not_kept;
mod currencies_have_their_own_decimals;
mod hostile_deliveries_are_refused;
mod hostile_requests_are_refused_by_field;
mod many_callbacks_share_their_commits;
mod money_that_matches_nothing_is_assigned;
mod news_of_an_unknown_payment_is_kept_for_review;
mod nothing_of_the_customer_is_kept_or_logged;
mod operations_that_race_stay_within_bounds;
mod payments_survive_a_restart;
mod personal_data_is_sealed_and_can_be_erased;
mod refunds_never_exceed_what_was_captured;
mod salesforce_is_told_only_what_changed;
mod salesforce_may_be_down;
mod tax_is_part_of_the_amount;
mod the_answer_and_its_callback_are_one_fact;
mod the_hundred_thousandth_payment_costs_what_the_first_did;
mod the_journal_is_a_change_feed;
mod times_of_callbacks_are_in_the_sites_zone;
mod two_gateways_on_one_store_are_one;
mod two_hundred_identical_callbacks_are_one_event;
mod two_hundred_identical_commands_are_one_payment;
mod two_legal_entities_share_nothing;
mod unknown_paths_and_methods_are_problems;
mod what_is_accepted_is_what_was_shown;
mod world;
