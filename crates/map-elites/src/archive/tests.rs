use super::*;

/// A batch with the given parents. Each genome is its own index.
fn batch(generation: u32, parents: &[Option<ParentRef>]) -> Batch<usize> {
    let parentages = parents.iter().map(|&parent| Parentage { parent, mate: None }).collect();
    Batch { generation, genomes: (0..parents.len()).collect(), parentages }
}

fn archive(rule: ReplacementRule) -> Archive<usize> {
    Archive::new(3, rule, LineageRetention::Genomes)
}

fn holders<G>(archive: &Archive<G>) -> Vec<Option<u64>> {
    archive.cells.iter().map(|cell| cell.map(|elite| elite.individual)).collect()
}

#[test]
fn one_evaluation_competes_for_every_cell() {
    let mut archive = archive(ReplacementRule::EveryCell);
    let rows = [0.6, 0.3, 0.1, 0.2, 0.3, 0.5];
    let insertion = archive.insert(batch(0, &[None, None]), &rows).unwrap();
    // The first takes all cells. The second is higher in the last one only; in the middle one it is
    // equal, not higher.
    assert_eq!(holders(&archive), [Some(0), Some(0), Some(1)]);
    assert_eq!(insertion, Insertion { replacements: 4, goal_switches: 0, inserted: 2 });
    assert_eq!(archive.evaluations(), 2);
    assert_eq!(archive.genome(2), Some(&1));
    assert_eq!(archive.individual(0).unwrap().predicted, 0);
    assert_eq!(archive.elite(1).unwrap().confidence.to_bits(), 0.3_f32.to_bits());
}

#[test]
fn under_the_predicted_cell_rule_a_genome_competes_for_one_cell() {
    let mut archive = archive(ReplacementRule::PredictedCell);
    let rows = [0.6, 0.3, 0.1, 0.5, 0.4, 0.1, 0.2, 0.4, 0.4];
    let insertion = archive.insert(batch(0, &[None; 3]), &rows).unwrap();
    // The second is lower than the first. The third has two equal classes; the first one counts.
    assert_eq!(holders(&archive), [Some(0), Some(2), None]);
    assert_eq!(insertion.replacements, 2);
    assert_eq!(archive.elites().map(|(cell, _)| cell).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn an_extra_output_has_no_cell_but_may_be_predicted() {
    let rows = [0.3, 0.1, 0.1, 0.5, 0.2, 0.4, 0.1, 0.3];
    let mut every = archive(ReplacementRule::EveryCell).with_extra_outputs(1);
    every.insert(batch(0, &[None, None]), &rows).unwrap();
    assert_eq!(holders(&every), [Some(0), Some(1), Some(0)]);
    assert_eq!(every.individual(0).unwrap().predicted, 3);
    // The elites of cells 0 and 2 are predicted as the extra output.
    assert!((every.metrics().unwrap().predicted - 1.0 / 3.0).abs() < 1e-12);
    let mut predicted = archive(ReplacementRule::PredictedCell).with_extra_outputs(1);
    predicted.insert(batch(0, &[None, None]), &rows).unwrap();
    assert_eq!(holders(&predicted), [None, Some(1), None]);
}

#[test]
#[should_panic(expected = "6 confidences for 2 genomes and 4 outputs")]
fn rows_without_the_extra_output_are_rejected() {
    let mut archive = archive(ReplacementRule::EveryCell).with_extra_outputs(1);
    let _ = archive.insert(batch(0, &[None, None]), &[0.1; 6]);
}

#[test]
fn the_first_of_equal_children_wins() {
    let mut archive = archive(ReplacementRule::EveryCell);
    let insertion = archive.insert(batch(0, &[None; 4]), &[0.25; 12]).unwrap();
    assert_eq!(holders(&archive), [Some(0); 3]);
    assert_eq!(insertion, Insertion { replacements: 3, goal_switches: 0, inserted: 1 });
    assert_eq!(archive.individual_count(), 1);
}

#[test]
fn taking_a_cell_that_no_parent_held_is_a_goal_switch() {
    let mut archive = archive(ReplacementRule::EveryCell);
    let rows = [0.6, 0.1, 0.1, 0.2, 0.3, 0.4];
    archive.insert(batch(0, &[None, None]), &rows).unwrap();
    assert_eq!(holders(&archive), [Some(0), Some(1), Some(1)]);
    // A child of 1, drawn from cell 1, takes cell 0, which 1 did not hold, and cell 2, which it
    // did.
    let parent = ParentRef { individual: 1, cell: 1, confidence: 0.3 };
    let insertion = archive.insert(batch(1, &[Some(parent)]), &[0.7, 0.1, 0.5]).unwrap();
    assert_eq!(insertion, Insertion { replacements: 2, goal_switches: 1, inserted: 1 });
    assert_eq!(
        archive.cells.iter().map(|c| c.unwrap().goal_switch).collect::<Vec<_>>(),
        [true, false, false]
    );
    let lineage = archive.lineage(0);
    assert_eq!(lineage.iter().map(|a| (a.number, a.cell)).collect::<Vec<_>>(), [(1, 1), (2, 0)]);
    assert_eq!(lineage[1].individual.generation, 1);
    // The first random genome lost its cell, and has no descendant.
    assert_eq!(archive.individual(0), None);
}

#[test]
fn a_crossed_child_in_the_cell_of_either_parent_is_no_goal_switch() {
    let mut archive = archive(ReplacementRule::EveryCell);
    let rows = [0.6, 0.1, 0.1, 0.2, 0.3, 0.4];
    archive.insert(batch(0, &[None, None]), &rows).unwrap();
    let parent = |individual, cell| Some(ParentRef { individual, cell, confidence: 0.3 });
    let mut crossed = batch(1, &[parent(1, 1)]);
    crossed.parentages[0].mate = parent(0, 0);
    let insertion = archive.insert(crossed, &[0.7, 0.1, 0.5]).unwrap();
    assert_eq!(insertion, Insertion { replacements: 2, goal_switches: 0, inserted: 1 });
}

#[test]
fn a_parent_that_loses_its_cells_within_a_batch_keeps_its_other_children() {
    let mut archive = archive(ReplacementRule::EveryCell);
    archive.insert(batch(0, &[None]), &[0.1, 0.1, 0.1]).unwrap();
    let parent = Some(ParentRef { individual: 0, cell: 0, confidence: 0.1 });
    let rows = [0.2, 0.2, 0.2, 0.3, 0.3, 0.1];
    archive.insert(batch(1, &[None, parent]), &rows).unwrap();
    assert_eq!(holders(&archive), [Some(2), Some(2), Some(1)]);
    assert_eq!(archive.lineage(0).len(), 2);
    // It is removed together with its last child.
    archive.insert(batch(2, &[None]), &[0.9, 0.9, 0.9]).unwrap();
    assert_eq!(archive.individual_count(), 1);
}

#[test]
fn rows_longer_than_a_chunk_are_compared_to_their_ends() {
    let classes = 37;
    let mut archive = Archive::new(classes, ReplacementRule::EveryCell, LineageRetention::Genomes);
    archive.insert(batch(0, &[None]), &vec![0.5; classes]).unwrap();
    for cell in 0..classes {
        let mut row = vec![0.1; classes];
        row[cell] = 0.6;
        let insertion = archive.insert(batch(1, &[None]), &row).unwrap();
        assert_eq!(insertion.replacements, 1, "cell {cell}");
        assert_eq!(archive.elite(cell).unwrap().individual, cell as u64 + 1);
    }
}

#[test]
fn a_nan_confidence_is_an_error_and_changes_nothing() {
    let mut archive = archive(ReplacementRule::EveryCell);
    archive.insert(batch(0, &[None]), &[0.5; 3]).unwrap();
    let before = archive.clone();
    let rows = [0.9, 0.05, 0.05, 0.1, f32::NAN, 0.1];
    let error = archive.insert(batch(1, &[None, None]), &rows).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the confidence of child 1 for class 1 is NaN; it must be finite"
    );
    assert_eq!(archive, before);
}

#[test]
#[should_panic(expected = "5 confidences for 2 genomes and 3 outputs")]
fn a_wrong_number_of_confidences_is_rejected() {
    let _ = archive(ReplacementRule::EveryCell).insert(batch(0, &[None, None]), &[0.5; 5]);
}
