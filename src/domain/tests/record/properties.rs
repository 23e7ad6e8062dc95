//! For any payments: their order does not matter, sums are sums, and some payments change nothing.

use proptest::prelude::*;
use tollbridge_domain::{Intent, Money, PaymentStatus, PaymentSummary, RecordTotals};

use crate::summaries::*;

fn any_payment() -> impl Strategy<Value = PaymentSummary> {
    use PaymentStatus::*;
    let intent = prop::sample::select(vec![Intent::Charge, Intent::Charge, Intent::Authorize, Intent::Payout]);
    let status = prop::sample::select(vec![
        Pending,
        Authorized,
        PartiallyCaptured,
        Captured,
        Settled,
        PartiallyRefunded,
        Refunded,
        Failed,
        Canceled,
        Disputed,
        ChargedBack,
        PaidOut,
    ]);
    (
        intent,
        status,
        prop::collection::vec(0..20_000_i64, 7),
        "[A-Z]{6}",
        prop::sample::select(vec!["TRY", "TRY", "EUR"]),
    )
        .prop_map(|(intent, status, units, reference, currency)| {
            let mut payment = with_status(status, in_currency(&reference, intent, 15_000, currency));
            let amounts = &mut payment.amounts;
            let places = [
                &mut amounts.authorized,
                &mut amounts.captured,
                &mut amounts.refunded,
                &mut amounts.charged_back,
                &mut amounts.settled,
                &mut amounts.paid_out,
                &mut amounts.fees,
            ];
            for (place, units) in places.into_iter().zip(units) {
                // Most sums of most payments are zero.
                *place = money(if units < 10_000 { 0 } else { units }, currency);
            }
            payment
        })
}

fn numbered(payments: &[PaymentSummary]) -> Vec<(u64, &PaymentSummary)> {
    (1..).zip(payments).collect()
}

proptest! {
    #[test]
    fn every_order_gives_the_same(
        (payments, shuffled) in prop::collection::vec(any_payment(), 1..7).prop_flat_map(|payments| {
            let numbers: Vec<usize> = (0..payments.len()).collect();
            (Just(payments), Just(numbers).prop_shuffle())
        })
    ) {
        let numbered = numbered(&payments);
        let in_order = RecordTotals::of(numbered.clone()).unwrap();
        let shuffled = shuffled.into_iter().map(|place| numbered[place]);
        prop_assert_eq!(RecordTotals::of(shuffled).unwrap(), in_order);
    }

    #[test]
    fn sums_are_sums_over_the_payments_in_the_currency(payments in prop::collection::vec(any_payment(), 1..7)) {
        let totals = totals(&payments);
        let currency = totals.amounts.currency();
        let sum = |part: fn(&PaymentSummary) -> Money| -> i64 {
            payments.iter().map(part).filter(|money| money.currency() == currency).map(Money::minor_units).sum()
        };
        prop_assert_eq!(totals.amounts.captured.minor_units(), sum(|payment| payment.amounts.captured));
        prop_assert_eq!(totals.amounts.refunded.minor_units(), sum(|payment| payment.amounts.refunded));
        prop_assert_eq!(totals.amounts.charged_back.minor_units(), sum(|payment| payment.amounts.charged_back));
        prop_assert_eq!(totals.amounts.settled.minor_units(), sum(|payment| payment.amounts.settled));
        prop_assert_eq!(totals.amounts.paid_out.minor_units(), sum(|payment| payment.amounts.paid_out));
        prop_assert_eq!(totals.version, 2 * u64::try_from(payments.len()).unwrap());
    }

    #[test]
    fn a_declined_attempt_changes_nothing_if_the_record_holds_money(payments in prop::collection::vec(any_payment(), 0..6)) {
        let mut payments = payments;
        payments.push(charge("HELD", 4_009));
        let before = totals(&payments);
        payments.push(failed("LAST", 4_009));
        let after = totals(&payments);
        prop_assert_eq!(after.payments, before.payments + 1);
        let same = RecordTotals { payments: before.payments, version: before.version, ..after };
        prop_assert_eq!(same, before);
    }

    #[test]
    fn a_payout_changes_only_the_paid_out_amount(payments in prop::collection::vec(any_payment(), 0..6)) {
        let mut payments = payments;
        payments.insert(0, charge("FIRST", 4_009));
        let before = totals(&payments);
        payments.push(paid_out("LAST", 1_500));
        let mut after = totals(&payments);
        prop_assert_eq!(after.amounts.paid_out.minor_units(), before.amounts.paid_out.minor_units() + 1_500);
        after.amounts.paid_out = before.amounts.paid_out;
        prop_assert_eq!(RecordTotals { payments: before.payments, version: before.version, ..after }, before);
    }
}
