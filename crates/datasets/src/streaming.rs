//! Batches of a folder that does not fit in memory: decoded ahead by threads of their own, in order,
//! in bounded memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::folder::FolderPart;
use crate::{DataError, Normalisation, Shape, Views, normalised};

/// How far and by how many threads a stream reads ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamSettings {
    /// Rows of a batch, at least 1; the last batch may have fewer.
    pub batch: usize,
    /// Threads that decode, at least 1.
    pub threads: usize,
    /// Batches that wait for each thread's turn, besides the one it holds. At most
    /// `threads * (prefetch + 1)` batches are in memory, and the one handed out.
    pub prefetch: usize,
}

/// A batch on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostBatch {
    /// Which rows these are: views, numbered as in [`Views`].
    pub rows: Vec<u32>,
    /// u8 `[row, channel, row of pixels, column]`.
    pub pixels: Vec<u8>,
    /// One label a row.
    pub labels: Vec<u16>,
    /// The shape of every row.
    pub shape: Shape,
}

impl HostBatch {
    /// Puts the batch on the device: float `[batch, channels, height, width]`, the same to the last
    /// bit as a [`ViewBank`](crate::ViewBank) of the same views gives.
    ///
    /// # Errors
    /// [`DataError::Split`] when `normalisation` has another number of channels.
    pub fn to_device(
        self,
        normalisation: &Normalisation,
        device: &Device,
    ) -> Result<Tensor<4>, DataError> {
        normalised(self.pixels, self.shape, normalisation, device)
    }
}

/// Goes through rows of a folder in a given order, a batch at a time. The batches do not depend on
/// the number of threads. Ends after the first error.
#[derive(Debug)]
pub struct Stream {
    /// Thread t makes batches t, t + threads, t + 2 threads, ... and sends them here.
    receivers: Vec<Receiver<Result<HostBatch, DataError>>>,
    threads: Vec<JoinHandle<()>>,
    next: usize,
    batches: usize,
    decoded: Arc<AtomicUsize>,
}

impl Stream {
    /// Starts to read ahead.
    ///
    /// - views: drawn for the images of `part`; [`Views::central`] to look at each as it is
    /// - order: rows, that is views, in the order to go through them; any may come again
    ///
    /// # Errors
    /// [`DataError::Settings`] for no row a batch or no thread, for views that were drawn for another
    /// part, and for a row that is none of them; [`DataError::Io`] where no thread can be started.
    pub fn start(
        part: &Arc<FolderPart>,
        views: &Arc<Views>,
        order: Vec<u32>,
        settings: &StreamSettings,
    ) -> Result<Self, DataError> {
        check(part, views, &order, settings)?;
        let batches = order.len().div_ceil(settings.batch);
        let counter = Arc::new(AtomicUsize::new(0));
        let order = Arc::new(order);
        let mut stream = Self {
            receivers: Vec::new(),
            threads: Vec::new(),
            next: 0,
            batches,
            decoded: Arc::clone(&counter),
        };
        for first in 0..settings.threads.min(batches) {
            let (sender, receiver) = sync_channel(settings.prefetch);
            let decoder = Decoder {
                part: Arc::clone(part),
                views: Arc::clone(views),
                order: Arc::clone(&order),
                settings: *settings,
                decoded: Arc::clone(&counter),
            };
            let thread = std::thread::Builder::new()
                .name(format!("decoder {first}"))
                .spawn(move || decoder.run(first, &sender))
                .map_err(DataError::io("a thread to decode images"))?;
            stream.receivers.push(receiver);
            stream.threads.push(thread);
        }
        Ok(stream)
    }

    /// Batches in all.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// Batches decoded so far, those handed out included.
    #[must_use]
    pub fn decoded(&self) -> usize {
        self.decoded.load(Ordering::Acquire)
    }
}

impl Iterator for Stream {
    type Item = Result<HostBatch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.batches {
            return None;
        }
        let from = self.next % self.receivers.len();
        let batch = self.receivers[from].recv().unwrap_or_else(|_| {
            Err(DataError::Settings(format!("decoder {from} stopped before its last batch")))
        });
        self.next = if batch.is_ok() { self.next + 1 } else { self.batches };
        Some(batch)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A thread that waits to send finds nobody there, and ends.
        self.receivers.clear();
        for thread in self.threads.drain(..) {
            // Its panic, if any, was told when its batch was missed.
            let _ = thread.join();
        }
    }
}

fn check(
    part: &FolderPart,
    views: &Views,
    order: &[u32],
    settings: &StreamSettings,
) -> Result<(), DataError> {
    let say = |what: String| Err(DataError::Settings(format!("streaming: {what}")));
    if settings.batch == 0 || settings.threads == 0 {
        return say(format!(
            "batch = {}, threads = {}: at least 1 each",
            settings.batch, settings.threads
        ));
    }
    if views.len() != part.len() * views.count() || views.image_shape() != part.shape() {
        return say(format!(
            "{} views of images of {} for {} images of {}",
            views.len(),
            views.image_shape(),
            part.len(),
            part.shape()
        ));
    }
    match order.iter().find(|&&row| row as usize >= views.len()) {
        Some(row) => say(format!("row {row} of {} rows", views.len())),
        None => Ok(()),
    }
}

/// What one thread works with.
struct Decoder {
    part: Arc<FolderPart>,
    views: Arc<Views>,
    order: Arc<Vec<u32>>,
    settings: StreamSettings,
    decoded: Arc<AtomicUsize>,
}

impl Decoder {
    fn run(&self, first: usize, sender: &SyncSender<Result<HostBatch, DataError>>) {
        let mut image = vec![0; self.part.shape().len()];
        let batches = self.order.chunks(self.settings.batch);
        for rows in batches.skip(first).step_by(self.settings.threads) {
            let batch = self.batch(rows, &mut image);
            self.decoded.fetch_add(1, Ordering::AcqRel);
            let failed = batch.is_err();
            if sender.send(batch).is_err() || failed {
                return;
            }
        }
    }

    fn batch(&self, rows: &[u32], image: &mut [u8]) -> Result<HostBatch, DataError> {
        let shape = self.views.view_shape();
        let mut pixels = vec![0; rows.len() * shape.len()];
        let mut labels = Vec::with_capacity(rows.len());
        for (&row, out) in rows.iter().zip(pixels.chunks_exact_mut(shape.len())) {
            let index = self.views.image_of(row) as usize;
            self.part.decode(index, image)?;
            self.views.cut(row, image, out);
            labels.push(self.part.labels()[index]);
        }
        Ok(HostBatch { rows: rows.to_vec(), pixels, labels, shape })
    }
}

#[cfg(test)]
mod tests;
