#include "MatchportAsyncActions.h"

#include "Engine/Engine.h"
#include "Engine/GameInstance.h"
#include "Engine/World.h"
#include "MatchportConversions.h"
#include "MatchportSubsystem.h"
#include "UObject/WeakObjectPtr.h"

using namespace MatchportConversions;

namespace
{
	FMatchportError NotOpen()
	{
		FMatchportError Error;
		Error.Status = MATCHPORT_STATUS_INVALID_HANDLE;
		Error.Name = TEXT("not_open");
		Error.Message = TEXT("the Matchport subsystem has no client: call Open on it first");
		return Error;
	}

	/** The client of an action, or null. */
	matchport::Client* ClientOf(const UMatchportSubsystem* Subsystem)
	{
		return Subsystem != nullptr ? Subsystem->GetClient() : nullptr;
	}

	template <typename Action, typename Value>
	void BroadcastServer(const TWeakObjectPtr<Action>& Weak, const matchport::Result<Value>& Result)
	{
		if (Action* Self = Weak.Get())
		{
			if (Result)
			{
				Self->Succeeded.Broadcast(FromAddress(*Result), FMatchportError());
			}
			else
			{
				Self->Failed.Broadcast(FMatchportServer(), FromError(Result.error()));
			}
			Self->SetReadyToDestroy();
		}
	}

	/** Shows a ticket to whoever keeps tickets; that none does is no reason not to start. */
	matchport::Operation<matchport::Allocation> WithTicket(matchport::Operation<matchport::Allocation> Operation, UMatchportSubsystem* Subsystem)
	{
		const TWeakObjectPtr<UMatchportSubsystem> Weak(Subsystem);
		Operation.on_ticket([Weak](std::string_view Ticket)
		{
			if (UMatchportSubsystem* Keeper = Weak.Get())
			{
				Keeper->OnTicket.Broadcast(FromText(Ticket));
			}
			return true;
		});
		return Operation;
	}
}

void UMatchportAsyncAction::Register(UObject* WorldContext)
{
	const UWorld* World = GEngine->GetWorldFromContextObject(WorldContext, EGetWorldErrorMode::LogAndReturnNull);
	UGameInstance* GameInstance = World != nullptr ? World->GetGameInstance() : nullptr;
	if (GameInstance != nullptr)
	{
		Subsystem = GameInstance->GetSubsystem<UMatchportSubsystem>();
		RegisterWithGameInstance(GameInstance);
	}
}

UMatchportServerAction* UMatchportServerAction::Make(UObject* WorldContext, EWhat What)
{
	UMatchportServerAction* Action = NewObject<UMatchportServerAction>();
	Action->What = What;
	Action->Register(WorldContext);
	return Action;
}

UMatchportServerAction* UMatchportServerAction::AllocateServer(UObject* WorldContext, const FMatchportMatch& Match)
{
	UMatchportServerAction* Action = Make(WorldContext, EWhat::Allocate);
	Action->Match = Match;
	return Action;
}

UMatchportServerAction* UMatchportServerAction::ResumeTicket(UObject* WorldContext, const FString& Ticket)
{
	UMatchportServerAction* Action = Make(WorldContext, EWhat::Resume);
	Action->Ticket = Ticket;
	return Action;
}

UMatchportServerAction* UMatchportServerAction::SettleTicket(UObject* WorldContext, const FString& Ticket)
{
	UMatchportServerAction* Action = Make(WorldContext, EWhat::Settle);
	Action->Ticket = Ticket;
	return Action;
}

UMatchportServerAction* UMatchportServerAction::BackfillPlayers(UObject* WorldContext, const FMatchportBackfill& Backfill)
{
	UMatchportServerAction* Action = Make(WorldContext, EWhat::Backfill);
	Action->Backfill = Backfill;
	return Action;
}

void UMatchportServerAction::Activate()
{
	matchport::Client* Client = ClientOf(Subsystem);
	if (Client == nullptr)
	{
		Failed.Broadcast(FMatchportServer(), NotOpen());
		SetReadyToDestroy();
		return;
	}
	const TWeakObjectPtr<UMatchportServerAction> Weak(this);
	const auto Done = [Weak](matchport::Result<matchport::Allocation> Result) { BroadcastServer(Weak, Result); };
	switch (What)
	{
	case EWhat::Allocate:
		WithTicket(Client->allocate(ToOptions(Match)), Subsystem).then(Done);
		break;
	case EWhat::Resume:
	case EWhat::Settle:
	{
		matchport::ResumeOptions Options;
		Options.ticket = ToText(Ticket);
		Options.settle = What == EWhat::Settle;
		WithTicket(Client->resume(Options), Subsystem).then(Done);
		break;
	}
	case EWhat::Backfill:
		Client->backfill(ToOptions(Backfill)).then([Weak](matchport::Result<matchport::Backfilled> Result)
		{
			BroadcastServer(Weak, Result);
		});
		break;
	}
}

UMatchportRosterAction* UMatchportRosterAction::JoinPlayers(UObject* WorldContext, const FString& Session, const TArray<FString>& Players)
{
	UMatchportRosterAction* Action = NewObject<UMatchportRosterAction>();
	Action->Session = Session;
	Action->Players = Players;
	Action->Register(WorldContext);
	return Action;
}

UMatchportRosterAction* UMatchportRosterAction::RemovePlayers(UObject* WorldContext, const TArray<FString>& Players)
{
	UMatchportRosterAction* Action = NewObject<UMatchportRosterAction>();
	Action->bJoin = false;
	Action->Players = Players;
	Action->Register(WorldContext);
	return Action;
}

void UMatchportRosterAction::Activate()
{
	matchport::Client* Client = ClientOf(Subsystem);
	if (Client == nullptr)
	{
		Failed.Broadcast(0, NotOpen());
		SetReadyToDestroy();
		return;
	}
	const std::vector<std::string> Names = ToTexts(Players);
	auto Operation = bJoin ? Client->join(ToText(Session), Names) : Client->leave(Names);
	const TWeakObjectPtr<UMatchportRosterAction> Weak(this);
	std::move(Operation).then([Weak](matchport::Result<matchport::PlayerCount> Result)
	{
		if (UMatchportRosterAction* Self = Weak.Get())
		{
			if (Result)
			{
				Self->Succeeded.Broadcast(static_cast<int32>(Result->player_count), FMatchportError());
			}
			else
			{
				Self->Failed.Broadcast(0, FromError(Result.error()));
			}
			Self->SetReadyToDestroy();
		}
	});
}

UMatchportStopAction* UMatchportStopAction::StopServer(UObject* WorldContext, const FString& Session)
{
	UMatchportStopAction* Action = NewObject<UMatchportStopAction>();
	Action->Session = Session;
	Action->Register(WorldContext);
	return Action;
}

void UMatchportStopAction::Activate()
{
	matchport::Client* Client = ClientOf(Subsystem);
	if (Client == nullptr)
	{
		Failed.Broadcast(false, NotOpen());
		SetReadyToDestroy();
		return;
	}
	const TWeakObjectPtr<UMatchportStopAction> Weak(this);
	Client->stop(ToText(Session)).then([Weak](matchport::Result<matchport::Stopped> Result)
	{
		if (UMatchportStopAction* Self = Weak.Get())
		{
			if (Result)
			{
				Self->Succeeded.Broadcast(Result->was_running, FMatchportError());
			}
			else
			{
				Self->Failed.Broadcast(false, FromError(Result.error()));
			}
			Self->SetReadyToDestroy();
		}
	});
}
