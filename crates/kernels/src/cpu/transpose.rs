//! Transposition of matrices.

/// Rows that are read together: a cache line of the result.
const TILE: usize = 16;

/// Transposes rows of `width` values to `[columns, rows]`. Columns for which `target` has no space are
/// left out.
pub(crate) fn transpose(values: &[f32], width: usize, target: &mut [f32]) {
    let count = values.len() / width;
    if count < TILE {
        for (row, values) in values.chunks_exact(width).enumerate() {
            for (target, value) in target.chunks_exact_mut(count).zip(values) {
                target[row] = *value;
            }
        }
        return;
    }
    for (tile, rows) in values.chunks(TILE * width).enumerate() {
        for (column, target) in target.chunks_exact_mut(count).enumerate() {
            let target = &mut target[tile * TILE..];
            let rows = rows.chunks_exact(width);
            target.iter_mut().zip(rows).for_each(|(target, row)| *target = row[column]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows_and_the_padding_is_left_out() {
        for (rows, columns, padding) in [(1, 1, 0), (3, 50, 0), (40, 5, 3), (16, 1, 15)] {
            let width = columns + padding;
            let values: Vec<f32> = (0..rows * width).map(|at| at as f32).collect();
            let mut found = vec![-1.0; rows * columns];
            transpose(&values, width, &mut found);
            let expected = (0..columns)
                .flat_map(|column| (0..rows).map(move |row| (row * width + column) as f32));
            assert_eq!(found, expected.collect::<Vec<f32>>());
        }
    }
}
