use super::*;
use crate::directory::tests::{plan, run_in};

const DURATION: Duration = Duration::from_millis(60);

fn leases(run: &RunDirectory, process: u32) -> Leases {
    let holder = Holder { host: "here".to_owned(), process, token: format!("{process}") };
    Leases::new(run, holder, DURATION)
}

#[test]
fn a_cell_has_one_holder_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_in(&folder, plan(2));
    let [first, second] = [&run.plan().cells[0], &run.plan().cells[1]];
    let (mut one, mut other) = (leases(&run, 1), leases(&run, 2));
    assert!(one.take(first).unwrap());
    assert!(!other.take(first).unwrap());
    assert!(other.take(second).unwrap());
    let holders: Vec<u32> = run.leases().unwrap().iter().map(|one| one.holder.process).collect();
    assert_eq!(holders, [1, 2]);
    one.release(&first.id()).unwrap();
    assert!(other.take(first).unwrap());
    // Of the other by now.
    one.release(&first.id()).unwrap();
    assert_eq!(run.leases().unwrap().len(), 2);
    drop(other);
    assert_eq!(run.leases().unwrap(), []);
}

#[test]
fn a_lease_that_nobody_renews_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_in(&folder, plan(1));
    let cell = &run.plan().cells[0];
    let (mut gone, mut other) = (leases(&run, 1), leases(&run, 2));
    assert!(gone.take(cell).unwrap());
    assert!(!other.take(cell).unwrap());
    std::thread::sleep(DURATION);
    assert!(other.take(cell).unwrap());
    // The first one notices that it has lost the lease, and leaves it alone.
    gone.renew().unwrap();
    assert!(gone.held.is_empty());
    drop(gone);
    assert_eq!(run.leases().unwrap()[0].holder.process, 2);
}

#[test]
fn a_lease_that_is_renewed_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_in(&folder, plan(1));
    let cell = &run.plan().cells[0];
    let (mut working, mut other) = (leases(&run, 1), leases(&run, 2));
    assert!(working.take(cell).unwrap());
    for _ in 0..10 {
        assert!(!other.take(cell).unwrap());
        std::thread::sleep(DURATION / 5);
        working.renew().unwrap();
    }
    assert!(run.leases().unwrap()[0].renewals >= 5);
}

#[test]
fn an_unreadable_lease_expires_too() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_in(&folder, plan(1));
    let cell = &run.plan().cells[0];
    std::fs::write(lease_path(&run.leases_folder(), &cell.id()), "cut off").unwrap();
    let mut other = leases(&run, 2);
    assert!(!other.take(cell).unwrap());
    std::thread::sleep(DURATION);
    assert!(other.take(cell).unwrap());
}

/// Many schedulers at once: each cell is computed once, although every lease expires again and again.
#[test]
fn no_two_schedulers_hold_a_renewed_lease() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_in(&folder, plan(20));
    let taken = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for process in 0..8 {
            let (run, taken) = (&run, &taken);
            scope.spawn(move || {
                let holder =
                    Holder { host: "here".to_owned(), process, token: process.to_string() };
                let mut leases = Leases::new(run, holder, Duration::from_mins(1));
                for cell in &run.plan().cells {
                    if leases.take(cell).unwrap() {
                        taken.lock().unwrap().push(cell.id());
                    }
                }
                std::mem::forget(leases);
            });
        }
    });
    let mut taken = taken.into_inner().unwrap();
    taken.sort();
    assert_eq!(taken.len(), 20);
    taken.dedup();
    assert_eq!(taken.len(), 20);
}
