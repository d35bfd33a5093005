//! Connections of every kind: kept, pipelined, slow, idle, and what becomes of them at the end.
