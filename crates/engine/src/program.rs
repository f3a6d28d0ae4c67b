//! The program that jobs of a run start.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use assay_runs::{digest, write_atomically};

/// A file that cargo writes into the folder of a build, next to the programs.
const FILE_OF_BUILDS: &str = ".cargo-lock";

/// The program for jobs that run later, perhaps on other machines.
///
/// It is this program, or a copy of it in the run if it lies in a build folder: the next build, perhaps for another
/// device, would replace it there.
#[derive(Debug, Clone)]
pub struct JobProgram {
    /// Where the jobs find it.
    pub path: PathBuf,
    /// What has to be copied there.
    content: Option<Vec<u8>>,
}

impl JobProgram {
    /// The program for jobs of the run at `run`. Copies nothing yet.
    ///
    /// # Errors
    /// When the program cannot be found or read.
    pub fn new(run: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("finding the program itself")?;
        let is_built = |folder: &Path| folder.join(FILE_OF_BUILDS).is_file();
        if !program.ancestors().skip(1).any(is_built) {
            return Ok(Self { path: program, content: None });
        }
        let content = std::fs::read(&program).with_context(|| program.display().to_string())?;
        let name = format!("assay-{}", &digest(&content)[..16]);
        let path = std::path::absolute(run)?.join("program").join(name);
        Ok(Self { path, content: Some(content) })
    }

    /// Copies the program to where the jobs find it.
    ///
    /// # Errors
    /// When the run's directory cannot be written to.
    pub fn install(&self) -> Result<()> {
        let Some(content) = self.content.as_ref().filter(|_| !self.path.exists()) else {
            return Ok(());
        };
        let place = || self.path.display().to_string();
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).with_context(place)?;
        }
        write_atomically(&self.path, content)?;
        #[cfg(unix)]
        {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&self.path, permissions).with_context(place)?;
        }
        Ok(())
    }
}
