#include "MatchmakerActor.h"

#include "Engine/GameInstance.h"
#include "MatchportSubsystem.h"
#include "UObject/WeakObjectPtr.h"

THIRD_PARTY_INCLUDES_START
#include <matchport.hpp>
THIRD_PARTY_INCLUDES_END

void AMatchmakerActor::BeginPlay()
{
	AActor::BeginPlay();
	UMatchportSubsystem* Matchport = GetGameInstance()->GetSubsystem<UMatchportSubsystem>();
	FString Reason;
	if (!Matchport->Open(Environment, Token, Reason))
	{
		UE_LOG(LogTemp, Error, TEXT("No client: %s"), *Reason);
		return;
	}

	matchport::AllocateOptions Match;
	Match.image = "demo";
	Match.match_id = "unreal-match-1";
	Match.players = {{"ada", {{"eu-west-1", 23.0f}, {"us-east-1", 95.0f}}}, {"bo", {{"eu-west-1", 31.0f}}}};
	Match.max_latency_ms = 120.0f;
	// The actor may be gone by then.
	const TWeakObjectPtr<AMatchmakerActor> Weak(this);
	Matchport->GetClient()->allocate(Match).then([Weak](matchport::Result<matchport::Allocation> Server)
	{
		AMatchmakerActor* Self = Weak.Get();
		if (Self == nullptr)
		{
			return;
		}
		if (!Server)
		{
			const FUTF8ToTCHAR Message(Server.error().message.c_str(), static_cast<int32>(Server.error().message.size()));
			UE_LOG(LogTemp, Error, TEXT("No server: %.*s"), Message.Length(), Message.Get());
			return;
		}
		const FUTF8ToTCHAR Endpoint(Server->endpoint.c_str(), static_cast<int32>(Server->endpoint.size()));
		FString Text;
		Text.AppendChars(Endpoint.Get(), Endpoint.Length());
		Self->OnServer(Text);
	});
}

void AMatchmakerActor::OnServer(const FString& Endpoint)
{
	UE_LOG(LogTemp, Log, TEXT("Players connect to %s"), *Endpoint);
}
