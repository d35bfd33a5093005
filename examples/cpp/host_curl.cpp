// The host transport: this program carries the bytes with libcurl, and the library has no thread, no socket and no clock. With
// a compiler for C++20 the match is one coroutine; with C++17 it would be callbacks, as in matchmaker.cpp.
//
//     host_curl http://127.0.0.1:4242 local
#include "curl_host.hpp"

#include <cstdio>
#include <exception>

namespace {

/// A coroutine that nobody waits for: it begins at once, and destroys itself at its end.
struct Started {
    struct promise_type {
        Started get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

/// References to what main() owns: it outlives the coroutine.
Started serve(matchport::Client &client, const std::vector<std::string> &players, bool &well) {
    matchport::AllocateOptions match;
    match.image = "demo";
    match.ttl = std::chrono::minutes(10);
    matchport::Result<matchport::Allocation> server = co_await client.allocate(match);
    if (!server) {
        std::fprintf(stderr, "no server: %s\n", server.error().message.c_str());
        co_return;
    }
    std::printf("players connect to %s\n", server->endpoint.c_str());

    matchport::Result<matchport::PlayerCount> roster = co_await client.join(server->id, players);
    std::printf("%u players\n", roster ? roster->player_count : 0);

    std::size_t lines = 0;
    auto log = client.logs(server->id, false).on_line([&lines](std::string_view) { lines++; });
    matchport::Result<matchport::Streamed> end_of_log = co_await std::move(log);
    std::printf("%zu lines in the log\n", lines);

    matchport::Result<matchport::Stopped> stopped = co_await client.stop(server->id);
    well = roster && end_of_log && stopped;
    std::printf("%s\n", stopped ? "stopped" : stopped.error().message.c_str());
}

} // namespace

int main(int count, char **arguments) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    bool well = false;
    {
        CurlHost host;
        matchport::ClientOptions options;
        options.environment = count > 1 ? arguments[1] : "local";
        options.token = count > 2 ? arguments[2] : "local";
        auto client = matchport::Client::create(options, host);
        if (!client) {
            std::fprintf(stderr, "%s\n", client.error().message.c_str());
            return 1;
        }
        const std::vector<std::string> players = {"ada", "bo"};
        serve(*client, players, well);
        while (client->operation_count() > 0) {
            if (auto ticked = client->tick(); !ticked) {
                std::fprintf(stderr, "%s\n", ticked.error().message.c_str());
                break;
            }
            host.carry(client->next_deadline().value_or(matchport::seconds(1)));
        }
    }
    curl_global_cleanup();
    return well ? 0 : 1;
}
