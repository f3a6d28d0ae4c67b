//! Profiles that extend another: `extends = "NAME"` takes every value of that profile, and the file
//! replaces what it names itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// Profiles that extend one another, one after the other, at most.
const LONGEST_CHAIN: usize = 8;

/// The profiles that come with the program: name and TOML text.
pub type BuiltIn = &'static [(&'static str, &'static str)];

/// Reads a profile, and all that it extends, into one table.
///
/// # Errors
/// When a profile is neither built in nor a file, is not TOML, or extends itself.
pub fn resolve(name_or_file: &str, built_in: BuiltIn) -> Result<toml::Table> {
    let mut chain = vec![read(name_or_file, Path::new(""), built_in)?];
    loop {
        let Some((table, folder)) = chain.last_mut() else { unreachable!("it has one at least") };
        let Some(parent) = table.remove("extends") else { break };
        let Some(parent) = parent.as_str().map(str::to_owned) else {
            bail!("profile {name_or_file}: extends must be the name of a profile, or a path");
        };
        let parent = read(&parent, &folder.clone(), built_in)
            .with_context(|| format!("profile {name_or_file}: extends"))?;
        chain.push(parent);
        ensure!(
            chain.len() <= LONGEST_CHAIN,
            "profile {name_or_file} extends more than {LONGEST_CHAIN} others: does one extend itself?"
        );
    }
    let mut resolved = toml::Table::new();
    for (table, _) in chain.into_iter().rev() {
        merge(&mut resolved, table);
    }
    Ok(resolved)
}

/// The table of one profile, and the folder that paths in it start from.
fn read(name_or_file: &str, folder: &Path, built_in: BuiltIn) -> Result<(toml::Table, PathBuf)> {
    let path = folder.join(name_or_file);
    let text = match built_in.iter().find(|(name, _)| *name == name_or_file) {
        Some((_, text)) => (*text).to_owned(),
        None if path.is_file() => {
            std::fs::read_to_string(&path).with_context(|| format!("profile {name_or_file}"))?
        }
        None => {
            let names: Vec<&str> = built_in.iter().map(|(name, _)| *name).collect();
            bail!(
                "unknown profile {name_or_file:?}: use one of {}, or the path of a TOML file",
                names.join(", ")
            )
        }
    };
    let table = text.parse();
    let table = table.map_err(|error| anyhow::anyhow!("profile {name_or_file}: {error}"))?;
    Ok((table, path.parent().unwrap_or(folder).to_owned()))
}

/// Tables are merged key by key; every other value of `from` replaces that of `into`.
fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) => merge(into, from),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: BuiltIn = &[
        ("defaults", "seeds = 1\nlist = [1, 2]\n[data]\nname = \"forms\"\nsize = 16"),
        ("large", "extends = \"defaults\"\nlist = [3]\n[data]\nsize = 32"),
        ("endless", "extends = \"endless\""),
    ];

    #[test]
    fn tables_are_merged_and_other_values_replaced() {
        let resolved = resolve("large", BUILT_IN).unwrap();
        let expected = "seeds = 1\nlist = [3]\n[data]\nname = \"forms\"\nsize = 32";
        assert_eq!(resolved, expected.parse().unwrap());
    }

    #[test]
    fn a_file_extends_a_built_in_profile_or_another_file_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("first.toml"), "extends = \"large\"\nseeds = 2").unwrap();
        std::fs::write(path("second.toml"), "extends = \"first.toml\"\n[data]\nsize = 8").unwrap();
        let resolved = resolve(&path("second.toml"), BUILT_IN).unwrap();
        assert_eq!(resolved["seeds"], 2.into());
        assert_eq!(resolved["data"]["size"], 8.into());
        assert_eq!(resolved["data"]["name"], "forms".into());
    }

    #[test]
    fn unknown_parents_and_cycles_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, "extends = \"larger\"").unwrap();
        let error = resolve(file.to_str().unwrap(), BUILT_IN).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("mine.toml") && error.contains("unknown profile \"larger\""));
        let error = resolve("endless", BUILT_IN).unwrap_err().to_string();
        assert!(error.contains("does one extend itself"), "{error}");
    }
}
