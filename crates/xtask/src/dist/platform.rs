//! The platforms that `dist` knows: their targets, how files are called there, and what is promised about them.

use anyhow::{Context, Result};

/// The oldest glibc that a library for Linux may need: the one that Rust's own standard library asks for.
pub(crate) const GLIBC_FLOOR: (u32, u32) = (2, 17);
/// The oldest macOS, which is the first one on Apple's own processors.
pub(crate) const MACOS_FLOOR: &str = "11.0";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Linux,
    Windows,
    MacOs,
}

/// What there is a package for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    /// The target triple.
    pub(crate) target: &'static str,
    pub(crate) system: System,
    /// As `clang` calls it.
    pub(crate) processor: &'static str,
}

/// All of them, the one that most use first.
pub(crate) const ALL: &[Platform] = &[
    Platform { target: "x86_64-unknown-linux-gnu", system: System::Linux, processor: "x86_64" },
    Platform { target: "aarch64-unknown-linux-gnu", system: System::Linux, processor: "aarch64" },
    Platform { target: "x86_64-pc-windows-gnu", system: System::Windows, processor: "x86_64" },
    Platform { target: "aarch64-apple-darwin", system: System::MacOs, processor: "arm64" },
    Platform { target: "x86_64-apple-darwin", system: System::MacOs, processor: "x86_64" },
];

impl Platform {
    pub(crate) fn of(target: &str) -> Result<&'static Self> {
        let known = || ALL.iter().map(|platform| platform.target).collect::<Vec<_>>().join(", ");
        ALL.iter()
            .find(|platform| platform.target == target)
            .with_context(|| format!("there is no package for {target}; there is one for {}", known()))
    }

    /// The shared library within a package.
    pub(crate) fn shared(&self) -> &'static str {
        match self.system {
            System::Linux => "lib/libmatchport.so",
            System::Windows => "bin/matchport.dll",
            System::MacOs => "lib/libmatchport.dylib",
        }
    }

    /// How the shared library ends that cargo makes. That of a static one is `.a` on all of them.
    pub(super) fn shared_suffix(&self) -> &'static str {
        match self.system {
            System::Linux => ".so",
            System::Windows => ".dll",
            System::MacOs => ".dylib",
        }
    }

    /// Options for what a program needs besides that links the static library.
    pub(super) fn system_libraries(&self) -> &'static [&'static str] {
        match self.system {
            System::Linux => &["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"],
            System::Windows => {
                &["-lbcrypt", "-lcrypt32", "-ladvapi32", "-lkernel32", "-lntdll", "-luserenv", "-lws2_32", "-ldbghelp"]
            }
            System::MacOs => {
                &["-framework Security", "-framework SystemConfiguration", "-framework CoreFoundation", "-liconv"]
            }
        }
    }

    /// The libraries that the shared library may need: those that each machine with that system has.
    pub(crate) fn may_need(&self) -> &'static [&'static str] {
        match self.system {
            System::Linux => &[
                "libc.so.6",
                "libpthread.so.0",
                "libdl.so.2",
                "libm.so.6",
                "ld-linux-x86-64.so.2",
                "ld-linux-aarch64.so.1",
            ],
            System::Windows => &[
                "advapi32.dll",
                "api-ms-win-core-synch-l1-2-0.dll",
                "bcrypt.dll",
                "bcryptprimitives.dll",
                "crypt32.dll",
                "kernel32.dll",
                "msvcrt.dll",
                "ntdll.dll",
                "userenv.dll",
                "ws2_32.dll",
            ],
            System::MacOs => &[
                "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation",
                "/System/Library/Frameworks/Security.framework/Versions/A/Security",
                "/System/Library/Frameworks/SystemConfiguration.framework/Versions/A/SystemConfiguration",
                "/usr/lib/libSystem.B.dylib",
            ],
        }
    }
}
