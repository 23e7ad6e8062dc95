//! The sync: what Salesforce gets, when, and what happens when it refuses or does not respond.

mod a_late_write_does_not_overwrite_newer_state;
mod a_moved_organisation_is_a_pause;
mod a_payment_can_be_synced_again;
mod a_record_shows_all_its_payments;
mod a_refused_event_does_not_hide_the_state;
mod an_expired_token_is_replaced_once;
mod an_unknown_version_in_salesforce_needs_review;
mod customer_data_goes_both_ways;
mod only_changes_are_sent_to_salesforce;
mod salesforce_may_be_down;
