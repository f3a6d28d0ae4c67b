//! Memory: that of the device, of a block, and of a thread.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::warp::{Block, Warp};
use crate::Fault;
use crate::ptx::{CONSTANTS, Instruction, LOCAL, PARAMETERS, SHARED, Space, WINDOW};

/// Address and bytes of every allocation of the device.
static ALLOCATIONS: Mutex<BTreeMap<u64, u64>> = Mutex::new(BTreeMap::new());

/// Notes that the device has this memory.
pub fn add_allocation(address: u64, bytes: u64) {
    ALLOCATIONS.lock().expect("no panic while locked").insert(address, bytes);
}

/// The bytes of an allocation that is given back; none if there is no such allocation.
pub fn remove_allocation(address: u64) -> Option<u64> {
    ALLOCATIONS.lock().expect("no panic while locked").remove(&address)
}

/// Whether these bytes lie within one allocation.
pub fn is_allocated(address: u64, bytes: u64) -> bool {
    GlobalMemory::around(address).contains(address, bytes)
}

/// The allocation that was used last. Most accesses are to the same one as before.
#[derive(Debug, Clone, Copy, Default)]
pub struct GlobalMemory {
    start: u64,
    end: u64,
}

impl GlobalMemory {
    /// The allocation that contains `address`, or nothing.
    fn around(address: u64) -> Self {
        let allocations = ALLOCATIONS.lock().expect("no panic while locked");
        let before = allocations.range(..=address).next_back();
        before.map_or(Self::default(), |(&start, &bytes)| Self { start, end: start + bytes })
    }

    fn contains(self, address: u64, bytes: u64) -> bool {
        let end = address.checked_add(bytes);
        address >= self.start && end.is_some_and(|end| end <= self.end) && self.end > 0
    }

    /// Checks that the device has these bytes.
    fn check(&mut self, address: u64, bytes: u64) -> bool {
        if !self.contains(address, bytes) {
            *self = Self::around(address);
        }
        self.contains(address, bytes)
    }
}

/// The memory that a generic address lies in, and the address there.
fn resolve(space: Space, address: u64) -> (Space, u64) {
    let windows = [
        (Space::Parameters, PARAMETERS),
        (Space::Local, LOCAL),
        (Space::Shared, SHARED),
        (Space::Constants, CONSTANTS),
    ];
    let within = |start: u64| address >= start && address - start < WINDOW;
    match space {
        Space::Generic | Space::Global | Space::Constants => {
            let found = windows.iter().find(|(_, start)| within(*start));
            found.map_or((Space::Global, address), |(space, start)| (*space, address - start))
        }
        other => (other, address),
    }
}

/// What is done with memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// Where an address of a lane is in the memory of this process.
///
/// # Errors
/// The address is outside of its memory, not a multiple of the bytes, or of memory that cannot be written.
pub fn locate(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    lane: usize,
    (access, space, address, bytes): (Access, Space, u64, usize),
    instruction: &Instruction,
) -> Result<*mut u8, Fault> {
    let text = &instruction.text;
    let (space, address) = resolve(space, address);
    if bytes <= 16 && !address.is_multiple_of(bytes as u64) {
        return Err(Fault::new(format!("address {address:#x} is no multiple of {bytes}: {text}")));
    }
    let within = |memory: &mut [u8], start: usize| {
        let size = memory.len();
        let place = memory.get_mut(start..).and_then(|rest| rest.get_mut(..bytes));
        let message =
            || format!("{space:?} address {address:#x} + {bytes} of {size} bytes: {text}");
        place.map(<[u8]>::as_mut_ptr).ok_or_else(|| Fault::new(message()))
    };
    let address_there = usize::try_from(address).unwrap_or(usize::MAX);
    match space {
        Space::Shared => within(&mut block.shared, address_there),
        Space::Local => {
            let size = block.kernel.local_bytes;
            within(&mut warp.local[lane * size..(lane + 1) * size], address_there)
        }
        Space::Parameters | Space::Constants if access == Access::Write => {
            Err(Fault::new(format!("{space:?} cannot be written: {text}")))
        }
        Space::Parameters => constant(block.parameters, address_there, bytes, text),
        Space::Constants => constant(&block.kernel.constants, address_there, bytes, text),
        Space::Generic | Space::Global => {
            let found = global.check(address, bytes as u64);
            let message =
                || format!("global address {address:#x} + {bytes} is not allocated: {text}");
            if found { Ok(address as *mut u8) } else { Err(Fault::new(message())) }
        }
    }
}

fn constant(memory: &[u8], start: usize, bytes: usize, text: &str) -> Result<*mut u8, Fault> {
    let place = memory.get(start..).and_then(|rest| rest.get(..bytes));
    let message =
        || format!("address {start:#x} + {bytes} of {} constant bytes: {text}", memory.len());
    place.map(|place| place.as_ptr().cast_mut()).ok_or_else(|| Fault::new(message()))
}

/// Reads up to 8 bytes.
///
/// # Safety
/// The pointer is from [`locate`] for at least so many bytes.
pub unsafe fn read(from: *const u8, bytes: usize) -> u64 {
    let mut value = [0; 8];
    // SAFETY: the caller's promise.
    unsafe { std::ptr::copy_nonoverlapping(from, value.as_mut_ptr(), bytes.min(8)) };
    u64::from_le_bytes(value)
}

/// Writes up to 8 bytes.
///
/// # Safety
/// The pointer is from [`locate`] for at least so many bytes, and not of parameters or constants.
pub unsafe fn write(to: *mut u8, bytes: usize, value: u64) {
    // SAFETY: the caller's promise.
    unsafe { std::ptr::copy_nonoverlapping(value.to_le_bytes().as_ptr(), to, bytes.min(8)) };
}
