//! Numbers as they stand in a text.

/// A number, kept as it was written: how exact it must be is known only by whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a>(&'a [u8]);

/// Digits and where the point stands among them: `digits * 10^exponent`.
struct Parts {
    negative: bool,
    digits: u64,
    exponent: i32,
}

impl<'a> Number<'a> {
    /// Takes bytes that are a number.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The number when it was written as a whole one, without fraction or exponent, and is neither negative nor
    /// above [`u64::MAX`].
    pub fn whole(self) -> Option<u64> {
        self.0.iter().try_fold(0_u64, |number, byte| {
            let digit = byte.wrapping_sub(b'0');
            (digit < 10).then(|| number.checked_mul(10)?.checked_add(u64::from(digit))).flatten()
        })
    }

    /// The whole part; 0 for what is negative, [`u64::MAX`] for what is larger.
    pub fn truncated(self) -> u64 {
        let Parts { negative, digits, exponent } = self.parts();
        if negative || digits == 0 {
            return 0;
        }
        let scale = 10_u64.checked_pow(exponent.unsigned_abs());
        match (exponent < 0, scale) {
            (true, Some(scale)) => digits / scale,
            (true, None) => 0,
            (false, Some(scale)) => digits.saturating_mul(scale),
            (false, None) => u64::MAX,
        }
    }

    /// The nearest number of double precision, by the first 19 digits; infinite for what is too large.
    ///
    /// Correctly rounded for up to 18 decimal places, which is more than any measurement has; beyond that its error is
    /// below 1 in 10^14.
    pub fn float(self) -> f64 {
        let Parts { negative, digits, exponent } = self.parts();
        let size = match exponent {
            0.. => digits as f64 * power_of_ten(exponent),
            -18..0 => quotient(digits, 10_u64.pow(exponent.unsigned_abs())),
            // 10^-18 first: the rest of the power alone can be too large for a double where the number is not too small.
            _ => quotient(digits, 10_u64.pow(18)) / power_of_ten(exponent.saturating_add(18)),
        };
        let size = if digits == 0 { 0.0 } else { size };
        if negative { -size } else { size }
    }

    fn parts(self) -> Parts {
        let mut parts = Parts { negative: false, digits: 0, exponent: 0 };
        let mut after_point = false;
        for (at, byte) in self.0.iter().copied().enumerate() {
            match byte {
                b'-' => parts.negative = true,
                b'.' => after_point = true,
                b'0'..=b'9' => {
                    // Nineteen digits fit; what comes after them only moves the point.
                    let fits = parts.digits < u64::MAX / 10 - 1;
                    if fits {
                        parts.digits = parts.digits * 10 + u64::from(byte - b'0');
                    }
                    parts.exponent = parts.exponent.saturating_add(i32::from(!fits) - i32::from(after_point));
                }
                _ => {
                    parts.exponent = parts.exponent.saturating_add(exponent(&self.0[at + 1..]));
                    break;
                }
            }
        }
        parts
    }
}

/// What stands after the `e`.
fn exponent(bytes: &[u8]) -> i32 {
    let digits = bytes.strip_prefix(b"-").or(bytes.strip_prefix(b"+")).unwrap_or(bytes);
    let size = digits.iter().fold(0_i32, |size, digit| size.saturating_mul(10).saturating_add(i32::from(digit - b'0')));
    if bytes.first() == Some(&b'-') { -size } else { size }
}

/// `digits / scale`, correctly rounded. `scale` is at most 10^18.
fn quotient(digits: u64, scale: u64) -> f64 {
    if digits == 0 {
        return 0.0;
    }
    // As many bits as there is room for: then the quotient has more than a double holds, and what the division leaves
    // over is one more bit for the rounding.
    let shift = u128::from(digits).leading_zeros() - 1;
    let (dividend, divisor) = (u128::from(digits) << shift, u128::from(scale));
    let rest = u128::from(!dividend.is_multiple_of(divisor));
    ((dividend / divisor) | rest) as f64 * two_to_minus(shift)
}

/// `2^-power`, for powers below 1023.
fn two_to_minus(power: u32) -> f64 {
    f64::from_bits(u64::from(1023 - power) << 52)
}

/// `10^power`, infinite when that is too large.
pub(crate) fn power_of_ten(power: i32) -> f64 {
    let (mut result, mut square, mut left) = (1.0, 10.0, power.unsigned_abs());
    while left > 0 && result < f64::INFINITY {
        if left % 2 == 1 {
            result *= square;
        }
        square *= square;
        left /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number<'_> {
        Number::new(text.as_bytes())
    }

    #[test]
    fn whole_numbers() {
        assert_eq!(number("0").whole(), Some(0));
        assert_eq!(number("18446744073709551615").whole(), Some(u64::MAX));
        for none in ["18446744073709551616", "-1", "1.0", "1e3"] {
            assert_eq!(number(none).whole(), None, "{none}");
        }
    }

    #[test]
    fn truncated_to_a_whole_number() {
        let cases = [
            ("1712345678901", 1_712_345_678_901),
            ("1712345678901.0", 1_712_345_678_901),
            ("1.712345678901e12", 1_712_345_678_901),
            ("1.7e12", 1_700_000_000_000),
            ("0.999", 0),
            ("-5", 0),
            ("1e400", u64::MAX),
            ("1e-400", 0),
            ("0e999999999999", 0),
            ("99999999999999999999", u64::MAX),
        ];
        for (text, whole) in cases {
            assert_eq!(number(text).truncated(), whole, "{text}");
        }
    }

    #[test]
    fn floats_that_are_measured() {
        for text in
            ["0", "-0.0", "23", "23.5", "0.1", "23.300000000745058", "60000.0", "1e3", "2.5E-3", "123456789.125"]
        {
            assert_eq!(number(text).float(), text.parse::<f64>().expect("a number"), "{text}");
        }
        assert_eq!(number("1e999").float(), f64::INFINITY);
        assert_eq!(number("0e999").float(), 0.0);
        assert_eq!(number("1e-999").float(), 0.0);
    }

    proptest! {
        #[test]
        fn floats_are_the_nearest(digits in any::<u64>(), places in 0_usize..=18) {
            let text = format!("{}.{digits:019}", "7");
            let cut = &text[..text.len().min(places + 2)];
            let cut = cut.strip_suffix('.').unwrap_or(cut);
            prop_assert_eq!(number(cut).float(), cut.parse::<f64>().expect("a number"));
        }

        #[test]
        fn what_javascript_writes_of_a_latency(latency in 0.0_f64..60_000.0) {
            let text = latency.to_string();
            prop_assert!((number(&text).float() - latency).abs() <= latency * f64::EPSILON);
            prop_assert_eq!(number(&text).float() as f32, latency as f32);
        }

        #[test]
        fn all_doubles_closely(bits in any::<u64>()) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_normal());
            let text = format!("{float:e}");
            let read = number(&text).float();
            prop_assert!(((read - float) / float).abs() <= 1e-14, "{} is not {}", read, float);
        }
    }
}
