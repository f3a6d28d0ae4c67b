//! Renders the elites of a saved CPPN search at any size.

use anyhow::{Context, Result, bail, ensure};
use assay_map_elites::{Cppn, Direct, Images, MapElites, MapElitesError};

/// The maximum length of the longer side, in pixels.
const MAX_SIDE: u32 = 8192;

/// Renders elites of a saved CPPN search from their genomes, one after another.
///
/// Calls `sink` with each class and its image. The longer side has `size` pixels. An empty
/// `classes` stands for all classes that have an elite.
///
/// # Errors
/// - The bytes are not a saved search of CPPN images.
/// - The size is not in 1..=8192.
/// - A class does not exist, or has no elite.
/// - `sink` fails. All other errors come before its first call.
pub fn render_elites(
    bytes: &[u8],
    size: u32,
    classes: &[usize],
    mut sink: impl FnMut(usize, Images) -> Result<()>,
) -> Result<()> {
    ensure!(
        (1..=MAX_SIDE).contains(&size),
        "size is {size} pixels; the longer side must have 1 to {MAX_SIDE}"
    );
    let search = match MapElites::<Cppn>::load(bytes) {
        Err(MapElitesError::SettingsMismatch { .. })
            if MapElites::<Direct>::load(bytes).is_ok() =>
        {
            bail!(
                "its images use the direct encoding, which has one gene per pixel and cannot be \
                 rendered at another size"
            )
        }
        other => other?,
    };
    let (archive, cppn) = (search.archive(), &search.settings().encoding);
    let genome = |class: usize| {
        let count = archive.classes();
        ensure!(class < count, "class {class} does not exist; classes are 0 to {}", count - 1);
        let genome = archive.genome(class);
        Ok((class, genome.with_context(|| format!("class {class} has no elite"))?))
    };
    let all = || archive.elites().map(|(class, _)| class).collect();
    let selected: Vec<usize> = if classes.is_empty() { all() } else { classes.to_vec() };
    let genomes = selected.into_iter().map(genome).collect::<Result<Vec<_>>>()?;
    let (height, width) = (cppn.picture.height, cppn.picture.width);
    // No overflow: the sides of a loaded search are at most 8192, too.
    let scaled = |side: u32| (size * side / height.max(width)).max(1);
    for (class, genome) in genomes {
        sink(class, cppn.render_at(&[genome], scaled(height), scaled(width)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_map_elites::{
        Color, Emitter, Encoding, ImageSpec, LineageRetention, Population, Preset, ReplacementRule,
        Settings, seeded_streams,
    };

    fn saved<E: Encoding>(encoding: E) -> Vec<u8> {
        let settings = Settings {
            owner: "a test".to_owned(),
            classes: 3,
            others: 0,
            encoding,
            population: Population { initial: 4, children: 4, emitter: Emitter::Evolution },
            rule: ReplacementRule::EveryCell,
            keep: LineageRetention::Genomes,
        };
        let mut search = MapElites::new(settings).unwrap();
        let batch = search.ask(&seeded_streams(1));
        search.tell(batch, &[0.5; 12]).unwrap();
        search.save()
    }

    fn rendered(bytes: &[u8], size: u32, classes: &[usize]) -> Result<Vec<(usize, Images)>> {
        let mut rendered = Vec::new();
        render_elites(bytes, size, classes, |class, image| {
            rendered.push((class, image));
            Ok(())
        })?;
        Ok(rendered)
    }

    #[test]
    fn elites_are_rendered_at_any_size_with_their_aspect_ratio() {
        let image = ImageSpec { height: 4, width: 8, color: Color::Gray };
        let bytes = saved(Preset::Paper.cppn(image));
        let all = rendered(&bytes, 8, &[]).unwrap();
        assert_eq!(all.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((all[0].1.height, all[0].1.width), (4, 8));
        let large = rendered(&bytes, 100, &[2]).unwrap();
        assert_eq!((large[0].0, large[0].1.height, large[0].1.width), (2, 50, 100));
        let search = MapElites::<Cppn>::load(&bytes).unwrap();
        let expected =
            search.settings().encoding.render_at(&[search.archive().genome(2).unwrap()], 4, 8);
        assert_eq!(all[2].1, expected);
    }

    #[test]
    fn what_cannot_be_rendered_is_an_error() {
        let image = ImageSpec { height: 4, width: 4, color: Color::Gray };
        let bytes = saved(Preset::Paper.cppn(image));
        let error = |bytes: &[u8], size, classes: &[usize]| {
            rendered(bytes, size, classes).unwrap_err().to_string()
        };
        assert!(error(&bytes, 0, &[]).contains("1 to 8192"));
        assert!(error(&bytes, 9000, &[]).contains("9000 pixels"));
        assert!(error(&bytes, 8, &[3]).contains("classes are 0 to 2"));
        assert!(error(&saved(Preset::Paper.direct(image)), 8, &[]).contains("direct encoding"));
        assert!(error(b"no search", 8, &[]).contains("not a saved MAP-Elites search"));
        let cut = &bytes[..bytes.len() - 9];
        assert!(error(cut, 8, &[]).contains("corrupted"), "{}", error(cut, 8, &[]));
    }
}
