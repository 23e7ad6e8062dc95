//! Countries, languages and locales, by their ISO codes.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A country, by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// The text does not name a country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a country of ISO 3166-1: write its two capital letters, such as TR")]
pub struct UnknownCountry;

impl Country {
    /// Reads the code, in capitals.
    ///
    /// # Errors
    /// ISO 3166-1 has no country with this code.
    pub fn parse(code: &str) -> Result<Self, UnknownCountry> {
        let letters: [u8; 2] = code.as_bytes().try_into().map_err(|_| UnknownCountry)?;
        code.parse::<iso_country::Country>().map_err(|_| UnknownCountry)?;
        Ok(Self(letters))
    }

    /// The two capital letters.
    #[must_use]
    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Country {
    type Error = UnknownCountry;

    fn try_from(code: String) -> Result<Self, UnknownCountry> {
        Self::parse(&code)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

/// The codes of ISO 639-1. Its registration authority adds no more. Crates with these codes also bring thousands of
/// language names.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz \
    ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja \
    jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng \
    nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw \
    ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// A language with a two-letter code in ISO 639-1. MaldoPay accepts only these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Language(&'static str);

/// The text does not name such a language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a language of ISO 639-1, and MaldoPay takes no others: write its two letters, such as tr")]
pub struct UnknownLanguage;

impl Language {
    /// Reads the code, in upper or lower case.
    ///
    /// # Errors
    /// ISO 639-1 has no language with this code.
    pub fn parse(code: &str) -> Result<Self, UnknownLanguage> {
        LANGUAGES.split(' ').find(|known| known.eq_ignore_ascii_case(code)).map(Self).ok_or(UnknownLanguage)
    }

    /// The two lower-case letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0
    }
}

/// The locale of a site: a BCP 47 tag of a language, optionally with a script and a country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale {
    language: Language,
    tag: String,
}

/// The text is not a locale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocaleError {
    /// It has another form.
    #[error(
        "not a locale: write a language, and after it a script or a country where it needs one, such as tr-TR or zh-Hant-TW"
    )]
    Form,
    /// Its language cannot be sent.
    #[error("its language is {0}")]
    Language(#[from] UnknownLanguage),
    /// Its country does not exist.
    #[error("its country is {0}")]
    Country(#[from] UnknownCountry),
}

impl Locale {
    /// Reads a tag in the case that BCP 47 recommends: `tr`, `tr-TR`, `zh-Hant-TW`. Variants and extensions mean
    /// nothing to MaldoPay or Salesforce and are refused.
    ///
    /// # Errors
    /// The text has another form, or names a language or a country that does not exist.
    pub fn parse(tag: &str) -> Result<Self, LocaleError> {
        let mut parts = tag.split('-').peekable();
        let language = parts.next().unwrap_or_default();
        let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
        if !is_language {
            return Err(LocaleError::Form);
        }
        let language = Language::parse(language)?;
        parts.next_if(|part| is_script(part));
        if let Some(country) = parts.next() {
            if country.len() != 2 || parts.next().is_some() {
                return Err(LocaleError::Form);
            }
            Country::parse(country)?;
        }
        Ok(Self { language, tag: tag.to_owned() })
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.tag
    }

    /// Its language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.tag)
    }
}

/// Four letters with the first one a capital, as ISO 15924 writes scripts.
fn is_script(part: &str) -> bool {
    part.len() == 4
        && part.bytes().enumerate().all(
            |(place, byte)| {
                if place == 0 { byte.is_ascii_uppercase() } else { byte.is_ascii_lowercase() }
            },
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn countries_are_those_of_iso_3166() {
        for code in ["TR", "DE", "GB", "US", "SS", "BQ", "AX"] {
            assert_eq!(Country::parse(code).unwrap().code(), code);
        }
        for code in ["", "tr", "UK", "EU", "XX", "TUR", "T", "ß", "AN", "ZZ"] {
            assert_eq!(Country::parse(code), Err(UnknownCountry), "{code}");
        }
    }

    #[test]
    fn languages_are_the_183_of_iso_639_1() {
        let codes: Vec<&str> = LANGUAGES.split(' ').collect();
        assert_eq!(codes.len(), 183);
        assert!(codes.is_sorted() && codes.iter().all(|code| code.len() == 2), "{codes:?}");
        assert_eq!(Language::parse("TR").unwrap().code(), "tr");
        for code in ["", "xx", "tur", "t", "tr ", "tr-TR", "a ", " "] {
            assert_eq!(Language::parse(code), Err(UnknownLanguage), "{code:?}");
        }
    }

    #[test]
    fn locales_are_a_language_with_a_script_and_a_country() {
        for (tag, language) in
            [("tr", "tr"), ("tr-TR", "tr"), ("zh-Hant", "zh"), ("zh-Hant-TW", "zh"), ("sr-Latn-RS", "sr")]
        {
            let locale = Locale::parse(tag).unwrap();
            assert_eq!((locale.as_str(), locale.language().code()), (tag, language));
        }
        for tag in [
            "",
            "-",
            "TR",
            "tr_TR",
            "tr-tr",
            "tr-",
            "-TR",
            "tr-TR-",
            "turkish",
            "tr-Latn-Cyrl-TR",
            "tr-TR-u-nu-latn",
            "tr-419",
        ] {
            assert!(Locale::parse(tag).is_err(), "{tag:?}");
        }
        assert_eq!(Locale::parse("xx-TR"), Err(LocaleError::Language(UnknownLanguage)));
        assert_eq!(Locale::parse("fil-PH"), Err(LocaleError::Language(UnknownLanguage)));
        assert_eq!(Locale::parse("tr-UK"), Err(LocaleError::Country(UnknownCountry)));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Country::parse(&text);
            let _ = Language::parse(&text);
            let _ = Locale::parse(&text);
        }
    }
}
