use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::image_set::ImagesOnDemand;
use crate::{Images, Shape, ViewConfig};

const SHAPE: Shape = Shape { channels: 3, height: 4, width: 4 };
const VIEWS: ViewConfig = ViewConfig { count: 2, crop_padding: 1, crop: 0, horizontal_flip: true };
/// Bytes of one view.
const VIEW: usize = 48;

/// Twenty different images.
fn images() -> Images {
    Images::new(SHAPE, (0..20 * VIEW).map(|byte| (byte % 251) as u8).collect(), vec![0; 20])
}

fn views() -> Arc<Views> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    Arc::new(Views::draw(20, SHAPE, &VIEWS, &mut rng).unwrap())
}

fn stream(order: Vec<u32>, threads: usize, views_ahead: usize) -> ViewStream {
    let settings = StreamSettings { threads, bytes: views_ahead * VIEW };
    ViewStream::start(&images().into(), &views(), order, &settings).unwrap()
}

/// All rows once, in a shuffled order.
fn order() -> Vec<u32> {
    (0..40).map(|row| row * 7 % 40).collect()
}

#[test]
fn views_come_in_order_for_any_number_of_threads() {
    let all = views().cut_all(&images());
    let expected = |order: &[u32]| -> Vec<Vec<u8>> {
        order.iter().map(|&row| all[row as usize * VIEW..][..VIEW].to_vec()).collect()
    };
    // In the last two orders, consecutive views are of one image and are read by one thread.
    let orders = [order(), (0..40).collect(), vec![4, 5, 5, 4, 0, 38, 39, 0, 1, 1]];
    for order in orders {
        for threads in [1, 2, 3, 30] {
            for ahead in [0, 5, 100] {
                let found = stream(order.clone(), threads, ahead).map(Result::unwrap);
                assert_eq!(found.collect::<Vec<_>>(), expected(&order), "{threads} {ahead}");
            }
        }
    }
}

/// A stream, and the number of images that it has read so far.
fn counted_stream(threads: usize, views_ahead: usize) -> (ViewStream, Arc<AtomicUsize>) {
    let (images, reads) = (images(), Arc::new(AtomicUsize::new(0)));
    let (labels, counter) = (images.labels().to_vec(), Arc::clone(&reads));
    let read = move |index: usize, out: &mut [u8]| {
        counter.fetch_add(1, Ordering::AcqRel);
        out.copy_from_slice(images.image(index));
        Ok(())
    };
    let set = ImagesOnDemand { shape: SHAPE, labels, sums: Vec::new(), read: Box::new(read) };
    let settings = StreamSettings { threads, bytes: views_ahead * VIEW };
    (ViewStream::start(&set.into(), &views(), order(), &settings).unwrap(), reads)
}

/// Waits until the threads stop reading. In `order`, each view needs its image to be read.
fn settle(reads: &AtomicUsize) -> usize {
    let begin = Instant::now();
    let (mut last, mut since) = (reads.load(Ordering::Acquire), Instant::now());
    while since.elapsed() < Duration::from_millis(50) && begin.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(1));
        let now = reads.load(Ordering::Acquire);
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    last
}

#[test]
fn the_buffer_stays_within_its_limit() {
    // One of the 9 views is reserved for the consumer. Each of the two threads has 4: three in its
    // queue and one to send.
    let (mut stream, reads) = counted_stream(2, 9);
    assert_eq!(settle(&reads), 8);
    stream.next().unwrap().unwrap();
    assert_eq!(settle(&reads), 9);
    assert!(stream.by_ref().all(|view| view.is_ok()));
    assert_eq!(settle(&reads), 40);
}

#[test]
fn the_buffer_has_at_least_one_view_per_thread() {
    let (_stream, reads) = counted_stream(3, 0);
    assert_eq!(settle(&reads), 3);
}

#[test]
fn dropping_a_stream_ends_its_threads() {
    let views = views();
    let settings = StreamSettings { threads: 2, bytes: 0 };
    let mut stream = ViewStream::start(&images().into(), &views, order(), &settings).unwrap();
    stream.next().unwrap().unwrap();
    drop(stream);
    assert_eq!(Arc::strong_count(&views), 1);
}

#[test]
fn invalid_streams_are_errors() {
    let fails = |order: Vec<u32>, threads: usize, word: &str| {
        let settings = StreamSettings { threads, bytes: 0 };
        let message = ViewStream::start(&images().into(), &views(), order, &settings).unwrap_err();
        assert!(message.to_string().contains(word), "{message}");
    };
    fails(vec![40], 1, "row 40 is out of range: there are 40 rows");
    fails(vec![0], 0, "threads is 0");
    let others = Arc::new(Views::center_crop(19, SHAPE, &ViewConfig::IDENTITY).unwrap());
    let settings = StreamSettings { threads: 1, bytes: 0 };
    let message = ViewStream::start(&images().into(), &others, vec![0], &settings).unwrap_err();
    assert!(message.to_string().contains("19 views"), "{message}");
    assert_eq!(stream(Vec::new(), 1, 0).count(), 0);
}
