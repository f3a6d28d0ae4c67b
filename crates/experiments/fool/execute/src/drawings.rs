//! CPPN images at other sizes than they were found in.

use anyhow::{Context, Result, bail, ensure};
use assay_map_elites::{Cppn, Direct, Images, MapElites, MapElitesError};

/// The longest side that is drawn, in pixels.
const LONGEST_SIDE: u32 = 8192;

/// Draws the elites of a saved search on CPPN images again from their genomes, one after another: `draw` gets
/// each with its class, the longer side being of `size` pixels.
///
/// - classes: which; all that have an elite where there is none
///
/// # Errors
/// When the bytes are no such search, the size is 0 or above 8192, or a class is not in the search or has no
/// elite in it, before anything is drawn; or when `draw` has one.
pub fn drawings(
    bytes: &[u8],
    size: u32,
    classes: &[usize],
    mut draw: impl FnMut(usize, Images) -> Result<()>,
) -> Result<()> {
    ensure!(
        (1..=LONGEST_SIDE).contains(&size),
        "a size of {size} pixels; the longer side may have 1 to {LONGEST_SIDE}"
    );
    let search = match MapElites::<Cppn>::load(bytes) {
        Err(MapElitesError::Foreign { .. }) if MapElites::<Direct>::load(bytes).is_ok() => {
            bail!(
                "its images are direct ones: they have a gene for each pixel, and no size but that \
                 which they were found in"
            )
        }
        other => other?,
    };
    let (archive, cppn) = (search.archive(), &search.settings().encoding);
    let genome = |class: usize| {
        let count = archive.classes();
        ensure!(class < count, "class {class}: the search has the classes 0 to {}", count - 1);
        let genome = archive.genome(class);
        Ok((class, genome.with_context(|| format!("class {class} has no elite"))?))
    };
    let all = || archive.elites().map(|(class, _)| class).collect();
    let chosen: Vec<usize> = if classes.is_empty() { all() } else { classes.to_vec() };
    let genomes = chosen.into_iter().map(genome).collect::<Result<Vec<_>>>()?;
    let (height, width) = (cppn.picture.height, cppn.picture.width);
    // No overflow: a picture that was loaded has sides of at most 8192, too.
    let scaled = |own: u32| (size * own / height.max(width)).max(1);
    for (class, genome) in genomes {
        draw(class, cppn.render_at(&[genome], scaled(height), scaled(width)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_map_elites::{
        Color, Emitter, Encoding, Keep, Picture, Population, Preset, ReplacementRule, Settings,
        seeded,
    };

    fn saved<E: Encoding>(encoding: E) -> Vec<u8> {
        let settings = Settings {
            owner: "a test".to_owned(),
            classes: 3,
            others: 0,
            encoding,
            population: Population { initial: 4, children: 4, emitter: Emitter::Evolution },
            rule: ReplacementRule::EveryCell,
            keep: Keep::Genomes,
        };
        let mut search = MapElites::new(settings).unwrap();
        let batch = search.ask(&seeded(1));
        search.tell(batch, &[0.5; 12]).unwrap();
        search.save()
    }

    fn drawn(bytes: &[u8], size: u32, classes: &[usize]) -> Result<Vec<(usize, Images)>> {
        let mut drawn = Vec::new();
        drawings(bytes, size, classes, |class, picture| {
            drawn.push((class, picture));
            Ok(())
        })?;
        Ok(drawn)
    }

    #[test]
    fn elites_are_drawn_at_any_size_in_their_own_shape() {
        let picture = Picture { height: 4, width: 8, color: Color::Gray };
        let bytes = saved(Preset::Paper.cppn(picture));
        let all = drawn(&bytes, 8, &[]).unwrap();
        assert_eq!(all.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((all[0].1.height, all[0].1.width), (4, 8));
        let large = drawn(&bytes, 100, &[2]).unwrap();
        assert_eq!((large[0].0, large[0].1.height, large[0].1.width), (2, 50, 100));
        let search = MapElites::<Cppn>::load(&bytes).unwrap();
        let own =
            search.settings().encoding.render_at(&[search.archive().genome(2).unwrap()], 4, 8);
        assert_eq!(all[2].1, own);
    }

    #[test]
    fn what_cannot_be_drawn_is_named() {
        let picture = Picture { height: 4, width: 4, color: Color::Gray };
        let bytes = saved(Preset::Paper.cppn(picture));
        let error = |bytes: &[u8], size, classes: &[usize]| {
            drawn(bytes, size, classes).unwrap_err().to_string()
        };
        assert!(error(&bytes, 0, &[]).contains("1 to 8192"));
        assert!(error(&bytes, 9000, &[]).contains("9000 pixels"));
        assert!(error(&bytes, 8, &[3]).contains("classes 0 to 2"));
        assert!(error(&saved(Preset::Paper.direct(picture)), 8, &[]).contains("direct ones"));
        assert!(error(b"no search", 8, &[]).contains("no saved search"));
        let cut = &bytes[..bytes.len() - 9];
        assert!(error(cut, 8, &[]).contains("corrupted"), "{}", error(cut, 8, &[]));
    }
}
