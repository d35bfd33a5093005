//! The files by which pkg-config and CMake find an installed package. They find its folder from their own place, so that the
//! whole can be moved.

use super::platform::{Platform, System};

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn pkg_config(platform: &Platform) -> String {
    let system = platform.system_libraries().join(" ");
    format!(
        "prefix=${{pcfiledir}}/../..\nincludedir=${{prefix}}/include\nlibdir=${{prefix}}/lib\n\n\
         Name: matchport\nDescription: Gets a match onto a dedicated game server, once and only once\n\
         Version: {VERSION}\nCflags: -I${{includedir}}\nLibs: -L${{libdir}} -lmatchport\nLibs.private: {system}\n"
    )
}

pub(super) fn cmake_config(platform: &Platform) -> String {
    let shared = platform.shared();
    let system = platform.system_libraries().join(";");
    let import_library = match platform.system {
        System::Windows => {
            "  if(MSVC)\n    set(_matchport_import matchport.lib)\n  else()\n    set(_matchport_import libmatchport.dll.a)\n  \
             endif()\n  set_target_properties(matchport::matchport PROPERTIES\n    \
             IMPORTED_IMPLIB \"${_matchport_prefix}/lib/${_matchport_import}\")\n  unset(_matchport_import)\n"
        }
        System::Linux | System::MacOs => "",
    };
    format!(
        r#"# Targets: matchport::matchport (shared), matchport::static, and matchport::cpp, which is the shared one with what the
# C++ header needs besides: C++17 and threads.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
get_filename_component(_matchport_prefix "${{CMAKE_CURRENT_LIST_DIR}}/../../.." ABSOLUTE)
if(NOT TARGET matchport::matchport)
  add_library(matchport::matchport SHARED IMPORTED)
  set_target_properties(matchport::matchport PROPERTIES
    IMPORTED_LOCATION "${{_matchport_prefix}}/{shared}"
    INTERFACE_INCLUDE_DIRECTORIES "${{_matchport_prefix}}/include")
{import_library}  add_library(matchport::static STATIC IMPORTED)
  set_target_properties(matchport::static PROPERTIES
    IMPORTED_LOCATION "${{_matchport_prefix}}/lib/libmatchport.a"
    INTERFACE_INCLUDE_DIRECTORIES "${{_matchport_prefix}}/include"
    INTERFACE_LINK_LIBRARIES "{system}")
  add_library(matchport::cpp INTERFACE IMPORTED)
  set_target_properties(matchport::cpp PROPERTIES
    INTERFACE_COMPILE_FEATURES cxx_std_17
    INTERFACE_LINK_LIBRARIES "matchport::matchport;Threads::Threads")
endif()
unset(_matchport_prefix)
"#
    )
}

/// Before 1.0 each minor version stands for itself.
pub(super) fn cmake_version() -> String {
    format!(
        r#"set(PACKAGE_VERSION "{VERSION}")
set(PACKAGE_VERSION_COMPATIBLE FALSE)
set(PACKAGE_VERSION_EXACT FALSE)
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
if("${{PACKAGE_FIND_VERSION_MAJOR}}.${{PACKAGE_FIND_VERSION_MINOR}}" STREQUAL "{major}.{minor}"
   AND PACKAGE_FIND_VERSION VERSION_LESS_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
"#,
        major = env!("CARGO_PKG_VERSION_MAJOR"),
        minor = env!("CARGO_PKG_VERSION_MINOR"),
    )
}
