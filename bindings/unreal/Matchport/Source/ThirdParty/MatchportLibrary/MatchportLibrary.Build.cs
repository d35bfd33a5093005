// The shared library: its headers, what to link with, and what to stage beside a packaged program.
//
//   include/  matchport.h, matchport.hpp, matchport/
//   lib/      Win64/matchport.dll and matchport.lib, Linux/libmatchport.so, LinuxArm64/libmatchport.so, Mac/libmatchport.dylib

using System.IO;
using UnrealBuildTool;

public class MatchportLibrary : ModuleRules
{
	public MatchportLibrary(ReadOnlyTargetRules Target) : base(Target)
	{
		Type = ModuleType.External;
		PublicSystemIncludePaths.Add(Path.Combine(ModuleDirectory, "include"));

		string Folder = Path.Combine(ModuleDirectory, "lib", Target.Platform.ToString());
		if (Target.Platform == UnrealTargetPlatform.Win64)
		{
			PublicAdditionalLibraries.Add(Path.Combine(Folder, "matchport.lib"));
			// Loaded by the runtime module, from where it is staged.
			PublicDelayLoadDLLs.Add("matchport.dll");
			RuntimeDependencies.Add(Path.Combine(Folder, "matchport.dll"));
		}
		else
		{
			string Name = Target.Platform == UnrealTargetPlatform.Mac ? "libmatchport.dylib" : "libmatchport.so";
			string Library = Path.Combine(Folder, Name);
			PublicAdditionalLibraries.Add(Library);
			PublicRuntimeLibraryPaths.Add(Folder);
			RuntimeDependencies.Add(Library);
		}
	}
}
