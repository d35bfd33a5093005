// co_await, where the compiler has it.
#include "scripted_host.hpp"

#ifdef MATCHPORT_HAS_COROUTINES

using namespace matchport;

namespace {

/// A coroutine that begins at once and belongs to whoever holds this.
class Task {
public:
    struct promise_type {
        Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::abort(); }
    };

    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Task(const Task &) = delete;
    Task &operator=(const Task &) = delete;
    ~Task() { handle_.destroy(); }
    bool done() const { return handle_.done(); }

private:
    std::coroutine_handle<promise_type> handle_;
};

Task serve(Client &client, std::string &told) {
    Result<Allocation> server = co_await client.allocate(match());
    if (!server) {
        told = server.error().message;
        co_return;
    }
    // Not within the next line: gcc 12 does not compile an initializer list beside co_await.
    const std::vector<std::string> players = {"ada", "bo"};
    Result<PlayerCount> roster = co_await client.join(server->id, players);
    Result<std::vector<Location>> refused = co_await client.locations("");
    told = server->endpoint + " " + std::to_string(roster ? roster->player_count : 0) + (refused ? "" : " refused");
}

} // namespace

TEST(coroutine, a_coroutine_goes_on_with_each_tick) {
    ScriptedHost host;
    Client client = client_of(host);
    std::string told;
    Task task = serve(client, told);
    tick(client);
    CHECK(host.next().answer(201, STARTED));
    tick(client);
    const Asked join = host.next();
    CHECK_TEXT(join.method, "PUT");
    CHECK(join.answer(200, R"({"count":2,"players":["ada","bo"]})"));
    tick(client);
    CHECK(task.done());
    CHECK_TEXT(told, "185.12.34.56:27015 2 refused");
}

TEST(coroutine, destroying_one_that_waits_cancels_what_it_waits_for) {
    ScriptedHost host;
    Client client = client_of(host);
    std::string told;
    {
        Task task = serve(client, told);
        tick(client);
        CHECK(!task.done());
    }
    CHECK(host.next().answer(201, STARTED));
    tick(client);
    CHECK_TEXT(host.next().method, "DELETE");
    CHECK(told.empty());
}

TEST(coroutine, the_end_of_the_client_is_a_result_too) {
    ScriptedHost host;
    std::string told;
    std::optional<Client> client(client_of(host));
    Task task = serve(*client, told);
    client.reset();
    CHECK(task.done());
    CHECK_CONTAINS(told, "destroyed");
}

#endif
