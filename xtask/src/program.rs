//! Where cargo has put a program that it built.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

/// The program of this name among cargo's messages (`--message-format=json…`), read to their end.
pub(crate) fn among(messages: impl Read, name: &str) -> Option<PathBuf> {
    let lines = BufReader::new(messages).lines().map_while(Result::ok);
    lines
        .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
        .filter(|message| message["target"]["name"] == name)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .last()
}

#[cfg(test)]
mod tests {
    use super::among;

    #[test]
    fn a_program_is_found_by_its_name() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"host"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other"}
            {"reason":"compiler-artifact","target":{"name":"host"},"executable":"/t/a b/host"}
            not json
            {"reason":"build-finished","success":true}"#;
        assert_eq!(among(messages.as_bytes(), "host"), Some("/t/a b/host".into()));
        assert_eq!(among(messages.as_bytes(), "absent"), None);
        assert_eq!(among(&b""[..], "host"), None);
    }
}
