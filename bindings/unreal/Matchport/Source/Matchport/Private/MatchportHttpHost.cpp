#include "MatchportHttpHost.h"

#include "HAL/PlatformTime.h"
#include "HttpModule.h"
#include "Interfaces/IHttpResponse.h"
#include "MatchportConversions.h"

#include <random>

using namespace MatchportConversions;

FMatchportHttpHost::~FMatchportHttpHost()
{
	for (const TPair<uint64, FHttpRequestPtr>& Request : Requests)
	{
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
	const bool bStreamed = Request.response_mode == matchport::ResponseMode::stream;
	// Unbound in the destructor, so that this is there whenever it is called.
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
	if (Requests.RemoveAndCopyValue(Request, Http))
	{
		Http->OnProcessRequestComplete().Unbind();
		Http->CancelRequest();
	}
}

void FMatchportHttpHost::OnComplete(FHttpResponsePtr Response, bool bSucceeded, bool bStreamed, const matchport::Exchange& Exchange)
{
	Requests.Remove(Exchange.request());
	if (!bSucceeded || !Response.IsValid())
	{
		// Whether the service has seen the request is not known, and the library then finds out.
		(void)Exchange.fail(matchport::HttpFailure::broken, "the engine's HTTP module got no whole answer");
		return;
	}
	const TArray<uint8>& Content = Response->GetContent();
	const std::string RetryAfter = ToText(Response->GetHeader(TEXT("Retry-After")));
	matchport::HttpResponse Answer;
	Answer.status = Response->GetResponseCode();
	if (!RetryAfter.empty())
	{
		Answer.retry_after = RetryAfter;
	}
	Answer.body = matchport::Bytes(Content.GetData(), static_cast<std::size_t>(Content.Num()));
	if (!bStreamed)
	{
		(void)Exchange.respond(Answer);
	}
	else if (Exchange.begin_stream(Answer) && Exchange.stream(Answer.body))
	{
		(void)Exchange.end_stream();
	}
}
