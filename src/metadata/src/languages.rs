//! A language: one table from each English text to its translation, `salesforce/languages/CODE.toml`.

use std::collections::BTreeMap;

/// A language of Salesforce, with the translation of every text.
#[derive(Debug)]
pub struct Language {
    /// Salesforce's code, such as `tr`.
    pub code: String,
    /// From English.
    texts: BTreeMap<String, String>,
}

/// Why a language cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LanguageError {
    /// The file is not a table of texts.
    #[error("languages/{code}.toml is not a table of \"English text\" = \"translation\": {problem}")]
    Unreadable {
        /// The language.
        code: String,
        /// What is wrong.
        problem: String,
    },
    /// The table is not that of the texts there are.
    #[error("languages/{code}.toml lacks {missing:?}, and translates what is no text of the package: {superfluous:?}")]
    Incomplete {
        /// The language.
        code: String,
        /// English texts without a translation.
        missing: Vec<String>,
        /// Translations of texts that are not there.
        superfluous: Vec<String>,
    },
}

impl Language {
    /// Reads the table of a language.
    ///
    /// # Errors
    /// It is not a TOML file of texts.
    pub fn parse(code: &str, table: &str) -> Result<Self, LanguageError> {
        let unreadable = |problem: String| LanguageError::Unreadable { code: code.to_owned(), problem };
        let table: toml::Table = table.parse().map_err(|error: toml::de::Error| unreadable(error.to_string()))?;
        let mut texts = BTreeMap::new();
        for (english, translation) in table {
            let Some(translation) = translation.as_str() else {
                return Err(unreadable(format!("{english:?} is not a text")));
            };
            texts.insert(english, translation.to_owned());
        }
        Ok(Self { code: code.to_owned(), texts })
    }

    /// Starts the translation of the texts.
    pub(crate) fn translator(&self) -> Translator<'_> {
        Translator { language: self, used: BTreeMap::new() }
    }
}

/// Translates texts, and knows in the end which had no translation.
pub(crate) struct Translator<'a> {
    language: &'a Language,
    /// Each English text that was asked for, and whether it has a translation.
    used: BTreeMap<String, bool>,
}

impl Translator<'_> {
    /// The translation, or the English text if there is none.
    pub(crate) fn translate(&mut self, english: &str) -> String {
        let translation = self.language.texts.get(english);
        self.used.insert(english.to_owned(), translation.is_some());
        translation.map_or(english, String::as_str).to_owned()
    }

    /// Whether each text had a translation and each translation was used.
    pub(crate) fn finish(self) -> Result<(), LanguageError> {
        let missing: Vec<String> =
            self.used.iter().filter(|(_, found)| !**found).map(|(english, _)| english.clone()).collect();
        let texts = self.language.texts.keys();
        let superfluous: Vec<String> = texts.filter(|english| !self.used.contains_key(*english)).cloned().collect();
        if missing.is_empty() && superfluous.is_empty() {
            return Ok(());
        }
        Err(LanguageError::Incomplete { code: self.language.code.clone(), missing, superfluous })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_and_a_superfluous_text_are_both_named() {
        let language = Language::parse("tr", "\"Amount\" = \"Tutar\"\n\"Gone\" = \"Yok\"\n").unwrap();
        let mut translator = language.translator();
        assert_eq!(translator.translate("Amount"), "Tutar");
        assert_eq!(translator.translate("Status"), "Status");
        assert_eq!(
            translator.finish(),
            Err(LanguageError::Incomplete {
                code: "tr".to_owned(),
                missing: vec!["Status".to_owned()],
                superfluous: vec!["Gone".to_owned()],
            })
        );
    }

    #[test]
    fn a_table_holds_texts_only() {
        let said = Language::parse("de", "\"Amount\" = 1").unwrap_err().to_string();
        assert!(said.starts_with("languages/de.toml is not a table") && said.contains("\"Amount\""), "{said}");
    }
}
