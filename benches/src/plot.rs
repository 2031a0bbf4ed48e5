//! Plots as SVG: transparent, in colors that can be read on light and on dark pages.

use std::fmt::Write;

use crate::report::Row;

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#57606a}\
line{stroke:#8c959f}.better{fill:#2da44e}.worse{fill:#bc4c00}\
@media(prefers-color-scheme:dark){text{fill:#9ea7b3}line{stroke:#6e7681}\
.better{fill:#3fb950}.worse{fill:#f0883e}}";

const LABELS: f64 = 470.0;
const BARS: f64 = 340.0;
const HEIGHT: f64 = 20.0;
/// The ratios at both ends, as powers of two. Bars beyond them are cut.
const LEAST: f64 = -4.0;
const MOST: f64 = 4.0;

/// Returns the ratios of the rows as bars that begin at 1, on a logarithmic scale.
pub fn bars(rows: &[Row]) -> String {
    let at = |power: f64| LABELS + (power.clamp(LEAST, MOST) - LEAST) / (MOST - LEAST) * BARS;
    let (width, height) = (LABELS + BARS + 60.0, HEIGHT * (rows.len() as f64 + 1.5));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\"><style>{STYLE}</style>\n"
    );
    for power in [-4, -3, -2, -1, 0, 1, 2, 3, 4] {
        let (x, label) = (at(f64::from(power)), 2_f64.powi(power));
        let wide = if power == 0 { 1.5 } else { 0.3 };
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"{HEIGHT}\" y2=\"{height}\" stroke-width=\"{wide}\"/>\
             <text x=\"{x}\" y=\"14\" text-anchor=\"middle\">{label}</text>"
        );
    }
    for (row, y) in rows.iter().zip((1..).map(|line| f64::from(line) * HEIGHT + 6.0)) {
        let (one, end) = (at(0.0), at(row.ratio.max(f64::MIN_POSITIVE).log2()));
        let class = if row.is_better() { "better" } else { "worse" };
        let name = row.name.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
             <rect class=\"{class}\" x=\"{}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\"/>\
             <text x=\"{}\" y=\"{}\">{:.2}</text>",
            LABELS - 8.0,
            y + 12.0,
            one.min(end),
            (one - end).abs().max(1.0),
            HEIGHT - 5.0,
            LABELS + BARS + 8.0,
            y + 12.0,
            row.ratio,
        );
    }
    svg.push_str("</svg>\n");
    svg
}
