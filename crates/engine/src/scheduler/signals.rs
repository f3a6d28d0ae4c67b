//! What stops a sweep from outside: signals and the time limit.

use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::{Context, Result};

use super::workers::Event;

/// Sends an event on Ctrl-C (and `SIGTERM`, `SIGHUP`), on `SIGUSR2`, and after `stop_after`.
///
/// Schedulers of clusters can send `SIGUSR2` some time before they end a job.
pub(super) fn forward_signals(events: &Sender<Event>, stop_after: Option<Duration>) -> Result<()> {
    if let Some(time) = stop_after {
        let events = events.clone();
        std::thread::spawn(move || {
            std::thread::sleep(time);
            let _ = events.send(Event::TimeLimit);
        });
    }
    #[cfg(unix)]
    {
        let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGUSR2])
            .context("catching SIGUSR2")?;
        let events = events.clone();
        std::thread::spawn(move || {
            for _ in signals.forever() {
                let _ = events.send(Event::JobEnds);
            }
        });
    }
    let events = events.clone();
    ctrlc::set_handler(move || {
        if events.send(Event::Interrupted).is_err() {
            // The sweep is over.
            std::process::exit(1);
        }
    })
    .context("catching Ctrl-C")
}
