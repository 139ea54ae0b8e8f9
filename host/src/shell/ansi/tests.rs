//! What is read, what is dropped, and that it can be read on any ground.

use super::*;
use proptest::prelude::*;

fn plain(text: &str) -> String {
    let lines: Vec<String> = lines(text).into_iter().map(|line| line.text).collect();
    lines.join("\n")
}

fn formats(text: &str, visuals: &Visuals) -> Vec<(String, TextFormat)> {
    let line = &lines(text)[0];
    let job = line.job(0..line.text.len(), &FontId::monospace(12.0), visuals);
    let text_of = |range: Range<usize>| job.text[range].to_owned();
    job.sections
        .iter()
        .map(|section| {
            let range = section.byte_range.start.0..section.byte_range.end.0;
            (text_of(range), section.format.clone())
        })
        .collect()
}

#[test]
fn sequences_set_and_reset_what_they_name() {
    let dark = Visuals::dark();
    let parts = formats("\u{1b}[1m\u{1b}[38;5;9merror\u{1b}[0m: \u{1b}[3;4;9mx\u{1b}[m", &dark);
    let texts: Vec<&str> = parts.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, ["error", ": ", "x"]);
    assert_eq!(parts[0].1.color, Color32::from_rgb(0xff, 0x7b, 0x72));
    assert_eq!(parts[1].1.color, plain_color(&dark));
    assert!(parts[2].1.italics, "3 is italic");
    assert!(parts[2].1.underline != Stroke::NONE, "4 is underlined");
    assert!(parts[2].1.strikethrough != Stroke::NONE, "9 is struck through");
}

#[test]
fn colors_of_every_form() {
    let of = |text: &str| {
        let line = lines(&format!("{text}x")).remove(0);
        line.styles[0].1.foreground
    };
    let rgb = Some(Color::Rgb(1, 2, 3));
    for (text, color) in [
        ("\u{1b}[31m", Some(Color::Indexed(1))),
        ("\u{1b}[94m", Some(Color::Indexed(12))),
        ("\u{1b}[38;5;208m", Some(Color::Indexed(208))),
        ("\u{1b}[38:5:208m", Some(Color::Indexed(208))),
        ("\u{1b}[38;2;1;2;3m", rgb),
        ("\u{1b}[38:2:1:2:3m", rgb),
        ("\u{1b}[38:2::1:2:3m", rgb),
        ("\u{1b}[31m\u{1b}[39m", None),
        ("\u{1b}[38;2;1;2;300m", None),
        ("\u{1b}[31;77m", Some(Color::Indexed(1))),
    ] {
        assert_eq!(of(text), color, "{text:?}");
    }
}

#[test]
fn what_a_terminal_would_obey_otherwise_is_dropped() {
    for (text, seen) in [
        ("a\u{1b}[2Kb\u{1b}[10;4Hc", "abc"),
        ("\u{1b}]0;title\u{7}x", "x"),
        ("\u{1b}]8;;https://doc\u{1b}\\E0308\u{1b}]8;;\u{1b}\\", "E0308"),
        ("a\r\nb\u{8}", "a\nb"),
        ("\tx", "    x"),
        ("open \u{1b}[", "open "),
    ] {
        assert_eq!(plain(text), seen, "{text:?}");
    }
}

#[test]
fn every_color_can_be_read_on_both_grounds() {
    for visuals in [Visuals::dark(), Visuals::light()] {
        for index in 0..=255_u8 {
            let parts = formats(&format!("\u{1b}[38;5;{index}mx"), &visuals);
            let seen = contrast(parts[0].1.color, visuals.window_fill);
            assert!(seen >= CONTRAST_MIN, "color {index} has a contrast of {seen}");
        }
    }
}

#[test]
fn a_part_of_a_line_keeps_its_colors() {
    let line = &lines("ab\u{1b}[31mcd\u{1b}[0mef")[0];
    let job = line.job(1..5, &FontId::monospace(12.0), &Visuals::dark());
    assert_eq!((job.text.as_str(), job.sections.len()), ("bcde", 3));
}

#[test]
fn a_very_long_line_is_folded() {
    let lines = lines(&"x".repeat(COLUMNS_MAX * 2 + 1));
    let lengths: Vec<usize> = lines.iter().map(|line| line.text.len()).collect();
    assert_eq!(lengths, [COLUMNS_MAX, COLUMNS_MAX, 1]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_every_part_can_be_laid_out(bytes: Vec<u8>) {
        for line in lines(&String::from_utf8_lossy(&bytes)) {
            let job = line.job(0..line.text.len(), &FontId::monospace(12.0), &Visuals::dark());
            prop_assert_eq!(&job.text, &line.text);
        }
    }

    #[test]
    fn the_visible_text_is_the_stripped_text(text in colored_text()) {
        prop_assert_eq!(plain(&text), strip_ansi_escapes::strip_str(&text));
    }
}

/// Text with the sequences that compilers and terminals use between it.
fn colored_text() -> impl Strategy<Value = String> {
    let escape = prop_oneof![
        "\u{1b}\\[[0-9]{0,3}(;[0-9]{1,3}){0,5}m",
        "\u{1b}\\[[0-9:;]{0,12}[A-HJKSTfm]",
        "\u{1b}\\[\\?[0-9]{1,4}[hl]",
        "\u{1b}\\]8;;[a-z:/.]{0,12}(\u{1b}\\\\|\u{7})",
        "\u{1b}\\([0AB]",
    ];
    // Other control characters are dropped here and there, each by its own rule.
    let piece = prop_oneof![escape, "[^\\p{Cc}]{0,12}", Just("\n".to_owned())];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}
