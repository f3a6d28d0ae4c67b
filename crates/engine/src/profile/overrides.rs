//! Overrides of single values of a profile, from `--set` and from flags of their own.

use std::str::FromStr;

use anyhow::{Context, Result, bail};

/// One value of a profile that the command line replaces.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    key: String,
    value: toml::Value,
}

impl Override {
    /// Replaces the value at a dotted key, such as `schedule.epochs`.
    #[must_use]
    pub fn new(key: &str, value: impl Into<toml::Value>) -> Self {
        Self { key: key.to_owned(), value: value.into() }
    }

    /// Replaces the value in `profile`.
    ///
    /// # Errors
    /// When the profile has no such key.
    pub fn apply(&self, profile: &mut toml::Table) -> Result<()> {
        let Self { key, value } = self;
        self.replace(profile).with_context(|| format!("--set {key}={value}"))
    }

    fn replace(&self, profile: &mut toml::Table) -> Result<()> {
        let mut table = profile;
        let (path, last) = self.key.rsplit_once('.').unwrap_or(("", &self.key));
        for name in path.split('.').filter(|name| !name.is_empty()) {
            table = match table.get_mut(name) {
                Some(toml::Value::Table(inner)) => inner,
                _ => bail!("the profile has no table {name:?}"),
            };
        }
        if !table.contains_key(last) {
            let known: Vec<&str> = table.keys().map(String::as_str).collect();
            bail!("the profile has no key {:?}; there are {}", self.key, known.join(", "));
        }
        table.insert(last.to_owned(), self.value.clone());
        Ok(())
    }
}

/// Parses `key.key=value`. A value that is not TOML is taken as text.
impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((key, value)) = text.split_once('=') else {
            return Err("expected key=value, such as schedule.epochs=20".to_owned());
        };
        let parsed = format!("value = {value}").parse::<toml::Table>().ok();
        let value = parsed.and_then(|mut table| table.remove("value"));
        Ok(Self::new(key.trim(), value.unwrap_or_else(|| text_after_equals(text).into())))
    }
}

fn text_after_equals(text: &str) -> String {
    text.split_once('=').map_or_else(String::new, |(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str) -> Result<toml::Table> {
        let mut profile: toml::Table = "seeds = 1\n[data]\nname = \"forms\"".parse().unwrap();
        text.parse::<Override>().map_err(anyhow::Error::msg)?.apply(&mut profile)?;
        Ok(profile)
    }

    #[test]
    fn values_are_toml_or_else_text() {
        assert_eq!(applied("seeds=3").unwrap()["seeds"], 3.into());
        assert_eq!(applied("data.name=\"mnist\"").unwrap()["data"]["name"], "mnist".into());
        assert_eq!(applied("data.name=path/to/a=b").unwrap()["data"]["name"], "path/to/a=b".into());
    }

    #[test]
    fn unknown_keys_are_errors_that_list_the_known_ones() {
        let message = |text| format!("{:#}", applied(text).unwrap_err());
        assert_eq!(
            message("data.nam=mnist"),
            "--set data.nam=\"mnist\": the profile has no key \"data.nam\"; there are name"
        );
        assert!(message("views.count=2").contains("no table \"views\""));
        assert!(message("seeds").contains("expected key=value"));
    }
}
