//! Which cell comes next.

use std::collections::HashMap;

use assay_runs::{CellId, Plan};

/// The state of a cell in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    InWork,
    Done,
    Failed,
}

/// The cells of a plan and how far they are.
#[derive(Debug)]
pub struct Queue {
    states: Vec<State>,
    /// The cells that each cell needs, by their numbers.
    needs: Vec<Vec<usize>>,
}

impl Queue {
    /// The cells of `plan`; those for which `is_done` holds are done already.
    ///
    /// # Panics
    /// When a cell needs one that the plan does not have.
    pub fn new(plan: &Plan, is_done: impl Fn(usize) -> bool) -> Self {
        let numbers: HashMap<CellId, usize> =
            plan.cells.iter().enumerate().map(|(number, cell)| (cell.id(), number)).collect();
        let needs = plan
            .cells
            .iter()
            .map(|cell| cell.needs().iter().map(|needed| numbers[&needed.id()]).collect())
            .collect();
        let state = |number| if is_done(number) { State::Done } else { State::Waiting };
        Self { states: (0..plan.cells.len()).map(state).collect(), needs }
    }

    /// Takes the first cell in the plan's order whose need is met.
    pub fn take(&mut self) -> Option<usize> {
        let next = (0..self.states.len()).find(|&number| {
            self.states[number] == State::Waiting
                && self.needs[number].iter().all(|&needed| self.states[needed] == State::Done)
        })?;
        self.states[next] = State::InWork;
        Some(next)
    }

    /// Marks a cell as done.
    pub fn done(&mut self, number: usize) {
        self.states[number] = State::Done;
    }

    /// Marks a cell as failed, and with it every cell that needs it, or needs one that does; gives the
    /// numbers of the latter.
    pub fn failed(&mut self, number: usize) -> Vec<usize> {
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

    /// Whether no cell waits or is in work.
    pub fn is_finished(&self) -> bool {
        !self.states.iter().any(|state| matches!(state, State::Waiting | State::InWork))
    }

    /// Cells done and cells failed.
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
    fn a_cell_waits_for_the_one_it_needs_and_others_go_ahead() {
        let mut queue = queue(&[&[], &[0], &[]]);
        assert_eq!(queue.take(), Some(0));
        assert_eq!(queue.take(), Some(2));
        assert_eq!(queue.take(), None);
        queue.done(0);
        assert_eq!(queue.take(), Some(1));
        queue.done(1);
        queue.done(2);
        assert!(queue.is_finished());
    }

    #[test]
    fn a_failed_cell_takes_those_that_need_it_along() {
        let mut queue = queue(&[&[], &[0], &[]]);
        queue.take();
        assert_eq!(queue.failed(0), vec![1]);
        queue.take();
        queue.done(2);
        assert!(queue.is_finished());
        assert_eq!(queue.counts(), (1, 2));
    }

    #[test]
    fn a_failed_cell_takes_along_what_needs_those_that_need_it() {
        let mut queue = queue(&[&[], &[0], &[1], &[]]);
        queue.take();
        assert_eq!(queue.failed(0), vec![1, 2]);
        assert_eq!(queue.take(), Some(3));
        queue.done(3);
        assert!(queue.is_finished());
    }
}
