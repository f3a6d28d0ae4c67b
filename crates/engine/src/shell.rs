//! Words of shell commands.

use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Quotes a word for a POSIX shell. Words of safe letters stay as they are.
#[must_use]
pub fn quote(word: &str) -> String {
    let is_safe = |letter: char| letter.is_ascii_alphanumeric() || "_-+=./:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Quotes words and joins them to a command.
pub fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// An absolute path as text, for a script that may run elsewhere.
///
/// # Errors
/// When the path is not UTF-8, contains a line break, or the current directory is not known.
pub fn absolute_path(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).with_context(|| path.display().to_string())?;
    let text = absolute.to_str().with_context(|| {
        format!("{}: the path is not UTF-8, as a script has to be", absolute.display())
    })?;
    ensure!(!text.contains(['\n', '\r']), "{text:?}: a path in a script cannot have a line break");
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_change_are_quoted() {
        assert_eq!(quote("--device=cuda:0"), "--device=cuda:0");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("two words"), "'two words'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(command(["echo", "$(rm -rf ~)", "a"]), "echo '$(rm -rf ~)' a");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_gives_back_every_quoted_word() {
        for word in
            ["\"; rm -rf ~; <script>", "a'b\"c\\d", "$HOME `id` !! * ?", "tab\tline\nend", "-n"]
        {
            let script = format!("printf %s {}", quote(word));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
