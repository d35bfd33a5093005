//! Files of ended sessions: what is handed out, and what never is.
