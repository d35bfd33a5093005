// Loads the shared library on Windows from where it is staged; elsewhere the loader finds it.

#include "CoreMinimal.h"
#include "HAL/PlatformProcess.h"
#include "Interfaces/IPluginManager.h"
#include "Misc/Paths.h"
#include "Modules/ModuleManager.h"

class FMatchportModule : public IModuleInterface
{
public:
	virtual void StartupModule() override
	{
#if PLATFORM_WINDOWS
		const FString Plugin = IPluginManager::Get().FindPlugin(TEXT("Matchport"))->GetBaseDir();
		const FString Path = FPaths::Combine(Plugin, TEXT("Source/ThirdParty/MatchportLibrary/lib/Win64/matchport.dll"));
		Library = FPlatformProcess::GetDllHandle(*Path);
		if (Library == nullptr)
		{
			UE_LOG(LogTemp, Error, TEXT("Matchport: cannot load %s"), *Path);
		}
#endif
	}

	virtual void ShutdownModule() override
	{
		if (Library != nullptr)
		{
			FPlatformProcess::FreeDllHandle(Library);
			Library = nullptr;
		}
	}

private:
	void* Library = nullptr;
};

IMPLEMENT_MODULE(FMatchportModule, Matchport)
