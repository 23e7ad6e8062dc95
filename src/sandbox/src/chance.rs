//! Picks at random what a call encounters, and counts the picks.

/// Starts from a seed. The same seed gives the same picks for the same number of calls.
#[derive(Debug)]
pub(crate) struct WeightedChoice<T> {
    random: fastrand::Rng,
    percent: u8,
    kinds: Vec<T>,
    drawn: Vec<(T, u64)>,
}

impl<T> Default for WeightedChoice<T> {
    fn default() -> Self {
        Self { random: fastrand::Rng::with_seed(0), percent: 0, kinds: Vec::new(), drawn: Vec::new() }
    }
}

impl<T: Clone + PartialEq> WeightedChoice<T> {
    /// From now on, `percent` of a hundred calls encounter one of `kinds`, each equally often.
    pub(crate) fn begin(&mut self, seed: u64, percent: u8, kinds: &[T]) {
        self.random = fastrand::Rng::with_seed(seed);
        self.percent = percent;
        self.kinds = kinds.to_vec();
    }

    /// From now on no call encounters anything. The counts remain.
    pub(crate) fn end(&mut self) {
        self.percent = 0;
    }

    /// Picks what this call encounters.
    pub(crate) fn draw(&mut self) -> Option<T> {
        if self.percent == 0 || self.random.u8(0..100) >= self.percent {
            return None;
        }
        let kind = self.random.choice(&self.kinds)?.clone();
        match self.drawn.iter_mut().find(|(drawn, _)| *drawn == kind) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => self.drawn.push((kind.clone(), 1)),
        }
        Some(kind)
    }

    /// Everything picked so far, with its count.
    pub(crate) fn drawn(&self) -> Vec<(T, u64)> {
        self.drawn.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u64) -> Vec<Option<char>> {
        let mut chance = WeightedChoice::default();
        chance.begin(seed, 20, &['a', 'b']);
        (0..1000).map(|_| chance.draw()).collect()
    }

    #[test]
    fn follows_its_seed_and_its_rate() {
        assert_eq!(draws(3), draws(3));
        assert_ne!(draws(3), draws(4));
        let met = draws(3).iter().flatten().count();
        assert!((140..260).contains(&met), "{met}");
    }

    #[test]
    fn counts_its_picks_and_ends() {
        let mut chance = WeightedChoice::default();
        assert_eq!(chance.draw(), None);
        chance.begin(1, 100, &['a']);
        assert_eq!((chance.draw(), chance.draw()), (Some('a'), Some('a')));
        chance.end();
        assert_eq!((chance.draw(), chance.drawn()), (None, vec![('a', 2)]));
    }
}
