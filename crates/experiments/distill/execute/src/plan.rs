//! The plan of a distillation run: teachers, students alone, and distilled students.

use anyhow::{Context, Result, ensure};
use assay_classifier_cells::{ClassifierCell, Loss, Role, TrainingSubset};
use assay_runs::{Cell, NetworkSpec, Plan, TrainingConfig};

use super::aligned_cells::with_aligned_labels;
use super::{DistillData, DistillProfile};
use assay_classifiers::{published_loss, training_images, validation_images};
use assay_datasets::check_views;
use assay_engine::data_module::DataModule;
use assay_engine::network::network_config;
use assay_engine::weight_files::{WeightFiles, network_from_file};

/// The plan of a profile on its data: per seed the teachers, then the students alone and distilled.
///
/// # Errors
/// A network, a file of weights or a selection of images does not fit the data.
pub fn plan(name: &str, profile: &DistillProfile, data: &DistillData) -> Result<Plan> {
    let data_module = data.for_seed(0);
    let pretrained = pretrained_teachers(profile, data_module)?;
    let mut cells = Vec::new();
    for seed in 0..profile.seeds {
        let data_module = data.for_seed(seed);
        let seed_cells = seed_cells(profile, data_module, &pretrained, seed);
        // If all seeds share their data, one check is enough.
        if seed == 0 || data.is_per_seed() {
            check_examples(profile, data_module, &seed_cells, seed)
                .with_context(|| format!("seed {seed}"))?;
        }
        cells.extend(seed_cells);
    }
    if let Some(specialists) = &profile.specialists {
        specialists.check_data(data_module.data(), &cells[0])?;
    }
    check_networks(profile, data_module, &cells)?;
    Ok(Plan {
        study: assay_distill::NAME.to_owned(),
        profile: name.to_owned(),
        settings: serde_json::to_value(profile)?,
        layers: Vec::new(),
        classes: data_module.data().classes.iter().map(|class| class.name.clone()).collect(),
        cells: Plan::in_dependency_order(cells.into_iter().map(Cell::from)),
    })
}

/// Checks that the views and networks of all cells fit the data, and that teachers and students see
/// images of the same size.
fn check_networks(
    profile: &DistillProfile,
    data_module: &DataModule,
    cells: &[ClassifierCell],
) -> Result<()> {
    let teacher_shape = data_module.shape(&profile.teacher.views);
    let student_shape = data_module.shape(&profile.student.views);
    ensure!(
        teacher_shape == student_shape,
        "teacher.views are {teacher_shape} and student.views {student_shape}; teachers see the \
         students' views, so both must have the same size"
    );
    let classes = data_module.data().classes.len();
    for cell in cells {
        check_views(&cell.views, data_module.data().train.shape())?;
        // Find a network that does not fit now, rather than in every cell.
        network_config(&cell.network, data_module.shape(&cell.views), classes)?.layers()?;
    }
    Ok(())
}

/// Checks that the data of a seed has validation images, and training images for each of its cells.
fn check_examples(
    profile: &DistillProfile,
    data_module: &DataModule,
    cells: &[ClassifierCell],
    seed: u32,
) -> Result<()> {
    validation_images(data_module.data(), profile.validation_images)?;
    for cell in cells.iter().filter(|cell| cell.seed == seed) {
        training_images(data_module.data(), &cell.examples, cell.seed)?;
    }
    Ok(())
}

/// The teachers whose weights are in files, the same for every seed; empty if teachers are trained.
fn pretrained_teachers(
    profile: &DistillProfile,
    data_module: &DataModule,
) -> Result<Vec<ClassifierCell>> {
    let mut cells: Vec<ClassifierCell> = Vec::new();
    let files = WeightFiles::new(&profile.teacher.weights);
    for (file, digest) in files.digests().context("teacher.weights")? {
        let is_duplicate = cells.iter().any(|cell| cell.weights.as_ref() == Some(&digest));
        ensure!(
            !is_duplicate,
            "teacher.weights: {} is the same as a file before it",
            file.display()
        );
        let cell = ClassifierCell {
            schedule: TrainingConfig::evaluation_only(profile.teacher.schedule.batch),
            weights: Some(digest),
            tuning: None,
            ..teacher(profile, data_module, cells.len() as u32)
        };
        let (shape, classes) = (data_module.shape(&cell.views), data_module.data().classes.len());
        let config = network_config(&cell.network, shape, classes)?;
        // Find a file that does not fit now, rather than in every cell that needs it.
        network_from_file(file, &config, data_module.device()).with_context(|| {
            let NetworkSpec { architecture, width, .. } = &cell.network;
            format!("teacher.weights, network {architecture} of width {width}")
        })?;
        cells.push(cell);
    }
    Ok(cells)
}

/// The cells of one seed.
fn seed_cells(
    profile: &DistillProfile,
    data_module: &DataModule,
    pretrained: &[ClassifierCell],
    seed: u32,
) -> Vec<ClassifierCell> {
    let teachers = if pretrained.is_empty() {
        trained_teachers(profile, data_module, seed)
    } else {
        pretrained.to_vec()
    };
    let mut cells = teachers.clone();
    let specialists = profile.specialists.as_ref();
    cells.extend(specialists.map(|one| one.ensemble(&teachers[0]).continued_generalist()));
    let distillation = &profile.distillation;
    let largest = distillation.fractions.iter().copied().fold(0.0, f64::max);
    for architecture in &profile.student.architectures {
        for &fraction in &distillation.fractions {
            let student_on = |excluded_classes: &[u16]| {
                student(profile, data_module, architecture, seed)(TrainingSubset {
                    validation_images: profile.validation_images,
                    excluded_classes: excluded_classes.to_vec(),
                    fraction,
                })
            };
            let alone = student_on(&[]);
            cells.push(alone.clone());
            let is_largest = fraction.total_cmp(&largest).is_eq();
            // Claims about excluded classes are about the students that see the most images.
            let sets = distillation.excluded_classes.iter();
            for excluded_classes in sets.filter(|set| set.is_empty() || is_largest) {
                cells.extend(losses(profile).map(|loss| ClassifierCell {
                    role: Role::Distilled,
                    loss,
                    teachers: teachers.clone(),
                    ..student_on(excluded_classes)
                }));
            }
            if is_largest {
                cells.extend(students_of_specialists(profile, &teachers[0], &alone));
            }
        }
    }
    with_aligned_labels(profile, &teachers[0], cells)
}

/// Students distilled from a generalist and its specialists; empty if the profile has none. `alone`
/// is the student without distillation.
fn students_of_specialists(
    profile: &DistillProfile,
    generalist: &ClassifierCell,
    alone: &ClassifierCell,
) -> Vec<ClassifierCell> {
    let Some(specialists) = &profile.specialists else { return Vec::new() };
    let ensemble = Some(Box::new(specialists.ensemble(generalist)));
    let student = |loss| ClassifierCell {
        role: Role::Distilled,
        loss,
        ensemble: ensemble.clone(),
        ..alone.clone()
    };
    losses(profile).map(student).collect()
}

/// All losses of distilled students.
fn losses(profile: &DistillProfile) -> impl Iterator<Item = Loss> + '_ {
    let (distillation, epochs) = (&profile.distillation, profile.student.schedule.epochs);
    let (soft_weight, hard_weight) = (distillation.soft_weight, distillation.hard_weight);
    let soft_targets =
        move |&temperature: &f64| Loss::SoftTargets { temperature, soft_weight, hard_weight };
    let published =
        distillation.published.iter().filter_map(move |name| published_loss(name, epochs));
    distillation.temperatures.iter().map(soft_targets).chain(published)
}

/// The teachers of a seed's ensemble. Each has its own initial weights, across all seeds.
fn trained_teachers(
    profile: &DistillProfile,
    data_module: &DataModule,
    seed: u32,
) -> Vec<ClassifierCell> {
    let ensemble = profile.teacher.ensemble;
    (0..ensemble).map(|member| teacher(profile, data_module, seed * ensemble + member)).collect()
}

/// A teacher; its seed determines the initial weights.
fn teacher(profile: &DistillProfile, data_module: &DataModule, seed: u32) -> ClassifierCell {
    let teacher = &profile.teacher;
    ClassifierCell {
        role: Role::Teacher,
        seed,
        data: data_module.identity(),
        examples: TrainingSubset {
            validation_images: profile.validation_images,
            excluded_classes: Vec::new(),
            fraction: 1.0,
        },
        views: teacher.views,
        network: teacher.network.with_architecture(&teacher.architecture),
        schedule: teacher.schedule.clone(),
        loss: Loss::HardLabels,
        teachers: Vec::new(),
        initial_network: None,
        ensemble: None,
        weights: None,
        reject: None,
        tuning: profile.tuning.tuning(),
        trial: None,
        alignment_network: None,
    }
}

/// A student without distillation, as a function of its training images.
fn student<'a>(
    profile: &'a DistillProfile,
    data_module: &'a DataModule,
    architecture: &'a str,
    seed: u32,
) -> impl Fn(TrainingSubset) -> ClassifierCell + 'a {
    let student = &profile.student;
    move |examples| ClassifierCell {
        role: Role::Student,
        seed,
        data: data_module.identity(),
        examples,
        views: student.views,
        network: student.network.with_architecture(architecture),
        schedule: student.schedule.clone(),
        loss: Loss::HardLabels,
        teachers: Vec::new(),
        initial_network: None,
        ensemble: None,
        weights: None,
        reject: None,
        tuning: profile.tuning.tuning(),
        trial: None,
        alignment_network: None,
    }
}
