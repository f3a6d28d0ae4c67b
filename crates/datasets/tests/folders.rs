//! Real-world image folders: which files are used, how they are labeled, and the warnings.

mod drawn;

use std::fs;
use std::path::Path;

use assay_datasets::{DataSet, OpenOptions, open};

use drawn::{STEP, draw, fails, says, tree, warned};

/// Asserts that each image has the label of the class it was drawn for.
fn labels_are_those_drawn(data: &DataSet) {
    for part in [&data.train, &data.test] {
        let images = part.in_memory().unwrap();
        let drawn: Vec<u16> = (0..images.len())
            .map(|image| u16::from(images.image(image)[0]) / STEP as u16)
            .collect();
        assert_eq!(images.labels(), drawn);
    }
}

/// Training images of some classes, and a `val/` without class folders with two images per class.
fn flat(classes: &[&str], file: &str, line: impl Fn(&str, usize) -> String) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for (class, name) in classes.iter().enumerate() {
        for image in 0..2 {
            draw(dir.path(), &format!("train/{name}/{image}.png"), class);
            let flat = format!("v_{}.png", 2 * class + image);
            draw(dir.path(), &format!("val/images/{flat}"), class);
            lines += &line(&flat, class);
        }
    }
    fs::write(dir.path().join("val").join(file), lines).unwrap();
    dir
}

fn annotated(classes: &[&str], texts: &[&str]) -> tempfile::TempDir {
    flat(classes, "val_annotations.txt", |image, class| format!("{image}\t{}\n", texts[class]))
}

#[test]
fn class_numbers_are_detected() {
    let data = warned(annotated(&["1", "2", "3", "4"], &["0", "1", "2", "3"]).path());
    labels_are_those_drawn(&data);
    says(&data, &["val_annotations.txt", "positions", "counted from 0", "0 is the class '1'"]);
}

#[test]
fn ambiguous_labels_are_errors() {
    let dir = annotated(&["1", "2", "3", "4"], &["1", "2", "3", "3"]);
    fails(dir.path(), &["val_annotations.txt", "line 1", "'1'", "'2'", "position 1", "both ways"]);
}

#[test]
fn numeric_class_names_are_names() {
    let names: Vec<String> = (0..12).map(|class| class.to_string()).collect();
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let data = warned(annotated(&sorted, &sorted).path());
    labels_are_those_drawn(&data);
    says(&data, &["names of classes", "'10'"]);
    let few = &["0", "1", "2"];
    assert!(warned(annotated(few, few).path()).warnings.is_empty(), "both readings are the same");
}

#[test]
fn mixing_names_and_numbers_is_an_error() {
    let dir = annotated(&["ant", "bee", "cup"], &["ant", "1", "2"]);
    fails(dir.path(), &["val_annotations.txt", "line 3", "'1'", "names all classes or counts all"]);
}

#[test]
fn numbers_from_1_are_an_error() {
    let dir = annotated(&["ant", "bee", "cup"], &["1", "2", "3"]);
    fails(dir.path(), &["line 5", "'3'", "counted from 0", "names"]);
    let data = warned(annotated(&["ant", "bee", "cup"], &["1", "2", "2"]).path());
    assert_eq!(data.test.labels(), [1, 1, 2, 2, 2, 2]);
    says(&data, &["0 ('ant') does not occur"]);
}

#[test]
fn contradicting_lines_are_an_error() {
    let dir = annotated(&["ant", "bee"], &["ant", "bee"]);
    let file = dir.path().join("val/val_annotations.txt");
    let lines = fs::read_to_string(&file).unwrap();
    fs::write(&file, lines + "v_0.png\tbee\n").unwrap();
    fails(dir.path(), &["val_annotations.txt", "line 5", "v_0.png"]);
}

#[test]
fn bom_crlf_and_spaces_in_names_are_accepted() {
    let classes = ["cup", "golden eagle", "golden retriever"];
    let data = annotated(&classes, &classes);
    labels_are_those_drawn(&warned(data.path()));
    let by_blanks = |image: &str, class: usize| format!("{image} {}\n", classes[class]);
    labels_are_those_drawn(&warned(flat(&classes, "val.txt", by_blanks).path()));
    let marked = |image: &str, class: usize| {
        let mark = if image == "v_0.png" { "\u{feff}" } else { "" };
        format!("{mark}{image}\t{}\t\r\n", classes[class])
    };
    labels_are_those_drawn(&warned(flat(&classes, "val_annotations.txt", marked).path()));
    let alone = |_: &str, class: usize| format!("{}\n", classes[class]);
    labels_are_those_drawn(&warned(flat(&classes, "val.txt", alone).path()));
}

#[test]
fn a_misspelled_name_does_not_change_the_convention() {
    let right = ["crab", "crab spider"];
    labels_are_those_drawn(&warned(annotated(&right, &right).path()));
    let dir = annotated(&right, &right);
    let file = dir.path().join("val/val_annotations.txt");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("v_2.png\tcrab spider", "v_2.png\tcrab spidr", 1)).unwrap();
    fails(dir.path(), &["val_annotations.txt", "crab spidr"]);
}

#[test]
fn duplicate_image_names_are_an_error() {
    let dir = annotated(&["apple", "boat"], &["apple", "boat"]);
    draw(dir.path(), "val/more/v_0.png", 1);
    fails(dir.path(), &["two images have the same name", "images/v_0.png", "more/v_0.png"]);
}

#[test]
fn images_in_subfolders_are_used_with_a_warning() {
    let dir = tree(&[("apple", 4), ("apple/more", 20), ("boat", 4), ("boat/more", 20)]);
    let data = warned(dir.path());
    assert_eq!(data.train.len() + data.test.len(), 48);
    says(&data, &["40 images", "apple/more"]);
    let dir = tree(&[("apple", 8), ("apple/images", 2), ("boat", 8)]);
    let data = warned(dir.path());
    assert_eq!(data.train.len() + data.test.len(), 18);
    labels_are_those_drawn(&data);
}

#[test]
fn classes_with_images_only_in_subfolders() {
    let dir =
        tree(&[("train/apple/a/b", 4), ("train/boat", 4), ("val/apple/c", 2), ("val/boat", 1)]);
    let data = warned(dir.path());
    assert_eq!((data.train.len(), data.test.len()), (8, 3));
    says(&data, &["4 images", "train/apple/a/b"]);
    let dir = tree(&[("photos/apple", 4), ("photos/boat", 4), ("sketches/apple", 4)]);
    fails(dir.path(), &["photos", "8 images", "photos/apple", "train/"]);
}

#[test]
fn split_folders_are_not_classes() {
    let dir = tree(&[("Training", 4), ("Testing", 4)]);
    fails(dir.path(), &["Testing and Training", "not like classes", "train/", "val/"]);
    let dir = tree(&[("Train", 4), ("Test", 4)]);
    fails(dir.path(), &["Test and Train", "not like classes", "train/", "val/"]);
    let dir = tree(&[("apple", 4), ("boat", 4), ("valid/apple", 4), ("valid/boat", 4)]);
    fails(dir.path(), &["valid", "train/"]);
    says(&warned(tree(&[("valid", 4), ("invalid", 4)]).path()), &["valid is used as a class"]);
}

#[test]
fn valid_and_validation_are_test_folders() {
    for name in ["val", "valid", "validation", "test"] {
        let of = |class: &str| format!("{name}/{class}");
        let dir =
            tree(&[("train/apple", 8), ("train/boat", 8), (&of("apple"), 3), (&of("boat"), 3)]);
        let data = warned(dir.path());
        assert_eq!((data.train.len(), data.test.len()), (16, 6), "{name}");
        assert_eq!(data.warnings, Vec::<String>::new(), "{name}");
        if name != "test" {
            draw(dir.path(), "test/9.png", 0);
            says(&warned(dir.path()), &["1 images not used", "test", &format!("from {name}/")]);
        }
    }
}

#[test]
fn too_many_unlabeled_images_are_an_error() {
    let dir =
        tree(&[("train/apple", 4), ("train/boat", 4), ("train", 1), ("extra/more", 3), ("", 2)]);
    let data = warned(dir.path());
    assert_eq!(data.train.len() + data.test.len(), 8);
    says(&data, &["3 images not used", "train: they are next to"]);
    says(&data, &["3 images not used", "extra"]);
    let dir = tree(&[("train/apple", 4), ("train/boat", 4), ("extra", 9)]);
    fails(dir.path(), &["9 images would not be used", "only 8 would be", "extra"]);
}

#[test]
fn unsupported_formats_are_warned_about() {
    let dir = tree(&[("apple", 8), ("boat", 8)]);
    for number in 0..3 {
        fs::write(dir.path().join(format!("boat/{number}.WebP")), "RIFF").unwrap();
    }
    fs::write(dir.path().join("boat/9.gif"), "GIF89a").unwrap();
    let data = warned(dir.path());
    says(&data, &["3 WEBP and 1 GIF images not used", "boat"]);
    for class in ["cup/1.webp", "cup/2.webp"] {
        fs::create_dir_all(dir.path().join("cup")).unwrap();
        fs::write(dir.path().join(class), "RIFF").unwrap();
    }
    fails(dir.path(), &["cup", "no PNG or JPEG", "2 WEBP images"]);
    fs::remove_dir_all(dir.path().join("cup")).unwrap();
    for number in 10..30 {
        fs::write(dir.path().join(format!("boat/{number}.tif")), "II").unwrap();
    }
    fails(dir.path(), &["24 images would not be used", "20 TIFF", "3 WEBP"]);
}

#[cfg(unix)]
#[test]
fn non_utf8_class_names_stay_different() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    for (class, name) in [b"caf\xe8", b"caf\xe9"].iter().enumerate() {
        let folder = dir.path().join("train").join(std::ffi::OsStr::from_bytes(*name));
        draw(&folder, "1.png", class);
        let folder = dir.path().join("val").join(std::ffi::OsStr::from_bytes(*name));
        draw(&folder, "1.png", class);
    }
    let data = warned(dir.path());
    let names: Vec<&str> = data.classes.iter().map(|class| class.name.as_str()).collect();
    assert_eq!(names, ["caf\\xE8", "caf\\xE9"]);
    labels_are_those_drawn(&data);
}

#[test]
fn the_name_of_a_folder_does_not_depend_on_its_path() {
    let around = tempfile::tempdir().unwrap();
    let pets = around.path().join("pets");
    fs::rename(tree(&[("apple", 4), ("boat", 4)]).keep(), &pets).unwrap();
    let budget = |memory_budget| OpenOptions { memory_budget, ..OpenOptions::default() };
    let known = |path: &Path, budget: &OpenOptions| {
        let DataSet { name, fingerprint, .. } = open(path.to_str().unwrap(), budget).unwrap();
        (name, fingerprint)
    };
    let first = known(&pets, &budget(1 << 20));
    for other in [pets.join(""), pets.join("."), around.path().join("./pets")] {
        assert_eq!(known(&other, &budget(1 << 20)), first, "{}", other.display());
    }
    let moved = around.path().join("animals");
    fs::rename(&pets, &moved).unwrap();
    assert_eq!(known(&moved, &budget(1 << 20)), first);
    assert_eq!(known(&moved, &budget(0)), first, "left on disk");
    draw(&moved, "apple/0.png", 3);
    assert_ne!(known(&moved, &budget(1 << 20)).1, first.1);
}
