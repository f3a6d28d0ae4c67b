use super::*;
use proptest::prelude::*;

fn half() -> impl Strategy<Value = Half> {
    prop_oneof![Just(Half::A), Just(Half::B)]
}

fn treatment() -> impl Strategy<Value = Treatment> {
    let layer_mode = prop_oneof![Just(LayerMode::Frozen), Just(LayerMode::FineTuned)];
    let initialization = prop_oneof![Just(Initialization::He), Just(Initialization::Paper)];
    prop_oneof![
        half().prop_map(|target| Treatment::Base { target }),
        half().prop_map(|target| Treatment::BaseLong { target }),
        (half(), 1u8.., half(), layer_mode).prop_map(|(source, layers, target, layer_mode)| {
            Treatment::Copied { source, layers, target, layer_mode }
        }),
        (1u8.., half(), initialization).prop_map(|(layers, target, initialization)| {
            Treatment::Random { layers, target, initialization }
        }),
        Just(Treatment::All),
        half().prop_map(|source| Treatment::Scores { source }),
    ]
}

proptest! {
    #[test]
    fn treatment_names_round_trip(treatment in treatment()) {
        prop_assert_eq!(treatment.to_string().parse(), Ok(treatment));
    }

    #[test]
    fn parsing_a_treatment_never_panics(text in ".{0,12}") {
        if let Ok(treatment) = text.parse::<Treatment>() {
            prop_assert_eq!(treatment.to_string(), text);
        }
    }
}

#[test]
fn treatment_names_are_those_of_the_paper() {
    let a3b_plus = Treatment::Copied {
        source: Half::A,
        layers: 3,
        target: Half::B,
        layer_mode: LayerMode::FineTuned,
    };
    assert_eq!(a3b_plus.to_string(), "a3b_plus");
    for wrong in ["", "a", "ab", "a0b", "a03b", "c3b", "base_c", "random3_b", "random3_b_he_"] {
        assert!(wrong.parse::<Treatment>().is_err(), "{wrong:?} was taken for a treatment");
    }
}
