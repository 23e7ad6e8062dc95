//! Payments that need a person, and what the person decides.

mod a_chargeback_needs_review;
mod a_person_accepts_only_what_was_shown;
mod unmatched_money_is_assigned_to_an_order;
