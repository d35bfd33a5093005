//! Reads how many tests passed and failed from what test programs print. Text in, numbers out.

/// Tests that ran, by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

/// The counts in nextest's summary line, or `None` when there is none (nothing was run).
///
/// ```text
///      Summary [   0.512s] 7/9 tests run: 4 passed (1 slow), 2 failed, 1 timed out, 3 skipped
/// ```
///
/// Each part but `passed` and `skipped` is a way to fail: failed, timed out, exec failed, and whatever comes.
pub(crate) fn of_nextest(output: &str) -> Option<Counts> {
    let parts = output.lines().rev().find_map(|line| {
        let (_, rest) = line.trim_start().strip_prefix("Summary [")?.split_once(']')?;
        let (_, parts) = rest.split_once(" run: ")?;
        Some(parts)
    })?;
    let mut counts = Counts::default();
    for part in without_parentheses(parts).split(',') {
        let (number, ending) = part.trim().split_once(' ')?;
        let number = number.parse::<u64>().ok()?;
        match ending.trim() {
            "passed" => counts.passed += number,
            "skipped" => {}
            _ => counts.failed += number,
        }
    }
    Some(counts)
}

/// The sum over all result lines of libtest, one a test binary or crate of doc tests, or `None` when there is none.
///
/// ```text
/// test result: FAILED. 5 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.08s
/// ```
pub(crate) fn of_libtest(output: &str) -> Option<Counts> {
    let results = output.lines().filter_map(|line| {
        let (_, parts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let number = |ending| {
            let number = parts.split(';').find_map(|part| part.trim().strip_suffix(ending))?;
            number.trim().parse::<u64>().ok()
        };
        Some(Counts { passed: number("passed")?, failed: number("failed")? })
    });
    results.reduce(|a, b| Counts { passed: a.passed + b.passed, failed: a.failed + b.failed })
}

/// The counts in the closing line of a program of our own, `N passed, N failed`, or `None` when it has no such line.
pub(crate) fn of_closing_line(output: &str) -> Option<Counts> {
    output.lines().rev().find_map(|line| {
        let (passed, failed) = line.trim().split_once(" passed, ")?;
        let failed = failed.strip_suffix(" failed")?;
        Some(Counts { passed: passed.parse().ok()?, failed: failed.parse().ok()? })
    })
}

/// `4 passed (1 slow, 2 leaky), 1 failed` -> `4 passed , 1 failed`
fn without_parentheses(text: &str) -> String {
    let mut depth = 0_u32;
    let outside = text.chars().filter(|c| match c {
        '(' => {
            depth += 1;
            false
        }
        ')' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    });
    outside.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64) -> Option<Counts> {
        Some(Counts { passed, failed })
    }

    #[test]
    fn nextest_all_passed() {
        let output = "\
    Finished `test` profile [unoptimized + debuginfo] target(s) in 0.06s
────────────
 Nextest run ID 7a3ff7a3-5a3e-4a3b-9d5f-7a9b0c3f5c53 with nextest profile: default
    Starting 2 tests across 1 binary
        PASS [   0.003s] (1/2) matchport-testkit measure::tests::a_report_is_one_line_of_the_agreed_form
        PASS [   0.004s] (2/2) matchport-testkit measure::tests::an_unknown_variant_is_named
────────────
     Summary [   0.005s] 2 tests run: 2 passed, 0 skipped
";
        assert_eq!(of_nextest(output), counts(2, 0));
    }

    #[test]
    fn nextest_counts_every_way_to_fail() {
        let summary =
            |text: &str| of_nextest(&format!("     Summary [  12.345s] {text}\n        FAIL [   0.003s] a b\n"));
        assert_eq!(summary("6 tests run: 3 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 1 skipped"), counts(3, 3));
        assert_eq!(summary("2 tests run: 0 passed, 1 exec failed, 1 failed, 0 skipped"), counts(0, 2));
        assert_eq!(summary("1 test run: 0 passed, 1 failed (1 due to being leaky), 0 skipped"), counts(0, 1));
        assert_eq!(summary("3/9 tests run: 2 passed, 1 failed, 0 skipped"), counts(2, 1));
        assert_eq!(summary("2 tests run: 2 passed (1 flaky), 1 skipped"), counts(2, 0));
        assert_eq!(summary("0 tests run: 0 passed, 0 skipped"), counts(0, 0));
    }

    #[test]
    fn nextest_that_did_not_build_counts_nothing() {
        let output = "\
error[E0425]: cannot find value `x` in this scope
error: could not compile `matchport-core` (lib test) due to 1 previous error
error: command `cargo test --no-run --message-format json-render-diagnostics --workspace` exited with code 101
";
        assert_eq!(of_nextest(output), None);
        assert_eq!(of_libtest(output), None);
    }

    #[test]
    fn what_a_test_prints_is_not_taken_for_a_summary() {
        let output =
            "Summary [of the match] no numbers here\n     Summary [   0.005s] 2 tests run: 2 passed, 0 skipped\n";
        assert_eq!(of_nextest(output), counts(2, 0));
        assert_eq!(of_nextest("Summary [x] tests run: some passed\n"), None);
        assert_eq!(of_libtest("test result: unclear\ntest result: ok. many passed\n"), None);
    }

    #[test]
    fn libtest_adds_up_over_all_binaries() {
        let output = "\
   Doc-tests matchport_core

running 3 tests
test crates/core/src/lib.rs - (line 8) ... ok
test crates/core/src/engine.rs - engine (line 20) ... FAILED
test crates/core/src/engine.rs - engine (line 40) - compile fail ... ok

failures:

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.31s

all doctests ran in 0.52s; merged doctests compilation took 0.21s
   Doc-tests matchport_testkit

running 2 tests
test result: ok. 2 passed; 0 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        assert_eq!(of_libtest(output), counts(4, 1));
        assert_eq!(
            of_libtest("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s"),
            counts(0, 0)
        );
    }

    #[test]
    fn a_closing_line() {
        assert_eq!(of_closing_line("PASS x\n3 passed, 1 failed\n"), counts(3, 1));
        assert_eq!(of_closing_line("3 passed, 1 failed\nand what else there is"), counts(3, 1));
        assert_eq!(of_closing_line("PASS x\nSegmentation fault"), None);
        assert_eq!(of_closing_line(""), None);
    }
}
