//! The digits of a text: groups of adjacent digits, and runs of groups with only separators between them.

use std::ops::Range;

use super::account_numbers::account_numbers;
use super::characters::{digit, is_invisible, is_of_a_word, is_separator};

/// The most separators between two groups, such as ` - `.
const MOST_SEPARATORS: usize = 3;

#[derive(Clone, Debug)]
pub struct Digit {
    pub value: u8,
    /// The digit's bytes in the text.
    pub at: Range<usize>,
}

/// What comes before a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separation {
    /// Nothing: it is the first group of its run.
    Nothing,
    One(char),
    Several {
        /// Whether a comma is one of them.
        comma: bool,
    },
}

impl Separation {
    /// Whether there is a comma, as between the items of a list.
    pub fn has_comma(self) -> bool {
        matches!(self, Self::One(',' | '\u{ff0c}' | '\u{3001}') | Self::Several { comma: true })
    }
}

/// Digits with nothing visible between them.
#[derive(Clone, Debug)]
pub struct DigitGroup {
    /// The range of its digits in the run.
    pub places: Range<usize>,
    pub before: Separation,
}

/// Groups with only separators between them.
#[derive(Clone, Debug, Default)]
pub struct DigitRun {
    pub digits: Vec<Digit>,
    pub groups: Vec<DigitGroup>,
    /// Whether it follows a plus sign, as a telephone number does.
    pub follows_plus: bool,
    /// Whether nothing but separators comes after it.
    pub ends_the_text: bool,
}

/// Consecutive groups of a run.
#[derive(Clone, Debug)]
pub struct Window<'a> {
    pub digits: &'a [Digit],
    pub groups: &'a [DigitGroup],
}

impl DigitRun {
    pub fn window(&self, groups: Range<usize>) -> Window<'_> {
        let groups = self.groups.get(groups).unwrap_or_default();
        let places = places(groups);
        Window { digits: self.digits.get(places).unwrap_or_default(), groups }
    }
}

impl Window<'_> {
    /// The range of its digits in the run.
    pub fn places(&self) -> Range<usize> {
        places(self.groups)
    }

    /// Whether its digits are those of this number.
    pub fn says(&self, number: &str) -> bool {
        self.digits.iter().map(|digit| char::from(digit.value.saturating_add(b'0'))).eq(number.chars())
    }

    /// How many digits each group has.
    pub fn lengths(&self) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator {
        self.groups.iter().map(|group| group.places.len())
    }
}

fn places(groups: &[DigitGroup]) -> Range<usize> {
    match (groups.first(), groups.last()) {
        (Some(first), Some(last)) => first.places.start..last.places.end,
        _ => 0..0,
    }
}

/// All runs of a text, without groups that touch letters and without the digits of account numbers.
pub fn runs(text: &str) -> Vec<DigitRun> {
    let accounts = account_numbers(text);
    let mut reader = Reader::default();
    for (at, character) in text.char_indices() {
        if accounts.iter().any(|account| account.contains(&at)) {
            reader.other(' ');
        } else if is_invisible(character) {
            // It neither joins nor separates digits.
        } else if let Some(value) = digit(character) {
            reader.digit(Digit { value, at: at..at.saturating_add(character.len_utf8()) });
        } else if is_separator(character) {
            reader.separator(character);
        } else {
            reader.other(character);
        }
    }
    reader.run.ends_the_text = true;
    reader.finish();
    reader.runs
}

/// The previous character.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Previous {
    /// A digit of the last group.
    Digit,
    /// A digit of a name, which is in no group.
    DigitOfWord,
    /// A letter of a name.
    Letter,
    Plus,
    #[default]
    Other,
}

#[derive(Default)]
struct Reader {
    runs: Vec<DigitRun>,
    run: DigitRun,
    separators: usize,
    separator: char,
    has_comma: bool,
    previous: Previous,
}

impl Reader {
    fn digit(&mut self, digit: Digit) {
        match self.previous {
            Previous::Letter | Previous::DigitOfWord => {
                self.previous = Previous::DigitOfWord;
                return;
            }
            Previous::Digit => {}
            Previous::Plus | Previous::Other => self.begin_group(),
        }
        self.previous = Previous::Digit;
        self.run.digits.push(digit);
        if let Some(group) = self.run.groups.last_mut() {
            group.places.end = self.run.digits.len();
        }
    }

    fn begin_group(&mut self) {
        let before = match (self.run.groups.is_empty(), self.separators) {
            (true, _) => Separation::Nothing,
            (false, 1) => Separation::One(self.separator),
            (false, _) => Separation::Several { comma: self.has_comma },
        };
        if before == Separation::Nothing {
            self.run.follows_plus = self.previous == Previous::Plus;
        }
        let place = self.run.digits.len();
        self.run.groups.push(DigitGroup { places: place..place, before });
        self.forget_separators();
    }

    fn separator(&mut self, character: char) {
        self.previous = Previous::Other;
        self.separator = character;
        self.has_comma |= Separation::One(character).has_comma();
        self.separators = self.separators.saturating_add(1);
        if self.separators > MOST_SEPARATORS {
            self.finish();
        }
    }

    fn other(&mut self, character: char) {
        let is_of_a_word = is_of_a_word(character);
        if is_of_a_word
            && self.previous == Previous::Digit
            && let Some(group) = self.run.groups.pop()
        {
            self.run.digits.truncate(group.places.start);
        }
        self.finish();
        self.previous = match character {
            '+' | '\u{ff0b}' => Previous::Plus,
            _ if is_of_a_word => Previous::Letter,
            _ => Previous::Other,
        };
    }

    fn finish(&mut self) {
        let run = std::mem::take(&mut self.run);
        if !run.groups.is_empty() {
            self.runs.push(run);
        }
        self.forget_separators();
    }

    fn forget_separators(&mut self) {
        self.separators = 0;
        self.has_comma = false;
    }
}
