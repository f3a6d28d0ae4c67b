use rand::SeedableRng;

use super::*;

const SMALL: Shape = Shape { channels: 1, height: 3, width: 3 };
const PIXELS: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

fn cut(view: View, side: usize) -> Vec<u8> {
    let mut out = vec![77; side * side];
    view.cut(&PIXELS, SMALL, &mut out, Shape { channels: 1, height: side, width: side });
    out
}

fn settings(count: u32, crop_padding: u32, horizontal_flip: bool) -> ViewConfig {
    ViewConfig { count, crop_padding, crop: 0, horizontal_flip }
}

fn draw(images: usize, settings: &ViewConfig, seed: u64) -> Views {
    Views::draw(images, SMALL, settings, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
}

#[test]
fn crops_beyond_the_upper_left_corner_are_padded() {
    let view = View { top: -1, left: -1, horizontal_flip: false };
    assert_eq!(cut(view, 3), vec![0, 0, 0, 0, 1, 2, 0, 4, 5]);
}

#[test]
fn crops_beyond_the_lower_right_corner_are_padded() {
    let view = View { top: 2, left: 1, horizontal_flip: false };
    assert_eq!(cut(view, 3), vec![8, 9, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn views_are_flipped_after_cropping() {
    let view = View { top: 0, left: 1, horizontal_flip: true };
    assert_eq!(cut(view, 2), vec![3, 2, 6, 5]);
}

#[test]
fn crops_wider_than_the_image_are_padded_on_both_sides() {
    let view = View { top: -1, left: -1, horizontal_flip: false };
    let expected =
        [[0, 0, 0, 0, 0], [0, 1, 2, 3, 0], [0, 4, 5, 6, 0], [0, 7, 8, 9, 0], [0, 0, 0, 0, 0]];
    assert_eq!(cut(view, 5), expected.concat());
}

#[test]
fn all_channels_are_cropped_alike() {
    let shape = Shape { channels: 2, height: 1, width: 2 };
    let mut out = [0; 4];
    View { top: 0, left: 1, horizontal_flip: false }.cut(&[1, 2, 3, 4], shape, &mut out, shape);
    assert_eq!(out, [2, 0, 4, 0]);
}

#[test]
fn rows_are_ordered_by_image_then_view() {
    let images = Images::new(SMALL, [PIXELS, [50; 9]].concat(), vec![0, 1]);
    let views = draw(2, &settings(3, 1, true), 5);
    let all = views.cut_all(&images);
    for row in 0..6_u32 {
        let image = views.image_of(row);
        assert_eq!(image, row / 3);
        let mut one = vec![0; 9];
        views.cut(row, images.image(image as usize), &mut one);
        assert_eq!(one, all[row as usize * 9..(row as usize + 1) * 9]);
    }
}

#[test]
fn views_depend_on_the_seed() {
    let settings = settings(8, 1, true);
    assert_eq!(draw(10, &settings, 1), draw(10, &settings, 1));
    assert_ne!(draw(10, &settings, 1), draw(10, &settings, 2));
}

#[test]
fn offsets_and_flips_are_uniform() {
    let views = draw(1800, &settings(10, 1, true), 3);
    let mut counts = std::collections::HashMap::new();
    for view in &views.all {
        *counts.entry((view.top, view.left, view.horizontal_flip)).or_insert(0) += 1;
    }
    // 18,000 draws over 3 x 3 shifts and 2 mirrorings: 1000 each, standard deviation 31.
    assert_eq!(counts.len(), 18);
    assert!(counts.values().all(|&count| (840..=1160).contains(&count)), "{counts:?}");
}

#[test]
fn flipping_does_not_change_the_offsets() {
    let (with, without) = (draw(20, &settings(4, 1, true), 9), draw(20, &settings(4, 1, false), 9));
    assert!(without.all.iter().all(|view| !view.horizontal_flip));
    let place = |views: &Views| views.all.iter().map(|v| (v.top, v.left)).collect::<Vec<_>>();
    assert_eq!(place(&with), place(&without));
}

#[test]
fn test_images_are_center_cropped() {
    let settings = ViewConfig { count: 50, crop_padding: 0, crop: 1, horizontal_flip: false };
    let views = draw(1, &settings, 0);
    assert!(views.all.iter().all(|v| (0..=2).contains(&v.top) && (0..=2).contains(&v.left)));
    assert_eq!(views.view_shape(), Shape { channels: 1, height: 1, width: 1 });
    let central = Views::center_crop(1, SMALL, &settings).unwrap();
    assert_eq!(central.all, vec![View { top: 1, left: 1, horizontal_flip: false }]);
}

#[test]
fn invalid_view_settings_are_errors() {
    let fails = |settings: ViewConfig, word: &str| {
        let message = check_views(&settings, SMALL).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    };
    fails(settings(0, 1, true), "count is 0");
    fails(settings(1025, 1, true), "count is 1025");
    fails(settings(2, 0, false), "views are the same");
    fails(settings(1, 3, false), "crop_padding = 3");
    fails(ViewConfig { crop: 4, ..ViewConfig::IDENTITY }, "crop = 4");
    assert!(is_identity(&ViewConfig::IDENTITY, SMALL));
    assert!(!is_identity(&settings(1, 1, false), SMALL));
}
