// What Blueprints give and get: the part of matchport.hpp that a Blueprint needs, as structs that it can show. Values only.

#pragma once

#include "CoreMinimal.h"

#include "MatchportTypes.generated.h"

/** What one player measured to one location. */
USTRUCT(BlueprintType)
struct MATCHPORT_API FMatchportLatency
{
	GENERATED_BODY()

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	FString Location;

	/** 0 to 60,000 ms. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	float Milliseconds = 0.0f;
};

/** A player of a match. */
USTRUCT(BlueprintType)
struct MATCHPORT_API FMatchportPlayer
{
	GENERATED_BODY()

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	FString Id;

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	TArray<FMatchportLatency> Latencies;
};

/** A match that needs a server. Set the image. */
USTRUCT(BlueprintType)
struct MATCHPORT_API FMatchportMatch
{
	GENERATED_BODY()

	/** The application's name. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	FString Image;

	/** Every matchmaker that allocates for this match gets the same session. Empty: not used. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	FString MatchId;

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	TArray<FMatchportPlayer> Players;

	/** Best first where latencies don't decide. Empty: all that offer the image. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	TArray<FString> Locations;

	/** The worst latency that a player may have, in milliseconds; 0 for any. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	float MaxLatency = 0.0f;

	/** Environment of the game server. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	TMap<FString, FString> Environment;

	/** Image tag. Empty: the one of highest priority. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	FString Version;

	/** After so many seconds the service ends the session; 0 for the library's default. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	int32 TtlSeconds = 0;
};

/** Players who want into a running session. Set all but the locations. */
USTRUCT(BlueprintType)
struct MATCHPORT_API FMatchportBackfill
{
	GENERATED_BODY()

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	FString Image;

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	TArray<FString> Players;

	/** How many players one session takes. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	int32 Capacity = 0;

	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Matchport")
	TArray<FString> Locations;
};

/** A session that players can join. */
USTRUCT(BlueprintType)
struct MATCHPORT_API FMatchportServer
{
	GENERATED_BODY()

	/** The session's id. */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	FString Id;

	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	FString Location;

	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	FString Host;

	/** "host:port" when there is no doubt about the port, else empty; then choose from the ports. */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	FString Endpoint;

	/** By protocol and container port, such as "udp/7777": the port on the host. */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	TMap<FString, int32> Ports;
};

/** Why something failed. Holds neither the token nor values of the environment. */
USTRUCT(BlueprintType)
struct MATCHPORT_API FMatchportError
{
	GENERATED_BODY()

	/** A matchport_status; 0 is success. */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	int32 Status = 0;

	/** The status as a name that is stable, such as "no_capacity". */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	FString Name;

	/** What happened, for people. */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	FString Message;

	/** The service's trace id, to quote to its support. */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	FString Identifier;

	/** When not empty, a server may have been left running: keep it, and settle it with the node Settle Ticket. */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	FString Ticket;

	/** Whether the same call may succeed later without a change. */
	UPROPERTY(BlueprintReadOnly, Category = "Matchport")
	bool bRetryable = false;
};
