using UnrealBuildTool;

public class Matchport : ModuleRules
{
	public Matchport(ReadOnlyTargetRules Target) : base(Target)
	{
		PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
		// Programs use the C++ header too, through UMatchportSubsystem::GetClient().
		PublicDependencyModuleNames.AddRange(new[] { "Core", "CoreUObject", "Engine", "MatchportLibrary" });
		PrivateDependencyModuleNames.AddRange(new[] { "HTTP", "Projects" });
	}
}
