//! Finds the cell that the user means.

use anyhow::{Result, bail};
use assay_runs::{Cell, Plan};

/// The largest number of cells that an error message lists.
const MAX_LISTED_CELLS: usize = 12;

/// Finds the cell with this identity or name, or the only cell whose name begins with it.
pub fn find_cell(plan: &Plan, name: &str) -> Result<Cell> {
    let is_exact = |cell: &&Cell| cell.name() == name || cell.id().to_string() == name;
    if let Some(cell) = plan.cells.iter().find(is_exact) {
        return Ok(cell.clone());
    }
    let prefix = format!("{name}.");
    let fitting: Vec<&Cell> =
        plan.cells.iter().filter(|cell| cell.name().starts_with(&prefix)).collect();
    let list = |cells: &[&Cell]| {
        let names = cells.iter().take(MAX_LISTED_CELLS).map(|cell| format!("\n  {}", cell.name()));
        let more = cells.len().saturating_sub(MAX_LISTED_CELLS);
        names.chain((more > 0).then(|| format!("\n  and {more} more"))).collect::<String>()
    };
    match fitting[..] {
        [cell] => Ok(cell.clone()),
        [] => {
            let all: Vec<&Cell> = plan.cells.iter().collect();
            bail!("{name}: the plan has no such cell; it has{}", list(&all))
        }
        _ => bail!("{name}: several cells begin with this name:{}", list(&fitting)),
    }
}
