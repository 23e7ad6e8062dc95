//! The mapping documents of the sites: from files, or from the running gateway.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use tollbridge_gateway::Site;
use tollbridge_rules::{CompiledMapping, DocumentProblem};

use super::expectation::{ExpectedObject, of_compiled_mapper, of_document};
use super::findings::{Area, Findings};
use super::gateway::Running;

/// The documents in files.
pub struct Documents(Vec<CompiledMapping>);

impl Documents {
    /// Reads and compiles them.
    ///
    /// # Errors
    /// A file cannot be read, or is not a document.
    pub fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        let mut documents = Vec::new();
        for file in files {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("--document: cannot read {}", file.display()))?;
            match CompiledMapping::read(&text) {
                Ok(mapping) => documents.push(mapping),
                Err(problems) => bail!(
                    "--document: {} is not a mapping document ({}): tollbridge map check lists every problem",
                    file.display(),
                    first(&problems)
                ),
            }
        }
        Ok(Self(documents))
    }

    /// What the site's mapping writes; nothing if that cannot be told, which is a finding.
    pub async fn expected(&self, findings: &mut Findings, gateway: &Running<'_>, site: &Site) -> Vec<ExpectedObject> {
        let Some(name) = &site.mapping.document else { return of_compiled_mapper() };
        let (name, at) = (name.as_str(), Some(site.name.as_str()));
        if let Some(mapping) = self.0.iter().find(|mapping| mapping.name() == name) {
            return of_document(mapping);
        }
        match gateway.document(site, name).await {
            Ok(Some(text)) => match CompiledMapping::read(&text) {
                Ok(mapping) => return of_document(&mapping),
                Err(problems) => {
                    let what = format!("the stored mapping document {name} cannot be used: {}", first(&problems));
                    findings.problem(Area::Gateway, at, what, "store a document that `tollbridge map check` accepts");
                }
            },
            Ok(None) => {
                let what = format!("what the mapping document {name} writes in Salesforce was not checked");
                let advice = "give the document with --document, or --url and a key in TOLLBRIDGE_API_KEY";
                findings.note(Area::Salesforce, at, what, advice);
            }
            Err(error) => {
                let what = format!("the mapping document {name} cannot be read from the gateway: {error:#}");
                let advice = format!("store it with PUT /v1/mappings/{name} and activate it; until then payments wait");
                findings.problem(Area::Gateway, at, what, advice);
            }
        }
        Vec::new()
    }
}

fn first(problems: &[DocumentProblem]) -> String {
    problems.first().map_or(String::new(), |problem| format!("line {}: {}", problem.line, problem.problem))
}
