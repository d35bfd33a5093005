//! Mistakes in a configuration, each named at its place.
