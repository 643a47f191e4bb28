//! The chart in characters: braille where the terminal can show it, plain ASCII elsewhere.

use std::io::Write;

use super::chart::{Chart, Panel};
use crate::cli::table::visible;

/// Columns for the curve, and before it for its values; together less than 80.
const WIDTH: usize = 64;
const LABELS: usize = 9;
const HEIGHT: usize = 8;
/// Dots of a braille character.
const ACROSS: usize = 2;
const DOWN: usize = 4;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) unicode: bool,
    pub(super) colour: bool,
}

/// What a candidate is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Dots(u8),
    Line,
    Point,
}

pub(super) fn write_chart(out: &mut impl Write, chart: &Chart, style: Style) -> std::io::Result<()> {
    for (which, panel) in chart.panels.iter().enumerate() {
        writeln!(out, "{} ({})", panel.title, panel.unit)?;
        write_panel(out, chart, which, panel, style)?;
    }
    let ticks: Vec<_> = chart.axis.ticks().collect();
    for line in placed(ticks.iter().map(|(at, name)| (column(*at), name.as_str())))
        .iter()
        .take(1)
    {
        writeln!(out, "{:LABELS$}{line}  idle", "")?;
    }
    let pointer = if style.unicode { '▲' } else { '^' };
    let names: Vec<_> = chart
        .marks
        .iter()
        .map(|mark| {
            let (at, name) = (column(mark.at), visible(&mark.name));
            // The pointer stays where it points; at the right edge the name goes before it.
            match (WIDTH - at).checked_sub(name.chars().count() + 2) {
                Some(_) => (at, format!("{pointer} {name}")),
                None => (at.saturating_sub(name.chars().count() + 1), format!("{name} {pointer}")),
            }
        })
        .collect();
    for line in placed(names.iter().map(|(at, name)| (*at, name.as_str()))) {
        writeln!(out, "{:LABELS$}{}", "", coloured(&line, style))?;
    }
    Ok(())
}

fn write_panel(out: &mut impl Write, chart: &Chart, which: usize, panel: &Panel, style: Style) -> std::io::Result<()> {
    let cells = drawn(chart, which, panel);
    let mut labels = vec![String::new(); HEIGHT + 1];
    for tick in &panel.ticks {
        labels[HEIGHT - row(*tick / panel.top(), HEIGHT)] = tick.to_string();
    }
    let [wall, joint, corner, floor, foot] = if style.unicode {
        ['│', '┤', '┼', '─', '┴']
    } else {
        ['|', '+', '+', '-', '+']
    };
    let space = LABELS - 2;
    for (label, line) in labels.iter().zip(&cells) {
        let border = if label.is_empty() { wall } else { joint };
        write!(out, "{label:>space$} {border}")?;
        let line: Vec<String> = line.iter().map(|cell| shown(*cell, style)).collect();
        writeln!(out, "{}", line.concat().trim_end())?;
    }
    let feet: Vec<usize> = chart.axis.ticks().map(|(at, _)| column(at)).collect();
    let base: String = (0..WIDTH)
        .map(|column| if feet.contains(&column) { foot } else { floor })
        .collect();
    writeln!(out, "{:>space$} {corner}{base}", labels[HEIGHT])
}

/// The curve as dots, each candidate as a dashed line and a point on it.
fn drawn(chart: &Chart, which: usize, panel: &Panel) -> Vec<Vec<Cell>> {
    let mut cells = vec![vec![Cell::Dots(0); WIDTH]; HEIGHT];
    for mark in &chart.marks {
        for (line, cells) in cells.iter_mut().enumerate() {
            if line % 2 == 0 {
                cells[column(mark.at)] = Cell::Line;
            }
        }
    }
    let mut before: Option<usize> = None;
    for x in 0..WIDTH * ACROSS {
        let at = fraction(x, WIDTH * ACROSS - 1);
        let y = row(value(&panel.curve, at) / panel.top(), HEIGHT * DOWN - 1);
        // Joined to its neighbour, so that a steep curve has no holes.
        let (low, high) = before.map_or((y, y), |before| (before.min(y), before.max(y)));
        for y in low..=high {
            light(&mut cells, x, HEIGHT * DOWN - 1 - y);
        }
        before = Some(y);
    }
    for mark in &chart.marks {
        let line = HEIGHT - 1 - row(mark.values[which].0 / panel.top(), HEIGHT * DOWN - 1) / DOWN;
        cells[line][column(mark.at)] = Cell::Point;
    }
    cells
}

fn light(cells: &mut [Vec<Cell>], x: usize, y: usize) {
    // The numbering of the dots in the block of Unicode.
    const DOTS: [[u8; ACROSS]; DOWN] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let cell = &mut cells[y / DOWN][x / ACROSS];
    let dot = DOTS[y % DOWN][x % ACROSS];
    *cell = match *cell {
        Cell::Dots(dots) => Cell::Dots(dots | dot),
        Cell::Line | Cell::Point => Cell::Dots(dot),
    };
}

fn shown(cell: Cell, style: Style) -> String {
    match (cell, style.unicode) {
        (Cell::Dots(0), _) => " ".to_owned(),
        (Cell::Dots(dots), true) => char::from_u32(0x2800 + u32::from(dots)).unwrap_or('*').to_string(),
        (Cell::Dots(_), false) => "*".to_owned(),
        (Cell::Line, true) => coloured("┊", style),
        (Cell::Line, false) => coloured(":", style),
        (Cell::Point, true) => coloured("●", style),
        (Cell::Point, false) => coloured("O", style),
    }
}

fn coloured(text: &str, style: Style) -> String {
    if style.colour {
        format!("\x1b[33m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// The curve between two of its points is a straight line.
fn value(curve: &[(f64, f64)], at: f64) -> f64 {
    let pair = curve
        .windows(2)
        .find(|pair| pair[0].0 <= at && at <= pair[1].0)
        .map(|pair| (pair[0], pair[1]));
    match pair {
        Some(((x, y), (next_x, next_y))) if next_x > x => y + (next_y - y) * (at - x) / (next_x - x),
        Some(((_, y), _)) => y,
        None => curve.last().map_or(0.0, |(_, y)| *y),
    }
}

fn column(at: f64) -> usize {
    row(at, WIDTH - 1)
}

/// A fraction of so many steps, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to some hundred steps"
)]
fn row(fraction: f64, steps: usize) -> usize {
    (fraction.clamp(0.0, 1.0) * steps as f64).round() as usize
}

#[expect(clippy::cast_precision_loss, reason = "some hundred steps")]
fn fraction(step: usize, steps: usize) -> f64 {
    step as f64 / steps as f64
}

/// Lines of words that begin at their columns; what would touch its neighbour goes to the next line.
fn placed<'a>(words: impl Iterator<Item = (usize, &'a str)>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (column, word) in words {
        let length = word.chars().count();
        let column = column.min(WIDTH.saturating_sub(length));
        let fits = |line: &&mut String| line.is_empty() || line.chars().count() < column;
        let line = match lines.iter_mut().find(fits) {
            Some(line) => line,
            None => lines.push_mut(String::new()),
        };
        let padding = column.saturating_sub(line.chars().count());
        line.extend(std::iter::repeat_n(' ', padding));
        line.push_str(word);
    }
    lines
}
