//! A small web server for the tests of downloads.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A web server on localhost. It runs until the test process ends.
pub(super) struct Server {
    pub(super) address: String,
    /// The `Range` header of each request; empty if there was none.
    ranges: Arc<Mutex<Vec<String>>>,
}

/// How the server responds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Behavior {
    Correct,
    /// Closes the connection after this many bytes of each response.
    Interrupts(usize),
    /// Sends the whole file even if a range is requested.
    IgnoresRanges,
}

impl Server {
    pub(super) fn start(files: HashMap<String, Vec<u8>>, behavior: Behavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let requested = Arc::clone(&ranges);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = respond(stream.unwrap(), &files, behavior, &requested);
            }
        });
        Self { address, ranges }
    }

    pub(super) fn ranges(&self) -> Vec<String> {
        self.ranges.lock().unwrap().clone()
    }
}

/// Reads a request: its path, and its range header or an empty string.
fn read_request(stream: &TcpStream) -> std::io::Result<(String, String)> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap()?;
    let mut range = String::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("range: ") {
            value.clone_into(&mut range);
        }
    }
    Ok((request.split(' ').nth(1).unwrap().to_owned(), range))
}

fn respond(
    mut stream: TcpStream,
    files: &HashMap<String, Vec<u8>>,
    behavior: Behavior,
    requested: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let (path, range) = read_request(&stream)?;
    requested.lock().unwrap().push(range.clone());
    let Some(body) = files.get(&path) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let start = range.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>();
    let (start, status) = match start {
        Ok(start) if behavior != Behavior::IgnoresRanges => {
            let last = body.len() - 1;
            let length = body.len();
            (start, format!("206 Partial\r\nContent-Range: bytes {start}-{last}/{length}"))
        }
        _ => (0, "200 OK".to_owned()),
    };
    let body = &body[start..];
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    let sent = match behavior {
        Behavior::Interrupts(after) => after.min(body.len()),
        _ => body.len(),
    };
    stream.write_all(&body[..sent])
}
