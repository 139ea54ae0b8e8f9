//! `cargo pitstop init`: makes the two edits in a package, after a yes.

use super::{Creator, NoCreator, Place, creator, has_export, place};
use super::{unified, with_dependency, with_export};
use crate::api_source::{ApiSource, Source};
use crate::output::say;
use crate::{EFRAME_MINOR, EFRAME_OLDER};
use anyhow::{Context as _, bail};
use clap::Args;
use host::os::own_command;
use host::sources::eframe_use;
use host::sources::workspace::{Root, Roots, Workspace};
use host::start::cli::Exit;
use std::env;
use std::fs;
use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Move the eframe application of this package in: show the change, and make it after a yes
#[derive(Args, Debug)]
#[command(after_help = "\
It adds one optional dependency to Cargo.toml, and the line that exports the application behind the feature of the
same name. The application's own builds have neither. A second time nothing is changed.")]
pub(crate) struct Init {
    /// Directory of the package [default: the working directory]
    #[arg(long, value_name = "PATH")]
    app: Option<PathBuf>,

    /// Make the change without asking
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    source: ApiSource,
}

/// A file with its new content.
#[derive(Debug)]
struct Edit {
    file: PathBuf,
    old: String,
    new: String,
}

impl Init {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let here = env::current_dir().context("the working directory is gone; enter another")?;
        let dir = here.join(self.app.as_deref().unwrap_or(Path::new("")));
        let roots = Workspace::load(&dir)?.roots_at(&dir).with_context(|| {
            format!(
                "there is no package at or above {}; enter the directory of the application, or name it with --app",
                dir.display()
            )
        })?;
        let edits = self.edits(&roots)?;
        let base = roots.manifest.parent().unwrap_or(&dir).to_owned();
        for Edit { file, old, new } in &edits {
            let name = file.strip_prefix(&base).unwrap_or(file);
            say(unified(&name.to_string_lossy(), old, new).trim_end())?;
        }
        tell_uses(&roots, &base)?;
        if let (Source::Path(dir), false) = (self.source.resolve()?, edits.is_empty()) {
            say(&format!(
                "whoever builds the application needs {} then, since cargo reads the manifests of optional dependencies \
                 as well; `--git URL` takes hot_api from where everybody finds it\n",
                dir.display()
            ))?;
        }
        if edits.is_empty() {
            say(&format!("{} has moved in already; nothing is changed", roots.package))?;
            return Ok(Exit::Done.into());
        }
        if !self.yes && !is_confirmed()? {
            say("nothing is changed")?;
            return Ok(Exit::Failed.into());
        }
        write_all(&edits)?;
        say(&format!("{} has moved in; start it with `{} dev`", roots.package, own_command()))?;
        Ok(Exit::Done.into())
    }

    /// What is to be changed. Nothing is written.
    fn edits(&self, roots: &Roots) -> anyhow::Result<Vec<Edit>> {
        let manifest = read(&roots.manifest)?;
        let source = fitting(roots, self.source.resolve()?)?;
        let new = with_dependency(&manifest, &source)
            .with_context(|| format!("{} is not changed", roots.manifest.display()))?;
        let mut edits = vec![Edit { file: roots.manifest.clone(), old: manifest, new }];
        edits.extend(export(roots)?);
        edits.retain(|edit| edit.old != edit.new);
        Ok(edits)
    }
}

/// The edit of the root that exports the application; `None` when one does already.
fn export(roots: &Roots) -> anyhow::Result<Option<Edit>> {
    // Of several programs, the one that cargo would run.
    let all = roots.programs.iter().chain(&roots.library);
    let texts: Vec<(&Root, String)> =
        all.map(|root| Ok((root, read(&root.file)?))).collect::<anyhow::Result<_>>()?;
    if texts.iter().any(|(_, text)| has_export(text)) {
        return Ok(None);
    }
    let (root, text, found) = find_creator(&texts)?;
    if !found.uses.is_empty() {
        let uses: Vec<String> = found.uses.iter().map(ToString::to_string).collect();
        bail!(
            "{}:{}: what makes the application uses {} of the function around it, which does not run in a module; \
             move that into the closure (or into the application's `new`), and run this again",
            root.file.display(),
            found.line,
            uses.join(", ")
        );
    }
    let library = roots.library.as_ref().filter(|library| library.file != root.file);
    let (file, creator) = match place(text, &found.text, library.map(|it| it.name.as_str())) {
        Place::Library { creator } => (&library.unwrap_or(root).file, creator),
        Place::Main { creator } => (&root.file, creator),
    };
    let old = read(file)?;
    Ok(Some(Edit { file: file.clone(), new: with_export(&old, &creator), old }))
}

/// The first root that runs eframe.
fn find_creator<'a>(
    texts: &'a [(&'a Root, String)],
) -> anyhow::Result<(&'a Root, &'a str, Creator)> {
    let mut why_not = Vec::new();
    for (root, text) in texts {
        match creator(text) {
            Ok(creator) => return Ok((root, text, creator)),
            Err(NoCreator::NoCall) => {}
            Err(reason) => why_not.push(format!("{}: {reason}", root.file.display())),
        }
    }
    if why_not.is_empty() {
        let files: Vec<String> =
            texts.iter().map(|(root, _)| root.file.display().to_string()).collect();
        bail!(
            "none of {} calls `eframe::run_native`; write `hot_api::export_eframe_app!(|cc| MyApp::new(cc));` at the \
             root of the crate by hand",
            files.join(", ")
        );
    }
    bail!("{}", why_not.join("\n"))
}

/// The hot_api for the application's eframe. Refuses another eframe before anything is built for minutes.
pub(super) fn fitting(roots: &Roots, source: Source) -> anyhow::Result<Source> {
    let Some(wanted) = roots.eframe.as_ref().filter(|_| !roots.takes_eframe(EFRAME_MINOR)) else {
        return Ok(source);
    };
    let older = EFRAME_OLDER.iter().find(|minor| roots.takes_eframe(**minor));
    match (older, source) {
        (Some(minor), Source::Path(dir)) => {
            Ok(Source::Path(dir.join(format!("versions/0.{minor}"))))
        }
        (Some(minor), _) => bail!(
            "{}: the application is made for eframe {wanted}; take hot_api for it from a checkout, with --path, or add \
             it by hand with `version = \"0.{minor}\"`",
            roots.manifest.display()
        ),
        (None, _) => bail!(
            "{}: the application is made for eframe {wanted}, and hot_api for eframe 0.{EFRAME_MINOR} (and older: {}); \
             update the application first",
            roots.manifest.display(),
            EFRAME_OLDER.map(|minor| format!("0.{minor}")).join(", ")
        ),
    }
}

/// Says what of the sources does not work, or is not done, in a module.
fn tell_uses(roots: &Roots, base: &Path) -> io::Result<()> {
    let found = roots.sources.iter().flat_map(|sources| eframe_use::below(sources, base));
    let lines: Vec<String> = found.map(|found| found.to_string()).collect();
    if !lines.is_empty() {
        say("\nworth knowing, since the code runs as a module then:")?;
        lines.iter().try_for_each(|line| say(&format!("  {line}")))?;
        say("")?;
    }
    Ok(())
}

/// Writes all or, as far as that is possible, none. Permissions and links stay as they are.
fn write_all(edits: &[Edit]) -> anyhow::Result<()> {
    for Edit { file, .. } in edits {
        let opened = fs::OpenOptions::new().write(true).open(file);
        opened.with_context(|| format!("cannot write {}; nothing is changed", file.display()))?;
    }
    for (done, Edit { file, new, .. }) in edits.iter().enumerate() {
        if let Err(error) = fs::write(file, new) {
            for Edit { file, old, .. } in &edits[..=done] {
                let _ = fs::write(file, old); // the error that follows names what to look at
            }
            return Err(error).with_context(|| format!("cannot write {}", file.display()));
        }
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Asks; whoever cannot answer has said no.
fn is_confirmed() -> anyhow::Result<bool> {
    write!(io::stdout(), "make this change? [y/N] ")?;
    io::stdout().flush()?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer)?;
    if read == 0 {
        say("")?;
        say("there is nobody to answer; `--yes` makes the change without asking")?;
    }
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
