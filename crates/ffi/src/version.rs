//! Which version of the border this library has.

use crate::text::matchport_string;

/// The version of this header. It goes up by one with each change that a program compiled before would notice; additions
/// are no such change.
pub const MATCHPORT_ABI_VERSION: u32 = 1;

/// The version of the library that is loaded. A program that finds another number than its header's
/// MATCHPORT_ABI_VERSION must not call anything else.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_abi_version() -> u32 {
    MATCHPORT_ABI_VERSION
}

/// The release of the library, such as "0.1.0". Valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_version() -> matchport_string {
    matchport_string::of_static(env!("CARGO_PKG_VERSION"))
}

/// 1 when this build of the library has the built-in transport, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn matchport_has_built_in_transport() -> i32 {
    i32::from(cfg!(feature = "transport"))
}
