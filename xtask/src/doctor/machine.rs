//! What working needs: watches, disk, an editor.
//!
//! Owns: the amounts that are enough. Consumes: the system's limits. Produces: checks. Never:
//! changes a limit.

use super::Checks;
use super::check::Check;
use super::toolchain::in_path;
use std::env;
use std::fs;
use std::path::Path;

/// Directories of a large workspace, with room for the editor's own watches.
const WATCHES_ENOUGH: u64 = 8_192;

/// Watchers of this user at once: editors, file managers and this one.
const INSTANCES_ENOUGH: u64 = 64;

/// A first build of egui, twice over, with debug information.
const DISK_BYTES_ENOUGH: u64 = 4_000_000_000;

pub(super) fn checks(root: &Path) -> Checks {
    let mut checks = Checks::new();
    for (limit, enough) in
        [("max_user_watches", WATCHES_ENOUGH), ("max_user_instances", INSTANCES_ENOUGH)]
    {
        let file = Path::new("/proc/sys/fs/inotify").join(limit);
        // Other systems watch without such limits.
        if let Ok(text) = fs::read_to_string(file) {
            checks.push(judge_limit(limit, &text, enough));
        }
    }
    checks.extend(free_bytes(root).map(|bytes| judge_disk(bytes, root)));
    let editor = env::var("EDITOR").ok();
    checks.push(judge_editor(editor.as_deref(), |program| in_path(program).is_some()));
    checks
}

fn judge_limit(limit: &str, text: &str, enough: u64) -> Check {
    let what = if limit == "max_user_watches" { "file watches" } else { "file watchers" };
    match text.trim().parse::<u64>() {
        Ok(found) if found < enough => {
            let detail = format!("{found} are few: watching may fall back to polling");
            Check::lacking(what, detail, &format!("sysctl fs.inotify.{limit}={}", enough * 16))
        }
        _ => Check::fine(what, format!("up to {}", text.trim())),
    }
}

#[cfg(unix)]
fn free_bytes(dir: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(dir).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_dir: &Path) -> Option<u64> {
    None
}

fn judge_disk(bytes: u64, root: &Path) -> Check {
    let detail = format!("{}.{} GB free", bytes / 1_000_000_000, bytes / 100_000_000 % 10);
    if bytes >= DISK_BYTES_ENOUGH {
        return Check::fine("disk", detail);
    }
    let target = root.join("target");
    Check::lacking(
        "disk",
        detail + ": a first build may not fit",
        &format!("make room, such as in {}", target.display()),
    )
}

fn judge_editor(editor: Option<&str>, exists: impl Fn(&str) -> bool) -> Check {
    let fix = "export EDITOR=code, or another that takes FILE:LINE";
    let program = editor.unwrap_or_default().split_whitespace().next();
    match program {
        None => Check::lacking("$EDITOR", "not set: diagnostics cannot be clicked", fix),
        Some(program) if exists(program) || Path::new(program).is_file() => {
            Check::fine("$EDITOR", editor.unwrap_or_default())
        }
        Some(program) => Check::lacking("$EDITOR", format!("there is no `{program}`"), fix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Verdict;

    #[test]
    fn limits_disk_and_editor_are_judged() {
        let root = Path::new("/w");
        for (check, verdict) in [
            (judge_limit("max_user_watches", "8192\n", WATCHES_ENOUGH), Verdict::Fine),
            (judge_limit("max_user_watches", "8191\n", WATCHES_ENOUGH), Verdict::Lacking),
            (judge_limit("max_user_instances", "odd", INSTANCES_ENOUGH), Verdict::Fine),
            (judge_disk(DISK_BYTES_ENOUGH, root), Verdict::Fine),
            (judge_disk(DISK_BYTES_ENOUGH - 1, root), Verdict::Lacking),
            (judge_editor(None, |_| true), Verdict::Lacking),
            (judge_editor(Some(" "), |_| true), Verdict::Lacking),
            (judge_editor(Some("code --wait"), |program| program == "code"), Verdict::Fine),
            (judge_editor(Some("nosuch"), |_| false), Verdict::Lacking),
        ] {
            assert_eq!(check.verdict(), verdict, "{check}");
        }
    }
}
