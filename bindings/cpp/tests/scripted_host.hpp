// A host that plays the service on virtual time: it keeps what was asked, and answers when the test says so.
#ifndef SCRIPTED_HOST_HPP
#define SCRIPTED_HOST_HPP

#include "harness.hpp"
#include <matchport.hpp>

#include <deque>

/// The answer to a start.
constexpr const char *STARTED = R"({"host":"185.12.34.56","ports":[{"type":"udp","container":7777,"host":27015}]})";

/// A request with its texts kept.
struct Asked {
    std::uint64_t operation;
    matchport::ResponseMode mode;
    std::string method, url, body, token;
    std::size_t max_response_bytes;
    matchport::Exchange exchange;

    matchport::Result<void> answer(int status, std::string_view text) const {
        matchport::HttpResponse response;
        response.status = status;
        response.body = matchport::Bytes(text);
        return exchange.respond(response);
    }
};

class ScriptedHost : public matchport::Host {
public:
    std::uint64_t now = 0;
    std::deque<Asked> asked;
    std::vector<std::uint64_t> aborted;
    std::size_t random_bytes = 0;
    /// When set, answers while it is asked.
    std::function<void(const Asked &)> at_once;

    std::uint64_t now_ms() noexcept override { return now; }

    void fill_random(std::uint8_t *bytes, std::size_t count) noexcept override {
        for (std::size_t i = 0; i < count; i++, random_bytes++) {
            bytes[i] = static_cast<std::uint8_t>(random_bytes * 31 + random_bytes / 256);
        }
    }

    void send(const matchport::HttpRequest &request, matchport::Exchange exchange) noexcept override {
        Asked kept{request.operation,     request.response_mode, std::string(request.method), std::string(request.url), "", "",
                   request.max_response_bytes, std::move(exchange)};
        kept.body = request.body ? std::string(request.body->text()) : std::string();
        for (const auto &header : request.headers) {
            if (header.first == "authorization") {
                kept.token = std::string(header.second);
            }
        }
        if (at_once) {
            at_once(kept);
        } else {
            asked.push_back(std::move(kept));
        }
    }

    void abort(std::uint64_t request) noexcept override { aborted.push_back(request); }

    /// Takes the oldest request; one that asks nothing when there is none, which fails the test.
    Asked next() {
        if (asked.empty()) {
            say_failed(__FILE__, __LINE__, "nothing was asked");
            return {0, matchport::ResponseMode::whole, "", "", "", "", 0, matchport::Exchange({}, 0)};
        }
        Asked first = std::move(asked.front());
        asked.pop_front();
        return first;
    }
};

inline matchport::ClientOptions host_options() {
    matchport::ClientOptions options;
    options.environment = "https://api.example.com";
    options.token = "s3cret-token";
    return options;
}

/// A client of this host. Ends the program when it is refused, since no test can go on.
inline matchport::Client client_of(ScriptedHost &host, const matchport::ClientOptions &options = host_options()) {
    auto client = matchport::Client::create(options, host);
    if (!client) {
        std::printf("no client: %s\n", client.error().message.c_str());
        std::abort();
    }
    return *std::move(client);
}

/// A match for eu-west-1, done as soon as it is allocated.
inline matchport::AllocateOptions match() {
    matchport::AllocateOptions options;
    options.image = "demo";
    options.locations = {"eu-west-1"};
    options.wait_for = matchport::WaitFor::allocated;
    return options;
}

/// Ticks, which must go well.
inline void tick(matchport::Client &client) {
    if (auto ticked = client.tick(); !ticked) {
        say_failed(__FILE__, __LINE__, ticked.error().message.c_str());
    }
}

#endif
