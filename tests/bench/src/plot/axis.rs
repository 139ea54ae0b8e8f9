//! From values to places, and the values that are worth a tick.

/// How values lie along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From zero, in equal steps.
    Linear,
    /// In powers of ten; values have to be positive.
    Log,
}

/// One axis of a plot.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What is shown, with its unit.
    pub label: String,
    /// How.
    pub scale: Scale,
    /// The text of a tick.
    pub tick: fn(f64) -> String,
}

/// An axis that knows the values it has to show, between two places in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    scale: Scale,
    values: [f64; 2],
    pixels: [f64; 2],
}

impl Span {
    /// Has room for all values.
    #[must_use]
    pub fn over(scale: Scale, values: impl Iterator<Item = f64>, pixels: [f64; 2]) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let values = match scale {
            Scale::Linear => {
                let step = step_of(high.max(f64::MIN_POSITIVE));
                // A hundredth of a step more is no reason for a whole one.
                [0.0, ((high / step - 0.01).ceil() * step).max(step)]
            }
            Scale::Log => {
                let (low, high) = (low.max(f64::MIN_POSITIVE), high.max(f64::MIN_POSITIVE));
                // Down and up to the next tick.
                let below =
                    mantissas(low.log10().floor() as i32).filter(|tick| *tick <= low * 1.001);
                let above =
                    mantissas(high.log10().floor() as i32).find(|tick| *tick >= high * 0.999);
                [below.last().unwrap_or(low), above.unwrap_or(high)]
            }
        };
        Self { scale, values, pixels }
    }

    /// Where a value is, in pixels.
    #[must_use]
    pub fn at(&self, value: f64) -> f64 {
        let place = |value: f64| if self.scale == Scale::Log { value.log10() } else { value };
        let [low, high] = self.values.map(place);
        let [from, to] = self.pixels;
        let part = if high > low { (place(value) - low) / (high - low) } else { 0.5 };
        from + part * (to - from)
    }

    /// The values that get a tick, in order.
    #[must_use]
    pub fn ticks(&self) -> Vec<f64> {
        let [low, high] = self.values;
        match self.scale {
            Scale::Linear => {
                let step = step_of(high);
                let count = (high / step).round() as usize;
                (0..=count).map(|tick| tick as f64 * step).collect()
            }
            Scale::Log => {
                let decades = low.log10().floor() as i32..=high.log10().floor() as i32;
                let ticks: Vec<f64> = decades
                    .flat_map(mantissas)
                    .filter(|tick| (low * 0.999..=high * 1.001).contains(tick))
                    .collect();
                // Over many decades, their beginnings are enough.
                let is_long = high / low > 2_000.0;
                let is_whole = |tick: &f64| (tick.log10() - tick.log10().round()).abs() < 1e-9;
                let mut ticks: Vec<f64> =
                    ticks.into_iter().filter(|tick| !is_long || is_whole(tick)).collect();
                ticks.dedup();
                ticks
            }
        }
    }
}

/// 1, 2, 5 and 10 times a power of ten.
fn mantissas(decade: i32) -> impl Iterator<Item = f64> {
    [1.0, 2.0, 5.0, 10.0].into_iter().map(move |mantissa| mantissa * 10_f64.powi(decade))
}

/// A round step of which at most six reach `high`.
fn step_of(high: f64) -> f64 {
    let rough = high / 6.0;
    let decade = rough.log10().floor() as i32;
    mantissas(decade).find(|step| *step >= rough * 0.999).unwrap_or(rough)
}

/// A number as people write it: `1,234`, and no more places behind the point than it needs.
#[must_use]
pub fn plain(value: f64) -> String {
    let digits = match value.abs() {
        0.0 | 10.0.. => 0,
        1.0.. => usize::from(value.fract().abs() > 0.05),
        size => (-size.log10().floor()).max(1.0) as usize,
    };
    grouped(value, digits)
}

/// A number with this many places behind the point: `1,234.5`.
#[must_use]
pub fn grouped(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("−", whole));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}")
}

/// A size in bytes: `10 kB`.
#[must_use]
pub fn bytes(value: f64) -> String {
    match value {
        1e9.. => format!("{} GB", plain(value / 1e9)),
        1e6.. => format!("{} MB", plain(value / 1e6)),
        1e3.. => format!("{} kB", plain(value / 1e3)),
        _ => format!("{} B", plain(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(scale: Scale, values: &[f64]) -> Span {
        Span::over(scale, values.iter().copied(), [100.0, 500.0])
    }

    #[test]
    fn linear_axes_begin_at_zero_and_end_at_a_round_value() {
        for (high, last, count) in [(1.0, 1.0, 6), (93.0, 100.0, 6), (1044.0, 1200.0, 7)] {
            let span = span(Scale::Linear, &[high / 2.0, high]);
            let ticks = span.ticks();
            assert_eq!((ticks.len(), ticks.last().copied()), (count, Some(last)), "{ticks:?}");
            assert_eq!((span.at(0.0), span.at(last)), (100.0, 500.0));
        }
    }

    #[test]
    fn logarithmic_axes_have_a_tick_at_each_end_and_give_decades_the_same_room() {
        let span = span(Scale::Log, &[1.2, 870.0]);
        let ticks = span.ticks();
        assert_eq!((ticks.first(), ticks.last()), (Some(&1.0), Some(&1000.0)));
        assert_eq!(ticks.len(), 10, "1, 2 and 5 of each decade: {ticks:?}");
        let steps = [1.0, 10.0, 100.0, 1000.0].map(|value| span.at(value));
        assert!((steps[1] - steps[0] - (steps[3] - steps[2])).abs() < 1e-9, "{steps:?}");
    }

    #[test]
    fn many_decades_have_one_tick_each() {
        assert_eq!(span(Scale::Log, &[1.0, 1e4]).ticks(), [1.0, 10.0, 100.0, 1e3, 1e4]);
    }

    #[test]
    fn one_value_is_enough() {
        assert!(span(Scale::Log, &[3.0]).at(3.0).is_finite());
        assert!(span(Scale::Linear, &[0.0]).at(0.0).is_finite());
    }

    #[test]
    fn numbers_read_well() {
        let texts = [0.0, 0.05, 0.25, 1.5, 2.0, 16.0, 1234.0, -1234567.0].map(plain);
        assert_eq!(texts, ["0", "0.05", "0.2", "1.5", "2", "16", "1,234", "−1,234,567"]);
        assert_eq!([500.0, 1e3, 1e7].map(bytes), ["500 B", "1 kB", "10 MB"]);
    }
}
