//! Instructions of the matrix units.
//!
//! Products are sums of f32 in the order of the columns. Hardware keeps more bits within a product
//! and rounds in another order, so results agree to about the precision of the operands.

mod tiles;

use super::lanes::LANES;
use super::memory::{self, Access, GlobalMemory, locate};
use super::warp::{Block, Warp};
use crate::Fault;
use crate::numbers::{bits_of, bits_of_float, matrix_operand};
use crate::ptx::{Instruction, MatrixRole, Operand, Operation, Shape, Type};
use tiles::lane_place;

/// All lanes of a warp.
const ALL: u32 = u32::MAX;

/// Runs a matrix instruction; false if it is none.
///
/// # Errors
/// A part of the warp is missing, an address is outside of its memory, or the form is not known.
pub fn run(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    instruction: &Instruction,
    mask: u32,
) -> Result<bool, Fault> {
    let is_matrix = matches!(
        instruction.operation,
        Operation::LoadMatrix { .. }
            | Operation::StoreMatrix { .. }
            | Operation::MultiplyMatrices(_)
            | Operation::Fragment { .. }
            | Operation::MultiplyFragments(_)
    );
    if is_matrix && mask != ALL {
        return Err(Fault::new(format!("by a part of a warp: {}", instruction.text)));
    }
    match &instruction.operation {
        Operation::LoadMatrix { transpose, space } => {
            tiles::load((warp, block), global, instruction, *transpose, *space)?;
        }
        Operation::StoreMatrix { transpose, space } => {
            tiles::store((warp, block), global, instruction, *transpose, *space)?;
        }
        Operation::MultiplyMatrices(shape) => multiply_tiles(warp, block, instruction, *shape)?,
        Operation::Fragment { .. } => move_fragment((warp, block), global, instruction)?,
        Operation::MultiplyFragments(shape) => multiply_fragments(warp, block, instruction, *shape),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Writes one lane of a register.
fn set(warp: &mut Warp, operand: &Operand, lane: usize, value: u64) {
    if let Operand::Register(number) = operand {
        warp.register_mut(*number)[lane] = value;
    }
}

/// A matrix by rows.
struct Matrix {
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    fn new(rows: usize, columns: usize) -> Self {
        Self { columns, values: vec![0.0; rows * columns] }
    }

    fn at(&mut self, row: usize, column: usize) -> &mut f32 {
        &mut self.values[row * self.columns + column]
    }

    /// Adds the product of two matrices.
    fn add_product(&mut self, a: &Self, b: &Self) {
        for (sums, row) in self.values.chunks_mut(self.columns).zip(a.values.chunks(a.columns)) {
            for (column, sum) in sums.iter_mut().enumerate() {
                for (at, factor) in row.iter().enumerate() {
                    *sum += factor * b.values[at * b.columns + column];
                }
            }
        }
    }
}

/// `mma.m16n8k*`: the layout that PTX documents for operands of 16 bits and of TF32.
fn multiply_tiles(
    warp: &mut Warp,
    block: &Block,
    instruction: &Instruction,
    shape: Shape,
) -> Result<(), Fault> {
    let unknown = || Fault::new(format!("not emulated: {}", instruction.text));
    let [_, a_type, b_type, c_type] = instruction.types[..] else { return Err(unknown()) };
    let is_half = matches!(a_type, Type::F16 | Type::Bf16);
    if (shape.m, shape.n) != (16, 8) || !(is_half || a_type == Type::Tf32) {
        return Err(unknown());
    }
    // Elements of a row that one register of a lane holds, and columns from one to the next.
    let (per, step) = if is_half { (2, 8) } else { (1, 4) };
    let mut a = Matrix::new(shape.m, shape.k);
    let mut b = Matrix::new(shape.k, shape.n);
    let mut c = Matrix::new(shape.m, shape.n);
    let [sums, a_list, b_list, c_list] = &instruction.operands[..] else { return Err(unknown()) };
    for (at, register) in a_list.elements().iter().enumerate() {
        let values = warp.read(register, block);
        for (lane, bits) in values.into_iter().enumerate() {
            for part in 0..per {
                let (row, column) = (lane / 4 + at % 2 * 8, lane % 4 * per + part + at / 2 * step);
                *a.at(row, column) = matrix_operand(a_type, bits, part);
            }
        }
    }
    for (at, register) in b_list.elements().iter().enumerate() {
        let values = warp.read(register, block);
        for (lane, bits) in values.into_iter().enumerate() {
            for part in 0..per {
                let (row, column) = (lane % 4 * per + part + at * step, lane / 4);
                *b.at(row, column) = matrix_operand(b_type, bits, part);
            }
        }
    }
    for (at, register) in c_list.elements().iter().enumerate() {
        let values = warp.read(register, block);
        for (lane, bits) in values.into_iter().enumerate() {
            for (row, column, part) in sum_places(c_type, lane, at) {
                *c.at(row, column) = matrix_operand(c_type, bits, part);
            }
        }
    }
    c.add_product(&a, &b);
    for (at, register) in sums.elements().iter().enumerate() {
        for lane in 0..LANES {
            let place = |(row, column, part)| sum_bits(c_type, *c.at(row, column), part);
            let bits = sum_places(c_type, lane, at).map(place).fold(0, |all, one| all | one);
            set(warp, register, lane, bits);
        }
    }
    Ok(())
}

/// Row, column and part of what register `at` of a lane holds of the sums.
fn sum_places(ty: Type, lane: usize, at: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let (row, column) = lane_place(lane);
    let per = if ty == Type::F32 { 1 } else { 2 };
    (0..per).map(move |part| {
        if per == 1 {
            (row + at / 2 * 8, column + at % 2, 0)
        } else {
            (row + at * 8, column + part, part)
        }
    })
}

fn sum_bits(ty: Type, value: f32, part: usize) -> u64 {
    if ty == Type::F32 {
        bits_of(value)
    } else {
        bits_of_float(ty, f64::from(value)) << (16 * part)
    }
}

/// Elements of a `wmma` fragment in one register.
fn per_register(ty: Type) -> usize {
    if ty.bytes() == 2 { 2 } else { 1 }
}

/// `wmma.load` and `wmma.store`. The layout of fragments is not documented. Here, a lane has
/// consecutive elements by rows, and registers beyond them repeat them.
fn move_fragment(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    instruction: &Instruction,
) -> Result<(), Fault> {
    let Operation::Fragment { store, role, shape, by_rows, space } = instruction.operation else {
        return Ok(());
    };
    let (rows, columns) = match role {
        MatrixRole::A => (shape.m, shape.k),
        MatrixRole::B => (shape.k, shape.n),
        MatrixRole::Sum => (shape.m, shape.n),
    };
    let (ty, operands) = (instruction.ty, &instruction.operands);
    let (address, fragment) = if store { (0, 1) } else { (1, 0) };
    let (addresses, size) = (warp.read(&operands[address], block), ty.bytes());
    let stride = operands.get(2).map(|operand| warp.read(operand, block));
    let (per, each) = (per_register(ty), rows * columns / LANES);
    for (at, register) in operands[fragment].elements().iter().enumerate() {
        let values = warp.read(register, block);
        for lane in 0..LANES {
            let mut bits = 0;
            for part in 0..per {
                let element = (at * per + part) % each + lane * each;
                let (row, column) = ((element / columns) as u64, (element % columns) as u64);
                let line = if by_rows { columns } else { rows } as u64;
                let line = stride.map_or(line, |stride| stride[lane] & 0xffff_ffff);
                let offset = if by_rows { row * line + column } else { column * line + row };
                let access = if store { Access::Write } else { Access::Read };
                let place = (access, space, addresses[lane] + offset * size as u64, size);
                let place = locate((warp, block), global, lane, place, instruction)?;
                if store {
                    // SAFETY: the place has so many bytes.
                    unsafe { memory::write(place, size, values[lane] >> (16 * part)) };
                } else {
                    // SAFETY: as above.
                    bits |= unsafe { memory::read(place, size) } << (16 * part);
                }
            }
            if !store {
                set(warp, register, lane, bits);
            }
        }
    }
    Ok(())
}

/// `wmma.mma`
fn multiply_fragments(warp: &mut Warp, block: &Block, instruction: &Instruction, shape: Shape) {
    let (sum, a_type, b_type, c_type) = match instruction.types[..] {
        [sum, a, b, c] => (sum, a, b, c),
        // Operands of f16 are not named.
        [sum, c] => (sum, Type::F16, Type::F16, c),
        _ => (Type::F32, Type::F16, Type::F16, Type::F32),
    };
    let [_, a_list, b_list, c_list] = &instruction.operands[..] else { return };
    let matrix = |list: &Operand, ty: Type, rows: usize, columns: usize| {
        let (mut matrix, each, per) =
            (Matrix::new(rows, columns), rows * columns / LANES, per_register(ty));
        for (at, register) in list.elements().iter().enumerate() {
            for (lane, bits) in warp.read(register, block).into_iter().enumerate() {
                for part in 0..per {
                    let element = at * per + part;
                    if element < each {
                        matrix.values[lane * each + element] = matrix_operand(ty, bits, part);
                    }
                }
            }
        }
        matrix
    };
    let a = matrix(a_list, a_type, shape.m, shape.k);
    let b = matrix(b_list, b_type, shape.k, shape.n);
    let mut c = matrix(c_list, c_type, shape.m, shape.n);
    c.add_product(&a, &b);
    let (each, per) = (shape.m * shape.n / LANES, per_register(sum));
    for (at, register) in instruction.operands[0].elements().iter().enumerate() {
        for lane in 0..LANES {
            let element = |part: usize| {
                let element = at * per + part;
                let value = (element < each).then(|| c.values[lane * each + element]);
                value.map_or(0, |value| sum_bits(sum, value, part))
            };
            let bits = (0..per).map(element).fold(0, |all, one| all | one);
            set(warp, register, lane, bits);
        }
    }
}
