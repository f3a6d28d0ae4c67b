//! The queue of cells, ordered by what they depend on.

use std::collections::HashMap;

use assay_runs::{CellId, Plan};

/// The state of a cell in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    /// Another scheduler has its lease.
    Elsewhere,
    /// Not to be worked on.
    LeftOut,
    Done,
    Failed,
}

/// The cells of a plan and their states.
#[derive(Debug)]
pub struct Queue {
    states: Vec<State>,
    /// For each cell the positions of the cells that it needs.
    needs: Vec<Vec<usize>>,
}

impl Queue {
    /// Queues the cells of `plan`, given by position. `is_done` says which are done already.
    ///
    /// # Panics
    /// Panics if a cell needs one that is not in the plan.
    pub fn new(plan: &Plan, is_done: impl Fn(usize) -> bool) -> Self {
        let numbers: HashMap<CellId, usize> =
            plan.cells.iter().enumerate().map(|(number, cell)| (cell.id(), number)).collect();
        let needs = plan
            .cells
            .iter()
            .map(|cell| cell.dependencies().iter().map(|needed| numbers[&needed.id()]).collect())
            .collect();
        let state = |number| if is_done(number) { State::Done } else { State::Waiting };
        Self { states: (0..plan.cells.len()).map(state).collect(), needs }
    }

    /// Takes the first waiting cell whose needed cells are all done.
    pub fn take(&mut self) -> Option<usize> {
        let next = (0..self.states.len()).find(|&number| {
            self.states[number] == State::Waiting
                && self.needs[number].iter().all(|&needed| self.states[needed] == State::Done)
        })?;
        self.states[next] = State::Running;
        Some(next)
    }

    /// Leaves out cells that are not done: they are not worked on, and neither are the cells that need them.
    pub fn leave_out(&mut self, is_left_out: impl Fn(usize) -> bool) {
        for number in 0..self.states.len() {
            if self.states[number] == State::Waiting && is_left_out(number) {
                self.states[number] = State::LeftOut;
            }
        }
    }

    /// Marks a cell whose lease another scheduler has.
    pub fn mark_elsewhere(&mut self, number: usize) {
        self.states[number] = State::Elsewhere;
    }

    /// Marks a cell as waiting again.
    pub fn mark_waiting(&mut self, number: usize) {
        self.states[number] = State::Waiting;
    }

    /// The cells that other schedulers have taken.
    pub fn elsewhere(&self) -> Vec<usize> {
        let is_elsewhere = |number: &usize| self.states[*number] == State::Elsewhere;
        (0..self.states.len()).filter(is_elsewhere).collect()
    }

    /// Marks a cell as done.
    pub fn mark_done(&mut self, number: usize) {
        self.states[number] = State::Done;
    }

    /// Marks a cell and all cells that depend on it as failed. Returns the dependent cells.
    pub fn mark_failed(&mut self, number: usize) -> Vec<usize> {
        self.states[number] = State::Failed;
        let (mut open, mut dependants) = (vec![number], Vec::new());
        while let Some(failed) = open.pop() {
            for other in 0..self.states.len() {
                if self.states[other] == State::Waiting && self.needs[other].contains(&failed) {
                    self.states[other] = State::Failed;
                    dependants.push(other);
                    open.push(other);
                }
            }
        }
        dependants
    }

    /// Whether no cell is waiting or running, here or elsewhere.
    pub fn is_finished(&self) -> bool {
        self.states
            .iter()
            .all(|state| matches!(state, State::Done | State::Failed | State::LeftOut))
    }

    /// Whether all cells that are not finished are taken by other schedulers.
    pub fn rest_is_elsewhere(&self) -> bool {
        !self.states.iter().any(|state| matches!(state, State::Waiting | State::Running))
    }

    /// The number of cells that wait.
    pub fn waiting(&self) -> usize {
        self.states.iter().filter(|&&state| state == State::Waiting).count()
    }

    /// The number of cells done, and of cells failed.
    pub fn counts(&self) -> (usize, usize) {
        let count = |wanted| self.states.iter().filter(|&&state| state == wanted).count();
        (count(State::Done), count(State::Failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(needs: &[&[usize]]) -> Queue {
        let needs = needs.iter().map(|needed| needed.to_vec()).collect::<Vec<_>>();
        Queue { states: vec![State::Waiting; needs.len()], needs }
    }

    #[test]
    fn a_cell_waits_for_the_one_it_needs() {
        let mut queue = queue(&[&[], &[0], &[]]);
        assert_eq!(queue.take(), Some(0));
        assert_eq!(queue.take(), Some(2));
        assert_eq!(queue.take(), None);
        queue.mark_done(0);
        assert_eq!(queue.take(), Some(1));
        queue.mark_done(1);
        queue.mark_done(2);
        assert!(queue.is_finished());
    }

    #[test]
    fn a_cell_that_is_taken_elsewhere_keeps_the_queue_open() {
        let mut queue = queue(&[&[], &[0]]);
        assert_eq!(queue.take(), Some(0));
        queue.mark_elsewhere(0);
        assert_eq!((queue.take(), queue.elsewhere(), queue.is_finished()), (None, vec![0], false));
        queue.mark_waiting(0);
        assert_eq!(queue.take(), Some(0));
        queue.mark_done(0);
        assert_eq!((queue.take(), queue.elsewhere()), (Some(1), vec![]));
    }

    #[test]
    fn cells_that_need_a_failed_cell_fail() {
        let mut queue = queue(&[&[], &[0], &[]]);
        queue.take();
        assert_eq!(queue.mark_failed(0), vec![1]);
        queue.take();
        queue.mark_done(2);
        assert!(queue.is_finished());
        assert_eq!(queue.counts(), (1, 2));
    }

    #[test]
    fn indirect_dependents_of_a_failed_cell_fail() {
        let mut queue = queue(&[&[], &[0], &[1], &[]]);
        queue.take();
        assert_eq!(queue.mark_failed(0), vec![1, 2]);
        assert_eq!(queue.take(), Some(3));
        queue.mark_done(3);
        assert!(queue.is_finished());
    }
}
