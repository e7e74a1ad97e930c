//! Our own icons, drawn on 16 by 16 with the colour of the text around them.
//!
//! An icon stands beside its word and is hidden from screen readers; a word never stands for itself alone.

use maud::{Markup, html};

/// Which icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Bars that lie, of different lengths.
    Dashboard,
    /// A screen on its foot.
    Computer,
    /// A question mark in a circle.
    Help,
    /// A tray with an arrow into it.
    Import,
    /// A flag at the end of a way.
    Steps,
    /// A person.
    Account,
    /// Three lines.
    Menu,
    /// An arrow that leaves.
    Leave,
    /// A tick in a circle.
    Success,
    /// An exclamation mark in a triangle.
    Warning,
    /// A cross in an octagon.
    Error,
    /// An i in a circle.
    Note,
    /// A tick.
    Yes,
    /// A short dash.
    No,
    /// An arrow up: sorted, smallest first.
    Up,
    /// An arrow down: sorted, largest first.
    Down,
    /// A lock.
    Lock,
    /// A pointing bracket to the left.
    Back,
    /// A pointing bracket to the right.
    Next,
    /// A magnifying glass.
    Search,
    /// Two sliders.
    Settings,
    /// Two persons.
    Users,
    /// A form with lines.
    Fields,
    /// A key.
    Registry,
    /// A circle with a bar.
    Junk,
    /// A label with its hole.
    Label,
    /// Upright bars side by side.
    Columns,
    /// A cross.
    Close,
    /// A label on a string.
    Tag,
    /// A box.
    Software,
    /// A book.
    Dictionary,
    /// A line that beats.
    Status,
    /// A sheet with a clock.
    Log,
    /// A screen with an arrow into it.
    Agents,
    /// A parcel on its way down.
    Deploy,
    /// Three boxes in a frame of their own.
    Groups,
}

/// Draws an icon.
pub fn icon(which: Icon) -> Markup {
    let path = match which {
        Icon::Groups => "M5.5 2.5h5v3.5h-5zM1.8 10h5v3.5h-5zM9.2 10h5v3.5h-5zM8 6v2M4.3 10V8h7.4v2",
        Icon::Agents => "M2.5 3h11v7.5h-11zM6 13.5h4M8 10.5v3M8 4.6v3.6M6.4 6.7 8 8.3l1.6-1.6",
        Icon::Deploy => "M2.5 9.5h11v4h-11zM8 2v5.5M5.2 5 8 7.8 10.8 5M6.5 11.5h3",
        Icon::Status => "M1.5 8.5h3l2-5 3 9 2-4h3",
        Icon::Log => "M7 13.5H3v-11h8v3.5M5.5 5.5h3M5.5 8h1.5M11 13.75a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM11 9v2l1.3.8",
        Icon::Settings => {
            "M2.5 5h6M12 5h1.5M2.5 11H4M7.5 11h6M10.25 6.75a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5zM5.75 12.75a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5z"
        }
        Icon::Users => {
            "M6 8a2.25 2.25 0 1 0 0-4.5A2.25 2.25 0 0 0 6 8zM1.8 13.5c.4-2.2 2-3.3 4.2-3.3s3.8 1.1 4.2 3.3M10.5 3.7a2.25 2.25 0 0 1 0 4.1M11.8 10.5c1.3.5 2.1 1.5 2.4 3"
        }
        Icon::Dashboard => "M2.5 2.5v11M5 4.2h8M5 8h5.5M5 11.8h3",
        Icon::Fields => "M3 2.5h10v11H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3",
        Icon::Registry => "M5 11.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM7.2 7.2l5.6-4.2M10.5 4.8l1.7 2",
        Icon::Junk => "M8 14.25A6.25 6.25 0 1 0 8 1.75a6.25 6.25 0 0 0 0 12.5zM3.7 3.7l8.6 8.6",
        Icon::Label => "M2.5 2.5h5l6 6-5 5-6-6zM5.2 5.3v-.1",
        Icon::Computer => "M2.5 3h11v7.5h-11zM6 13.5h4M8 10.5v3",
        Icon::Help => {
            "M8 14.25A6.25 6.25 0 1 0 8 1.75a6.25 6.25 0 0 0 0 12.5zM6.2 6.3a1.85 1.85 0 1 1 2.6 1.9c-.6.3-.8.6-.8 1.2M8 11.4v.2"
        }
        Icon::Import => "M8 2v7.5M5 6.8 8 9.8l3-3M2.5 9.5v4h11v-4",
        Icon::Steps => "M3.5 14V2.5M3.5 3h8.5l-2 2.8 2 2.7H3.5",
        Icon::Account => {
            "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8zM2.8 13.8c.6-2.4 2.6-3.6 5.2-3.6s4.6 1.2 5.2 3.6"
        }
        Icon::Menu => "M2.5 4h11M2.5 8h11M2.5 12h11",
        Icon::Leave => "M6.5 2.5h-4v11h4M6.5 8h7M10.8 5.2 13.6 8l-2.8 2.8",
        Icon::Success => "M8 14.25A6.25 6.25 0 1 0 8 1.75a6.25 6.25 0 0 0 0 12.5zM5.2 8.2l2 2 3.6-4.2",
        Icon::Warning => "M8 2 14.5 13.5h-13zM8 6.3v3.4M8 11.4v.6",
        Icon::Error => "M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4l-3.65-3.65V5.4zM6 6l4 4M10 6l-4 4",
        Icon::Note => "M8 14.25A6.25 6.25 0 1 0 8 1.75a6.25 6.25 0 0 0 0 12.5zM8 7.4v3.8M8 4.7v.6",
        Icon::Yes => "M3 8.5l3.2 3.2L13 4.6",
        Icon::No => "M5 8h6",
        Icon::Up => "M8 13V3.5M4.5 7 8 3.5 11.5 7",
        Icon::Down => "M8 3v9.5M4.5 9 8 12.5 11.5 9",
        Icon::Lock => "M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
        Icon::Back => "M10 3 5 8l5 5",
        Icon::Next => "M6 3l5 5-5 5",
        Icon::Columns => "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
        Icon::Close => "M4.5 4.5l7 7M11.5 4.5l-7 7",
        Icon::Tag => "M2.5 2.5h5.6l5.4 5.4-5.6 5.6-5.4-5.4zM5.4 5.4v.1",
        Icon::Software => "M8 1.8 13.5 4.8v6.4L8 14.2 2.5 11.2V4.8zM2.5 4.8 8 7.9l5.5-3.1M8 7.9v6.3",
        Icon::Dictionary => {
            "M8 4.2C6.6 3 4.6 2.7 2.5 3v9.6c2.1-.3 4.1 0 5.5 1.2 1.4-1.2 3.4-1.5 5.5-1.2V3C11.4 2.7 9.4 3 8 4.2zM8 4.2v9.6"
        }
        Icon::Search => "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.4 3.4",
    };
    html! {
        svg.icon viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" {
            path d=(path) {}
        }
    }
}

/// The mark of the product: a list of which one line is ticked.
pub fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" {
            rect.mark-ground x="1" y="1" width="22" height="22" rx="5" {}
            path.mark-lines d="M11.5 7.25h6.5M11.5 12h6.5M11.5 16.75h6.5" {}
            path.mark-ticks d="M5.5 7.4l1.3 1.3L9 6M5.5 12.15l1.3 1.3L9 10.75" {}
            circle.mark-dot cx="7.2" cy="16.75" r="1.2" {}
        }
    }
}
