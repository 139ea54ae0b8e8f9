//! Earlier generations that can be gone back to, and the swaps that do so.

use super::swapping::{StateSource, Swap};
use super::worker::Worker;
use crate::build::ShadowCopy;
use crate::event::{Generation, Trigger};
use crate::stage_clock::StageClock;
use crate::swap::Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Libraries of earlier generations, by module.
#[derive(Debug, Default)]
pub(super) struct Kept {
    files: BTreeMap<String, BTreeMap<Generation, KeptFile>>,
    /// Distinguishes the files of repeated roll-backs to the same generation.
    copies: u64,
}

#[derive(Clone, Debug)]
pub(super) struct KeptFile {
    pub(super) path: PathBuf,
    pub(super) artifact: String,
}

impl Kept {
    pub(super) fn others(&self, module: &str, running: Generation) -> Vec<Generation> {
        let files = self.files.get(module);
        let all = files.into_iter().flat_map(BTreeMap::keys).copied();
        all.filter(|generation| *generation != running).collect()
    }

    pub(super) fn file(&self, module: &str, generation: Generation) -> Option<&KeptFile> {
        self.files.get(module).and_then(|files| files.get(&generation))
    }

    pub(super) fn artifact(&self, module: &str, generation: Generation) -> String {
        self.file(module, generation).map(|file| file.artifact.clone()).unwrap_or_default()
    }

    /// A module's files, those of earlier hosts included.
    pub(super) fn newest_first(&self, module: &str) -> Vec<(Generation, KeptFile)> {
        let files = self.files.get(module).into_iter().flatten().rev();
        files.map(|(generation, file)| (*generation, file.clone())).collect()
    }
}

impl Worker {
    pub(super) fn keep(&mut self, name: &str, generation: Generation, path: &Path, artifact: &str) {
        let file = KeptFile { path: path.to_path_buf(), artifact: artifact.to_owned() };
        self.kept.files.entry(name.to_owned()).or_default().insert(generation, file);
    }

    /// Removes files beyond the number that is kept, and the copy of a roll-back once it is done.
    pub(super) fn forget_old(&mut self, name: &str, retired: &Path) {
        let running =
            self.registry.slot(name).map(|slot| slot.live_generations()).unwrap_or_default();
        let limit = self.config.kept_generations + running.len();
        let files = self.kept.files.entry(name.to_owned()).or_default();
        while files.len() > limit {
            let Some(oldest) = files.keys().find(|known| !running.contains(known)).copied() else {
                break;
            };
            files.remove(&oldest);
        }
        let known: BTreeSet<Generation> = files.keys().copied().collect();
        if !files.values().any(|kept| kept.path == retired) {
            let _gone_already = std::fs::remove_file(retired);
        }
        let _removed = ShadowCopy::prune(&self.config.generations_dir, name, &known);
    }

    pub(super) fn roll_back(
        &mut self,
        module: Option<&str>,
        to: Option<Generation>,
    ) -> Result<Generation, String> {
        let name = self.the_module(module)?;
        let slot = self.registry.slot(&name).ok_or_else(|| format!("there is no module {name}"))?;
        let current = slot.generation();
        let kept = self.kept.files.get(&name);
        let target = to.or_else(|| {
            let older = |known: &&Generation| current.is_none_or(|current| **known < current);
            kept.and_then(|kept| kept.keys().rev().find(older).copied())
        });
        let Some((target, file)) =
            target.and_then(|target| Some((target, kept?.get(&target)?.clone())))
        else {
            let known: Vec<String> = self
                .kept
                .others(&name, current.unwrap_or(Generation(0)))
                .iter()
                .map(ToString::to_string)
                .collect();
            return Err(format!(
                "{name} has no such earlier generation; kept: {}",
                if known.is_empty() { "none".to_owned() } else { known.join(", ") }
            ));
        };
        let state = StateSource::Running;
        self.swap_from_kept(&slot, target, &file, state, true)
    }

    pub(super) fn swap_from_kept(
        &mut self,
        slot: &Arc<Slot>,
        generation: Generation,
        file: &KeptFile,
        state: StateSource,
        is_rollback: bool,
    ) -> Result<Generation, String> {
        // A file of its own again: the loader would hand out the one that may still be mapped.
        self.kept.copies += 1;
        let name = slot.name();
        let copy = file.path.with_file_name(format!(
            "{name}-{generation}-r{}.{}",
            self.kept.copies,
            std::env::consts::DLL_EXTENSION
        ));
        ShadowCopy::duplicate(&file.path, &copy)
            .map_err(|error| format!("{}: {error}", file.path.display()))?;
        self.swap(Swap {
            slot,
            generation,
            trigger: Trigger::Command,
            artifact: file.artifact.clone(),
            file: &copy,
            clock: StageClock::start(Instant::now()),
            state,
            is_rollback,
        })
    }

    /// The module meant by an order that may leave it out.
    pub(super) fn the_module(&self, module: Option<&str>) -> Result<String, String> {
        let names: Vec<&str> = self.config.modules.iter().map(|spec| spec.name.as_str()).collect();
        match (module, names.as_slice()) {
            (Some(module), _) if names.contains(&module) => Ok(module.to_owned()),
            (Some(module), _) => {
                Err(format!("there is no module {module}; there are: {}", names.join(", ")))
            }
            (None, [only]) => Ok((*only).to_owned()),
            (None, _) => {
                Err(format!("say which module with --module; there are: {}", names.join(", ")))
            }
        }
    }
}
