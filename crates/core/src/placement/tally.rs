//! One pass over rows of figures: the worst, the sum and the number of missing ones for each location. This is where
//! the time of a placement goes, so the loops are written for the compiler's vectoriser: four rows at a time, all
//! columns side by side, no branches. What the numbers mean is decided in `rank`.

/// Stands for "no sample" among whole figures.
pub(super) const MISSING_WHOLE: u16 = u16::MAX;

/// Per location. Sums are exact for whole figures, and as good as exact for all others: that is what keeps ties ties
/// when players are listed in another order.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// The largest figure in milliseconds, 0 without any.
    pub(super) worst: Vec<f32>,
    /// The sum of all figures in milliseconds.
    pub(super) sum: Vec<f64>,
    /// How many players have none.
    pub(super) missing: Vec<u32>,
    /// Whether a figure below zero was seen; one that is too large shows in `worst`.
    pub(super) negative: bool,
    whole: WholeColumns,
}

/// Sixteen bits a column, so that eight columns fit the vector register that every x86-64 has.
#[derive(Clone, Debug, Default)]
struct WholeColumns {
    worst: Vec<i16>,
    low_bytes: Vec<u16>,
    high_bytes: Vec<u16>,
    missing: Vec<u16>,
}

impl Tally {
    /// Forgets all and makes room for `locations`; allocates only when they are more than ever before.
    pub(super) fn reset(&mut self, locations: usize) {
        refill(&mut self.worst, locations, 0.0);
        refill(&mut self.sum, locations, 0.0);
        refill(&mut self.missing, locations, 0);
        self.negative = false;
    }

    /// Adds rows of whole figures, one player after the other. At most [`super::MAX_PLAYERS`] rows in all.
    pub(super) fn add_whole(&mut self, figures: &[u16]) {
        match cfg!(all(target_arch = "wasm32", not(target_feature = "simd128"))) {
            true => self.add_whole_by_column(figures),
            false => self.add_whole_by_row(figures),
        }
    }

    /// For processors with vectors: all columns side by side.
    fn add_whole_by_row(&mut self, figures: &[u16]) {
        /// Sums of bytes must not outgrow 16 bits: 256 · 255 = 65,280. Divisible by four.
        const ROWS: usize = 256;
        let locations = self.worst.len();
        let columns = &mut self.whole;
        refill(&mut columns.worst, locations, i16::MIN);
        refill(&mut columns.missing, locations, 0);
        for block in figures.chunks(ROWS * locations) {
            refill(&mut columns.low_bytes, locations, 0);
            refill(&mut columns.high_bytes, locations, 0);
            let fours = block.chunks_exact(4 * locations);
            let rest = fours.remainder();
            fours.for_each(|rows| columns.add_four(rows));
            rest.chunks_exact(locations).for_each(|row| columns.add_one(row));
            let halves = columns.low_bytes.iter().zip(&columns.high_bytes);
            for (sum, (&low, &high)) in self.sum.iter_mut().zip(halves) {
                *sum += f64::from(i32::from(low) + 256 * i32::from(high));
            }
        }
        for (worst, &column) in self.worst.iter_mut().zip(&columns.worst) {
            let figure = unbiased(column);
            *worst = if figure == MISSING_WHOLE { 0.0 } else { f32::from(figure) };
        }
        for ((sum, missing), &column) in self.sum.iter_mut().zip(&mut self.missing).zip(&columns.missing) {
            *missing = u32::from(column);
            *sum -= f64::from(i32::from(column) * i32::from(MISSING_WHOLE));
        }
    }

    /// For processors without: four columns at a time, whose figures stay in registers.
    fn add_whole_by_column(&mut self, figures: &[u16]) {
        let locations = self.worst.len();
        let fours = locations - locations % 4;
        for start in (0..fours).step_by(4) {
            let (worst, sum) = four_columns(figures, locations, start);
            for (column, (worst, sum)) in (start..).zip(worst.into_iter().zip(sum)) {
                self.note_whole(figures, column, worst, sum);
            }
        }
        for column in fours..locations {
            let figures_of_column = figures.iter().skip(column).step_by(locations);
            let (worst, sum) = figures_of_column
                .fold((0, 0), |(worst, sum), &figure| (u32::from(figure).max(worst), sum + u32::from(figure)));
            self.note_whole(figures, column, worst, sum);
        }
    }

    /// `worst` and `sum` take "missing" for a figure: 10,000 times 65,535 fits into 32 bits.
    fn note_whole(&mut self, figures: &[u16], column: usize, worst: u32, sum: u32) {
        let mut worst = worst;
        let mut missing = 0;
        // A missing figure is larger than all others, so it shows in the worst.
        if worst == u32::from(MISSING_WHOLE) {
            worst = 0;
            for &figure in figures.iter().skip(column).step_by(self.worst.len()) {
                match figure {
                    MISSING_WHOLE => missing += 1,
                    _ => worst = worst.max(u32::from(figure)),
                }
            }
        }
        self.worst[column] = worst as f32;
        self.missing[column] = missing;
        self.sum[column] = f64::from(sum) - f64::from(missing) * f64::from(MISSING_WHOLE);
    }

    /// Adds rows of figures where NaN stands for "no sample", one player after the other. All calls but the last must
    /// bring a multiple of four rows, for the same sums whatever way the rows are cut.
    pub(super) fn add_fractional(&mut self, figures: &[f32]) {
        let locations = self.worst.len();
        let fours = figures.chunks_exact(4 * locations);
        let rest = fours.remainder();
        for rows in fours {
            self.add_four_fractional(rows);
        }
        for row in rest.chunks_exact(locations) {
            self.add_one_fractional(row);
        }
    }

    fn add_four_fractional(&mut self, rows: &[f32]) {
        let [first, second, third, fourth] = quarters(rows);
        let figures = first.iter().zip(second).zip(third).zip(fourth);
        let columns = self.worst.iter_mut().zip(&mut self.sum).zip(&mut self.missing);
        let mut negative = 0;
        for ((((&a, &b), &c), &d), ((worst, sum), missing)) in figures.zip(columns) {
            *missing += absent(a) + absent(b) + absent(c) + absent(d);
            let [a, b, c, d] = [or_zero(a), or_zero(b), or_zero(c), or_zero(d)];
            *worst = greater(greater(greater(a, b), greater(c, d)), *worst);
            *sum += (f64::from(a) + f64::from(b)) + (f64::from(c) + f64::from(d));
            negative |= u32::from(lesser(lesser(a, b), lesser(c, d)) < 0.0);
        }
        self.negative |= negative > 0;
    }

    fn add_one_fractional(&mut self, row: &[f32]) {
        let columns = self.worst.iter_mut().zip(&mut self.sum).zip(&mut self.missing);
        let mut negative = 0;
        for (&figure, ((worst, sum), missing)) in row.iter().zip(columns) {
            *missing += absent(figure);
            let figure = or_zero(figure);
            *worst = greater(figure, *worst);
            *sum += f64::from(figure);
            negative |= u32::from(figure < 0.0);
        }
        self.negative |= negative > 0;
    }
}

/// The largest figures and the sums of the columns from `start` on, "missing" taken for a figure. There must be four.
fn four_columns(figures: &[u16], locations: usize, start: usize) -> ([u32; 4], [u32; 4]) {
    let [mut w, mut x, mut y, mut z] = [0; 4];
    let [mut sum_w, mut sum_x, mut sum_y, mut sum_z] = [0; 4];
    for row in figures.chunks_exact(locations) {
        let [a, b, c, d, ..] = row[start..] else { break };
        let (a, b, c, d) = (u32::from(a), u32::from(b), u32::from(c), u32::from(d));
        (w, x, y, z) = (w.max(a), x.max(b), y.max(c), z.max(d));
        (sum_w, sum_x, sum_y, sum_z) = (sum_w + a, sum_x + b, sum_y + c, sum_z + d);
    }
    ([w, x, y, z], [sum_w, sum_x, sum_y, sum_z])
}

impl WholeColumns {
    fn add_four(&mut self, rows: &[u16]) {
        let [first, second, third, fourth] = quarters(rows);
        let figures = first.iter().zip(second).zip(third).zip(fourth);
        let sums = self.low_bytes.iter_mut().zip(&mut self.high_bytes);
        let columns = self.worst.iter_mut().zip(&mut self.missing).zip(sums);
        for ((((a, b), c), d), ((worst, missing), (low, high))) in figures.zip(columns) {
            *low += (a & 0xff) + (b & 0xff) + (c & 0xff) + (d & 0xff);
            *high += (a >> 8) + (b >> 8) + (c >> 8) + (d >> 8);
            let [a, b, c, d] = [biased(*a), biased(*b), biased(*c), biased(*d)];
            *worst = (*worst).max(a.max(b).max(c.max(d)));
            *missing += is_missing(a) + is_missing(b) + is_missing(c) + is_missing(d);
        }
    }

    fn add_one(&mut self, row: &[u16]) {
        let sums = self.low_bytes.iter_mut().zip(&mut self.high_bytes);
        let columns = self.worst.iter_mut().zip(&mut self.missing).zip(sums);
        for (figure, ((worst, missing), (low, high))) in row.iter().zip(columns) {
            *low += figure & 0xff;
            *high += figure >> 8;
            let figure = biased(*figure);
            *worst = (*worst).max(figure);
            *missing += is_missing(figure);
        }
    }
}

/// Maps 0..=65,534 in order to the signed numbers above `i16::MIN`, and "missing" to `i16::MIN`, below all of them: so
/// the largest figure is one comparison, and signed is the comparison that every x86-64 has for vectors.
fn biased(figure: u16) -> i16 {
    figure.wrapping_add(0x8001) as i16
}

fn unbiased(figure: i16) -> u16 {
    (figure as u16).wrapping_sub(0x8001)
}

fn is_missing(biased: i16) -> u16 {
    u16::from(biased == i16::MIN)
}

fn absent(figure: f32) -> u32 {
    u32::from(figure.is_nan())
}

fn or_zero(figure: f32) -> f32 {
    if figure.is_nan() { 0.0 } else { figure }
}

/// Unlike `f32::max`, one instruction: neither side is ever NaN. Of equals the second, so that a worst of 0 stays 0 and
/// does not become −0.
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

fn quarters<T>(rows: &[T]) -> [&[T]; 4] {
    let (front, back) = rows.split_at(rows.len() / 2);
    let (first, second) = front.split_at(front.len() / 2);
    let (third, fourth) = back.split_at(back.len() / 2);
    [first, second, third, fourth]
}

fn refill<T: Copy>(column: &mut Vec<T>, len: usize, value: T) {
    column.clear();
    column.resize(len, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(figures: &[u16], locations: usize) -> Tally {
        let mut tally = Tally::default();
        tally.reset(locations);
        tally.add_whole(figures);
        tally
    }

    #[test]
    fn missing_whole_figures_count_neither_as_worst_nor_in_the_sum() {
        let tally = whole(&[10, MISSING_WHOLE, 60_000, 30, MISSING_WHOLE, 0], 3);
        assert_eq!(tally.worst, [30.0, 0.0, 60_000.0]);
        assert_eq!(tally.sum, [40.0, 0.0, 60_000.0]);
        assert_eq!(tally.missing, [0, 2, 0]);
    }

    #[test]
    fn by_row_and_by_column_give_the_same() {
        for (players, locations) in [(0, 3), (1, 1), (5, 2), (3, 4), (9, 7), (300, 9)] {
            let figure =
                |at: usize| if (at * 7919).is_multiple_of(11) { MISSING_WHOLE } else { (at * 104_729 % 65_535) as u16 };
            let figures: Vec<u16> = (0..players * locations).map(figure).collect();
            let mut tallies = [Tally::default(), Tally::default()];
            tallies.iter_mut().for_each(|tally| tally.reset(locations));
            tallies[0].add_whole_by_row(&figures);
            tallies[1].add_whole_by_column(&figures);
            let [by_row, by_column] = tallies;
            assert_eq!(by_row.worst, by_column.worst);
            assert_eq!(by_row.sum, by_column.sum);
            assert_eq!(by_row.missing, by_column.missing);
        }
    }

    #[test]
    fn sums_hold_the_most_players_at_the_largest_latency() {
        let players = super::super::MAX_PLAYERS;
        let mut by_column = Tally::default();
        by_column.reset(1);
        by_column.add_whole_by_column(&vec![65_534; players]);
        assert_eq!(by_column.sum, [655_340_000.0]);
        let tally = whole(&vec![60_000; players], 1);
        assert_eq!(tally.sum, [600_000_000.0]);
        assert_eq!(whole(&vec![0xffff; players], 1).missing, [10_000]);
        assert_eq!(whole(&vec![0xffff; players], 1).sum, [0.0]);
        assert_eq!(whole(&vec![65_534; players], 1).worst, [65_534.0], "too large shows in the worst");
    }

    #[test]
    fn a_negative_fraction_shows_in_whichever_row_it_is() {
        for row in 0..7 {
            let mut figures = [f32::NAN; 7];
            let mut tally = Tally::default();
            tally.reset(1);
            figures[row] = -0.0;
            tally.add_fractional(&figures);
            assert!(!tally.negative);
            assert!(tally.worst[0].is_sign_positive() && tally.sum[0].is_sign_positive());
            figures[row] = -f32::MIN_POSITIVE;
            tally.add_fractional(&figures);
            assert!(tally.negative, "row {row}");
        }
    }
}
