#include "MatchportConversions.h"

namespace MatchportConversions
{
	std::string ToText(const FString& Text)
	{
		const FTCHARToUTF8 Converted(*Text);
		return std::string(Converted.Get(), static_cast<size_t>(Converted.Length()));
	}

	FString FromText(std::string_view Text)
	{
		const FUTF8ToTCHAR Converted(Text.data(), static_cast<int32>(Text.size()));
		FString Result;
		Result.AppendChars(Converted.Get(), Converted.Length());
		return Result;
	}

	std::vector<std::string> ToTexts(const TArray<FString>& Texts)
	{
		std::vector<std::string> Result;
		for (const FString& Text : Texts)
		{
			Result.push_back(ToText(Text));
		}
		return Result;
	}

	static std::optional<std::string> IfGiven(const FString& Text)
	{
		return Text.IsEmpty() ? std::nullopt : std::optional<std::string>(ToText(Text));
	}

	matchport::AllocateOptions ToOptions(const FMatchportMatch& Match)
	{
		matchport::AllocateOptions Options;
		Options.image = ToText(Match.Image);
		Options.match_id = IfGiven(Match.MatchId);
		Options.locations = ToTexts(Match.Locations);
		for (const FMatchportPlayer& Player : Match.Players)
		{
			matchport::Player& To = Options.players.emplace_back();
			To.id = ToText(Player.Id);
			for (const FMatchportLatency& Latency : Player.Latencies)
			{
				To.latencies.push_back({ToText(Latency.Location), Latency.Milliseconds});
			}
		}
		for (const TPair<FString, FString>& Variable : Match.Environment)
		{
			Options.env.emplace_back(ToText(Variable.Key), ToText(Variable.Value));
		}
		Options.version = IfGiven(Match.Version);
		if (Match.MaxLatency != 0.0f)
		{
			Options.max_latency_ms = Match.MaxLatency;
		}
		if (Match.TtlSeconds != 0)
		{
			Options.ttl = matchport::seconds(Match.TtlSeconds);
		}
		return Options;
	}

	matchport::BackfillOptions ToOptions(const FMatchportBackfill& Backfill)
	{
		matchport::BackfillOptions Options;
		Options.image = ToText(Backfill.Image);
		Options.players = ToTexts(Backfill.Players);
		Options.locations = ToTexts(Backfill.Locations);
		// A negative number is refused like 0, with the field's name.
		Options.capacity = Backfill.Capacity < 0 ? 0 : static_cast<uint32>(Backfill.Capacity);
		return Options;
	}

	FMatchportServer FromAddress(const matchport::Address& Address)
	{
		FMatchportServer Server;
		Server.Id = FromText(Address.id);
		Server.Location = FromText(Address.location);
		Server.Host = FromText(Address.host);
		Server.Endpoint = FromText(Address.endpoint);
		for (const matchport::Port& Port : Address.ports)
		{
			Server.Ports.Add(FromText(Port.protocol + "/" + std::to_string(Port.container)), Port.host);
		}
		return Server;
	}

	FMatchportError FromError(const matchport::Error& Error)
	{
		FMatchportError Result;
		Result.Status = static_cast<int32>(Error.status);
		Result.Name = FromText(Error.name);
		Result.Message = FromText(Error.message);
		Result.Identifier = FromText(Error.identifier);
		Result.Ticket = FromText(Error.ticket);
		Result.bRetryable = Error.retryable;
		return Result;
	}
}
