//! A subset of the classes of a data set.

use crate::images::abbreviate_list;
use crate::{Class, DataError, Images};

/// The classes to use, in the order of the data set.
#[derive(Debug)]
pub(crate) struct ClassSubset {
    /// For each label of the data set the label in the subset; none if the class is left out.
    labels: Vec<Option<u16>>,
}

impl ClassSubset {
    /// The classes called `names`, or all of them if there is no name. `data` is for messages.
    ///
    /// # Errors
    /// [`DataError::Settings`] for unknown or repeated names, and for a single class.
    pub(crate) fn new(names: &[String], classes: &[Class], data: &str) -> Result<Self, DataError> {
        let known: Vec<&str> = classes.iter().map(|class| &*class.name).collect();
        let unknown: Vec<&str> =
            names.iter().map(|name| &**name).filter(|name| !known.contains(name)).collect();
        if !unknown.is_empty() {
            let (unknown, known) = (abbreviate_list(&unknown), abbreviate_list(&known));
            return Err(DataError::Settings(format!(
                "data.classes names {unknown}, which {data} does not have; it has {known}. \
                 `--set data.classes=[]` uses all"
            )));
        }
        if let Some(twice) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
            return Err(DataError::Settings(format!("data.classes names {} twice", twice.1)));
        }
        if let [only] = names {
            return Err(DataError::Settings(format!(
                "data.classes names {only} alone; it must name at least two classes, or none to use all"
            )));
        }
        let mut next = 0..;
        let label = |class: &Class| {
            let used = names.is_empty() || names.contains(&class.name);
            used.then(|| next.next().expect("no more classes than labels"))
        };
        Ok(Self { labels: classes.iter().map(label).collect() })
    }

    /// The label in the subset for a label of the data set; none if its class is left out.
    pub(crate) fn label(&self, label: u16) -> Option<u16> {
        self.labels[usize::from(label)]
    }

    /// Checks that there are images of these classes to train and to test on.
    ///
    /// # Errors
    /// [`DataError::Settings`] saying which are missing.
    pub(crate) fn check_images(
        names: &[String],
        train: usize,
        test: usize,
    ) -> Result<(), DataError> {
        for (images, part) in [(train, "train"), (test, "test")] {
            if images == 0 && !names.is_empty() {
                let names = abbreviate_list(&names.iter().map(|name| &**name).collect::<Vec<_>>());
                let reason = format!("data.classes: there is no image of {names} to {part} on");
                return Err(DataError::Settings(reason));
            }
        }
        Ok(())
    }

    /// The classes of the subset.
    pub(crate) fn classes(&self, all: Vec<Class>) -> Vec<Class> {
        let used = all.into_iter().zip(&self.labels).filter(|(_, label)| label.is_some());
        used.map(|(class, _)| class).collect()
    }

    /// The images of these classes, with the labels of the subset.
    pub(crate) fn images(&self, all: Images) -> Images {
        if self.labels.iter().all(Option::is_some) {
            return all;
        }
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for (image, &label) in all.labels().iter().enumerate() {
            if let Some(label) = self.label(label) {
                pixels.extend_from_slice(all.image(image));
                labels.push(label);
            }
        }
        Images::new(all.shape(), pixels, labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shape;

    fn classes() -> Vec<Class> {
        ["ant", "bee", "cat"].map(|name| Class { name: name.into(), family: None }).into()
    }

    fn subset(names: &[&str]) -> Result<ClassSubset, String> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        ClassSubset::new(&names, &classes(), "zoo").map_err(|error| error.to_string())
    }

    #[test]
    fn keeps_the_order_of_the_data_set() {
        let subset = subset(&["cat", "ant"]).unwrap();
        let names: Vec<String> =
            subset.classes(classes()).into_iter().map(|class| class.name).collect();
        assert_eq!(names, ["ant", "cat"]);
        let shape = Shape { channels: 1, height: 1, width: 1 };
        let images = subset.images(Images::new(shape, vec![10, 11, 12, 13], vec![2, 1, 0, 2]));
        assert_eq!((images.pixels(), images.labels()), (&[10, 12, 13][..], &[1, 0, 1][..]));
    }

    #[test]
    fn no_name_means_all_classes() {
        let subset = subset(&[]).unwrap();
        assert_eq!(subset.classes(classes()), classes());
        assert_eq!([0, 1, 2].map(|label| subset.label(label)), [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn refuses_names_that_make_no_subset() {
        let message = |names: &[&str]| subset(names).unwrap_err();
        assert_eq!(
            message(&["ant", "dog", "eel"]),
            "data.classes names dog, eel, which zoo does not have; it has ant, bee, cat. \
             `--set data.classes=[]` uses all"
        );
        assert_eq!(message(&["ant", "bee", "ant"]), "data.classes names ant twice");
        assert!(message(&["bee"]).starts_with("data.classes names bee alone; it must name"));
        let none = ClassSubset::check_images(&["ant".into(), "bee".into()], 3, 0).unwrap_err();
        assert_eq!(none.to_string(), "data.classes: there is no image of ant, bee to test on");
    }
}
