//! `--player`: an id and what it measured.
//!
//! `ID:LOCATION=MS,LOCATION=MS`. The latencies are what stands behind the last colon, if there is an `=` in it; without
//! one the whole text is the id (`steam:7656`). So an id may hold colons, and `steam:7656:eu-west-1=23` is the player
//! `steam:7656`. A location that is named again adds a sample. What this can't express, an id with a colon and an `=`
//! behind it, is written as JSON: `{"id": "...", "latencies": {"eu-west-1": [23, 25]}}`.

use matchport_core::check::InvalidInput;
use matchport_core::placement::PlayerLatencies;

use super::values::refused;

const OPTION: &str = "--player";

/// All players, in the order given. The core checks ids, names and numbers.
pub(crate) fn players(texts: &[String]) -> Result<Vec<PlayerLatencies>, InvalidInput> {
    texts.iter().map(|text| player(text)).collect()
}

fn player(text: &str) -> Result<PlayerLatencies, InvalidInput> {
    if text.starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| refused(OPTION, format!("{} is no player in JSON: {error}", shown(text))));
    }
    let Some((id, measured)) = text.rsplit_once(':').filter(|(_, measured)| !is_part_of_id(measured)) else {
        return Ok(PlayerLatencies::new(text));
    };
    let mut player = PlayerLatencies::new(id);
    for sample in measured.split(',') {
        let wrong = |what: &str| {
            refused(OPTION, format!("{}: {} {what}; write ID:LOCATION=MS,LOCATION=MS", shown(text), shown(sample)))
        };
        let (location, number) = sample.split_once('=').ok_or_else(|| wrong("is no LOCATION=MS"))?;
        if location.is_empty() {
            return Err(wrong("names no location"));
        }
        // `parse` would also take "inf", "nan" and "1e3".
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let latency = is_number.then(|| number.parse().ok()).flatten();
        let latency = latency.ok_or_else(|| wrong("has no number of milliseconds"))?;
        player.latencies.entry(location.to_owned()).or_default().0.push(latency);
    }
    Ok(player)
}

/// Whether what stands behind the last colon is no list of latencies. `ID:` is a list that is empty, most likely by
/// mistake, and refused as one.
fn is_part_of_id(behind: &str) -> bool {
    !behind.is_empty() && !behind.contains('=')
}

/// A text in quotes and not endless, for an error.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> PlayerLatencies {
        player(text).expect(text)
    }

    #[test]
    fn an_id_and_its_latencies() {
        let ada = PlayerLatencies::new("ada").with("eu-west-1", 23.0).with("us-east-1", 95.5);
        assert_eq!(read("ada:eu-west-1=23,us-east-1=95.5"), ada);
    }

    #[test]
    fn a_location_given_again_adds_a_sample() {
        assert_eq!(
            read("ada:eu=23,us=90,eu=25"),
            PlayerLatencies::new("ada").with("eu", [23.0, 25.0]).with("us", 90.0)
        );
    }

    #[test]
    fn ids_without_latencies() {
        for id in ["ada", "steam:7656", "a:b:c", "base64==", ":x"] {
            assert_eq!(read(id), PlayerLatencies::new(id));
        }
    }

    #[test]
    fn an_id_may_hold_colons_commas_and_equals_signs_before_the_last_colon() {
        assert_eq!(read("steam:7656:eu=23"), PlayerLatencies::new("steam:7656").with("eu", 23.0));
        assert_eq!(read("a,b:eu=23"), PlayerLatencies::new("a,b").with("eu", 23.0));
        assert_eq!(read("k=v:eu=23"), PlayerLatencies::new("k=v").with("eu", 23.0));
    }

    #[test]
    fn json_says_what_the_short_form_cannot() {
        let odd = PlayerLatencies::new("steam:ab==").with("eu", [23.0, 25.0]);
        assert_eq!(read(r#"{"id": "steam:ab==", "latencies": {"eu": [23, 25]}}"#), odd);
        assert!(player(r#"{"name": "x"}"#).is_err());
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("ada:", "is no LOCATION=MS"),
            ("ada:eu=", "has no number"),
            ("ada:eu=fast", "has no number"),
            ("ada:eu=-5", "has no number"),
            ("ada:eu=nan", "has no number"),
            ("ada:eu=inf", "has no number"),
            ("ada:eu=1.2.3", "has no number"),
            ("ada:=5", "names no location"),
            ("ada:eu=5,", "is no LOCATION=MS"),
            ("ada:eu=5,us", "is no LOCATION=MS"),
            ("steam:ab==", "has no number"),
        ] {
            let message = player(text).expect_err(text).to_string();
            assert!(message.starts_with("--player ") && message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn an_error_repeats_no_page() {
        assert!(player(&format!("{}:eu=x", "ü".repeat(5000))).unwrap_err().to_string().len() < 400);
    }
}
