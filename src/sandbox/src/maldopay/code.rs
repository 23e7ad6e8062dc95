//! The codes that do not belong to a service. The first digit is the class; no public document lists the meaning of the
//! rest.

pub(crate) const APPROVED: u64 = 200;
pub(crate) const PENDING: u64 = 300;
pub(crate) const FAILED: u64 = 400;
pub(crate) const BAD_CHECKSUM: u64 = 401;
pub(crate) const NO_SUCH_TRANSACTION: u64 = 404;
pub(crate) const WRONG_VERSION: u64 = 406;
pub(crate) const REFERENCE_IN_USE: u64 = 409;
pub(crate) const NO_CREDENTIALS: u64 = 491;
pub(crate) const DECLINED: u64 = 500;
pub(crate) const CANCELED: u64 = 501;
pub(crate) const BEYOND_BOUND: u64 = 502;
