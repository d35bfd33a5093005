// One client for the game instance, ticked by the engine. For programs that you run yourself, such as a matchmaker or a
// dedicated server: the token of the Session API must not be in a program that players have.

#pragma once

#include "CoreMinimal.h"
#include "Containers/Ticker.h"
#include "Subsystems/GameInstanceSubsystem.h"

#include "MatchportSubsystem.generated.h"

class FMatchportHttpHost;

namespace matchport
{
	class Client;
}

DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FMatchportTicketDelegate, const FString&, Ticket);

UCLASS()
class MATCHPORT_API UMatchportSubsystem : public UGameInstanceSubsystem
{
	GENERATED_BODY()

public:
	virtual void Initialize(FSubsystemCollectionBase& Collection) override;
	virtual void Deinitialize() override;

	/**
	 * Makes the client. Environment is "sandbox", "production", "local", or an address. Returns false, with the reason,
	 * when it is refused. A client that is open already is closed first.
	 */
	UFUNCTION(BlueprintCallable, Category = "Matchport")
	bool Open(const FString& Environment, const FString& Token, FString& Reason);

	/** Ends what is under way without settling it; the tickets of allocations can be settled later. */
	UFUNCTION(BlueprintCallable, Category = "Matchport")
	void Close();

	UFUNCTION(BlueprintPure, Category = "Matchport")
	bool IsOpen() const;

	/** Handed out before anything of an allocation is sent. Keep it to find the server again after a crash. */
	UPROPERTY(BlueprintAssignable, Category = "Matchport")
	FMatchportTicketDelegate OnTicket;

	/** For C++: all operations, as in matchport.hpp. Null when not open. Don't keep it; don't tick it. */
	matchport::Client* GetClient() const;

private:
	bool Tick(float DeltaTime);

	// Shared pointers, because they can be destroyed where the types are not known. The host outlives the client.
	TSharedPtr<FMatchportHttpHost> Host;
	TSharedPtr<matchport::Client> Client;
	FTSTicker::FDelegateHandle TickHandle;
};
