//! Class lists: files with the classes of both halves, such as those in `datasets/splits`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::{Class, DataError, Family, Halves};

/// Builds the table of built-in class lists: name and text.
macro_rules! class_lists {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../datasets/splits/", $name, ".toml")))),*]
    };
}

/// Built-in class lists: name and text.
const BUILT_IN: [(&str, &str); 8] = class_lists![
    "cifar10-semantic" "cifar100-semantic" "cifar100-coarse-semantic" "imagenet-semantic"
    "imagenet-random-1" "imagenet-random-2" "imagenet-random-3" "imagenet-random-4"
];

/// The classes of both halves, as given in a file. [`SplitLists::halves`] checks them against a
/// data set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitLists {
    /// Required number of classes; needed if classes are given by number.
    classes: Option<usize>,
    a: List,
    b: List,
}

/// The classes of one half.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum List {
    /// Class names.
    Names(Vec<String>),
    /// Class numbers and inclusive ranges: `0-9 12 15-17`.
    Indices(String),
    /// All classes that are not in the other list. Must be true.
    Rest(bool),
}

impl SplitLists {
    /// Reads a file. Also returns its text, to identify its version.
    ///
    /// # Errors
    /// [`DataError::Io`], or [`DataError::Malformed`] when the format is not that of the files in
    /// `datasets/splits`.
    pub fn read(path: &Path) -> Result<(Self, String), DataError> {
        let text = fs::read_to_string(path).map_err(DataError::io(path))?;
        let lists = toml::from_str(&text);
        let lists = lists.map_err(|error| DataError::malformed(path, error.to_string()))?;
        Ok((lists, text))
    }

    /// A built-in class list, such as `imagenet-random-1`.
    ///
    /// # Errors
    /// [`DataError::Unknown`] with the available names.
    ///
    /// # Panics
    /// Never: a test reads every list.
    pub fn built_in(name: &str) -> Result<Self, DataError> {
        let text = BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
        let text = text.ok_or_else(|| {
            let known = Self::built_in_names().collect::<Vec<_>>().join(", ");
            let reason = format!("there is no class list '{name}'; the available ones are {known}");
            DataError::Unknown(reason)
        })?;
        Ok(toml::from_str(text).expect("a list that comes with the program can be read"))
    }

    /// The names that [`SplitLists::built_in`] accepts.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The halves of these classes.
    ///
    /// # Errors
    /// [`DataError::Split`] when a half is empty or the number of classes is wrong, or naming a
    /// class that does not exist, is listed twice, is in both halves, or is in neither.
    pub fn halves(&self, classes: &[Class]) -> Result<Halves, DataError> {
        if let Some(wanted) = self.classes.filter(|&wanted| wanted != classes.len()) {
            return Err(DataError::Split(format!(
                "lists for {wanted} classes, but the data set has {}",
                classes.len()
            )));
        }
        let (a, b) = match (self.a.resolve(classes)?, self.b.resolve(classes)?) {
            (Some(a), Some(b)) => (a, b),
            (Some(a), None) => (a.clone(), complement(&a, classes)),
            (None, Some(b)) => (complement(&b, classes), b),
            (None, None) => {
                let reason = "each half is defined as the rest of the other";
                return Err(DataError::Split(reason.into()));
            }
        };
        Halves::from_indices(a, b, classes)
    }

    /// Sets the families of the classes: half A is natural, half B is man-made. For data sets
    /// without families, such as a folder.
    ///
    /// # Errors
    /// As [`SplitLists::halves`].
    pub fn with_families(&self, mut classes: Vec<Class>) -> Result<Vec<Class>, DataError> {
        let halves = self.halves(&classes)?;
        for (family, half) in [(Family::Natural, halves.a), (Family::ManMade, halves.b)] {
            for class in half {
                classes[usize::from(class)].family = Some(family);
            }
        }
        Ok(classes)
    }

    /// The class names of both halves in alphabetical order; none if classes are given by number.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            [&self.a, &self.b].into_iter().flat_map(List::names).map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The family of a class that is listed by name: half A is natural, half B is man-made.
    pub(crate) fn family(&self, name: &str) -> Option<Family> {
        let contains = |list: &List| list.names().iter().any(|listed| listed == name);
        match (contains(&self.a), contains(&self.b)) {
            (true, _) => Some(Family::Natural),
            (_, true) => Some(Family::ManMade),
            _ => None,
        }
    }
}

impl List {
    fn names(&self) -> &[String] {
        match self {
            Self::Names(names) => names,
            _ => &[],
        }
    }

    /// The class indices; none for the rest of the other list.
    fn resolve(&self, classes: &[Class]) -> Result<Option<Vec<u16>>, DataError> {
        match self {
            Self::Names(names) => find_names(names, classes).map(Some),
            Self::Indices(text) => ranges(text).map(Some),
            Self::Rest(true) => Ok(None),
            Self::Rest(false) => {
                Err(DataError::Split("rest = false has no meaning; leave it out".into()))
            }
        }
    }
}

fn find_names(names: &[String], classes: &[Class]) -> Result<Vec<u16>, DataError> {
    let index: HashMap<&str, u16> =
        (0..).zip(classes).map(|(index, class)| (class.name.as_str(), index)).collect();
    let find = |name: &String| {
        index.get(name.as_str()).copied().ok_or_else(|| {
            let shown: Vec<&str> = classes.iter().take(10).map(|class| &*class.name).collect();
            let more = if classes.len() > shown.len() { ", ..." } else { "" };
            DataError::Split(format!(
                "there is no class '{name}'; the {} classes are {}{more}",
                classes.len(),
                shown.join(", ")
            ))
        })
    };
    names.iter().map(find).collect()
}

fn complement(list: &[u16], classes: &[Class]) -> Vec<u16> {
    (0..).take(classes.len()).filter(|class| !list.contains(class)).collect()
}

fn ranges(text: &str) -> Result<Vec<u16>, DataError> {
    let number = |text: &str| text.parse::<u16>().ok();
    let range = |word: &str| match word.split_once('-') {
        None => number(word).map(|class| class..=class),
        Some((first, last)) => Some(number(first)?..=number(last)?).filter(|r| !r.is_empty()),
    };
    let mut classes = Vec::new();
    for word in text.split_whitespace() {
        classes.extend(range(word).ok_or_else(|| {
            DataError::Split(format!("'{word}' is neither a number nor a range such as 3-17"))
        })?);
    }
    Ok(classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(names: &[&str]) -> Vec<Class> {
        names.iter().map(|&name| Class { name: name.into(), family: None }).collect()
    }

    fn halves(text: &str, names: &[&str]) -> Result<Halves, String> {
        let lists: SplitLists = toml::from_str(text).map_err(|error| error.to_string())?;
        lists.halves(&classes(names)).map_err(|error| error.to_string())
    }

    #[test]
    fn names_ranges_and_rest_are_equivalent() {
        let names = ["ant", "bee", "cup", "den"];
        let expected = Halves { a: vec![0, 1], b: vec![2, 3] };
        let by_name = "a.names = [\"bee\", \"ant\"]\nb.names = [\"cup\", \"den\"]";
        assert_eq!(halves(by_name, &names).unwrap(), expected);
        assert_eq!(halves("a.indices = \"0-1\"\nb.indices = \"2 3\"", &names).unwrap(), expected);
        assert_eq!(halves("a.rest = true\nb.indices = \"2-3\"", &names).unwrap(), expected);
    }

    #[test]
    fn invalid_class_lists_are_errors() {
        let names = ["ant", "bee", "cup"];
        let fails = |text: &str, word: &str| {
            let message = halves(text, &names).unwrap_err();
            assert!(message.contains(word), "{message}");
        };
        fails(
            "a.names = [\"ant\"]\nb.names = [\"ant\", \"bee\", \"cup\"]",
            "'ant' is in half A and",
        );
        fails("a.names = [\"ant\"]\nb.names = [\"cup\"]", "'bee' is in neither half");
        fails("a.names = [\"ant\", \"ant\"]\nb.rest = true", "'ant' is twice in half A");
        fails("a.names = [\"wasp\"]\nb.rest = true", "'wasp'");
        fails("a.names = []\nb.rest = true", "half A has no class");
        fails("a.indices = \"0-2\"\nb.rest = true", "half B has no class");
        fails("a.indices = \"0-3\"\nb.rest = true", "no class 3");
        fails("a.indices = \"2-1\"\nb.rest = true", "'2-1'");
        fails("a.rest = true\nb.rest = true", "rest of the other");
        fails("classes = 4\na.indices = \"0\"\nb.rest = true", "4 classes, but the data set has 3");
        fails("c.rest = true", "unknown field");
    }

    #[test]
    fn imagenet_halves_have_the_published_sizes() {
        let thousand: Vec<Class> =
            (0..1000).map(|index| Class { name: format!("n{index:08}"), family: None }).collect();
        let semantic = SplitLists::built_in("imagenet-semantic").unwrap();
        let halves = semantic.halves(&thousand).unwrap();
        assert_eq!((halves.a.len(), halves.b.len()), (449, 551));
        for number in 1..=4 {
            let lists = SplitLists::built_in(&format!("imagenet-random-{number}")).unwrap();
            let halves = lists.halves(&thousand).unwrap();
            assert_eq!((halves.a.len(), halves.b.len()), (500, 500));
        }
        let classes = semantic.with_families(thousand).unwrap();
        assert_eq!(classes[0].family, Some(Family::Natural));
        assert_eq!(classes[999].family, Some(Family::ManMade));
    }

    #[test]
    fn all_built_in_lists_are_valid() {
        for name in SplitLists::built_in_names() {
            SplitLists::built_in(name).unwrap();
        }
        let message = SplitLists::built_in("imagenet").unwrap_err().to_string();
        assert!(message.contains("imagenet-random-4"), "{message}");
    }
}
