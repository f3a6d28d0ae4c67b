//! Which classifiers a distillation run trains.

use anyhow::{Context, Result, ensure};
use assay_runs::{
    Cell, ClassifierCell, Loss, NetworkSpec, Plan, Role, Study, TrainingConfig, TrainingSubset,
};

use super::alignment::aligned;
use super::{DistillData, DistillProfile};
use assay_classifiers::{published_loss, training_images, validation_images};
use assay_engine::data_module::DataModule;
use assay_engine::network::network_config;
use assay_engine::profile::view_settings;
use assay_engine::weight_files::{WeightFiles, network_from_file};

/// The plan of a profile on its data: seed by seed, teachers, then students alone and distilled.
///
/// # Errors
/// When a network, a file of weights or a set of images does not fit the data.
pub fn plan(name: &str, profile: &DistillProfile, data: &DistillData) -> Result<Plan> {
    let data_module = data.of_seed(0);
    let given = given(profile, data_module)?;
    let mut cells = Vec::new();
    for seed in 0..profile.seeds {
        let data_module = data.of_seed(seed);
        let own = of_seed(profile, data_module, &given, seed);
        // Where all seeds share their data, what one can see of it all can.
        if seed == 0 || data.is_by_seed() {
            can_be_seen(profile, data_module, &own, seed)
                .with_context(|| format!("seed {seed}"))?;
        }
        cells.extend(own);
    }
    if let Some(specialists) = &profile.specialists {
        specialists.fits(data_module.data(), &cells[0])?;
    }
    let classes = data_module.data().classes.len();
    let shape = |views| data_module.shape(views);
    let (of_teacher, of_student) = (shape(&profile.teacher.views), shape(&profile.student.views));
    ensure!(
        of_teacher == of_student,
        "teacher.views are of {of_teacher}, student.views of {of_student}; a teacher is asked of its \
         student's views, so both must be of one size"
    );
    for cell in &cells {
        view_settings(&cell.views).validate(data_module.data().train.shape())?;
        // What does not fit is better found now than by every cell.
        network_config(&cell.network, data_module.shape(&cell.views), classes)?.layers()?;
    }
    Ok(Plan {
        study: Study::Distill,
        profile: name.to_owned(),
        settings: serde_json::to_value(profile)?,
        layers: Vec::new(),
        classes: data_module.data().classes.iter().map(|class| class.name.clone()).collect(),
        cells: Plan::in_dependency_order(cells.into_iter().map(Cell::Classifier)),
    })
}

/// Whether a seed's data has images to hold out, and some for each of its cells.
fn can_be_seen(
    profile: &DistillProfile,
    data_module: &DataModule,
    cells: &[ClassifierCell],
    seed: u32,
) -> Result<()> {
    validation_images(data_module.data(), profile.held_out)?;
    for cell in cells.iter().filter(|cell| cell.seed == seed) {
        training_images(data_module.data(), &cell.examples, cell.seed)?;
    }
    Ok(())
}

/// The teachers whose weights are in files, none where they are trained here. The same for every seed.
fn given(profile: &DistillProfile, data_module: &DataModule) -> Result<Vec<ClassifierCell>> {
    let mut cells: Vec<ClassifierCell> = Vec::new();
    let files = WeightFiles::new(&profile.teacher.weights);
    for (file, digest) in files.digests().context("teacher.weights")? {
        let known = cells.iter().any(|cell| cell.weights.as_ref() == Some(&digest));
        ensure!(!known, "teacher.weights: {} is the same as a file before it", file.display());
        let cell = ClassifierCell {
            schedule: TrainingConfig::evaluation_only(profile.teacher.schedule.batch),
            weights: Some(digest),
            ..teacher(profile, data_module, cells.len() as u32)
        };
        let (shape, classes) = (data_module.shape(&cell.views), data_module.data().classes.len());
        let config = network_config(&cell.network, shape, classes)?;
        // A file that does not fit is better found now than by every cell that needs it.
        network_from_file(file, &config, data_module.device()).with_context(|| {
            let NetworkSpec { architecture, width, .. } = &cell.network;
            format!("teacher.weights, network {architecture} of width {width}")
        })?;
        cells.push(cell);
    }
    Ok(cells)
}

fn of_seed(
    profile: &DistillProfile,
    data_module: &DataModule,
    given: &[ClassifierCell],
    seed: u32,
) -> Vec<ClassifierCell> {
    let teachers =
        if given.is_empty() { teachers(profile, data_module, seed) } else { given.to_vec() };
    let mut cells = teachers.clone();
    let how = &profile.distillation;
    let largest = how.fractions.iter().copied().fold(0.0, f64::max);
    for architecture in &profile.student.architectures {
        for &fraction in &how.fractions {
            let of = |omitted: &[u16]| {
                student(profile, data_module, architecture, seed)(TrainingSubset {
                    held_out: profile.held_out,
                    omitted: omitted.to_vec(),
                    fraction,
                })
            };
            let alone = of(&[]);
            cells.push(alone.clone());
            for omitted in &how.omitted {
                cells.extend(losses(profile).map(|loss| ClassifierCell {
                    role: Role::Distilled,
                    loss,
                    teachers: teachers.clone(),
                    ..of(omitted)
                }));
            }
            if fraction.total_cmp(&largest).is_eq() {
                cells.extend(of_panel(profile, &teachers[0], &alone));
            }
        }
    }
    aligned(profile, &teachers[0], cells)
}

/// What a student alone becomes by learning from the panel of a generalist, where there are specialists.
fn of_panel(
    profile: &DistillProfile,
    generalist: &ClassifierCell,
    alone: &ClassifierCell,
) -> Vec<ClassifierCell> {
    let Some(specialists) = &profile.specialists else { return Vec::new() };
    let panel = Some(Box::new(specialists.panel(generalist)));
    let student = |loss| ClassifierCell {
        role: Role::Distilled,
        loss,
        panel: panel.clone(),
        ..alone.clone()
    };
    losses(profile).map(student).collect()
}

/// Every loss that students are distilled by.
fn losses(profile: &DistillProfile) -> impl Iterator<Item = Loss> + '_ {
    let (how, epochs) = (&profile.distillation, profile.student.schedule.epochs);
    let (soft_weight, hard_weight) = (how.soft_weight, how.hard_weight);
    let at = move |&temperature: &f64| Loss::SoftTargets { temperature, soft_weight, hard_weight };
    let published = how.published.iter().filter_map(move |name| published_loss(name, epochs));
    how.temperatures.iter().map(at).chain(published)
}

/// The members of a seed's ensemble; no two of any seed begin with the same weights.
fn teachers(profile: &DistillProfile, data_module: &DataModule, seed: u32) -> Vec<ClassifierCell> {
    let ensemble = profile.teacher.ensemble;
    (0..ensemble).map(|member| teacher(profile, data_module, seed * ensemble + member)).collect()
}

fn teacher(profile: &DistillProfile, data_module: &DataModule, seed: u32) -> ClassifierCell {
    let teacher = &profile.teacher;
    ClassifierCell {
        role: Role::Teacher,
        seed,
        data: data_module.identity(),
        examples: TrainingSubset { held_out: profile.held_out, omitted: Vec::new(), fraction: 1.0 },
        views: teacher.views,
        network: teacher.network.with_architecture(&teacher.architecture),
        schedule: teacher.schedule.clone(),
        loss: Loss::HardLabels,
        teachers: Vec::new(),
        panel: None,
        weights: None,
        reject: None,
        aligned_by: None,
    }
}

/// A student alone, given its images.
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
        panel: None,
        weights: None,
        reject: None,
        aligned_by: None,
    }
}
