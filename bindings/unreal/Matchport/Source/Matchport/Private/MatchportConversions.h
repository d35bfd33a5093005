// Between the engine's values and those of matchport.hpp. Nothing is decided here.

#pragma once

#include "MatchportTypes.h"

THIRD_PARTY_INCLUDES_START
#include <matchport.hpp>
THIRD_PARTY_INCLUDES_END

namespace MatchportConversions
{
	std::string ToText(const FString& Text);
	FString FromText(std::string_view Text);
	std::vector<std::string> ToTexts(const TArray<FString>& Texts);
	matchport::AllocateOptions ToOptions(const FMatchportMatch& Match);
	matchport::BackfillOptions ToOptions(const FMatchportBackfill& Backfill);
	FMatchportServer FromAddress(const matchport::Address& Address);
	FMatchportError FromError(const matchport::Error& Error);
}
