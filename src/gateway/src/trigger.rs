//! What triggers the work on a payment.

/// What a call to Salesforce is triggered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A new event, or a schedule. An open circuit breaker prevents the call.
    Automatic,
    /// An operator, who may have fixed what opened the circuit breaker.
    Manual,
}
