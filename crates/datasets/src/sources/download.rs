//! Downloading a file over HTTP, with resumption.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, StatusCode, header};

use crate::DataError;

/// Attempts before a download fails.
const ATTEMPTS: u32 = 5;

/// Delay before the second attempt, in milliseconds. It doubles each time.
const PAUSE: u64 = if cfg!(test) { 1 } else { 500 };

/// Downloads `url` to `part`. If `part` exists, the download is resumed.
///
/// - bytes: the expected size, if known
/// - progress: called with the bytes so far and the total, if known
///
/// # Errors
/// [`DataError::Download`] naming the URL: no connection, no such file, repeated interruptions, or
/// another process is downloading to `part`; [`DataError::Io`] when `part` cannot be written.
pub fn download(
    url: &str,
    part: &Path,
    bytes: Option<u64>,
    progress: &dyn Fn(u64, Option<u64>),
) -> Result<(), DataError> {
    let failed = |reason: String| DataError::Download { url: url.to_owned(), reason };
    let mut options = OpenOptions::new();
    let mut file =
        options.create(true).append(true).read(true).open(part).map_err(DataError::io(part))?;
    file.try_lock()
        .map_err(|_| failed(format!("another process is downloading to {}", part.display())))?;
    let agent = agent();
    let mut reason = String::new();
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(PAUSE << (attempt - 1)));
        }
        let transfer = Transfer { agent: &agent, url, part, bytes, progress };
        match transfer.attempt(&mut file)? {
            None => return Ok(()),
            Some(why) => reason = why,
        }
    }
    Err(failed(format!("{reason} ({ATTEMPTS} attempts); try again to resume the download")))
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        // Sizes and ranges must refer to the stored file, not to a compressed transfer.
        .accept_encoding("identity")
        .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .build()
        .into()
}

struct Transfer<'a> {
    agent: &'a Agent,
    url: &'a str,
    part: &'a Path,
    bytes: Option<u64>,
    progress: &'a dyn Fn(u64, Option<u64>),
}

impl Transfer<'_> {
    /// Returns the reason if another attempt may succeed.
    fn attempt(&self, file: &mut File) -> Result<Option<String>, DataError> {
        let have = file.metadata().map_err(DataError::io(self.part))?.len();
        if have > 0 && Some(have) == self.bytes {
            return Ok(None);
        }
        let mut request = self.agent.get(self.url);
        if have > 0 {
            request = request.header(header::RANGE, format!("bytes={have}-"));
        }
        let response = match request.call() {
            Ok(response) => response,
            Err(error) => return Ok(Some(error.to_string())),
        };
        match response.status() {
            StatusCode::PARTIAL_CONTENT if range_start(&response) == Some(have) => {
                self.receive(response, file, have)
            }
            StatusCode::OK => {
                file.set_len(0).map_err(DataError::io(self.part))?;
                self.receive(response, file, 0)
            }
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                file.set_len(0).map_err(DataError::io(self.part))?;
                Ok(Some("the server cannot resume the download".into()))
            }
            status if status.is_server_error() => Ok(Some(format!("HTTP {status}"))),
            status => {
                let (url, reason) = (self.url.to_owned(), format!("HTTP {status}"));
                Err(DataError::Download { url, reason })
            }
        }
    }

    /// Appends the body of a response to the file. Returns the reason if it is interrupted.
    fn receive(
        &self,
        response: Response<ureq::Body>,
        file: &mut File,
        start: u64,
    ) -> Result<Option<String>, DataError> {
        let announced = response.body().content_length().map(|length| start + length);
        let total = announced.or(self.bytes);
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 16];
        let mut done = start;
        loop {
            (self.progress)(done, total);
            let length = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) => return Ok(Some(error.to_string())),
            };
            file.write_all(&buffer[..length]).map_err(DataError::io(self.part))?;
            done += length as u64;
        }
        if let Some(total) = total.filter(|&total| done < total) {
            return Ok(Some(format!("interrupted after {done} of {total} bytes")));
        }
        file.sync_all().map_err(DataError::io(self.part))?;
        Ok(None)
    }
}

/// The start of the range in `Content-Range: bytes 100-199/200`.
fn range_start(response: &Response<ureq::Body>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}
