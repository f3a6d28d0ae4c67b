use assay_datasets::forms::{Settings, generate};
fn main() { for _ in 0..3 { let t = std::time::Instant::now(); generate(&Settings { train_per_class: 600, test_per_class: 1, size: 32, seed: 0 }).unwrap(); println!("{:?}", t.elapsed()); } }
