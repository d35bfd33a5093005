//! Logs: what game servers write, for readers of every speed.
