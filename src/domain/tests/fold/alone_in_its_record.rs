//! A record with one payment shows the same as the payment, for any history.

use proptest::prelude::*;
use tollbridge_domain::{Amounts, PaymentSummary, RecordTotals};

use crate::histories::fold;
use crate::order_does_not_matter::history;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_record_with_one_payment_shows_the_same_as_the_payment(entries in history()) {
        let payment = fold(&entries);
        let totals = RecordTotals::of([(1, &PaymentSummary::of(&payment, None, true))]).unwrap();
        prop_assert_eq!(totals.status, payment.status);
        prop_assert_eq!(totals.amounts, Amounts::of(&payment));
        prop_assert_eq!((totals.reference, totals.transaction), (payment.reference.clone(), payment.transaction.clone()));
        let reasons: Vec<String> = totals.review.iter().map(ToString::to_string).collect();
        prop_assert_eq!(reasons, payment.reasons().iter().map(ToString::to_string).collect::<Vec<_>>());
        prop_assert_eq!(totals.version, payment.version);
    }
}
