//! What was found: each finding with where it is, how serious it is, and what to do.

use anyhow::Context as _;
use serde::Serialize;

/// The part of a deployment that a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    Runtime,
    Store,
    Configuration,
    Gateway,
    CallbackAddress,
    #[serde(rename = "maldopay")]
    MaldoPay,
    Salesforce,
    Clock,
}

impl Area {
    fn title(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Store => "store",
            Self::Configuration => "configuration",
            Self::Gateway => "gateway",
            Self::CallbackAddress => "callback address",
            Self::MaldoPay => "MaldoPay",
            Self::Salesforce => "Salesforce",
            Self::Clock => "clock",
        }
    }
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is as it should be.
    Ok,
    /// It was not checked, or matters only under a condition that the text names.
    Note,
    /// It breaks something.
    Problem,
}

/// One finding.
#[derive(Debug, Serialize)]
pub struct Finding {
    area: Area,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    level: Level,
    what: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

/// All findings, in the order in which they were made.
#[derive(Debug, Default, Serialize)]
pub struct Findings {
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Report<'f> {
    problems: usize,
    notes: usize,
    findings: &'f [Finding],
}

impl Findings {
    pub fn ok(&mut self, area: Area, site: Option<&str>, what: impl Into<String>) {
        self.add(area, site, Level::Ok, what.into(), None);
    }

    pub fn note(&mut self, area: Area, site: Option<&str>, what: impl Into<String>, advice: impl Into<String>) {
        self.add(area, site, Level::Note, what.into(), Some(advice.into()));
    }

    pub fn problem(&mut self, area: Area, site: Option<&str>, what: impl Into<String>, advice: impl Into<String>) {
        self.add(area, site, Level::Problem, what.into(), Some(advice.into()));
    }

    /// Adds a note or a problem.
    pub fn add(&mut self, area: Area, site: Option<&str>, level: Level, what: String, advice: Option<String>) {
        self.findings.push(Finding { area, site: site.map(ToOwned::to_owned), level, what, advice });
    }

    pub fn has_problems(&self) -> bool {
        self.count(Level::Problem) > 0
    }

    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The findings for a person, the advice under each.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let level = match finding.level {
                Level::Ok => "ok",
                Level::Note => "note",
                Level::Problem => "PROBLEM",
            };
            let site = finding.site.as_ref().map_or(String::new(), |site| format!(" of {site}"));
            text.push_str(&format!("{level:8} {}{site}: {}\n", finding.area.title(), finding.what));
            if let Some(advice) = &finding.advice {
                text.push_str(&format!("         -> {advice}\n"));
            }
        }
        text.push_str(&format!("{} problems, {} notes\n", self.count(Level::Problem), self.count(Level::Note)));
        text
    }

    /// The findings for a program.
    pub fn json(&self) -> anyhow::Result<String> {
        let (problems, notes) = (self.count(Level::Problem), self.count(Level::Note));
        let report = Report { problems, notes, findings: &self.findings };
        let mut text = serde_json::to_string_pretty(&report).context("the findings cannot be written as JSON")?;
        text.push('\n');
        Ok(text)
    }
}
