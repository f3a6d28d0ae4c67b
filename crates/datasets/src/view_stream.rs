//! A stream of views in a known order: threads read and decode images in advance, in bounded
//! memory.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::{DataError, ImageSet, Views};

/// Number of threads and size of the buffer for reading in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamSettings {
    /// Threads that read and decode, at least 1, in addition to the thread that uses the views.
    pub threads: usize,
    /// Maximum number of bytes of buffered views. At least one view per thread and one in use are
    /// buffered. In addition, each thread holds one decoded image and its file.
    pub bytes: usize,
}

impl StreamSettings {
    /// Capacity of each thread's queue, without the view that the thread holds.
    fn queue(&self, view: usize) -> usize {
        // One view is in use by the consumer.
        let buffered = (self.bytes / view).saturating_sub(1);
        (buffered / self.threads).saturating_sub(1)
    }
}

/// An iterator over views in a given order, u8 `[channel, row, column]` each. The views do not
/// depend on the number of threads. If an image cannot be read, its views are errors and the stream
/// continues.
#[derive(Debug)]
pub struct ViewStream {
    views: Arc<Views>,
    order: Arc<Vec<u32>>,
    /// Thread t sends the views of runs t, t + threads, t + 2 threads, ... to its receiver. A run
    /// is a sequence of consecutive views of one image.
    receivers: Vec<Receiver<Result<Vec<u8>, DataError>>>,
    threads: Vec<JoinHandle<()>>,
    next: usize,
    run: usize,
}

impl ViewStream {
    /// Starts reading.
    ///
    /// - views: drawn for `images`; [`Views::center_crop`] for views without augmentation
    /// - order: the rows (views) in the order of the stream; repetitions are allowed
    ///
    /// # Errors
    /// [`DataError::Settings`] for zero threads, views that were drawn for other images, or a row
    /// that does not exist; [`DataError::Io`] when no thread can be started.
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
        };
        for number in 0..threads {
            let (sender, receiver) = sync_channel(settings.queue(views.view_shape().len()));
            let order = Arc::clone(&stream.order);
            let reader = ViewReader::new(images, views);
            let thread = std::thread::Builder::new()
                .name(format!("decoder {number}"))
                .spawn(move || send(reader, &order, (number, threads), &sender))
                .map_err(DataError::io("a thread to decode images"))?;
            stream.receivers.push(receiver);
            stream.threads.push(thread);
        }
        Ok(stream)
    }

    /// The row of the next view.
    pub fn next_row(&self) -> Option<u32> {
        self.order.get(self.next).copied()
    }
}

impl Iterator for ViewStream {
    type Item = Result<Vec<u8>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.next_row()?;
        let from = self.run % self.receivers.len();
        let view = self.receivers[from].recv().unwrap_or_else(|_| {
            Err(DataError::Settings(format!("decoder {from} stopped before its last image")))
        });
        self.next += 1;
        if self.next_row().is_some_and(|next| !self.views.same_image(row, next)) {
            self.run += 1;
        }
        Some(view)
    }
}

impl Drop for ViewStream {
    fn drop(&mut self) {
        // A thread that is blocked on sending gets an error and ends.
        self.receivers.clear();
        for thread in self.threads.drain(..) {
            // A panic was reported when its view was missed.
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
    let error = |what: String| Err(DataError::Settings(format!("streaming: {what}")));
    if settings.threads == 0 {
        return error("threads is 0; at least 1 is needed".to_owned());
    }
    if views.len() != images.len() * views.count() || views.image_shape() != images.shape() {
        let (drawn, views) = (views.image_shape(), views.len());
        let (shape, images) = (images.shape(), images.len());
        return error(format!("{views} views of images of {drawn} for {images} images of {shape}"));
    }
    match order.iter().find(|&&row| row as usize >= views.len()) {
        Some(row) => error(format!("row {row} is out of range: there are {} rows", views.len())),
        None => Ok(()),
    }
}

/// The loop of a thread: sends the views of its runs.
fn send(
    mut reader: ViewReader,
    order: &[u32],
    (number, threads): (usize, usize),
    sender: &SyncSender<Result<Vec<u8>, DataError>>,
) {
    let views = Arc::clone(&reader.views);
    let runs = order.chunk_by(|&row, &next| views.same_image(row, next));
    for &row in runs.skip(number).step_by(threads).flatten() {
        if sender.send(reader.read_view(row)).is_err() {
            return;
        }
    }
}

/// Reads images and crops views from them.
#[derive(Debug)]
pub struct ViewReader {
    images: ImageSet,
    views: Arc<Views>,
    /// Index and pixels of the image that was read last.
    read: Option<u32>,
    image: Vec<u8>,
}

impl ViewReader {
    pub fn new(images: &ImageSet, views: &Arc<Views>) -> Self {
        let image = vec![0; images.shape().len()];
        Self { images: images.clone(), views: Arc::clone(views), read: None, image }
    }

    /// Reads view `row`. Consecutive views of one image read the image once.
    ///
    /// # Errors
    /// As for [`ImageSet::read`].
    pub fn read_view(&mut self, row: u32) -> Result<Vec<u8>, DataError> {
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
