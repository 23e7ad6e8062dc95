//! What a configuration needs to be told: by options and the environment, and else by asking at a terminal.

use std::fmt::Display;
use std::io::{BufRead, IsTerminal as _, Write};
use std::str::FromStr;

use anyhow::{Context as _, bail};

/// The options. Each that is missing is asked for.
#[derive(clap::Args)]
pub struct AnswerOptions {
    /// The site's name: a-z, 0-9 and -.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// The legal entity that the site belongs to.
    #[arg(long, value_name = "NAME")]
    legal_entity: Option<String>,
    /// The currencies of its payments, the main one first.
    #[arg(long, value_name = "CODE,…")]
    currencies: Option<Currencies>,
    /// The language of its customers, such as tr-TR.
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// The address of MaldoPay's API.
    #[arg(long, value_name = "URL")]
    maldopay_url: Option<String>,
    /// MaldoPay's client id.
    #[arg(long, value_name = "ID")]
    client_id: Option<u64>,
    /// MaldoPay's brand id.
    #[arg(long, value_name = "ID")]
    brand_id: Option<u64>,
    /// MaldoPay's integration id.
    #[arg(long, value_name = "ID")]
    integration_id: Option<u64>,
    /// Your names of the methods, and MaldoPay's service ids.
    #[arg(long, value_name = "METHOD=ID,…")]
    services: Option<Services>,
    /// The scheme of MaldoPay's signatures: values-pipe, body or standard-webhooks.
    #[arg(long, value_name = "SCHEME")]
    signature: Option<String>,
    /// The My Domain address of the Salesforce organisation.
    #[arg(long, value_name = "URL")]
    salesforce_url: Option<String>,
    /// Whether the organisation has several currencies.
    #[arg(long, value_name = "true|false")]
    multi_currency: Option<bool>,
    /// MaldoPay's API key. In the environment, other users of the machine do not see it.
    #[arg(long, value_name = "KEY", env = "MALDOPAY_API_KEY", hide_env_values = true)]
    maldopay_api_key: Option<String>,
    /// The key that MaldoPay signs with; better in the environment.
    #[arg(long, value_name = "KEY", env = "MALDOPAY_ENCRYPTING_KEY", hide_env_values = true)]
    maldopay_encrypting_key: Option<String>,
    /// The consumer key of the External Client App.
    #[arg(long, value_name = "ID", env = "SALESFORCE_CLIENT_ID", hide_env_values = true)]
    salesforce_client_id: Option<String>,
    /// The consumer secret of the External Client App; better in the environment.
    #[arg(long, value_name = "SECRET", env = "SALESFORCE_CLIENT_SECRET", hide_env_values = true)]
    salesforce_client_secret: Option<String>,
}

/// Every answer. The gateway's own code checks them.
pub struct Answers {
    pub site: String,
    pub legal_entity: String,
    pub currencies: Vec<String>,
    pub locale: String,
    pub maldopay_url: String,
    pub client_id: u64,
    pub brand_id: u64,
    pub integration_id: u64,
    pub services: Vec<(String, u64)>,
    pub signature: String,
    pub salesforce_url: String,
    pub multi_currency: bool,
    pub maldopay_api_key: String,
    pub maldopay_encrypting_key: String,
    pub salesforce_client_id: String,
    pub salesforce_client_secret: String,
}

/// Currency codes, separated by commas.
#[derive(Clone, Default)]
struct Currencies(Vec<String>);

impl FromStr for Currencies {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.split(',').map(|code| code.trim().to_owned()).collect()))
    }
}

/// Methods and service ids, separated by commas.
#[derive(Clone, Default)]
struct Services(Vec<(String, u64)>);

impl FromStr for Services {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let service = |text: &str| {
            let (name, id) = text.split_once('=')?;
            Some((name.trim().to_owned(), id.trim().parse().ok()?))
        };
        let services: Option<_> = text.split(',').map(service).collect();
        services.map(Self).ok_or("write each as METHOD=ID, such as checkout=2031, with commas between them")
    }
}

impl AnswerOptions {
    /// Every answer; what no option gives is asked for.
    ///
    /// # Errors
    /// Nobody can be asked, or the terminal ends.
    pub fn complete(self, asking: &mut Asking) -> anyhow::Result<Answers> {
        let maldopay_url = Some("https://api.maldopay.com/json/");
        let secrets = "MALDOPAY_API_KEY (environment)";
        let answers = Answers {
            site: asking.answer("--site", "The site's name (a-z, 0-9 and -)", None, self.site)?,
            legal_entity: asking.answer("--legal-entity", "Its legal entity", None, self.legal_entity)?,
            currencies: asking.answer("--currencies", "Currencies, the main one first", None, self.currencies)?.0,
            locale: asking.answer("--locale", "The customers' language, such as tr-TR", None, self.locale)?,
            maldopay_url: asking.answer("--maldopay-url", "MaldoPay's API", maldopay_url, self.maldopay_url)?,
            client_id: asking.answer("--client-id", "MaldoPay's client id", None, self.client_id)?,
            brand_id: asking.answer("--brand-id", "MaldoPay's brand id", None, self.brand_id)?,
            integration_id: asking.answer(
                "--integration-id",
                "MaldoPay's integration id",
                None,
                self.integration_id,
            )?,
            services: asking.answer("--services", "Methods, such as checkout=2031,pix=2157", None, self.services)?.0,
            signature: asking.answer("--signature", "MaldoPay's signatures", Some("values-pipe"), self.signature)?,
            salesforce_url: asking.answer(
                "--salesforce-url",
                "Salesforce's My Domain address, such as https://example.my.salesforce.com",
                None,
                self.salesforce_url,
            )?,
            multi_currency: asking.answer(
                "--multi-currency",
                "Has the organisation several currencies (true or false)",
                None,
                self.multi_currency,
            )?,
            maldopay_api_key: asking.secret(secrets, "MaldoPay's API key", self.maldopay_api_key)?,
            maldopay_encrypting_key: asking.secret(
                "MALDOPAY_ENCRYPTING_KEY (environment)",
                "MaldoPay's encrypting key",
                self.maldopay_encrypting_key,
            )?,
            salesforce_client_id: asking.secret(
                "SALESFORCE_CLIENT_ID (environment)",
                "The External Client App's consumer key",
                self.salesforce_client_id,
            )?,
            salesforce_client_secret: asking.secret(
                "SALESFORCE_CLIENT_SECRET (environment)",
                "The External Client App's consumer secret",
                self.salesforce_client_secret,
            )?,
        };
        asking.finish()?;
        Ok(answers)
    }
}

/// A terminal to ask at, or the list of what could not be asked for.
pub struct Asking {
    terminal: Option<Terminal>,
    missing: Vec<&'static str>,
}

/// Where questions are written, answers read, and secrets read without showing them.
struct Terminal {
    input: Box<dyn BufRead>,
    output: Box<dyn Write>,
    secret: fn() -> std::io::Result<String>,
}

impl Asking {
    /// Asks at this process's terminal, if standard input is one.
    pub fn of_this_process() -> Self {
        let terminal = std::io::stdin().is_terminal().then(|| Terminal {
            input: Box::new(std::io::stdin().lock()),
            output: Box::new(std::io::stderr()),
            secret: rpassword::read_password,
        });
        Self { terminal, missing: Vec::new() }
    }

    /// The given value, or else the answer. An answer that cannot be read is asked for again.
    fn answer<T>(
        &mut self,
        option: &'static str,
        question: &str,
        default: Option<&str>,
        given: Option<T>,
    ) -> anyhow::Result<T>
    where
        T: FromStr + Default,
        T::Err: Display,
    {
        if let Some(given) = given {
            return Ok(given);
        }
        let Some(terminal) = &mut self.terminal else {
            if let Some(Ok(default)) = default.map(str::parse) {
                return Ok(default);
            }
            self.missing.push(option);
            return Ok(T::default());
        };
        loop {
            let suggested = default.map_or(String::new(), |default| format!(" [{default}]"));
            terminal.say(&format!("{question}{suggested}: "))?;
            let mut line = String::new();
            if terminal.input.read_line(&mut line).context("the terminal cannot be read")? == 0 {
                bail!("the input ended at {option}: no file was written");
            }
            let text = if line.trim().is_empty() { default.unwrap_or_default() } else { line.trim() };
            match text.parse() {
                Ok(answer) if !text.is_empty() => return Ok(answer),
                Ok(_) => terminal.say("An answer is needed. ")?,
                Err(error) => terminal.say(&format!("{error}. "))?,
            }
        }
    }

    /// The given secret, or else the answer, which is not shown.
    fn secret(&mut self, option: &'static str, question: &str, given: Option<String>) -> anyhow::Result<String> {
        if let Some(given) = given.filter(|given| !given.is_empty()) {
            return Ok(given);
        }
        let Some(terminal) = &mut self.terminal else {
            self.missing.push(option);
            return Ok(String::new());
        };
        terminal.say(&format!("{question} (not shown): "))?;
        (terminal.secret)().context("the terminal cannot be read")
    }

    fn finish(&self) -> anyhow::Result<()> {
        if self.missing.is_empty() {
            return Ok(());
        }
        bail!("no file was written: standard input is no terminal to ask at, so give {}", self.missing.join(", "))
    }
}

impl Terminal {
    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush()).context("the terminal cannot be used")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn at_terminal(input: &'static str) -> Asking {
        let terminal = Terminal {
            input: Box::new(Cursor::new(input)),
            output: Box::new(std::io::sink()),
            secret: || Ok("secret".to_owned()),
        };
        Asking { terminal: Some(terminal), missing: Vec::new() }
    }

    #[test]
    fn what_is_not_given_is_asked_for_until_it_can_be_read() {
        let mut asking = at_terminal("\nno\ncheckout=1, pix = 2\n\n81433\n");
        let services: Services = asking.answer("--services", "Methods", None, None).unwrap();
        assert_eq!(services.0, [("checkout".to_owned(), 1), ("pix".to_owned(), 2)]);
        let signature: String = asking.answer("--signature", "Signatures", Some("values-pipe"), None).unwrap();
        assert_eq!(signature, "values-pipe");
        assert_eq!(asking.answer("--brand-id", "Brand", None, Some(7_u64)).unwrap(), 7);
        assert_eq!(asking.answer::<u64>("--client-id", "Client", None, None).unwrap(), 81_433);
        assert_eq!(asking.secret("KEY", "Key", None).unwrap(), "secret");
        let error = asking.answer::<String>("--site", "Site", None, None).unwrap_err().to_string();
        assert!(error.contains("--site"), "{error}");
    }
}
