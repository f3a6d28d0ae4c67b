use std::fs;

use image::{GrayImage, ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

use super::*;

fn write(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A PNG whose pixels all have one color.
fn color(dir: &Path, name: &str, width: u32, height: u32, color: [u8; 3]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let image = RgbImage::from_pixel(width, height, Rgb(color));
    image.save_with_format(path, ImageFormat::from_path(name).unwrap()).unwrap();
}

fn gray(dir: &Path, name: &str, pixels: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let width = u32::try_from(pixels.len()).unwrap();
    GrayImage::from_raw(width, 1, pixels.to_vec()).unwrap().save(path).unwrap();
}

fn scan(dir: &TempDir) -> Result<Folder, String> {
    Folder::scan(dir.path(), None, 0, &[]).map_err(|error| error.to_string())
}

fn fails(dir: &TempDir, words: &[&str]) {
    let message = scan(dir).unwrap_err();
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
}

fn names(folder: &Folder) -> Vec<&str> {
    folder.classes.iter().map(|class| class.name.as_str()).collect()
}

/// Two classes with train/ and val/: `a` is red, `b` is blue.
fn red_and_blue() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (class, rgb) in [("a", [200, 0, 0]), ("b", [0, 0, 100])] {
        color(dir.path(), &format!("train/{class}/1.png"), 4, 4, rgb);
        color(dir.path(), &format!("train/{class}/2.png"), 4, 4, rgb);
        color(dir.path(), &format!("val/{class}/3.png"), 4, 4, rgb);
    }
    dir
}

#[test]
fn some_classes_can_be_chosen() {
    let dir = red_and_blue();
    color(dir.path(), "train/c/1.png", 2, 2, [0; 3]);
    color(dir.path(), "val/b/4.png", 4, 4, [0; 3]);
    let chosen = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
        Folder::scan(dir.path(), None, 0, &names).map_err(|error| error.to_string())
    };
    // The size of c is another; it does not count.
    let folder = chosen(&["b", "a"]).unwrap();
    assert_eq!((names(&folder), folder.train.shape.height), (vec!["a", "b"], 4));
    assert_eq!((folder.train.labels, folder.test.labels), (vec![0, 0, 1, 1], vec![0, 1, 1]));
    let folder = chosen(&["c", "b"]).unwrap();
    assert_eq!(names(&folder), ["b", "c"]);
    assert_eq!(folder.train.labels, [0, 0, 1]);
    assert!(chosen(&["b", "dog"]).unwrap_err().contains("names dog, which "));
}

#[test]
fn train_and_val_folders_are_read() {
    let folder = scan(&red_and_blue()).unwrap();
    assert_eq!(names(&folder), ["a", "b"]);
    assert_eq!(folder.warnings, Vec::<String>::new());
    assert_eq!(folder.bytes(), 6 * 48);
    let (train, test) = (folder.train.load(), folder.test.load());
    // The folder has been deleted: images that were not read cannot be read any more.
    assert!(train.is_err() && test.is_err());
    let dir = red_and_blue();
    let folder = scan(&dir).unwrap();
    let (train, test) = (folder.train.load().unwrap(), folder.test.load().unwrap());
    assert_eq!(train.shape(), Shape { channels: 3, height: 4, width: 4 });
    assert_eq!((train.labels(), test.labels()), (&[0, 0, 1, 1][..], &[0, 1][..]));
    assert_eq!(train.image(0), [[200; 16], [0; 16], [0; 16]].concat());
    assert_eq!(test.image(1), [[0; 16], [0; 16], [100; 16]].concat());
}

#[test]
fn val_is_preferred_to_test() {
    let dir = red_and_blue();
    fs::rename(dir.path().join("val"), dir.path().join("test")).unwrap();
    assert_eq!(scan(&dir).unwrap().test.labels.len(), 2);
    color(dir.path(), "val/a/9.png", 4, 4, [0; 3]);
    assert_eq!(scan(&dir).unwrap().test.labels.len(), 1);
    let data = crate::open(dir.path().to_str().unwrap(), &crate::OpenOptions::default()).unwrap();
    assert!(data.warnings[0].contains("2 images not used, below"), "{:?}", data.warnings);
    assert!(data.warnings[1].contains("1 of 2 classes have no image to test on: b"));
}

#[test]
fn without_val_a_fifth_of_each_class_is_for_testing() {
    let dir = tempfile::tempdir().unwrap();
    for index in 0..10_u8 {
        gray(dir.path(), &format!("cats/{index}.png"), &[index, 0]);
        gray(dir.path(), &format!("dogs/{index}.png"), &[100 + index, 0]);
    }
    let load = |seed| {
        let folder = Folder::scan(dir.path(), None, seed, &[]).unwrap();
        assert!(folder.warnings[0].contains("4 of 20 images"), "{:?}", folder.warnings);
        (folder.train.load().unwrap(), folder.test.load().unwrap())
    };
    let (train, test) = load(1);
    assert_eq!((train.labels().len(), test.labels()), (16, &[0, 0, 1, 1][..]));
    let firsts = |images: &Images| images.pixels().iter().step_by(2).copied().collect::<Vec<_>>();
    let mut all = [firsts(&train), firsts(&test)].concat();
    all.sort_unstable();
    assert_eq!(all, (0..10).chain(100..110).collect::<Vec<_>>());
    assert_eq!(load(1), (train, test.clone()));
    assert!((2..6).any(|seed| load(seed).1 != test), "another seed, another split");
}

#[test]
fn one_color_image_makes_a_folder_rgb() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png"] {
        gray(dir.path(), name, &[10, 20]);
    }
    let train = scan(&dir).unwrap().train.load().unwrap();
    assert_eq!(train.shape(), Shape { channels: 1, height: 1, width: 2 });
    assert_eq!(train.image(0), [10, 20]);
    color(dir.path(), "val/b/1.png", 2, 1, [1, 2, 3]);
    let folder = scan(&dir).unwrap();
    assert_eq!(folder.train.load().unwrap().image(0), [10, 20, 10, 20, 10, 20]);
    assert_eq!(folder.test.load().unwrap().image(1), [1, 1, 2, 2, 3, 3]);
    let sized = Folder::scan(dir.path(), Some(1), 0, &[]).unwrap();
    assert_eq!(sized.train.load().unwrap().image(0), [15 - 5; 3], "the left of two squares");
}

#[test]
fn different_sizes_are_resized_to_256_or_as_requested() {
    let dir = red_and_blue();
    color(dir.path(), "train/a/1.png", 9, 5, [200, 0, 0]);
    assert_eq!(scan(&dir).unwrap().train.shape.to_string(), "3 x 256 x 256");
    let folder = Folder::scan(dir.path(), Some(2), 0, &[]).unwrap();
    let train = folder.train.load().unwrap();
    assert_eq!(train.image(0), [200, 200, 200, 200, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn the_format_is_detected_from_the_content() {
    let dir = red_and_blue();
    color(dir.path(), "train/a/4.jpg", 4, 4, [128; 3]);
    color(dir.path(), "train/a/5.JPEG", 4, 4, [128; 3]);
    fs::rename(dir.path().join("train/a/4.jpg"), dir.path().join("train/a/4.png")).unwrap();
    let train = scan(&dir).unwrap().train.load().unwrap();
    assert_eq!(train.labels(), &[0, 0, 0, 0, 1, 1]);
    assert!(train.image(2).iter().chain(train.image(3)).all(|&pixel| pixel.abs_diff(128) < 2));
}

#[test]
fn tiny_imagenets_layout_is_recognized() {
    let dir = tempfile::tempdir().unwrap();
    for class in ["n01", "n02"] {
        color(dir.path(), &format!("train/{class}/images/{class}_0.JPEG"), 4, 4, [9; 3]);
        write(dir.path(), &format!("train/{class}/{class}_boxes.txt"), b"x");
    }
    color(dir.path(), "val/images/val_0.JPEG", 4, 4, [9; 3]);
    color(dir.path(), "val/images/val_1.JPEG", 4, 4, [9; 3]);
    color(dir.path(), "test/images/test_0.JPEG", 4, 4, [9; 3]);
    let lines = b"val_1.JPEG\tn01\t0\t32\t44\t62\nval_0.JPEG\tn02\t1\t2\t3\t4\n";
    write(dir.path(), "val/val_annotations.txt", lines);
    let folder = scan(&dir).unwrap();
    assert_eq!(names(&folder), ["n01", "n02"]);
    assert_eq!((&folder.train.labels[..], &folder.test.labels[..]), (&[0, 1][..], &[1, 0][..]));
}

#[test]
fn all_label_file_formats_give_the_same_labels() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["train/n01/a.JPEG", "train/n02/b.JPEG", "val/v_1.JPEG", "val/v_2.JPEG"] {
        color(dir.path(), name, 4, 4, [9; 3]);
    }
    fails(&dir, &["val", "not in class folders", "val_annotations.txt", "LOC_val_solution.csv"]);
    for (name, text) in [
        ("val.txt", "v_1.JPEG 1\nv_2.JPEG 0\n"),
        ("LOC_val_solution.csv", "ImageId,PredictionString\nv_2,n01 1 2 3 4 \nv_1,n02 1 2 3 4\n"),
        ("val/imagenet_2012_validation_synset_labels.txt", "n02\nn01\n"),
    ] {
        write(dir.path(), name, text.as_bytes());
        assert_eq!(scan(&dir).unwrap().test.labels, &[1, 0], "{name}");
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    for (text, word) in [
        ("v_1.JPEG 1\n", "has no label for"),
        ("v_1.JPEG 1\nv_2.JPEG n03\n", "line 2: no class is called 'n03'"),
        ("v_1.JPEG 1\nv_2.JPEG 2\n", "line 2: no class is called '2'"),
        ("n01\nn01\nn01\n", "line 3: there are only 2 images"),
    ] {
        write(dir.path(), "val.txt", text.as_bytes());
        fails(&dir, &["val.txt", word]);
    }
}

#[test]
fn imagenets_layout_with_folders_in_val_is_recognized() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["train/n02/a.JPEG", "train/n01/b.JPEG", "val/n01/c.JPEG", "val/n02/d.JPEG"] {
        color(dir.path(), name, 4, 4, [9; 3]);
    }
    let folder = scan(&dir).unwrap();
    assert_eq!(names(&folder), ["n01", "n02"]);
    assert_eq!(folder.test.labels, &[0, 1]);
}

#[test]
fn invalid_folders_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    fails(&dir, &["0 folders of a class each"]);
    color(dir.path(), "cats/1.png", 4, 4, [0; 3]);
    fails(&dir, &["1 folders of a class each"]);
    fs::create_dir(dir.path().join("dogs")).unwrap();
    fails(&dir, &["dogs", "no PNG or JPEG"]);
    color(dir.path(), "dogs/1.png", 4, 4, [0; 3]);
    fails(&dir, &["cats", "a single image"]);
    let dir = red_and_blue();
    color(dir.path(), "val/c/1.png", 4, 4, [0; 3]);
    fails(&dir, &["val/c", "no class of this name among the 2"]);
    let message = Folder::scan(Path::new("/nowhere/at/all"), None, 0, &[]).unwrap_err().to_string();
    assert!(message.contains("/nowhere/at/all"), "{message}");
}

#[test]
fn other_files_are_warned_about_and_hidden_ones_ignored() {
    let dir = red_and_blue();
    write(dir.path(), "train/a/notes.txt", b"x");
    write(dir.path(), "train/a/.hidden", b"x");
    let warnings = scan(&dir).unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("notes.txt"), "{warnings:?}");
}

#[test]
fn a_damaged_image_is_an_error_that_names_it() {
    let dir = red_and_blue();
    write(dir.path(), "train/b/broken.jpeg", b"\xff\xd8\xff\xe0 but then nothing");
    fails(&dir, &["broken.jpeg", "cannot be decoded"]);
    let path = dir.path().join("train/b/broken.jpeg");
    let noisy = RgbImage::from_fn(64, 64, |x, y| Rgb([(x * 37 + y * 91) as u8, (x * y) as u8, 0]));
    for (format, length) in
        [(ImageFormat::Jpeg, 0.5), (ImageFormat::Jpeg, 0.99), (ImageFormat::Png, 0.5)]
    {
        noisy.save_with_format(&path, format).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..(whole.len() as f64 * length) as usize]).unwrap();
        // The header is intact, but the pixels are truncated.
        let message = scan(&dir).unwrap().train.load().unwrap_err().to_string();
        assert!(message.contains("broken.jpeg: cannot be decoded"), "{message}");
    }
}

#[test]
fn imagenets_thousand_classes_get_their_families() {
    let class = |name: String| Class { name, family: None };
    let mut classes: Vec<Class> = (0..1000).map(|i| class(format!("n0200{i:04}"))).collect();
    let families = |classes: &[Class]| {
        let known = with_known_families(classes.to_vec()).unwrap();
        known.iter().filter(|class| class.family == Some(crate::Family::Natural)).count()
    };
    assert_eq!(families(&classes), 0, "a thousand other classes");
    classes[0].name = "n01440764".into();
    classes[999].name = "n15075141".into();
    assert_eq!(families(&classes), 449);
}

proptest::proptest! {
    #[test]
    fn random_bytes_never_panic(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        start in 0_usize..3,
    ) {
        let magic: [&[u8]; 3] = [b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xdb\0\x43"];
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image.png");
        fs::write(&path, [magic[start], &bytes].concat()).unwrap();
        let shape = Shape { channels: 3, height: 2, width: 2 };
        proptest::prop_assert!(decode::decode(&path, shape, &mut [0; 12]).is_err());
    }
}
