// The host transport on the engine's HTTP module, which calls back on the game thread. Carries bytes, decides nothing.

#pragma once

#include "CoreMinimal.h"
#include "Interfaces/IHttpRequest.h"

THIRD_PARTY_INCLUDES_START
#include <matchport.hpp>
THIRD_PARTY_INCLUDES_END

class FMatchportHttpHost : public matchport::Host
{
public:
	virtual ~FMatchportHttpHost() override;

	virtual std::uint64_t now_ms() noexcept override;
	virtual void fill_random(std::uint8_t* Bytes, std::size_t Count) noexcept override;
	virtual void send(const matchport::HttpRequest& Request, matchport::Exchange Exchange) noexcept override;
	virtual void abort(std::uint64_t Request) noexcept override;

private:
	void OnComplete(FHttpResponsePtr Response, bool bSucceeded, bool bStreamed, const matchport::Exchange& Exchange);

	TMap<uint64, FHttpRequestPtr> Requests;
};
