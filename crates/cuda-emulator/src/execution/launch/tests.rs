use super::*;
use crate::execution::{add_allocation, remove_allocation};

/// Memory of the device for a test.
struct Memory(Vec<u32>);

impl Memory {
    fn new(words: usize) -> Self {
        let memory = Self(vec![0; words]);
        add_allocation(memory.address(), 4 * words as u64);
        memory
    }

    fn address(&self) -> u64 {
        self.0.as_ptr() as u64
    }

    fn floats(&self) -> Vec<f32> {
        self.0.iter().map(|&bits| f32::from_bits(bits)).collect()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        remove_allocation(self.address());
    }
}

/// Runs a kernel with the address of `memory` as its parameter.
fn run(body: &str, threads: u32, memory: &Memory) -> Result<(), Fault> {
    let ptx = format!(
        ".version 8.3
        .visible .entry test(.param .u64 p0) {{
            .reg .pred %p<4>;
            .reg .b32 %r<9>;
            .reg .f32 %f<9>;
            .reg .b64 %rd<9>;
            .shared .align 16 .b8 tile[1024];
            ld.param.u64 %rd1, [p0];
            mov.u32 %r1, %tid.x;
            mul.wide.u32 %rd2, %r1, 4;
            add.s64 %rd3, %rd1, %rd2;
            {body}
            ret;
        }}"
    );
    let kernel = Kernel::parse(&ptx)?;
    let grid = Grid { blocks: [1; 3], threads: [threads, 1, 1], dynamic_shared_bytes: 0 };
    launch(&kernel, grid, &memory.address().to_le_bytes(), 1)
}

#[test]
fn lanes_take_different_ways_and_join_again() {
    let memory = Memory::new(40);
    // Even threads count up to their number, odd ones take a constant. 40 threads: two warps.
    let body = "
        mov.u32 %r3, 100;
        and.b32 %r2, %r1, 1;
        setp.ne.u32 %p1, %r2, 0;
        @%p1 bra $JOIN;
        mov.u32 %r3, 0;
    $LOOP:
        setp.ge.u32 %p2, %r3, %r1;
        @%p2 bra $JOIN;
        add.u32 %r3, %r3, 1;
        bra.uni $LOOP;
    $JOIN:
        st.global.u32 [%rd3], %r3;";
    run(body, 40, &memory).unwrap();
    let wanted: Vec<u32> =
        (0..40).map(|thread| if thread % 2 == 1 { 100 } else { thread }).collect();
    assert_eq!(memory.0, wanted);
}

#[test]
fn threads_wait_for_each_other_at_a_barrier() {
    let memory = Memory::new(64);
    // Each thread writes to shared memory and reads what its mirror image wrote.
    let body = "
        mov.u64 %rd4, tile;
        add.s64 %rd5, %rd4, %rd2;
        st.shared.u32 [%rd5], %r1;
        bar.sync 0;
        sub.u32 %r2, 63, %r1;
        mul.wide.u32 %rd6, %r2, 4;
        add.s64 %rd7, %rd4, %rd6;
        ld.shared.u32 %r3, [%rd7];
        st.global.u32 [%rd3], %r3;";
    run(body, 64, &memory).unwrap();
    assert_eq!(memory.0, (0..64).rev().collect::<Vec<u32>>());
}

#[test]
fn shuffles_sum_a_warp_and_atomics_sum_a_block() {
    let memory = Memory::new(32);
    let body = "
        cvt.rn.f32.u32 %f1, %r1;
        shfl.sync.bfly.b32 %r4|%p1, %f1, 16, 31, -1;
        add.f32 %f1, %f1, %r4;
        shfl.sync.down.b32 %r5, %r1, 1, 31, -1;
        st.global.u32 [%rd3], %r5;
        bar.sync 0;
        setp.ne.u32 %p2, %r1, 0;
        @%p2 bra $END;
        st.global.u32 [%rd1], 0;
    $END:
        bar.sync 0;
        atom.global.add.f32 %f2, [%rd1], %f1;";
    run(body, 32, &memory).unwrap();
    // Every pair is counted twice.
    assert_eq!(f32::from_bits(memory.0[0]), (0..32).sum::<u32>() as f32 * 2.0);
    // From the lane above; the last one keeps its own.
    assert_eq!(memory.0[1..], [(2..32).collect::<Vec<_>>(), vec![31]].concat());
}

#[test]
fn an_address_outside_of_every_allocation_is_an_error() {
    let memory = Memory::new(8);
    let error = run("st.global.u32 [%rd3+4], %r1;", 8, &memory).unwrap_err().0;
    assert!(error.ends_with("is not allocated: st.global.u32 [%rd3+4], %r1"), "{error}");
    let error = run("st.global.u32 [%rd3+1], %r1;", 8, &memory).unwrap_err().0;
    assert!(error.contains("is no multiple of 4"), "{error}");
    let error = run("ld.shared.u32 %r2, [tile+1024];", 8, &memory).unwrap_err().0;
    assert!(error.contains("Shared address 0x400 + 4 of 1024 bytes"), "{error}");
    assert!(run("trap;", 8, &memory).unwrap_err().0.contains("called trap"));
}

#[test]
fn a_matrix_unit_multiplies_tiles() {
    let memory = Memory::new(128);
    // A has 1 in its first row alone, B is 2 everywhere: the first row of the product is 2 k = 32.
    // A lane's first register has row lane / 4, its second row lane / 4 + 8, and so on.
    let body = "
        setp.lt.u32 %p1, %r1, 4;
        selp.b32 %r2, 0x3c003c00, 0, %p1;
        mov.b32 %r3, 0;
        mov.b32 %r4, 0x40004000;
        mov.f32 %f1, 0f3f800000;
        mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32
            {%f2, %f3, %f4, %f5}, {%r2, %r3, %r2, %r3}, {%r4, %r4}, {%f1, %f1, %f1, %f1};
        shl.b32 %r5, %r1, 4;
        cvt.u64.u32 %rd4, %r5;
        add.s64 %rd5, %rd1, %rd4;
        st.global.v4.f32 [%rd5], {%f2, %f3, %f4, %f5};";
    run(body, 32, &memory).unwrap();
    let floats = memory.floats();
    let (first, rest) = floats.split_at(16);
    assert_eq!(
        first.chunks(4).map(<[f32]>::to_vec).collect::<Vec<_>>(),
        vec![vec![33.0, 33.0, 1.0, 1.0]; 4]
    );
    assert!(rest.iter().all(|&value| value == 1.0));
}

#[test]
fn tiles_are_loaded_transposed() {
    let memory = Memory::new(64);
    // The tile has row r, column c at 2 (8 r + c): the element is its position.
    let body = "
        mov.u64 %rd4, tile;
        shl.b32 %r2, %r1, 1;
        add.u32 %r3, %r2, 1;
        shl.b32 %r4, %r3, 16;
        or.b32 %r5, %r2, %r4;
        add.s64 %rd5, %rd4, %rd2;
        st.shared.u32 [%rd5], %r5;
        bar.sync 0;
        and.b32 %r6, %r1, 7;
        mul.wide.u32 %rd6, %r6, 16;
        add.s64 %rd7, %rd4, %rd6;
        ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%r7}, [%rd7];
        st.global.u32 [%rd3], %r7;";
    run(body, 32, &memory).unwrap();
    let elements = |lane: usize| [memory.0[lane] & 0xffff, memory.0[lane] >> 16];
    // Lane 4 r + i has columns 2 i and 2 i + 1 of row r of the transposed tile.
    assert_eq!(elements(0), [0, 8]);
    assert_eq!(elements(5), [2 * 8 + 1, 3 * 8 + 1]);
}

#[test]
fn blocks_are_shared_by_threads() {
    let memory = Memory::new(1);
    let ptx = ".visible .entry test(.param .u64 p0) {
        .reg .b64 %rd<2>;
        ld.param.u64 %rd1, [p0];
        red.global.add.u32 [%rd1], 1;
        ret;
    }";
    let kernel = Kernel::parse(ptx).unwrap();
    let grid = Grid { blocks: [5, 4, 3], threads: [7, 2, 1], dynamic_shared_bytes: 0 };
    launch(&kernel, grid, &memory.address().to_le_bytes(), 3).unwrap();
    assert_eq!(memory.0[0], 5 * 4 * 3 * 14);
}
