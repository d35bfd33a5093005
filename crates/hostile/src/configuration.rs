//! The emulator's configuration: what is read has passed its own check, and every mistake has a place and a remedy.

use matchport_emulator::Config;

pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Config::parse(text) {
        Ok(config) => {
            if let Err(errors) = config.check() {
                panic!("read, but not fit to start with: {errors}");
            }
            let _ = format!("{config:?}");
        }
        Err(errors) => {
            assert!(errors.iter().next().is_some(), "refused without a mistake");
            // One more for a line break at the end.
            let lines = text.lines().count() + 1;
            for error in errors.iter() {
                assert!(!error.problem().is_empty() && !error.help().is_empty(), "{error:?}");
                assert!(error.line().is_none_or(|line| (1..=lines).contains(&line)), "{error:?}");
                assert!(error.column().is_none_or(|column| (1..=text.len() + 1).contains(&column)), "{error:?}");
            }
        }
    }
}
