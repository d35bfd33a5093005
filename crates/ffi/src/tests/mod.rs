//! Calls as a C program makes them, over the host transport and on a virtual clock. The C suite tests what comes of them;
//! these are here for what only an interpreter sees: `cargo xtask test miri` runs them under Miri, which knows of every
//! byte whether it may be read, by whom, and what stands in it. Every view that is handed out is therefore read to its end.

mod host;
mod misuse;
mod operations;
