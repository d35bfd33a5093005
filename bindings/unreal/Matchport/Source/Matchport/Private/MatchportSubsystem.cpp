#include "MatchportSubsystem.h"

#include "MatchportConversions.h"
#include "MatchportHttpHost.h"

DEFINE_LOG_CATEGORY_STATIC(LogMatchport, Log, All);

using namespace MatchportConversions;

static void WriteLog(matchport::LogLevel Level, std::string_view Line)
{
	const FString Text = FromText(Line);
	switch (Level)
	{
	case matchport::LogLevel::error:
		UE_LOG(LogMatchport, Error, TEXT("%s"), *Text);
		break;
	case matchport::LogLevel::warn:
		UE_LOG(LogMatchport, Warning, TEXT("%s"), *Text);
		break;
	default:
		UE_LOG(LogMatchport, Log, TEXT("%s"), *Text);
		break;
	}
}

void UMatchportSubsystem::Initialize(FSubsystemCollectionBase& Collection)
{
	UGameInstanceSubsystem::Initialize(Collection);
	TickHandle = FTSTicker::GetCoreTicker().AddTicker(FTickerDelegate::CreateUObject(this, &UMatchportSubsystem::Tick));
}

void UMatchportSubsystem::Deinitialize()
{
	FTSTicker::GetCoreTicker().RemoveTicker(TickHandle);
	Close();
	UGameInstanceSubsystem::Deinitialize();
}

bool UMatchportSubsystem::Open(const FString& Environment, const FString& Token, FString& Reason)
{
	Close();
	matchport::ClientOptions Options;
	Options.environment = ToText(Environment);
	Options.token = ToText(Token);
	Options.log = WriteLog;
	Host = MakeShared<FMatchportHttpHost>();
	matchport::Result<matchport::Client> Made = matchport::Client::create(Options, *Host);
	if (!Made)
	{
		Reason = FromText(Made.error().message);
		Host.Reset();
		return false;
	}
	Client = MakeShared<matchport::Client>(*std::move(Made));
	return true;
}

void UMatchportSubsystem::Close()
{
	// Callbacks that come of it find no client any more.
	TSharedPtr<matchport::Client> Last = MoveTemp(Client);
	Client.Reset();
	Last.Reset();
	Host.Reset();
}

bool UMatchportSubsystem::IsOpen() const
{
	return Client.IsValid();
}

matchport::Client* UMatchportSubsystem::GetClient() const
{
	return Client.Get();
}

bool UMatchportSubsystem::Tick(float)
{
	// Kept, because what a callback does may close it.
	const TSharedPtr<FMatchportHttpHost> KeptHost = Host;
	const TSharedPtr<matchport::Client> Kept = Client;
	if (Kept.IsValid())
	{
		KeptHost->PassOn();
		const matchport::Result<std::size_t> Ticked = Kept->tick();
		if (!Ticked)
		{
			UE_LOG(LogMatchport, Error, TEXT("The client is out of use: %s"), *FromText(Ticked.error().message));
			Close();
		}
	}
	return true;
}
