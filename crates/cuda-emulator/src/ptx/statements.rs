//! The text of a kernel, taken apart.

/// A statement of a kernel's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement<'a> {
    /// `{`
    OpenScope,
    /// `}`
    CloseScope,
    Label(&'a str),
    /// `label: .branchtargets a, b, ...`
    Targets {
        label: &'a str,
        names: Vec<&'a str>,
    },
    /// `.reg ...` and the like.
    Directive(&'a str),
    Instruction(&'a str),
}

/// The text without comments, and without the lines that tell a debugger where code came from: they end without
/// a semicolon.
pub fn without_comments(text: &str) -> String {
    let for_debuggers = [".loc ", ".loc\t", ".file"];
    let is_code =
        |line: &&str| !for_debuggers.iter().any(|word| line.trim_start().starts_with(word));
    let text = text.lines().filter(is_code).collect::<Vec<_>>().join("\n");
    let mut rest = text.as_str();
    let mut kept = String::with_capacity(text.len());
    while let Some(at) = rest.find('/') {
        kept.push_str(&rest[..at]);
        let comment = &rest[at..];
        rest = if comment.starts_with("//") {
            &comment[comment.find('\n').unwrap_or(comment.len())..]
        } else if comment.starts_with("/*") {
            comment.find("*/").map_or("", |end| &comment[end + 2..])
        } else {
            kept.push('/');
            &comment[1..]
        };
    }
    kept + rest
}

/// The parts between commas that are not within brackets, trimmed; empty ones are left out.
pub fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The text between the first `{` and the `}` that belongs to it.
pub fn braced(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let mut depth = 0;
    for (at, letter) in text[start..].char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(&text[start + 1..start + at]),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The statements of a body.
pub fn statements(body: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let mut rest = body.trim_start();
    while let Some(first) = rest.chars().next() {
        let (statement, length) = match first {
            '{' => (Some(Statement::OpenScope), 1),
            '}' => (Some(Statement::CloseScope), 1),
            _ => labeled(rest).map_or_else(|| plain(rest), |(label, end)| (Some(label), end)),
        };
        found.extend(statement);
        rest = rest[length..].trim_start();
    }
    found
}

/// A label at the beginning, and where it ends.
fn labeled(text: &str) -> Option<(Statement<'_>, usize)> {
    let is_name = |letter: char| letter.is_alphanumeric() || "_$%".contains(letter);
    let (name, rest) = text.split_at(text.find(|letter| !is_name(letter))?);
    let after = rest.trim_start().strip_prefix(':').filter(|after| !after.starts_with(':'))?;
    if name.is_empty() {
        return None;
    }
    if let Some(targets) = after.trim_start().strip_prefix(".branchtargets") {
        let (names, after) = targets.split_once(';')?;
        let targets = Statement::Targets { label: name, names: parts(names) };
        return Some((targets, text.len() - after.len()));
    }
    Some((Statement::Label(name), text.len() - after.len()))
}

/// A directive or an instruction at the beginning, without its semicolon, and where it ends.
fn plain(text: &str) -> (Option<Statement<'_>>, usize) {
    let mut depth = 0;
    let is_end = |(_, letter): &(usize, char)| {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        *letter == ';' && depth == 0
    };
    let end = text.char_indices().find(is_end).map_or(text.len(), |(at, _)| at);
    let statement = text[..end].trim();
    let statement = match statement.chars().next() {
        None => None,
        Some('.') => Some(Statement::Directive(statement)),
        Some(_) => Some(Statement::Instruction(statement)),
    };
    (statement, (end + 1).min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_taken_apart() {
        let body = "
            .reg .b32 %r<3>;
        $L1:
            { .reg .pred p; setp.eq.u32 p, %r1, 0; }
            st.v2.f32 [%rd1+4], {%f1, %f2};
        table: .branchtargets $L1, $L2;";
        assert_eq!(
            statements(body),
            [
                Statement::Directive(".reg .b32 %r<3>"),
                Statement::Label("$L1"),
                Statement::OpenScope,
                Statement::Directive(".reg .pred p"),
                Statement::Instruction("setp.eq.u32 p, %r1, 0"),
                Statement::CloseScope,
                Statement::Instruction("st.v2.f32 [%rd1+4], {%f1, %f2}"),
                Statement::Targets { label: "table", names: vec!["$L1", "$L2"] },
            ]
        );
    }

    #[test]
    fn commas_within_brackets_separate_nothing() {
        assert_eq!(parts("{a, b}, [c+4], d"), ["{a, b}", "[c+4]", "d"]);
        assert_eq!(braced("x { a { b } c } d"), Some(" a { b } c "));
        assert_eq!(without_comments("a // b\nc /* d */ e / f"), "a \nc  e / f");
    }
}
