//! The API token. It can be put into a request and nowhere else: not into errors, logs or `Debug`.

use std::fmt;
use std::sync::Arc;

use crate::check::{InvalidInput, InvalidReason};

/// Longest token accepted, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// A bearer token of the Session API. Cheap to clone; `Debug` hides it.
#[derive(Clone)]
pub struct Token {
    /// `Bearer <token>`, made once so that a request costs no formatting.
    authorization: Arc<str>,
}

impl Token {
    /// Takes a token: 1 to [`MAX_TOKEN_BYTES`] visible ASCII characters, so that it is one header value (RFC 6750).
    ///
    /// # Errors
    /// [`InvalidInput`] for the field `token`; the text of the error never holds the token.
    pub fn new(token: &str) -> Result<Self, InvalidInput> {
        let reason = if token.is_empty() {
            InvalidReason::Empty
        } else if token.len() > MAX_TOKEN_BYTES {
            InvalidReason::TooLong { max_bytes: MAX_TOKEN_BYTES }
        } else if token.chars().any(char::is_control) {
            InvalidReason::ControlCharacter
        } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            InvalidReason::Other("must be visible ASCII without spaces".into())
        } else {
            return Ok(Self { authorization: format!("Bearer {token}").into() });
        };
        Err(InvalidInput::new("token", reason))
    }

    /// The value of the `Authorization` header. Never log it.
    pub fn authorization(&self) -> &str {
        &self.authorization
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_header_value() {
        assert_eq!(Token::new("abc").expect("valid").authorization(), "Bearer abc");
        for bad in ["", "a b", "a\r\nHost: evil", "ü", "a\u{7f}"] {
            assert!(Token::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nothing_prints_it() {
        let token = Token::new("s3cret").expect("valid");
        assert!(!format!("{token:?}").contains("s3cret"));
        let error = Token::new("s3cret\n").expect_err("control character");
        assert!(!format!("{error:?} {error}").contains("s3cret"));
    }
}
