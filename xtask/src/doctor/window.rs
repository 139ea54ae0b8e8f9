//! What a window needs: a display, GL, and the libraries that winit loads at run time.
//!
//! Owns: the list of libraries and their packages. Consumes: the environment and the loader's
//! cache. Produces: checks. Never: opens a window. Without all this the app runs headless.

use super::Checks;
use super::check::Check;
use super::toolchain::in_path;
use std::env;
use std::path::Path;
use std::process::Command;

/// What the tests need to open windows on a machine without a display, terminals and Python: the list of `.ci/run`.
pub(crate) const FIX_WINDOW_TESTS: &str = "apt-get install xvfb libgl1 libgl1-mesa-dri libegl1 \
                                            libxkbcommon-x11-0 libx11-xcb1 libxcursor1 libxi6 \
                                            libxrandr2 tmux python3 (Debian)";

/// Libraries that are opened by name when a window is: the linker does not miss them. Any one of a
/// row will do.
const LIBRARIES: [(&[&str], &str); 7] = [
    (&["libX11.so.6"], "libx11-6"),
    (&["libX11-xcb.so.1"], "libx11-xcb1"),
    (&["libXcursor.so.1"], "libxcursor1"),
    (&["libXi.so.6"], "libxi6"),
    (&["libXrandr.so.2"], "libxrandr2"),
    (&["libxkbcommon-x11.so.0"], "libxkbcommon-x11-0"),
    (&["libEGL.so.1", "libGL.so.1"], "libegl1"),
];

/// Where Mesa keeps the driver that draws without a graphics card, below a library directory.
const SOFTWARE_GL: [&str; 2] = ["dri/swrast_dri.so", "dri/kms_swrast_dri.so"];

/// Whether a test can open a window here, if need be on a display of its own.
pub(crate) fn can_show_windows() -> bool {
    display().is_some() || in_path("Xvfb").is_some() || !cfg!(target_os = "linux")
}

pub(super) fn checks() -> Checks {
    if !cfg!(target_os = "linux") {
        return vec![Check::fine("window", "the system brings what is needed")];
    }
    vec![shown_on(), libraries(), software_gl()]
}

fn display() -> Option<String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    set("WAYLAND_DISPLAY").or_else(|| set("DISPLAY"))
}

fn shown_on() -> Check {
    match (display(), in_path("Xvfb")) {
        (Some(display), _) => Check::fine("display", display),
        (None, Some(_)) => Check::fine("display", "none: the app runs headless; tests use Xvfb"),
        (None, None) => {
            let detail = "none, and no Xvfb: the app runs headless, window tests are skipped";
            Check::lacking("display", detail, FIX_WINDOW_TESTS)
        }
    }
}

fn libraries() -> Check {
    // The loader's own list; the command is not in everybody's PATH.
    let listed = ["/sbin/ldconfig", "/usr/sbin/ldconfig", "ldconfig"]
        .into_iter()
        .find_map(|ldconfig| Command::new(ldconfig).arg("-p").output().ok())
        .filter(|output| output.status.success());
    match listed {
        Some(output) => judge_libraries(&String::from_utf8_lossy(&output.stdout)),
        None => Check::fine("window libraries", "not looked for: there is no ldconfig to ask"),
    }
}

/// `listed` is what `ldconfig -p` prints.
fn judge_libraries(listed: &str) -> Check {
    let has = |name: &&str| listed.lines().any(|line| line.split_whitespace().next() == Some(name));
    let absent: Vec<_> = LIBRARIES.iter().filter(|(names, _)| !names.iter().any(has)).collect();
    if absent.is_empty() {
        return Check::fine("window libraries", "all there");
    }
    let names: Vec<&str> = absent.iter().map(|(names, _)| names[0]).collect();
    let packages: Vec<&str> = absent.iter().map(|(_, package)| *package).collect();
    let fix = format!("apt-get install {} (Debian)", packages.join(" "));
    Check::lacking("window libraries", format!("no {}: no window opens", names.join(", ")), &fix)
}

fn software_gl() -> Check {
    let roots = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(Path::new);
    let below = roots.iter().flat_map(|root| root.read_dir().into_iter().flatten().flatten());
    let dirs = roots.iter().map(|root| root.to_path_buf()).chain(below.map(|entry| entry.path()));
    let found =
        dirs.flat_map(|dir| SOFTWARE_GL.map(|driver| dir.join(driver))).find(|f| f.exists());
    match found {
        Some(driver) => Check::fine("software GL", driver.display().to_string()),
        None => {
            let detail = "none: windows need a graphics card";
            Check::lacking("software GL", detail, "apt-get install libgl1-mesa-dri (Debian)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_looked_up_by_their_whole_name() {
        let line = |name: &str| format!("\t{name} (libc6,x86-64) => /lib/{name}\n");
        let all: String = LIBRARIES.iter().map(|(names, _)| line(names[names.len() - 1])).collect();
        assert_eq!(judge_libraries(&all), Check::fine("window libraries", "all there"));
        let other = all.replace("libXi.so.6", "libXi.so.60").replace("libX11.so.6 ", "libX11.so ");
        let text = judge_libraries(&other).to_string();
        assert!(text.contains("no libX11.so.6, libXi.so.6: no window"), "{text}");
        assert!(text.contains("apt-get install libx11-6 libxi6 (Debian)"), "{text}");
    }
}
