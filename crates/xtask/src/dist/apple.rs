//! What a program for macOS is linked against, on a machine without Apple's SDK: text files that name the libraries and
//! what is used of them. zig has the one for the system library; those for three frameworks are written here. When the
//! library comes to use something else of theirs, linking fails and names it: it goes into [`FRAMEWORKS`].

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const TARGETS: &str = "[ x86_64-macos, arm64-macos ]";

/// Names of functions and constants that are used of each framework.
const FRAMEWORKS: &[(&str, &[&str])] = &[
    (
        "CoreFoundation",
        &[
            "CFArrayCreate",
            "CFDataCreate",
            "CFDateCreate",
            "CFDictionaryCreate",
            "CFDictionaryGetValueIfPresent",
            "CFErrorCopyDescription",
            "CFErrorGetCode",
            "CFGetTypeID",
            "CFNumberGetTypeID",
            "CFNumberGetValue",
            "CFRelease",
            "CFRetain",
            "CFStringCreateWithBytes",
            "CFStringGetBytes",
            "CFStringGetCStringPtr",
            "CFStringGetLength",
            "CFStringGetTypeID",
            "kCFAbsoluteTimeIntervalSince1970",
            "kCFAllocatorDefault",
            "kCFBooleanFalse",
            "kCFTypeArrayCallBacks",
            "kCFTypeDictionaryKeyCallBacks",
            "kCFTypeDictionaryValueCallBacks",
        ],
    ),
    (
        "Security",
        &[
            "SecCertificateCopySubjectSummary",
            "SecCertificateCreateWithData",
            "SecCopyErrorMessageString",
            "SecPolicyCreateSSL",
            "SecTrustCreateWithCertificates",
            "SecTrustEvaluateWithError",
            "SecTrustSetAnchorCertificates",
            "SecTrustSetAnchorCertificatesOnly",
            "SecTrustSetOCSPResponse",
            "SecTrustSetVerifyDate",
        ],
    ),
    (
        "SystemConfiguration",
        &[
            "SCDynamicStoreCopyProxies",
            "SCDynamicStoreCreateWithOptions",
            "kSCDynamicStoreUseSessionKeys",
            "kSCPropNetProxiesHTTPEnable",
            "kSCPropNetProxiesHTTPPort",
            "kSCPropNetProxiesHTTPProxy",
            "kSCPropNetProxiesHTTPSEnable",
            "kSCPropNetProxiesHTTPSPort",
            "kSCPropNetProxiesHTTPSProxy",
        ],
    ),
];

/// Makes a folder that compilers take for an SDK. `zig` is the folder of that program.
pub(super) fn write_sdk(zig: &Path, sdk: &Path) -> Result<()> {
    for (name, symbols) in FRAMEWORKS {
        let folder = sdk.join(format!("System/Library/Frameworks/{name}.framework"));
        let installed = format!("/System/Library/Frameworks/{name}.framework/Versions/A/{name}");
        write(&folder.join(format!("{name}.tbd")), &stub(&installed, symbols))?;
    }
    let libraries = sdk.join("usr/lib");
    // Asked for by the standard library and not used: the linker drops it.
    write(&libraries.join("libiconv.tbd"), &stub("/usr/lib/libiconv.2.dylib", &["iconv"]))?;
    let system = zig.join("lib/libc/darwin/libSystem.tbd");
    let system = fs::read_to_string(&system).with_context(|| format!("cannot read {}", system.display()))?;
    let system = for_plain_arm(&system);
    for name in ["System", "c", "m"] {
        write(&libraries.join(format!("lib{name}.tbd")), &system)?;
    }
    Ok(())
}

/// Newer SDKs name only a variant of the processor which programs are not made for, and one that linkers don't know yet.
fn for_plain_arm(text: &str) -> String {
    text.replace("arm64e.x1-", "arm64e-").replace("arm64e-macos", "arm64-macos")
}

fn stub(installed: &str, symbols: &[&str]) -> String {
    let symbols: Vec<_> = symbols.iter().map(|symbol| format!("_{symbol}")).collect();
    format!(
        "--- !tapi-tbd\ntbd-version: 4\ntargets: {TARGETS}\ninstall-name: '{installed}'\nexports:\n  - targets: {TARGETS}\n    \
         symbols: [ {} ]\n...\n",
        symbols.join(", ")
    )
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("a file in no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
