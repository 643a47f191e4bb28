//! The chart as a picture that stands alone: no script, no font, no address; light and dark as the reader's page is.

use std::fmt::{Display, Write as _};

use super::chart::{Chart, Mark, Panel};
use crate::cli::table::visible;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 96.0;
const HEIGHT: f64 = 170.0;
/// Between the panels: the title of the second.
const GAP: f64 = 56.0;
const LINE: f64 = 18.0;

const STYLE: &str = "\
svg{--ground:#fff;--ink:#1c2330;--quiet:#5b6577;--grid:#e3e7ee;--curve:#1f5fbf;--mark:#b3470b;background:var(--ground)}\
@media(prefers-color-scheme:dark){svg{--ground:#12161d;--ink:#e8ecf3;--quiet:#9aa6ba;--grid:#2a3240;--curve:#7fb2ff;--mark:#ffa45c}}\
text{font:13px system-ui,sans-serif;fill:var(--quiet)}\
.ground{fill:var(--ground)}.title{font-size:17px;font-weight:600;fill:var(--ink)}.panel{font-weight:600;fill:var(--ink)}\
.grid{stroke:var(--grid)}.curve{fill:none;stroke:var(--curve);stroke-width:2.5;stroke-linejoin:round}\
.mark{stroke:var(--mark);stroke-dasharray:4 4}.point{fill:var(--mark);stroke:var(--ground);stroke-width:2}\
.name{fill:var(--mark);font-weight:600}.value{fill:var(--ink);stroke:var(--ground);stroke-width:4;paint-order:stroke}";

/// `description` is what a reader who does not see it is told.
pub(super) fn picture(chart: &Chart, description: &str) -> String {
    let rows = rows_of(&chart.marks);
    let extra = LINE * rows.iter().map(|row| f64::from(*row)).fold(0.0, f64::max);
    let top = TOP + extra;
    let bottom = top + 2.0 * HEIGHT + GAP;
    let height = bottom + 52.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-labelledby=\"title desc\">\n<title id=\"title\">Idle limits compared</title>\n<desc id=\"desc\">{}</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n",
        escaped(description)
    );
    text(
        &mut svg,
        LEFT,
        30.0,
        "title",
        "start",
        "What an idle limit costs, and what it saves",
    );
    for (mark, row) in chart.marks.iter().zip(&rows) {
        let label = top - 9.0 - LINE * f64::from(*row);
        text(&mut svg, x(mark.at), label, "name", "middle", &mark.name);
    }
    let first_title = top - 32.0 - extra;
    text(&mut svg, LEFT, first_title, "panel", "start", &chart.panels[0].title);
    let second_title = top + HEIGHT + GAP - 14.0;
    text(&mut svg, LEFT, second_title, "panel", "start", &chart.panels[1].title);
    for (which, (panel, top)) in chart.panels.iter().zip([top, top + HEIGHT + GAP]).enumerate() {
        draw(&mut svg, chart, which, panel, top);
    }
    for (at, name) in chart.axis.ticks() {
        text(&mut svg, x(at), bottom + 20.0, "tick", "middle", &name);
    }
    text(
        &mut svg,
        x(0.5),
        bottom + 42.0,
        "tick",
        "middle",
        "idle limit (logarithmic)",
    );
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, chart: &Chart, which: usize, panel: &Panel, top: f64) {
    let y = |value: f64| top + HEIGHT * (1.0 - value / panel.top());
    for tick in &panel.ticks {
        line(svg, "grid", (LEFT, y(*tick)), (WIDTH - RIGHT, y(*tick)));
        let label = format!("{tick} {}", panel.unit);
        text(svg, LEFT - 8.0, y(*tick) + 4.0, "tick", "end", &label);
    }
    let points: Vec<String> = panel
        .curve
        .iter()
        .map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value)))
        .collect();
    write(
        svg,
        format_args!("<polyline class=\"curve\" points=\"{}\"/>\n", points.join(" ")),
    );
    for mark in &chart.marks {
        line(svg, "mark", (x(mark.at), top), (x(mark.at), top + HEIGHT));
    }
    for mark in &chart.marks {
        let (value, label) = &mark.values[which];
        let (cx, cy) = (x(mark.at), y(*value));
        write(
            svg,
            format_args!("<circle class=\"point\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"6\"/>\n"),
        );
        // Beside the point, on the side where the picture has room.
        let (shift, anchor) = if mark.at > 0.85 {
            (-11.0, "end")
        } else {
            (11.0, "start")
        };
        let above = if which == 0 { -9.0 } else { 16.0 };
        let lowest = top + HEIGHT - 6.0;
        text(svg, cx + shift, (cy + above).min(lowest), "value", anchor, label);
    }
}

/// Names that would touch their neighbour's go one line up.
fn rows_of(marks: &[Mark]) -> Vec<u32> {
    let mut ends: Vec<f64> = Vec::new();
    marks
        .iter()
        .map(|mark| {
            let half = mark.name.chars().fold(0.0, |width, _| width + 4.0);
            let (from, to) = (x(mark.at) - half, x(mark.at) + half + 8.0);
            let free = ends.iter().position(|end| *end <= from);
            let row = free.unwrap_or(ends.len());
            if row == ends.len() {
                ends.push(to);
            } else {
                ends[row] = to;
            }
            u32::try_from(row).unwrap_or(0)
        })
        .collect()
}

fn x(at: f64) -> f64 {
    LEFT + (WIDTH - LEFT - RIGHT) * at
}

fn line(svg: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    write(
        svg,
        format_args!(
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>\n",
            from.0, from.1, to.0, to.1
        ),
    );
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, anchor: &str, words: &str) {
    let words = escaped(words);
    write(
        svg,
        format_args!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n"),
    );
}

fn write(svg: &mut String, what: impl Display) {
    // Writing to a string does not fail.
    let _ = write!(svg, "{what}");
}

fn escaped(words: &str) -> String {
    visible(words)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
