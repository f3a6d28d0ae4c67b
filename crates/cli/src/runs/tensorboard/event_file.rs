//! `TensorBoard`'s event files: records of the format `TFRecord`, each with a protocol buffer `Event`.
//!
//! Only scalars are written, so the few fields of the messages are encoded by hand.

/// A value of a curve.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// Seconds since 1970.
    pub time: f64,
    /// The epoch.
    pub step: u32,
    /// The name of the curve.
    pub tag: &'static str,
    /// The value.
    pub value: f64,
}

/// The content of an event file.
pub(super) fn event_file(points: &[Point]) -> Vec<u8> {
    let mut file = Vec::new();
    let began = points.first().map_or(0.0, |point| point.time);
    let mut version = time_field(began);
    // Event.file_version
    version.extend(bytes_field(3, b"brain.Event:2"));
    add_record(&mut file, &version);
    for point in points {
        add_record(&mut file, &event(point));
    }
    file
}

fn event(point: &Point) -> Vec<u8> {
    // Summary.Value: tag, simple_value
    let mut value = bytes_field(1, point.tag.as_bytes());
    value.push(field_key(2, 5));
    value.extend((point.value as f32).to_le_bytes());
    // Summary: value
    let summary = bytes_field(1, &value);
    // Event: wall_time, step, summary
    let mut event = time_field(point.time);
    event.push(field_key(2, 0));
    event.extend(varint(u64::from(point.step)));
    event.extend(bytes_field(5, &summary));
    event
}

fn time_field(time: f64) -> Vec<u8> {
    let mut field = vec![field_key(1, 1)];
    field.extend(time.to_le_bytes());
    field
}

/// The key of a field: its number, and how it is encoded (0 varint, 1 eight bytes, 2 with a length, 5 four bytes).
fn field_key(number: u8, encoding: u8) -> u8 {
    number << 3 | encoding
}

fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![field_key(number, 2)];
    field.extend(varint(bytes.len() as u64));
    field.extend(bytes);
    field
}

/// Seven bits per byte, the lowest first; the highest bit of a byte says that more follow.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Adds a record: its length, the checksum of that, the data, the checksum of the data.
fn add_record(file: &mut Vec<u8>, data: &[u8]) {
    let length = (data.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(checksum(&length).to_le_bytes());
    file.extend(data);
    file.extend(checksum(data).to_le_bytes());
}

/// CRC-32C, rotated and shifted as `TFRecord` has it.
fn checksum(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_checksums_that_tensorflow_computes() {
        // An empty Event, as `tf.io.TFRecordWriter` writes b"".
        let mut file = Vec::new();
        add_record(&mut file, b"");
        assert_eq!(file.len(), 16);
        assert_eq!(checksum(b""), 0xa282_ead8);
        // RFC 3720, B.4: CRC-32C of 32 zeros is 0x8a9136aa.
        assert_eq!(checksum(&[0; 32]), 0x8a91_36aa_u32.rotate_right(15).wrapping_add(0xa282_ead8));
    }

    #[test]
    fn numbers_take_seven_bits_a_byte() {
        assert_eq!(varint(0), [0]);
        assert_eq!(varint(300), [0xac, 0x02]);
    }
}
