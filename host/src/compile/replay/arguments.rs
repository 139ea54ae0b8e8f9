//! rustc's command line, taken apart.
//!
//! Owns: which options take a value. Consumes: the arguments that cargo gives. Produces: the same
//! arguments with some of them exchanged. Never: judges what they mean for the code.

/// Options whose value is the next argument. Those with two dashes may also be written `--name=value`.
const WITH_VALUE: [&str; 31] = [
    "-A",
    "-C",
    "-D",
    "-F",
    "-L",
    "-W",
    "-Z",
    "-l",
    "-o",
    "--allow",
    "--cap-lints",
    "--cfg",
    "--check-cfg",
    "--codegen",
    "--color",
    "--crate-name",
    "--crate-type",
    "--deny",
    "--diagnostic-width",
    "--edition",
    "--emit",
    "--error-format",
    "--explain",
    "--extern",
    "--forbid",
    "--json",
    "--out-dir",
    "--print",
    "--remap-path-prefix",
    "--sysroot",
    "--target",
];

/// Options that say how loudly something is reported and not what is made.
const LINTS: [&str; 9] =
    ["-A", "-D", "-F", "-W", "--allow", "--deny", "--forbid", "--warn", "--force-warn"];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Argument {
    Option { name: String, value: String },
    Other(String),
}

/// The arguments of one call of rustc, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arguments(Vec<Argument>);

impl Arguments {
    pub(super) fn parse(args: &[String]) -> Self {
        let takes_value = |name: &str| WITH_VALUE.contains(&name) || LINTS.contains(&name);
        let mut rest = args.iter();
        let mut arguments = Vec::new();
        while let Some(arg) = rest.next() {
            let joined = arg.split_once('=').filter(|(name, _)| name.starts_with("--"));
            // `-Copt-level=2`, which rustc takes as well.
            let glued = arg.get(..2).filter(|name| takes_value(name) && arg.len() > 2);
            arguments.push(match (joined, glued) {
                (Some((name, value)), _) => option(name, value),
                (None, Some(name)) => option(name, &arg[2..]),
                (None, None) if takes_value(arg) => match rest.next() {
                    Some(value) => option(arg, value),
                    None => Argument::Other(arg.clone()),
                },
                (None, None) => Argument::Other(arg.clone()),
            });
        }
        Self(arguments)
    }

    /// As rustc takes them.
    pub(super) fn to_vec(&self) -> Vec<String> {
        let mut args = Vec::new();
        for argument in &self.0 {
            match argument {
                Argument::Option { name, value } if name.starts_with("--") => {
                    args.push(format!("{name}={value}"));
                }
                Argument::Option { name, value } => args.extend([name.clone(), value.clone()]),
                Argument::Other(arg) => args.push(arg.clone()),
            }
        }
        args
    }

    /// All values of an option.
    pub(super) fn all<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |argument| match argument {
            Argument::Option { name, value } if name == option => Some(value.as_str()),
            _ => None,
        })
    }

    pub(super) fn first(&self, option: &str) -> Option<&str> {
        self.0.iter().find_map(|argument| match argument {
            Argument::Option { name, value } if name == option => Some(value.as_str()),
            _ => None,
        })
    }

    /// Whether an option without a value is there.
    pub(super) fn has(&self, option: &str) -> bool {
        self.0.iter().any(|argument| matches!(argument, Argument::Other(arg) if arg == option))
    }

    /// The last value of `-C key=…`, which is the one that counts.
    pub(super) fn codegen(&self, key: &str) -> Option<&str> {
        let of_key = |value: &'_ str| value.split_once('=').is_some_and(|(name, _)| name == key);
        let last = self.0.iter().rev().find_map(|argument| match argument {
            Argument::Option { name, value } if is_codegen(name) && of_key(value) => Some(value),
            _ => None,
        });
        last.and_then(|value| value.split_once('=')).map(|(_, value)| value)
    }

    /// `--extern name=path`, with the words before the name that tell how it may be used.
    pub(super) fn externs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all("--extern").filter_map(|value| value.split_once('='))
    }

    pub(super) fn without(mut self, option: &str) -> Self {
        self.0.retain(|a| !matches!(a, Argument::Option { name, .. } if name == option));
        self
    }

    pub(super) fn without_codegen(mut self, key: &str) -> Self {
        self.0.retain(|argument| match argument {
            Argument::Option { name, value } if is_codegen(name) => {
                value.split('=').next() != Some(key)
            }
            _ => true,
        });
        self
    }

    pub(super) fn without_lints(mut self) -> Self {
        self.0.retain(|argument| match argument {
            Argument::Option { name, .. } => !LINTS.contains(&name.as_str()),
            Argument::Other(_) => true,
        });
        self
    }

    /// The source file: the only argument of cargo's that is no option.
    pub(super) fn source(&self) -> Option<&str> {
        self.0.iter().find_map(|argument| match argument {
            Argument::Other(arg) if !arg.starts_with('-') => Some(arg.as_str()),
            _ => None,
        })
    }

    /// Leaves out the source file: the only argument of cargo's that is no option.
    pub(super) fn without_source(mut self) -> Self {
        self.0.retain(|argument| match argument {
            Argument::Other(arg) => arg.starts_with('-'),
            Argument::Option { .. } => true,
        });
        self
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push(option(name, value));
        self
    }

    pub(super) fn with_source(mut self, path: &str) -> Self {
        self.0.insert(0, Argument::Other(path.to_owned()));
        self
    }
}

fn option(name: &str, value: &str) -> Argument {
    Argument::Option { name: name.to_owned(), value: value.to_owned() }
}

fn is_codegen(name: &str) -> bool {
    name == "-C" || name == "--codegen"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Arguments {
        Arguments::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn every_way_to_write_an_option_means_the_same() {
        let arguments = parse(
            "--crate-name ui --edition=2024 ui/src/lib.rs --crate-type cdylib --crate-type rlib \
             -C opt-level=1 -Copt-level=2 --codegen lto=off -C prefer-dynamic --test --extern a=/a.rlib \
             --extern noprelude:b=/b.rlib --extern proc_macro -W unused",
        );
        assert_eq!(arguments.first("--crate-name"), Some("ui"));
        assert_eq!(arguments.first("--edition"), Some("2024"));
        assert_eq!(arguments.all("--crate-type").collect::<Vec<_>>(), ["cdylib", "rlib"]);
        assert_eq!(arguments.codegen("opt-level"), Some("2"), "the last one counts");
        assert_eq!((arguments.codegen("lto"), arguments.codegen("panic")), (Some("off"), None));
        let externs: Vec<_> = arguments.externs().collect();
        assert_eq!(externs, [("a", "/a.rlib"), ("noprelude:b", "/b.rlib")]);
        assert_eq!(arguments.source(), Some("ui/src/lib.rs"));
        let again = Arguments::parse(&arguments.to_vec());
        assert_eq!(again, arguments, "nothing is lost on the way");
    }

    #[test]
    fn what_is_left_out_is_gone_in_every_form() {
        let arguments = parse("-C incremental=/i --codegen lto=thin -Wx --warn=y src.rs --cfg z")
            .without_codegen("incremental")
            .without_codegen("lto")
            .without_lints()
            .without("--cfg")
            .without_source()
            .with("-C", "prefer-dynamic")
            .with_source("other.rs");
        assert_eq!(arguments.to_vec(), ["other.rs", "-C", "prefer-dynamic"]);
    }
}
