//! Tiles of 8 x 8 elements of 16 bits, which `ldmatrix` and `stmatrix` move.

use super::set;
use crate::Fault;
use crate::execution::lanes::LANES;
use crate::execution::memory::{self, Access, GlobalMemory, locate};
use crate::execution::warp::{Block, Warp};
use crate::ptx::{Instruction, Space};

/// Side of a tile, and bytes of its rows.
const TILE: usize = 8;
const ROW_BYTES: usize = 16;

/// The row and the column of a lane's two elements in a tile.
pub fn lane_place(lane: usize) -> (usize, usize) {
    (lane / 4, lane % 4 * 2)
}

type Tile = [[u16; TILE]; TILE];

/// `ldmatrix`: lane 8 i + r has the address of row r of tile i.
pub fn load(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    instruction: &Instruction,
    transpose: bool,
    space: Space,
) -> Result<(), Fault> {
    let addresses = warp.read(&instruction.operands[1], block);
    for (at, register) in instruction.operands[0].elements().iter().enumerate() {
        let mut tile: Tile = Default::default();
        for (row, elements) in tile.iter_mut().enumerate() {
            let lane = at * TILE + row;
            let place = (Access::Read, space, addresses[lane], ROW_BYTES);
            let from = locate((warp, block), global, lane, place, instruction)?;
            for (column, element) in elements.iter_mut().enumerate() {
                // SAFETY: a row has so many elements of two bytes.
                *element = unsafe { memory::read(from.add(2 * column), 2) } as u16;
            }
        }
        for lane in 0..LANES {
            let (row, column) = lane_place(lane);
            let element =
                |column: usize| if transpose { tile[column][row] } else { tile[row][column] };
            let both = u64::from(element(column)) | u64::from(element(column + 1)) << 16;
            set(warp, register, lane, both);
        }
    }
    Ok(())
}

/// `stmatrix`, the reverse.
pub fn store(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    instruction: &Instruction,
    transpose: bool,
    space: Space,
) -> Result<(), Fault> {
    let addresses = warp.read(&instruction.operands[0], block);
    for (at, register) in instruction.operands[1].elements().iter().enumerate() {
        let values = warp.read(register, block);
        let mut tile: Tile = Default::default();
        for (lane, value) in values.iter().enumerate() {
            let (row, column) = lane_place(lane);
            for part in 0..2 {
                let (row, column) =
                    if transpose { (column + part, row) } else { (row, column + part) };
                tile[row][column] = (value >> (16 * part)) as u16;
            }
        }
        for (row, elements) in tile.iter().enumerate() {
            let lane = at * TILE + row;
            let place = (Access::Write, space, addresses[lane], ROW_BYTES);
            let to = locate((warp, block), global, lane, place, instruction)?;
            for (column, element) in elements.iter().enumerate() {
                // SAFETY: a row has so many elements of two bytes.
                unsafe { memory::write(to.add(2 * column), 2, u64::from(*element)) };
            }
        }
    }
    Ok(())
}
