// A matchmaker in an Unreal server: one match gets its server when play begins. Uses the C++ header through the subsystem; the
// Blueprint nodes do the same. Put both files into a module that depends on "Matchport".

#pragma once

#include "CoreMinimal.h"
#include "GameFramework/Actor.h"

#include "MatchmakerActor.generated.h"

UCLASS()
class AMatchmakerActor : public AActor
{
	GENERATED_BODY()

public:
	virtual void BeginPlay() override;

	UPROPERTY(EditAnywhere, Category = "Matchport")
	FString Environment = TEXT("local");

	/** In a real program from its own configuration, never from content that players get. */
	UPROPERTY(EditAnywhere, Category = "Matchport")
	FString Token = TEXT("local");

private:
	void OnServer(const FString& Endpoint);
};
