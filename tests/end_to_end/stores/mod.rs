//! What the store holds, how durable and private it is, and how much work a request costs it.

mod a_store_may_read_only_one_key_at_a_time;
mod customer_data_is_neither_stored_nor_logged;
mod many_callbacks_share_their_commits;
mod nothing_is_acknowledged_while_the_store_fails;
mod payments_survive_a_restart;
mod personal_data_is_sealed_and_can_be_erased;
mod tampering_with_the_history_is_detected;
mod the_hundred_thousandth_payment_costs_as_much_as_the_first;
mod the_journal_is_a_change_feed;
mod two_gateways_share_one_store;
