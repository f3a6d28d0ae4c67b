//! Views that are not kept but cut when their turn comes: images are read and decoded ahead by threads
//! of their own, in a known order, in bounded memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use crate::{DataError, ImageSet, Views};

/// How far and by how many threads images are read ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamSettings {
    /// Threads that read, decode and cut, at least 1, beside the one that takes the views.
    pub threads: usize,
    /// Most bytes of views that are cut and not yet used; a view a thread and the one just taken,
    /// where those are more. Besides, every thread holds the image it cuts from and the file it decodes.
    pub bytes: usize,
}

impl StreamSettings {
    /// Views that wait for their turn in each thread's queue, besides the one the thread holds.
    fn queue(&self, view: usize) -> usize {
        // One view is in the hands of whoever took it.
        let waiting = (self.bytes / view).saturating_sub(1);
        (waiting / self.threads).saturating_sub(1)
    }
}

/// Gives views one by one in a given order, u8 `[channel, row, column]` each. They do not depend on the
/// number of threads. An image that cannot be read is an error in its turn, and the next ones follow.
#[derive(Debug)]
pub struct Stream {
    views: Arc<Views>,
    order: Arc<Vec<u32>>,
    /// Thread t sends the views of runs t, t + threads, t + 2 threads, ... here; a run is what
    /// follows one another and is of one image.
    receivers: Vec<Receiver<Result<Vec<u8>, DataError>>>,
    threads: Vec<JoinHandle<()>>,
    next: usize,
    run: usize,
    waiting: Arc<Waiting>,
}

/// Bytes of views that are cut and not yet used.
#[derive(Debug, Default)]
struct Waiting {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Waiting {
    fn add(&self, bytes: usize) {
        let before = self.now.fetch_add(bytes, Ordering::AcqRel);
        self.most.fetch_max(before + bytes, Ordering::AcqRel);
    }

    fn take(&self, bytes: usize) {
        self.now.fetch_sub(bytes, Ordering::AcqRel);
    }
}

impl Stream {
    /// Starts to read ahead.
    ///
    /// - views: drawn for `images`; [`Views::central`] to look at each as it is
    /// - order: rows, that is views, in the order to go through them; any may come again
    ///
    /// # Errors
    /// [`DataError::Settings`] for no thread, for views that were drawn for other images, and for a row
    /// that is none of them; [`DataError::Io`] where no thread can be started.
    pub fn start(
        images: &ImageSet,
        views: &Arc<Views>,
        order: Vec<u32>,
        settings: &StreamSettings,
    ) -> Result<Self, DataError> {
        check(images, views, &order, settings)?;
        let threads = settings.threads.min(order.len());
        let mut stream = Self {
            views: Arc::clone(views),
            order: Arc::new(order),
            receivers: Vec::new(),
            threads: Vec::new(),
            next: 0,
            run: 0,
            waiting: Arc::default(),
        };
        for number in 0..threads {
            let (sender, receiver) = sync_channel(settings.queue(views.view_shape().len()));
            let (order, waiting) = (Arc::clone(&stream.order), Arc::clone(&stream.waiting));
            let cutter = Cutter::new(images, views);
            let thread = std::thread::Builder::new()
                .name(format!("decoder {number}"))
                .spawn(move || send(cutter, &order, (number, threads), &waiting, &sender))
                .map_err(DataError::io("a thread to decode images"))?;
            stream.receivers.push(receiver);
            stream.threads.push(thread);
        }
        Ok(stream)
    }

    /// The row whose view comes next.
    #[must_use]
    pub fn next_row(&self) -> Option<u32> {
        self.order.get(self.next).copied()
    }

    /// The most bytes of views so far that were cut and not yet used, the one just taken included.
    #[must_use]
    pub fn most_bytes(&self) -> usize {
        self.waiting.most.load(Ordering::Acquire)
    }
}

impl Iterator for Stream {
    type Item = Result<Vec<u8>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.next_row()?;
        let from = self.run % self.receivers.len();
        let view = self.receivers[from].recv().unwrap_or_else(|_| {
            Err(DataError::Settings(format!("decoder {from} stopped before its last image")))
        });
        if let Ok(view) = &view {
            self.waiting.take(view.len());
        }
        self.next += 1;
        if self.next_row().is_some_and(|next| !self.views.are_of_one_image(row, next)) {
            self.run += 1;
        }
        Some(view)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A thread that waits to send finds nobody there, and ends.
        self.receivers.clear();
        for thread in self.threads.drain(..) {
            // Its panic, if any, was told when its view was missed.
            let _ = thread.join();
        }
    }
}

fn check(
    images: &ImageSet,
    views: &Views,
    order: &[u32],
    settings: &StreamSettings,
) -> Result<(), DataError> {
    let say = |what: String| Err(DataError::Settings(format!("streaming: {what}")));
    if settings.threads == 0 {
        return say("threads = 0: at least 1 thread has to read".to_owned());
    }
    if views.len() != images.len() * views.count() || views.image_shape() != images.shape() {
        return say(format!(
            "{} views of images of {} for {} images of {}",
            views.len(),
            views.image_shape(),
            images.len(),
            images.shape()
        ));
    }
    match order.iter().find(|&&row| row as usize >= views.len()) {
        Some(row) => say(format!("row {row} of {} rows", views.len())),
        None => Ok(()),
    }
}

/// What one thread does: its share of the runs, view by view. Nothing here may use rayon, whose pool in
/// a worker is the thread that waits for these.
fn send(
    mut cutter: Cutter,
    order: &[u32],
    (number, threads): (usize, usize),
    waiting: &Waiting,
    sender: &SyncSender<Result<Vec<u8>, DataError>>,
) {
    let views = Arc::clone(&cutter.views);
    let bytes = views.view_shape().len();
    let runs = order.chunk_by(|&row, &next| views.are_of_one_image(row, next));
    for &row in runs.skip(number).step_by(threads).flatten() {
        waiting.add(bytes);
        let view = cutter.cut(row);
        if view.is_err() {
            waiting.take(bytes);
        }
        if sender.send(view).is_err() {
            return;
        }
    }
}

/// Reads an image and cuts views out of it.
#[derive(Debug)]
pub struct Cutter {
    images: ImageSet,
    views: Arc<Views>,
    /// The image that was read last, and its pixels.
    read: Option<u32>,
    image: Vec<u8>,
}

impl Cutter {
    pub fn new(images: &ImageSet, views: &Arc<Views>) -> Self {
        let image = vec![0; images.shape().len()];
        Self { images: images.clone(), views: Arc::clone(views), read: None, image }
    }

    /// View `row`; an image of which several views are asked for in turn is read once.
    ///
    /// # Errors
    /// As for [`ImageSet::read`].
    pub fn cut(&mut self, row: u32) -> Result<Vec<u8>, DataError> {
        let image = self.views.image_of(row);
        if self.read != Some(image) {
            self.read = None;
            self.images.read(image as usize, &mut self.image)?;
            self.read = Some(image);
        }
        let mut view = vec![0; self.views.view_shape().len()];
        self.views.cut(row, &self.image, &mut view);
        Ok(view)
    }
}

#[cfg(test)]
mod tests;
