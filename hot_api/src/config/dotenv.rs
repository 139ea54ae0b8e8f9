//! The variables of a `.env` file. The one door to `dotenvy`.

use super::error::ConfigError;
use super::merge::{Origin, Source};

/// What some editors put in front of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Its name, its value, and where it is set.
pub(super) type Variable = (String, (String, Origin));

/// Its variables with their values, in no order; of two with one name, the later counts.
///
/// # Errors
/// The first line that is none.
pub(super) fn parse(file: &'static str, text: &str) -> Result<Vec<Variable>, ConfigError> {
    let mut variables = Vec::new();
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    for parsed in dotenvy::from_read_iter(text.as_bytes()) {
        match parsed {
            Ok((variable, value)) => {
                let line = line_of(text, &variable);
                let source = Source::Dotenv { file, variable: variable.clone() };
                variables.push((variable, (value, Origin { source, line })));
            }
            Err(dotenvy::Error::LineParse(line, _)) => {
                // The line may be a secret, so it is not repeated.
                let first = line.lines().next().unwrap_or_default().trim_end();
                let number = (1..).zip(text.lines()).find(|(_, other)| other.trim_end() == first);
                let number = number.map(|(number, _)| number);
                let message = "this is no `NAME=value`; put quotes around a value with spaces, quotes or \
                               `$`, and `#` before a comment";
                let source = Source::File(file);
                return Err(ConfigError::at(&source, number, "", message.to_owned()));
            }
            Err(error) => return Err(ConfigError::of_file(file, error.to_string())),
        }
    }
    Ok(variables)
}

/// The last line that sets this variable.
fn line_of(text: &str, variable: &str) -> Option<u32> {
    let sets = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(variable).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let last = (1..).zip(text.lines()).filter(|(_, line)| sets(line)).last();
    last.map(|(number, _)| number)
}
