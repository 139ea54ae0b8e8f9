//! What a first start shows: a tour of what can be tried.

use crate::Priority;

/// Title, notes, tags, priority.
pub(crate) type Example = (&'static str, &'static str, &'static str, Priority);

/// The columns and their cards.
pub(crate) const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "Backlog",
        &[
            (
                "Rename a field of Card",
                "Add a migration for it in the state crate and look at the reload report: \
                 nothing is lost.",
                "state, migration",
                Priority::Normal,
            ),
            (
                "Write a view of your own",
                "Views are listed in HotUi::VIEWS; the host gives each an area.",
                "views",
                Priority::Low,
            ),
            ("Measure an edit", "From saving to the first new frame.", "bench", Priority::Normal),
        ],
    ),
    (
        "Doing",
        &[
            (
                "Change a colour while this runs",
                "Open style.rs, pick another accent, save.\nThis text, the filter and the open \
                 editor stay as they are.",
                "try it, ui",
                Priority::High,
            ),
            ("Drag this card somewhere else", "", "try it", Priority::Normal),
        ],
    ),
    (
        "Done",
        &[
            ("Start the host", "cargo xtask dev", "setup", Priority::Normal),
            ("Read the tour of the code", "", "docs", Priority::Low),
        ],
    ),
];
