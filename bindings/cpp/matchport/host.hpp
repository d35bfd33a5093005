// The host transport: how a program that has its own HTTP, clock and random numbers lends them to a client. The client then
// has no thread, no socket, no clock and no entropy of its own.

#ifndef MATCHPORT_HOST_HPP
#define MATCHPORT_HOST_HPP

#include "handle.hpp"

namespace matchport {

/// One HTTP request to send: with exactly these headers (and those that HTTP itself needs), without following redirects,
/// without trying again. Its texts are gone when Host::send() returns.
struct HttpRequest {
    std::uint64_t id = 0;
    /// The operation it belongs to.
    std::uint64_t operation = 0;
    ResponseMode response_mode = ResponseMode::whole;
    /// "GET", "POST", "PUT" or "DELETE".
    std::string_view method;
    std::string_view url;
    /// Names in lower case. They hold the token: never log them.
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    /// JSON. A DELETE may have one.
    std::optional<Bytes> body;
    /// The most bytes of a whole answer that are wanted.
    std::size_t max_response_bytes = 0;
};

/// The answer to a request.
struct HttpResponse {
    /// 100 to 999.
    int status = 0;
    /// The value of the header Retry-After, if there is one.
    std::optional<std::string_view> retry_after;
    /// Without transfer or content encoding. Ignored at the begin of a stream.
    Bytes body;
};

/// Takes what came of one request. Can be copied and kept; to be used on the client's thread. What comes after the request
/// was aborted gets Status::unknown_request, after the client has gone Status::invalid_handle; both need no further care.
/// Call Client::tick() afterwards, so that the client acts on it.
class Exchange {
public:
    Exchange(std::weak_ptr<const detail::Handle> handle, std::uint64_t request) noexcept
        : handle_(std::move(handle)), request_(request) {}

    std::uint64_t request() const noexcept { return request_; }

    /// The whole answer.
    Result<void> respond(const HttpResponse &response) const {
        return hand_over(response, matchport_client_http_response);
    }
    /// Status and headers of an answer that comes piece by piece.
    Result<void> begin_stream(const HttpResponse &response) const {
        return hand_over(response, matchport_client_http_stream_begin);
    }
    /// The next bytes of a stream.
    Result<void> stream(Bytes bytes) const {
        return with([&](matchport_client *client) {
            return matchport_client_http_stream_data(client, request_, detail::to_c(bytes));
        });
    }
    /// The stream ended in good order.
    Result<void> end_stream() const {
        return with([&](matchport_client *client) { return matchport_client_http_stream_end(client, request_); });
    }
    /// No answer, or no whole one, will come. When in doubt it is HttpFailure::broken: a start that is wrongly called not
    /// sent may leave a second server. `message` says in words what happened, without secrets.
    Result<void> fail(HttpFailure failure, std::string_view message) const {
        return with([&](matchport_client *client) {
            return matchport_client_http_failed(client, request_, static_cast<std::int32_t>(failure), detail::to_c(message));
        });
    }

private:
    template <class Function> Result<void> hand_over(const HttpResponse &response, Function function) const {
        matchport_http_response to;
        matchport_http_response_init(&to, sizeof to);
        to.status = response.status;
        if (response.retry_after) {
            to.retry_after = detail::to_c(*response.retry_after);
        }
        to.body = detail::to_c(response.body);
        return with([&](matchport_client *client) { return function(client, request_, &to); });
    }

    template <class Call> Result<void> with(Call call) const {
        const auto handle = handle_.lock();
        if (!handle || handle->get() == nullptr) {
            Error error;
            error.status = Status::invalid_handle;
            error.message = "the client has gone";
            return error;
        }
        return handle->result_of(call(handle->get()));
    }

    std::weak_ptr<const detail::Handle> handle_;
    std::uint64_t request_;
};

/// What a program lends to a client. All of it is called within calls of the client's, and must not throw. It must outlive
/// the client.
class Host {
public:
    virtual ~Host() = default;

    /// The time on a clock that does not go back, in milliseconds.
    virtual std::uint64_t now_ms() noexcept = 0;

    /// Fills all of it with random bytes from a generator fit for secrets: they become session ids. Never the same bytes
    /// twice, also not in two processes.
    virtual void fill_random(std::uint8_t *bytes, std::size_t count) noexcept = 0;

    /// Sends this request, once, and says through `exchange` what becomes of it, now or later.
    virtual void send(const HttpRequest &request, Exchange exchange) noexcept = 0;

    /// Closes the connection of a request: nothing that comes of it is wanted any more.
    virtual void abort(std::uint64_t request) noexcept = 0;
};

} // namespace matchport

#endif
