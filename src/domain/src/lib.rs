//! The domain as plain values: exact money, operations, events, and a payment as the fold over the set of its facts.
//! Nothing here uses a network, a clock or a store.
//!
//! Data flows one way: text becomes [`Money`] and identifiers at the edge, identifiers and money become [`Fact`]s, and
//! [`Payment::fold`] turns the facts into a state.

mod assignment;
mod cards;
mod contradictions;
mod disputes;
pub mod durations;
mod erasure;
mod event;
mod event_kind;
mod facts;
mod fold;
mod identifier_error;
mod identifiers;
mod invoice;
mod locale;
mod money;
mod movement_kind;
mod movements;
mod object_name;
mod operation;
mod outstanding;
mod payment;
mod pending_outcome;
mod record;
mod record_id;
mod review;
mod source_record;
mod tax;
mod telephone;
mod text_field;
mod time;
mod unreadable;
mod zone;

pub use assignment::Assignment;
pub use cards::{looks_like_card, mask_cards, mask_cards_but, mask_cards_of_cut};
pub use erasure::Erasure;
pub use event::{Conversion, Entry, Event, Fact, OperationRequest};
pub use event_kind::{EventKind, FailedStage, ReportedOutcome};
pub use identifier_error::IdentifierError;
pub use identifiers::{
    CorrelationId, EventId, IdempotencyKey, MappingName, OperationReference, PaymentReference, SiteName, TransactionId,
};
pub use invoice::Invoice;
pub use locale::{Country, Language, Locale, LocaleError, UnknownCountry, UnknownLanguage};
pub use money::{Currency, Money, MoneyError, UnknownCurrency};
pub use operation::{Intent, Operation};
pub use payment::{BoundError, Payment, PaymentStatus};
pub use pending_outcome::{LEASE_MILLISECONDS, PendingOperation, PendingOutcome};
pub use record::{Amounts, PaymentSummary, RecordReason, RecordTotals};
pub use review::{Acceptance, Evidence, ReviewReason};
pub use source_record::SourceRecord;
pub use tax::{Tax, TaxError, TaxRate, TaxRateError};
pub use telephone::{TelephoneNumber, TelephoneNumberError};
pub use text_field::{TEXT_FIELD_UNITS, within_units};
pub use time::{TimeError, Timestamp};
pub use unreadable::{DeliveryProblem, UnreadableDelivery};
pub use zone::{TimeZone, TimeZoneError};
