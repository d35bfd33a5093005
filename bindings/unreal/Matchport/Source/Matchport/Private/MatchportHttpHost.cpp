#include "MatchportHttpHost.h"

#include "HAL/PlatformTime.h"
#include "HttpModule.h"
#include "Interfaces/IHttpResponse.h"
#include "MatchportConversions.h"

#include <random>

using namespace MatchportConversions;

void FMatchportBody::Serialize(void* Data, int64 Length)
{
	const std::lock_guard<std::mutex> Lock(Mutex);
	Bytes.append(static_cast<const char*>(Data), static_cast<std::size_t>(Length));
}

std::string FMatchportBody::Take()
{
	const std::lock_guard<std::mutex> Lock(Mutex);
	std::string Taken;
	Taken.swap(Bytes);
	return Taken;
}

FMatchportHttpHost::~FMatchportHttpHost()
{
	for (const TPair<uint64, FHttpRequestPtr>& Request : Requests)
	{
		Request.Value->OnStatusCodeReceived().Unbind();
		Request.Value->OnProcessRequestComplete().Unbind();
		Request.Value->CancelRequest();
	}
}

std::uint64_t FMatchportHttpHost::now_ms() noexcept
{
	return static_cast<std::uint64_t>(FPlatformTime::Seconds() * 1000.0);
}

void FMatchportHttpHost::fill_random(std::uint8_t* Bytes, std::size_t Count) noexcept
{
	// The standard libraries that the engine builds with take it from the system's generator for secrets.
	std::random_device Device;
	for (std::size_t Index = 0; Index < Count; Index++)
	{
		Bytes[Index] = static_cast<std::uint8_t>(Device());
	}
}

void FMatchportHttpHost::send(const matchport::HttpRequest& Request, matchport::Exchange Exchange) noexcept
{
	const TSharedRef<IHttpRequest, ESPMode::ThreadSafe> Http = FHttpModule::Get().CreateRequest();
	Http->SetURL(FromText(Request.url));
	Http->SetVerb(FromText(Request.method));
	for (const auto& Header : Request.headers)
	{
		Http->SetHeader(FromText(Header.first), FromText(Header.second));
	}
	if (Request.body)
	{
		TArray<uint8> Content;
		Content.Append(Request.body->data(), static_cast<int32>(Request.body->size()));
		Http->SetContent(Content);
	}
	// Unbound in the destructor, so that this is there whenever they are called.
	if (Request.response_mode == matchport::ResponseMode::stream)
	{
		const TSharedRef<FMatchportBody> Body = MakeShared<FMatchportBody>();
		if (Http->SetResponseBodyReceiveStream(Body))
		{
			const std::uint64_t Id = Request.id;
			Streams.emplace(Id, FStream{Exchange, Body});
			Http->OnStatusCodeReceived().BindLambda([this, Id](FHttpRequestPtr, int32 Status)
			{
				const auto Stream = Streams.find(Id);
				if (Stream != Streams.end())
				{
					Stream->second.Status = Status;
				}
			});
		}
	}
	const bool bStreamed = Request.response_mode == matchport::ResponseMode::stream;
	Http->OnProcessRequestComplete().BindLambda(
		[this, bStreamed, Exchange](FHttpRequestPtr, FHttpResponsePtr Response, bool bSucceeded)
		{
			OnComplete(Response, bSucceeded, bStreamed, Exchange);
		});
	Requests.Add(Request.id, Http);
	if (!Http->ProcessRequest())
	{
		abort(Request.id);
		(void)Exchange.fail(matchport::HttpFailure::not_sent, "the engine's HTTP module did not take the request");
	}
}

void FMatchportHttpHost::abort(std::uint64_t Request) noexcept
{
	FHttpRequestPtr Http;
	Streams.erase(Request);
	if (Requests.RemoveAndCopyValue(Request, Http))
	{
		Http->OnStatusCodeReceived().Unbind();
		Http->OnProcessRequestComplete().Unbind();
		Http->CancelRequest();
	}
}

void FMatchportHttpHost::PassOn()
{
	for (auto& Stream : Streams)
	{
		(void)PassOn(Stream.second);
	}
}

bool FMatchportHttpHost::PassOn(FStream& Stream)
{
	// What comes with a refusal is for its end, when all headers are known.
	if (!Stream.bBegun && (Stream.Status < 200 || Stream.Status > 299))
	{
		return false;
	}
	if (!Stream.bBegun)
	{
		matchport::HttpResponse Head;
		Head.status = Stream.Status;
		Stream.bBegun = static_cast<bool>(Stream.Exchange.begin_stream(Head));
	}
	const std::string Bytes = Stream.bBegun ? Stream.Body->Take() : std::string();
	return Stream.bBegun && (Bytes.empty() || Stream.Exchange.stream(matchport::Bytes(Bytes)));
}

void FMatchportHttpHost::OnComplete(FHttpResponsePtr Response, bool bSucceeded, bool bStreamed, const matchport::Exchange& Exchange)
{
	Requests.Remove(Exchange.request());
	const auto Found = Streams.find(Exchange.request());
	std::string Body;
	if (Found != Streams.end())
	{
		FStream Stream = Found->second;
		Streams.erase(Found);
		if (PassOn(Stream) && bSucceeded)
		{
			(void)Exchange.end_stream();
			return;
		}
		Body = Stream.Body->Take();
	}
	if (!bSucceeded || !Response.IsValid())
	{
		// Whether the service has seen the request is not known, and the library then finds out.
		(void)Exchange.fail(matchport::HttpFailure::broken, "the engine's HTTP module got no whole answer");
		return;
	}
	if (Body.empty())
	{
		const TArray<uint8>& Content = Response->GetContent();
		Body.assign(reinterpret_cast<const char*>(Content.GetData()), static_cast<std::size_t>(Content.Num()));
	}
	const std::string RetryAfter = ToText(Response->GetHeader(TEXT("Retry-After")));
	matchport::HttpResponse Answer;
	Answer.status = Response->GetResponseCode();
	if (!RetryAfter.empty())
	{
		Answer.retry_after = RetryAfter;
	}
	Answer.body = matchport::Bytes(Body);
	if (!bStreamed)
	{
		(void)Exchange.respond(Answer);
	}
	else if (Exchange.begin_stream(Answer) && (Body.empty() || Exchange.stream(Answer.body)))
	{
		(void)Exchange.end_stream();
	}
}
