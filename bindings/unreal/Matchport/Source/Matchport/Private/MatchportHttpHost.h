// The host transport on the engine's HTTP module, which calls back on the game thread. Carries bytes, decides nothing.

#pragma once

#include "CoreMinimal.h"
#include "Interfaces/IHttpRequest.h"
#include "Serialization/Archive.h"

THIRD_PARTY_INCLUDES_START
#include <matchport.hpp>
THIRD_PARTY_INCLUDES_END

#include <map>
#include <mutex>
#include <string>

/** What came of a stream and was not passed on yet: the engine writes on its HTTP thread, the game thread takes. */
class FMatchportBody : public FArchive
{
public:
	virtual void Serialize(void* Data, int64 Length) override;
	std::string Take();

private:
	std::mutex Mutex;
	std::string Bytes;
};

class FMatchportHttpHost : public matchport::Host
{
public:
	virtual ~FMatchportHttpHost() override;

	virtual std::uint64_t now_ms() noexcept override;
	virtual void fill_random(std::uint8_t* Bytes, std::size_t Count) noexcept override;
	virtual void send(const matchport::HttpRequest& Request, matchport::Exchange Exchange) noexcept override;
	virtual void abort(std::uint64_t Request) noexcept override;

	/** Passes on what has come of streams, such as a log that is followed. Before each tick of the client. */
	void PassOn();

private:
	struct FStream
	{
		matchport::Exchange Exchange;
		TSharedRef<FMatchportBody> Body;
		/** Not known yet: 0. */
		int32 Status = 0;
		bool bBegun = false;
	};

	/** Hands over the head of a stream that goes well, once, and what has come of it. */
	static bool PassOn(FStream& Stream);
	void OnComplete(FHttpResponsePtr Response, bool bSucceeded, bool bStreamed, const matchport::Exchange& Exchange);

	std::map<std::uint64_t, FStream> Streams;
	TMap<uint64, FHttpRequestPtr> Requests;
};
