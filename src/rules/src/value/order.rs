//! Equality and order of values, as in jq: null, false, true, numbers, text. Money is comparable only with money in the
//! same currency. Any other comparison of money, and any order of lists, records a violation.

use core::cmp::Ordering;

use super::Value;
use crate::meter::{self, Violation};

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(first), Self::Boolean(second)) => first == second,
            (Self::Number(first), Self::Number(second)) => first.compare(*second).is_eq(),
            (Self::Text(first), Self::Text(second)) => {
                // Texts of different lengths differ.
                first.len() == second.len() && {
                    meter::look(first.len());
                    first == second
                }
            }
            (Self::Amount(first), Self::Amount(second)) | (Self::Money(first), Self::Money(second)) => first == second,
            (Self::Null, Self::Amount(_) | Self::Money(_)) | (Self::Amount(_) | Self::Money(_), Self::Null) => false,
            (Self::Amount(_) | Self::Money(_), _) | (_, Self::Amount(_) | Self::Money(_)) => {
                meter::note(Violation::Comparison);
                false
            }
            // Each pair is a step: a list may contain the same part many times.
            (Self::List(first), Self::List(second)) => {
                let mut pairs = first.items.iter().zip(&second.items);
                first.items.len() == second.items.len()
                    && pairs.all(|(first, second)| meter::spend(1).is_ok() && first == second)
            }
            (Self::Object(first), Self::Object(second)) => {
                let mut pairs = first.entries.iter().zip(&second.entries);
                first.entries.len() == second.entries.len()
                    && pairs.all(|(first, second)| meter::spend(1).is_ok() && first == second)
            }
            _ => false,
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Boolean(first), Self::Boolean(second)) => Some(first.cmp(second)),
            (Self::Number(first), Self::Number(second)) => Some(first.compare(*second)),
            (Self::Text(first), Self::Text(second)) => {
                meter::look(first.len().min(second.len()));
                Some(first.cmp(second))
            }
            (Self::Amount(first), Self::Amount(second)) | (Self::Money(first), Self::Money(second)) => {
                let order = first.compare(*second);
                if order.is_none() {
                    meter::note(Violation::Comparison);
                }
                order
            }
            (Self::Amount(_) | Self::Money(_), _) | (_, Self::Amount(_) | Self::Money(_)) => {
                meter::note(Violation::Comparison);
                None
            }
            (Self::List(_) | Self::Object(_), _) | (_, Self::List(_) | Self::Object(_)) => {
                meter::note(Violation::Order);
                None
            }
            _ => Some(rank(self).cmp(&rank(other))),
        }
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Boolean(_) => 1,
        Value::Number(_) => 2,
        Value::Text(_) | Value::Amount(_) => 3,
        Value::List(_) => 4,
        Value::Object(_) | Value::Money(_) => 5,
    }
}
