//! Waits over the day, drawn as SVG.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::Timestamp;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use whatif::{Figures, Key};

use super::Answer;
use super::Failure;
use super::table::{clock, number, span};

const SIZE: (u32, u32) = (1120, 600);
const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(38, 50, 56);
const FAINT: RGBColor = RGBColor(226, 231, 234);
/// Two colours that stay apart for those who see fewer of them.
const RECORDED: RGBColor = RGBColor(110, 125, 135);
const CHANGED: RGBColor = RGBColor(213, 94, 0);
const FONT: &str = "sans-serif";

/// Plots are SVG: every browser shows them, and nothing has to be installed for it.
pub(super) fn file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_svg = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    if is_svg { Ok(path) } else { Err("plots are SVG: write a name that ends in .svg".to_owned()) }
}

pub(super) fn draw(answer: &Answer, file: &Path) -> Result<(), Failure> {
    let text = svg(answer).map_err(|error| Failure::Failed(format!("the plot cannot be drawn: {error}")))?;
    fs::write(file, text).map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", file.display())))
}

pub(super) fn svg(answer: &Answer) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&PAPER)?;
        let (head, body) = area.split_vertically(74);
        title(answer, &head)?;
        chart(answer, &body, &head)?;
        area.present()?;
    }
    Ok(text)
}

type Drawn = Result<(), Box<dyn Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn title(answer: &Answer, area: &Area<'_>) -> Drawn {
    let head = (FONT, 22).into_font().style(FontStyle::Bold).color(&INK);
    let below = (FONT, 14).into_font().color(&RECORDED);
    area.draw_text(&format!("How long callers waited on {}", answer.date), &head, (30, 20))?;
    let arrivals = number(answer.arrivals as u64);
    let calls = format!("VDN {}, {arrivals} calls; each point is a stretch of", answer.vdn);
    let stretch = answer.stretch().as_secs() / 60;
    let unit = if stretch == 1 { "minute" } else { "minutes" };
    area.draw_text(&format!("{calls} {stretch} {unit}, by the time of arrival"), &below, (30, 50))?;
    Ok(())
}

/// One of the two floors, as it is drawn.
struct Curve {
    name: String,
    colour: RGBColor,
    /// The local second of the day in the middle of the stretch, with the two percentiles in seconds.
    points: Vec<Option<(f64, f64, f64)>>,
}

fn chart(answer: &Answer, area: &Area<'_>, head: &Area<'_>) -> Drawn {
    let nothing = Figures::default();
    let all = |run: &'_ std::collections::BTreeMap<Key, Figures>| run.get(&Key::All).unwrap_or(&nothing).clone();
    let (hours, stretch) = (answer.drawn_hours(), answer.stretch());
    let curve = |name: &str, colour, figures: &Figures| Curve {
        name: name.to_owned(),
        colour,
        points: points(answer, figures, &hours, stretch),
    };
    let curves = [
        curve("the recorded floor", RECORDED, &all(&answer.modelled)),
        curve(&answer.other, CHANGED, &all(&answer.changed)),
    ];
    let highest = curves.iter().flat_map(|curve| curve.points.iter().flatten()).map(|point| point.2);
    let top = ceiling(highest.fold(0.0, f64::max));
    let (from, to) = (second(answer.local_seconds(hours.start)), second(answer.local_seconds(hours.end)));
    let mut chart = ChartBuilder::on(area)
        .margin_left(22)
        .margin_right(34)
        .margin_bottom(14)
        .x_label_area_size(44)
        .y_label_area_size(62)
        .build_cartesian_2d(
            Axis::new(from..to, &[300.0, 900.0, 1800.0, 3600.0, 7200.0], 12),
            Axis::new(0.0..top, &[5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0], 7),
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(FAINT.stroke_width(1))
        .label_style((FONT, 14).into_font().color(&INK))
        .axis_desc_style((FONT, 14).into_font().color(&RECORDED))
        .x_label_formatter(&|at| clock(whole(*at)))
        .y_label_formatter(&|wait| span(Duration::from_secs_f64(wait.max(0.0))))
        .x_desc("local time")
        .y_desc("wait, min:s")
        .draw()?;
    for curve in &curves {
        let colour = curve.colour;
        for stretch in curve.points.split(Option::is_none) {
            let points: Vec<_> = stretch.iter().flatten().copied().collect();
            let there = points.iter().map(|(at, _, high)| (*at, *high));
            let back = points.iter().rev().map(|(at, low, _)| (*at, *low));
            chart.draw_series([Polygon::new(there.chain(back).collect::<Vec<_>>(), colour.mix(0.13).filled())])?;
        }
    }
    for curve in &curves {
        draw_lines(&mut chart, curve)?;
    }
    legend(head, &curves)
}

/// Seconds, with marks at whole minutes and hours.
struct Axis {
    range: Range<f64>,
    marks: Vec<f64>,
}

impl Axis {
    /// With marks at the multiples of the smallest step that needs no more of them than `most`.
    fn new(range: Range<f64>, steps: &[f64], most: u32) -> Self {
        let fits = |step: &&f64| (range.end - range.start) / **step <= f64::from(most);
        let step = steps.iter().find(fits).or(steps.last()).copied().unwrap_or(3600.0);
        let first = (range.start / step).ceil();
        let marks = (0..=most).map(|nth| (first + f64::from(nth)) * step);
        Self { marks: marks.take_while(|mark| *mark <= range.end).collect(), range }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "points of a drawing")]
    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        from + (part * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// Thick for 90 of a hundred callers, thin for the one in the middle.
fn draw_lines(chart: &mut ChartContext<'_, SVGBackend<'_>, Cartesian2d<Axis, Axis>>, curve: &Curve) -> Drawn {
    for stretch in curve.points.split(Option::is_none) {
        let points: Vec<_> = stretch.iter().flatten().copied().collect();
        let high: Vec<_> = points.iter().map(|(at, _, high)| (*at, *high)).collect();
        let low: Vec<_> = points.iter().map(|(at, low, _)| (*at, *low)).collect();
        chart.draw_series(high.iter().map(|point| Circle::new(*point, 2, curve.colour.filled())))?;
        chart.draw_series(LineSeries::new(high, curve.colour.stroke_width(3)))?;
        chart.draw_series(LineSeries::new(low, curve.colour.stroke_width(1)))?;
    }
    Ok(())
}

fn legend(area: &Area<'_>, curves: &[Curve]) -> Drawn {
    let text = (FONT, 14).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Center));
    for (row, curve) in (0..).zip(curves) {
        let y = 28 + 26 * row;
        let x = 620;
        for (nth, (what, width)) in (0..).zip([("9 of 10 wait no longer", 3), ("half wait no longer", 1)]) {
            let x = x + if nth == 0 { 0 } else { 284 };
            area.draw(&PathElement::new([(x, y), (x + 26, y)], curve.colour.stroke_width(width)))?;
            let says = if nth == 0 { format!("{}: {what}", curve.name) } else { what.to_owned() };
            area.draw_text(&says, &text, (x + 34, y))?;
        }
    }
    Ok(())
}

fn points(
    answer: &Answer,
    figures: &Figures,
    hours: &Range<Timestamp>,
    stretch: Duration,
) -> Vec<Option<(f64, f64, f64)>> {
    let of = |percent| figures.over_the_day(hours.start, hours.end, stretch, percent);
    let middles = (0..).map(|nth| hours.start + stretch * nth + stretch / 2);
    let at = middles.map(|middle| second(answer.local_seconds(middle)));
    let both = of(50).into_iter().zip(of(90));
    at.zip(both).map(|(at, (low, high))| Some((at, low?.as_secs_f64(), high?.as_secs_f64()))).collect()
}

impl Answer {
    /// Over how long a stretch waits are taken together: a quarter of an hour, or less on a day of a few hours.
    fn stretch(&self) -> Duration {
        let minutes = match self.hours.1.since(self.hours.0).as_secs() {
            0..3_600 => 1,
            3_600..14_400 => 5,
            _ => 15,
        };
        Duration::from_secs(60 * minutes)
    }

    /// From the first call to the last, out to whole stretches of local time.
    fn drawn_hours(&self) -> Range<Timestamp> {
        let stretch = i64::try_from(self.stretch().as_secs()).unwrap_or(900);
        let offset = i64::from(self.utc_offset_minutes) * 60;
        let begin = (self.hours.0.seconds() + offset).div_euclid(stretch) * stretch - offset;
        let end = ((self.hours.1.seconds() + offset).div_euclid(stretch) + 1) * stretch - offset;
        Timestamp::from_seconds(begin)..Timestamp::from_seconds(end)
    }
}

/// A little more than the longest wait that is drawn, and never nothing.
fn ceiling(highest: f64) -> f64 {
    (highest * 1.08).max(10.0)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
fn second(seconds: i64) -> f64 {
    seconds as f64
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
fn whole(seconds: f64) -> i64 {
    seconds.round() as i64
}
