use rand::SeedableRng;

use super::*;

const SMALL: Shape = Shape { channels: 1, height: 3, width: 3 };
const PIXELS: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

fn cut(view: View, side: usize) -> Vec<u8> {
    let mut out = vec![77; side * side];
    view.cut(&PIXELS, SMALL, &mut out, Shape { channels: 1, height: side, width: side });
    out
}

fn settings(count: u32, crop_padding: u32, mirror: bool) -> ViewSettings {
    ViewSettings { count, crop_padding, crop: None, mirror }
}

fn draw(images: usize, settings: &ViewSettings, seed: u64) -> Views {
    Views::draw(images, SMALL, settings, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
}

#[test]
fn a_window_beyond_the_upper_left_corner_shows_black_there() {
    let view = View { top: -1, left: -1, mirror: false };
    assert_eq!(cut(view, 3), vec![0, 0, 0, 0, 1, 2, 0, 4, 5]);
}

#[test]
fn a_window_beyond_the_lower_right_corner_shows_black_there() {
    let view = View { top: 2, left: 1, mirror: false };
    assert_eq!(cut(view, 3), vec![8, 9, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn mirroring_turns_the_window_after_it_was_cut() {
    let view = View { top: 0, left: 1, mirror: true };
    assert_eq!(cut(view, 2), vec![3, 2, 6, 5]);
}

#[test]
fn a_window_wider_than_the_image_has_black_on_both_sides() {
    let view = View { top: -1, left: -1, mirror: false };
    let expected =
        [[0, 0, 0, 0, 0], [0, 1, 2, 3, 0], [0, 4, 5, 6, 0], [0, 7, 8, 9, 0], [0, 0, 0, 0, 0]];
    assert_eq!(cut(view, 5), expected.concat());
}

#[test]
fn channels_are_cut_alike() {
    let shape = Shape { channels: 2, height: 1, width: 2 };
    let mut out = [0; 4];
    View { top: 0, left: 1, mirror: false }.cut(&[1, 2, 3, 4], shape, &mut out, shape);
    assert_eq!(out, [2, 0, 4, 0]);
}

#[test]
fn row_r_is_view_r_mod_count_of_image_r_div_count() {
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
fn the_same_seed_draws_the_same_views_and_another_seed_others() {
    let settings = settings(8, 1, true);
    assert_eq!(draw(10, &settings, 1), draw(10, &settings, 1));
    assert_ne!(draw(10, &settings, 1), draw(10, &settings, 2));
}

#[test]
fn every_shift_and_both_mirrorings_occur_about_equally_often() {
    let views = draw(1800, &settings(10, 1, true), 3);
    let mut counts = std::collections::HashMap::new();
    for view in &views.all {
        *counts.entry((view.top, view.left, view.mirror)).or_insert(0) += 1;
    }
    // 18,000 draws over 3 x 3 shifts and 2 mirrorings: 1000 each, standard deviation 31.
    assert_eq!(counts.len(), 18);
    assert!(counts.values().all(|&count| (840..=1160).contains(&count)), "{counts:?}");
}

#[test]
fn whether_views_are_mirrored_does_not_change_where_they_lie() {
    let (with, without) = (draw(20, &settings(4, 1, true), 9), draw(20, &settings(4, 1, false), 9));
    assert!(without.all.iter().all(|view| !view.mirror));
    let place = |views: &Views| views.all.iter().map(|v| (v.top, v.left)).collect::<Vec<_>>();
    assert_eq!(place(&with), place(&without));
}

#[test]
fn a_crop_moves_within_the_image_and_is_central_for_tests() {
    let settings = ViewSettings { count: 50, crop_padding: 0, crop: Some(1), mirror: false };
    let views = draw(1, &settings, 0);
    assert!(views.all.iter().all(|v| (0..=2).contains(&v.top) && (0..=2).contains(&v.left)));
    assert_eq!(views.view_shape(), Shape { channels: 1, height: 1, width: 1 });
    let central = Views::central(1, SMALL, &settings).unwrap();
    assert_eq!(central.all, vec![View { top: 1, left: 1, mirror: false }]);
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let fails = |settings: ViewSettings, word: &str| {
        let message = settings.validate(SMALL).unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    };
    fails(settings(0, 1, true), "count = 0");
    fails(settings(1025, 1, true), "count = 1025");
    fails(settings(2, 0, false), "all the same");
    fails(settings(1, 3, false), "crop_padding = 3");
    fails(ViewSettings { crop: Some(4), ..ViewSettings::PLAIN }, "crop = 4");
    fails(ViewSettings { crop: Some(0), ..ViewSettings::PLAIN }, "crop = 0");
    assert!(ViewSettings::PLAIN.is_plain(SMALL));
    assert!(!settings(1, 1, false).is_plain(SMALL));
}
