//! The context of one outbound call.

use crate::config::Site;
use crate::ports::Ports;
use crate::tracing::Trace;

/// What outbound calls and clock readings need.
#[derive(Clone, Copy)]
pub struct CallContext<'a> {
    pub ports: Ports<'a>,
    pub site: &'a Site,
    pub trace: &'a Trace,
}
