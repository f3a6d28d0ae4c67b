use super::*;
use assay_runs::{Cell, CellSpec, Plan};

/// A network as the first version of the fooling experiment wrote it.
const NETWORK: &str = r#"{"role":"network","seed":0,"data":{"name":"forms",
    "fingerprint":"a5a363281e348e331438c43e5c36bad20834cec7f89e18db0c660864f4c670d8"},
    "examples":{"validation_images":96,"excluded_classes":[],"fraction":1.0},
    "views":{"count":2,"crop_padding":1,"horizontal_flip":true},
    "network":{"architecture":"alexnet_small","width":0.5,"groups":false,"local_response_norm":false,
        "dropout":0.0,"initialization":"he"},
    "schedule":{"epochs":3,"batch":16,"learning_rate":0.01,"bias_lr_factor":2.0,
        "lr_milestones":[0.6,0.85],"lr_gamma":0.1,"momentum":0.9,"weight_decay":0.0005},
    "loss":{"kind":"hard_labels"}}"#;

fn network() -> ClassifierCell {
    serde_json::from_str(NETWORK).unwrap()
}

fn search(encoding: Encoding) -> Attack {
    let (method, preset) = (Method::Evolution, Preset::Paper);
    Attack {
        method,
        encoding,
        preset,
        initial: 20,
        children: 20,
        generations: 12,
        regularization: Regularization::Unregularized,
    }
}

fn retrained(network: ClassifierCell) -> ClassifierCell {
    let reject = RejectClass {
        network: network.clone(),
        attack: search(Encoding::Cppn),
        attacks: 3,
        images: 5,
        balanced: true,
    };
    ClassifierCell { reject: Some(Box::new(reject)), ..network }
}

fn round(count: u32) -> ClassifierCell {
    (0..count).fold(network(), |network, _| {
        let reject = retrained(network).reject;
        ClassifierCell { reject, ..self::network() }
    })
}

#[test]
fn identities_from_before_retraining_are_stable() {
    let network = network();
    let attack = AttackCell {
        seed: 0,
        repeat: 0,
        data: network.data.clone(),
        attack: search(Encoding::Direct),
        network: network.clone(),
    };
    assert_eq!(network.name(), "network.alexnet_small.hard-labels.seed-0.8c04f7ae440150be");
    let name = "attack.evolution-direct-paper.alexnet_small-0.seed-0.f8342639730f0da4";
    assert_eq!(attack.name(), name);
}

#[test]
fn a_retrained_network_depends_on_the_attacks_of_its_round() {
    let second = round(2);
    assert_eq!(second.round(), 2);
    let attacks = Cell::from(second.clone()).dependencies();
    assert_eq!(attacks.len(), 3);
    for (attack, repeat) in attacks.iter().zip(1..) {
        let cell: &AttackCell = attack.downcast_ref().unwrap();
        assert_eq!(cell.repeat, repeat);
        assert_eq!(attack.dependencies(), [Cell::from(round(1))]);
    }
    let reject = second.reject.unwrap();
    let rounds: Vec<u32> = reject.rounds().iter().map(|class| class.network.round()).collect();
    assert_eq!(rounds, [0, 1]);
    // 3 networks, and 3 attacks on each of the first two.
    let ordered = Plan::in_dependency_order([Cell::from(round(2))]);
    assert_eq!(ordered.len(), 9);
}

#[test]
fn names_contain_round_and_number() {
    let name = |cell: Cell| {
        let name = cell.name();
        name.rsplit_once('.').unwrap().0.to_owned()
    };
    let second = round(2);
    let attack = AttackCell::repeats(&second, search(Encoding::Cppn), 2).pop().unwrap();
    let before = AttackCell { repeat: 0, network: network(), ..attack.clone() };
    let showing =
        CrossEvaluationCell { data: second.data.clone(), attack: before, network: second.clone() };
    assert_eq!(name(second.into()), "network.alexnet_small.hard-labels.round-2.seed-0");
    let attacked = "evolution-cppn-paper.alexnet_small-0";
    assert_eq!(name(attack.into()), format!("attack.{attacked}.round-2.seed-0.repeat-2"));
    let to = "to-alexnet_small-0.round-2";
    assert_eq!(name(showing.into()), format!("cross-evaluation.{attacked}.seed-0.{to}"));
}

#[test]
fn the_size_of_a_cell_is_linear_in_rounds() {
    let size = |count| serde_json::to_vec(&round(count)).unwrap().len();
    let (first, second) = (size(2) - size(1), size(3) - size(2));
    assert_eq!(first, second);
    assert!(first < 2 * size(0), "{first} bytes a round, {} without any", size(0));
}

#[test]
fn a_cell_with_a_reject_class_round_trips() {
    let cell = Cell::from(round(3));
    let back: Cell = serde_json::from_str(&serde_json::to_string(&cell).unwrap()).unwrap();
    assert_eq!((back.id(), back), (cell.id(), cell));
}
