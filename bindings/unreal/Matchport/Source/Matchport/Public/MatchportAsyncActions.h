// Asynchronous Blueprint nodes, one an operation. Each ends through exactly one of its two pins. They begin the operation and
// translate its result; nothing is decided here.

#pragma once

#include "CoreMinimal.h"
#include "Kismet/BlueprintAsyncActionBase.h"
#include "MatchportTypes.h"

#include "MatchportAsyncActions.generated.h"

class UMatchportSubsystem;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(FMatchportServerDelegate, const FMatchportServer&, Server, const FMatchportError&, Error);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(FMatchportRosterDelegate, int32, PlayerCount, const FMatchportError&, Error);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(FMatchportStopDelegate, bool, bWasRunning, const FMatchportError&, Error);

/** What the nodes have in common: the subsystem, and staying alive until the result is there. */
UCLASS(Abstract)
class MATCHPORT_API UMatchportAsyncAction : public UBlueprintAsyncActionBase
{
	GENERATED_BODY()

protected:
	/** Begins to live with the game instance of this object. */
	void Register(UObject* WorldContext);

	UPROPERTY()
	TObjectPtr<UMatchportSubsystem> Subsystem;
};

/** Gets a server for a match, or settles what an allocation has left. */
UCLASS()
class MATCHPORT_API UMatchportServerAction : public UMatchportAsyncAction
{
	GENERATED_BODY()

public:
	/** Gets a session for a match, once and only once, whatever fails in between. */
	UFUNCTION(BlueprintCallable, Category = "Matchport", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContext"))
	static UMatchportServerAction* AllocateServer(UObject* WorldContext, const FMatchportMatch& Match);

	/** Goes on with an allocation from its ticket. */
	UFUNCTION(BlueprintCallable, Category = "Matchport", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContext"))
	static UMatchportServerAction* ResumeTicket(UObject* WorldContext, const FString& Ticket);

	/** Makes sure that no server is left of an allocation. Ends through Failed, with the status "cancelled", when that went well. */
	UFUNCTION(BlueprintCallable, Category = "Matchport", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContext"))
	static UMatchportServerAction* SettleTicket(UObject* WorldContext, const FString& Ticket);

	/** Puts players into the best running session with enough open slots. */
	UFUNCTION(BlueprintCallable, Category = "Matchport", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContext"))
	static UMatchportServerAction* BackfillPlayers(UObject* WorldContext, const FMatchportBackfill& Backfill);

	UPROPERTY(BlueprintAssignable)
	FMatchportServerDelegate Succeeded;

	UPROPERTY(BlueprintAssignable)
	FMatchportServerDelegate Failed;

	virtual void Activate() override;

private:
	enum class EWhat { Allocate, Resume, Settle, Backfill };

	static UMatchportServerAction* Make(UObject* WorldContext, EWhat What);

	EWhat What = EWhat::Allocate;
	FMatchportMatch Match;
	FMatchportBackfill Backfill;
	FString Ticket;
};

/** Puts players into a session, or takes them out. */
UCLASS()
class MATCHPORT_API UMatchportRosterAction : public UMatchportAsyncAction
{
	GENERATED_BODY()

public:
	/** Puts players into a session. */
	UFUNCTION(BlueprintCallable, Category = "Matchport", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContext"))
	static UMatchportRosterAction* JoinPlayers(UObject* WorldContext, const FString& Session, const TArray<FString>& Players);

	/** Takes players out of whatever session they are in. */
	UFUNCTION(BlueprintCallable, Category = "Matchport", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContext"))
	static UMatchportRosterAction* RemovePlayers(UObject* WorldContext, const TArray<FString>& Players);

	UPROPERTY(BlueprintAssignable)
	FMatchportRosterDelegate Succeeded;

	UPROPERTY(BlueprintAssignable)
	FMatchportRosterDelegate Failed;

	virtual void Activate() override;

private:
	bool bJoin = true;
	FString Session;
	TArray<FString> Players;
};

/** Stops a session. */
UCLASS()
class MATCHPORT_API UMatchportStopAction : public UMatchportAsyncAction
{
	GENERATED_BODY()

public:
	/** Stops a session: its game server gets SIGTERM, and time to save its state. */
	UFUNCTION(BlueprintCallable, Category = "Matchport", meta = (BlueprintInternalUseOnly = "true", WorldContext = "WorldContext"))
	static UMatchportStopAction* StopServer(UObject* WorldContext, const FString& Session);

	UPROPERTY(BlueprintAssignable)
	FMatchportStopDelegate Succeeded;

	UPROPERTY(BlueprintAssignable)
	FMatchportStopDelegate Failed;

	virtual void Activate() override;

private:
	FString Session;
};
