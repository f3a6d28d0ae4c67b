//! Launching a kernel.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lanes::LANES;
use super::memory::GlobalMemory;
use super::step::run_block;
use super::warp::{Block, Warp};
use crate::Fault;
use crate::ptx::Kernel;

/// The size of a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The number of blocks, by axis.
    pub blocks: [u32; 3],
    /// The number of threads of a block, by axis.
    pub threads: [u32; 3],
    /// Bytes of shared memory beyond those that the kernel declares.
    pub dynamic_shared_bytes: usize,
}

/// Runs a kernel on all blocks, which `workers` threads share.
///
/// # Errors
/// What the first faulty instruction did wrong.
pub fn launch(kernel: &Kernel, grid: Grid, parameters: &[u8], workers: usize) -> Result<(), Fault> {
    let all: u64 = grid.blocks.iter().map(|&blocks| u64::from(blocks)).product();
    let next = AtomicU64::new(0);
    let fault: Mutex<Option<Fault>> = Mutex::new(None);
    let work = || {
        let threads = grid.threads.iter().product::<u32>() as usize;
        let mut warps: Vec<Warp> =
            (0..threads).step_by(LANES).map(|first| Warp::new(kernel, first)).collect();
        let mut block = Block {
            kernel,
            parameters,
            shared: vec![0; kernel.shared_bytes + grid.dynamic_shared_bytes],
            index: [0; 3],
            blocks: grid.blocks,
            threads: grid.threads,
            clock: 0,
        };
        let mut global = GlobalMemory::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= all {
                return;
            }
            let [x, y, _] = grid.blocks.map(u64::from);
            block.index = [number % x, number / x % y, number / x / y].map(|index| index as u32);
            // Memory that nobody wrote is not zero: NaN as f32, so that its use is seen.
            block.shared.fill(0xff);
            for warp in &mut warps {
                warp.start(threads);
            }
            if let Err(error) = run_block(&mut warps, &mut block, &mut global) {
                fault.lock().expect("no panic while locked").get_or_insert(error);
                next.store(all, Ordering::Relaxed);
                return;
            }
        }
    };
    let others = workers.min(usize::try_from(all).unwrap_or(usize::MAX)).saturating_sub(1);
    std::thread::scope(|scope| {
        for _ in 0..others {
            scope.spawn(work);
        }
        work();
    });
    fault.into_inner().expect("no panic while locked").map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
