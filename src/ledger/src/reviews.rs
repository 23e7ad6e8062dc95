//! The line of payments that wait for a person. A payment stands in it once: its place is the one that it names itself,
//! with what Salesforce was told, and any other record of it there is void.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tollbridge_domain::{PaymentReference, Timestamp};

use crate::line::{Line, write};
use crate::told::Place;
use crate::{Ledger, StoreError, Told, keys, stored};

/// A payment's place in the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The payment.
    pub reference: PaymentReference,
    /// Since when it waits.
    pub since: Timestamp,
}

/// A place in the line that is taken, with what its payment was told.
#[derive(Clone, Debug)]
pub struct OpenReview {
    /// The number.
    pub number: u64,
    /// The payment, and since when.
    pub review: Review,
    /// What Salesforce was last told of it.
    pub told: Told,
}

/// A piece of the line.
#[derive(Clone, Debug)]
pub struct ReviewPage {
    /// The places that are taken.
    pub open: Vec<OpenReview>,
    /// The last number that was looked at.
    pub reached: u64,
    /// Whether the line ends there.
    pub is_last: bool,
}

/// Payments looked at in one question to the store.
const MOST_AT_ONCE: usize = 256;

impl Ledger<'_> {
    fn reviews(&self) -> Line<'_> {
        let record = |number| keys::review(&self.site, number);
        Line::new(self, keys::review_counter(&self.site), record, keys::review_cursor(&self.site))
    }

    /// Gives a number to those of these payments that wait and have none.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn number_reviews(&self, references: BTreeSet<PaymentReference>) -> Result<(), StoreError> {
        let references: Vec<PaymentReference> = references.into_iter().collect();
        for some in references.chunks(MOST_AT_ONCE) {
            for (reference, told) in self.told_of(some.to_vec())? {
                if told.review == Some(Place::Awaited) {
                    self.enter(&Review { reference, since: self.clock.now() }, told)?;
                }
            }
        }
        Ok(())
    }

    /// Draws a number, and writes both the record under it and the number in what the payment was told.
    fn enter(&self, review: &Review, told: Told) -> Result<(), StoreError> {
        let (number, key) = self.reviews().draw()?;
        let told = Told { review: Some(Place::Number(number)), ..told };
        self.store.set_many(&[write(&key, review)?, write(&keys::told(&self.site, &review.reference), &told)?])
    }

    /// What Salesforce was told of each of these payments.
    pub(crate) fn told_of(
        &self,
        references: Vec<PaymentReference>,
    ) -> Result<Vec<(PaymentReference, Told)>, StoreError> {
        if references.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = references.iter().map(|reference| keys::told(&self.site, reference)).collect();
        let values = self.store.get_many(&keys)?;
        let told = references.into_iter().zip(&keys).zip(values);
        told.map(|((reference, key), value)| {
            let told = value.map(|value| stored::read(key, &value)).transpose()?.unwrap_or_default();
            Ok((reference, told))
        })
        .collect()
    }

    /// The payments that wait, at most `limit` numbers after this one and after the cursor.
    ///
    /// # Errors
    /// The store does not answer, or holds what cannot be read.
    pub fn reviews_after(&self, after: u64, limit: u64) -> Result<ReviewPage, StoreError> {
        let after = after.max(self.reviews().cursor()?);
        let records: Vec<(u64, Option<Review>)> = self.reviews().after(after, limit)?;
        let reached = records.last().map_or(after, |(number, _)| *number);
        let is_last = u64::try_from(records.len()).is_ok_and(|found| found < limit);
        let taken: Vec<(u64, Review)> =
            records.into_iter().filter_map(|(number, review)| Some((number, review?))).collect();
        let told = self.told_of(taken.iter().map(|(_, review)| review.reference.clone()).collect())?;
        let stands_here = |place: Option<Place>, number| match place {
            Some(Place::Number(own)) => own == number,
            // Its number was lost to a write at the same time; it waits all the same.
            Some(Place::Awaited) => true,
            None => false,
        };
        let open = taken
            .into_iter()
            .zip(told)
            .filter(|((number, _), (_, told))| stands_here(told.review, *number))
            .map(|((number, review), (_, told))| OpenReview { number, review, told })
            .collect();
        Ok(ReviewPage { open, reached, is_last })
    }

    /// Closes what is closed at the head of the line, and moves a payment that waits long to its end, so that no reader
    /// has to pass over everything that was settled since. Looks at no more than `most` numbers.
    ///
    /// # Errors
    /// The store does not answer.
    pub fn tidy_reviews(&self, most: u64) -> Result<(), StoreError> {
        let line = self.reviews();
        let cursor = line.cursor()?;
        let page = self.reviews_after(cursor, most)?;
        let last = line.last()?;
        let mut closed_up_to = page.reached;
        for open in page.open {
            if last.saturating_sub(open.number) <= most {
                closed_up_to = open.number.saturating_sub(1);
                break;
            }
            self.enter(&open.review, open.told)?;
        }
        if closed_up_to > cursor {
            line.move_cursor(closed_up_to)?;
        }
        Ok(())
    }
}
