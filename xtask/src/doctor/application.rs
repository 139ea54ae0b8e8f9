//! The application: whether it exports a module, and what of it cannot work in one.

use super::Checks;
use super::check::Check;
use crate::project::Project;
use host::os::own_command;
use host::sources::eframe_use;
use host::sources::workspace::{Export, ModuleTarget, Workspace, WorkspaceError};
use host::start::cli::DevArgs;
use host::start::settings::{EnvSettings, PitstopFile, Settings};
use std::env;
use std::path::Path;

const MODULE: &str = "module";

pub(super) fn checks(project: &Project) -> Checks {
    match modules(project) {
        Ok(modules) => modules.iter().flat_map(|module| of_module(module, &project.root)).collect(),
        Err(error) => {
            let has_none = matches!(
                error.downcast_ref(),
                Some(WorkspaceError::NoModule { .. } | WorkspaceError::NoModules { .. })
            );
            let fix = match has_none {
                true => format!("{} init", own_command()),
                false => "as it says".to_owned(),
            };
            vec![Check::missing(MODULE, format!("{error:#}"), &fix)]
        }
    }
}

/// What `dev` would load here.
fn modules(project: &Project) -> anyhow::Result<Vec<ModuleTarget>> {
    let workspace = Workspace::load(&project.root)?;
    let (file, _warnings) = PitstopFile::read(&project.root)?;
    let settings = Settings::resolve(&DevArgs::default(), &EnvSettings::default(), &file);
    let modules = settings.modules_in(&workspace, &env::current_dir()?)?;
    let modules = modules.iter().map(|module| workspace.module_of(&module.package));
    Ok(modules.collect::<Result<_, _>>()?)
}

fn of_module(module: &ModuleTarget, root: &Path) -> Checks {
    let name = |file: &Path| file.strip_prefix(root).unwrap_or(file).display().to_string();
    let mut checks = match &module.export {
        Some(Export { file, .. }) => {
            vec![Check::fine(MODULE, format!("{}, exported in {}", module.package, name(file)))]
        }
        None => vec![Check::fine(MODULE, module.package.clone())],
    };
    let of_eframe = module.export.iter().filter(|export| export.is_eframe_app);
    let found = of_eframe.flat_map(|export| eframe_use::below(&export.sources, root));
    checks.extend(found.map(|found| {
        let place = format!("{}:{}", found.file.display(), found.line);
        let detail = format!("{} (`{}`)", found.what.what(), found.code);
        Check::lacking(&place, detail, found.what.way_out())
    }));
    checks
}
