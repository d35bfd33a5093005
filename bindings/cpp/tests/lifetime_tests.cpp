// The ways to a result, and who may go away when: exactly one result an operation, whatever the program does.
#include "scripted_host.hpp"

using namespace matchport;

using Locations = std::vector<Location>;

TEST(lifetime, a_future_is_set_within_a_tick) {
    ScriptedHost host;
    Client client = client_of(host);
    std::future<Result<Allocation>> future = client.allocate(match()).future();
    tick(client);
    CHECK(host.next().answer(201, STARTED));
    CHECK(future.wait_for(seconds(0)) == std::future_status::timeout);
    tick(client);
    CHECK(future.wait_for(seconds(0)) == std::future_status::ready);
    CHECK(future.get());
}

TEST(lifetime, a_call_that_is_refused_still_gives_its_result) {
    ScriptedHost host;
    Client client = client_of(host);
    CHECK(client.shutdown(seconds(1)));
    bool called = false;
    const auto id = client.describe("a").then([&](Result<Session> result) {
        called = true;
        CHECK(result.error().status == Status::closed_client && result.error().outcome == Outcome::not_sent);
        CHECK(!result.error().message.empty());
    });
    CHECK(id == 0 && !called && client.operation_count() == 1 && client.next_deadline() == milliseconds(0));
    tick(client);
    CHECK(called && client.operation_count() == 0);
    auto future = client.describe("a").future();
    CHECK(future.get().error().status == Status::closed_client);
}

TEST(lifetime, a_way_can_be_taken_after_the_result_is_there) {
    ScriptedHost host;
    Client client = client_of(host);
    auto operation = client.locations("");
    tick(client);
    CHECK(operation.ready());
    bool called = false;
    std::move(operation).then([&](Result<Locations> result) {
        called = true;
        CHECK(result.error().status == Status::invalid_input);
        CHECK(!result.error().field.empty());
    });
    CHECK(!called);
    tick(client);
    CHECK(called);
}

TEST(lifetime, an_operation_that_is_dropped_leaves_no_server) {
    ScriptedHost host;
    Client client = client_of(host);
    bool heard = false;
    {
        auto operation = client.allocate(match()).on_progress([&](const Progress &) { heard = true; });
        tick(client);
        heard = false;
    }
    CHECK(client.operation_count() == 1);
    CHECK(host.next().answer(201, STARTED));
    tick(client);
    const Asked stop = host.next();
    CHECK_TEXT(stop.method, "DELETE");
    CHECK(stop.answer(204, ""));
    for (int round = 0; round < 100 && client.operation_count() > 0; round++) {
        host.now += 1000;
        tick(client);
        while (!host.asked.empty()) {
            CHECK(host.next().answer(404, "{}"));
        }
    }
    CHECK(client.operation_count() == 0 && !heard);
}

TEST(lifetime, an_operation_that_is_assigned_over_is_cancelled) {
    ScriptedHost host;
    Client client = client_of(host);
    auto operation = client.describe("first");
    tick(client);
    CHECK_CONTAINS(host.next().url, "first");
    operation = client.describe("second");
    tick(client);
    CHECK(host.aborted.size() == 1);
    CHECK_CONTAINS(host.next().url, "second");
}

TEST(lifetime, destroying_the_client_ends_everything_once) {
    ScriptedHost host;
    int calls = 0;
    std::future<Result<Allocation>> future;
    std::optional<Operation<Session>> kept;
    std::optional<Asked> asked;
    {
        Client client = client_of(host);
        client.describe("a").then([&](Result<Session> result) {
            calls++;
            CHECK(result.error().status == Status::shut_down && result.error().outcome == Outcome::unknown);
        });
        future = client.allocate(match()).future();
        kept.emplace(client.describe("b"));
        tick(client);
        asked.emplace(host.next());
    }
    CHECK(calls == 1 && future.get().error().status == Status::shut_down);
    CHECK(kept->ready() && kept->take().error().status == Status::shut_down);
    CHECK(asked->answer(200, "{}").error().status == Status::invalid_handle);
}

TEST(lifetime, an_operation_outlives_its_client_quietly) {
    ScriptedHost host;
    std::optional<Client> client(client_of(host));
    std::optional<Operation<Session>> operation(client->describe("a"));
    client.reset();
    operation->cancel();
    int calls = 0;
    std::move(*operation).then([&](Result<Session> result) { calls += result ? 0 : 1; });
    CHECK(calls == 1);
}

TEST(lifetime, a_callback_may_destroy_the_client) {
    ScriptedHost host;
    std::optional<Client> client(client_of(host));
    int calls = 0;
    for (const char *image : {"", ""}) {
        client->locations(image).then([&](Result<Locations>) {
            calls++;
            client.reset();
        });
    }
    // The other one ends too, with the client.
    (void)client->tick();
    CHECK(calls == 2 && !client);
}

TEST(lifetime, a_callback_may_begin_more_and_not_tick) {
    ScriptedHost host;
    Client client = client_of(host);
    Status nested = Status::ok;
    bool second = false;
    client.locations("").then([&](Result<Locations>) {
        nested = client.tick().error().status;
        client.locations("").then([&](Result<Locations>) { second = true; });
    });
    tick(client);
    CHECK(nested == Status::reentered && second);
}

TEST(lifetime, clients_and_operations_move_and_callbacks_need_not_copy) {
    ScriptedHost host;
    Client first = client_of(host);
    auto operation = first.locations("");
    Client client = std::move(first);
    auto moved = std::move(operation);
    int calls = 0;
    std::move(moved).then([owner = std::make_unique<int>(7), &calls](Result<Locations>) { calls += *owner; });
    tick(client);
    CHECK(calls == 7);
    ScriptedHost other_host;
    bool ended = false;
    client.describe("b").then([&](Result<Session> result) { ended = result.error().status == Status::shut_down; });
    client = client_of(other_host);
    CHECK(ended && client.operation_count() == 0);
    static_assert(!std::is_copy_constructible_v<Client> && !std::is_copy_constructible_v<Operation<Session>>);
    static_assert(std::is_nothrow_move_constructible_v<Client> && std::is_nothrow_move_constructible_v<Operation<Session>>);
}

TEST(lifetime, a_fault_in_the_library_ends_everything_once) {
    ScriptedHost host;
    Client client = client_of(host);
    int calls = 0;
    client.allocate(match()).then([&](Result<Allocation> result) {
        calls++;
        CHECK(result.error().status == Status::poisoned && result.error().outcome == Outcome::unknown);
    });
    client.test_fault();
    const auto ticked = client.tick();
    CHECK(!ticked && ticked.error().status == Status::poisoned && calls == 1 && client.operation_count() == 0);
    CHECK(client.describe("a").future().get().error().status == Status::poisoned);
}

TEST(lifetime, a_shutdown_ends_everything_within_its_time) {
    ScriptedHost host;
    Client client = client_of(host);
    int ended = 0;
    for (int i = 0; i < 3; i++) {
        client.allocate(match()).then([&](Result<Allocation> result) {
            ended++;
            CHECK(result.error().status == Status::shut_down && !result.error().ticket.empty());
        });
    }
    tick(client);
    CHECK(host.asked.size() == 3 && client.shutdown(seconds(1)));
    host.now = 1000;
    tick(client);
    CHECK(ended == 3 && client.operation_count() == 0);
}

TEST(lifetime, the_journal_sees_every_event) {
    ScriptedHost host;
    Client client = client_of(host);
    std::vector<std::string> journal;
    client.on_event([&](const matchport_event &event) {
        const auto json = client.json(event);
        journal.push_back(json ? *json : json.error().message);
    });
    client.locations("").then([](Result<Locations>) {});
    tick(client);
    CHECK(journal.size() == 1);
    CHECK_CONTAINS(journal[0], "invalid_input");
}

TEST(lifetime, the_log_goes_to_the_hook_without_secrets) {
    ScriptedHost host;
    ClientOptions options = host_options();
    std::string log;
    options.log_level = LogLevel::debug;
    options.log = [&](LogLevel, std::string_view line) { log += std::string(line) + "\n"; };
    {
        Client client = client_of(host, options);
        options.log = nullptr;
        client.describe("a").then([](Result<Session>) {});
        tick(client);
        CHECK(host.next().answer(401, "{}"));
        tick(client);
    }
    CHECK(!log.empty() && log.find("s3cret") == std::string::npos);
}

TEST(lifetime, a_client_that_is_refused_says_why) {
    ScriptedHost host;
    ClientOptions options = host_options();
    options.token = "";
    const auto without_token = Client::create(options, host);
    CHECK(!without_token);
    CHECK_CONTAINS(without_token.error().message, "token");
    options = host_options();
    options.environment = "http://api.example.com";
    CHECK(!Client::create(options, host));
    options.environment = "\xff";
    CHECK(Client::create(options, host).error().status == Status::invalid_utf8);
    Client client = client_of(host);
    CHECK(client.wait(seconds(0)).error().status == Status::wrong_transport);
    CHECK(client.cancel(99).error().status == Status::unknown_operation);
    CHECK(client.run(client.describe("a")).error().status == Status::wrong_transport);
    PingOptions pinged;
    pinged.locations = {{"eu-west-1", {"127.0.0.1"}}};
    CHECK(client.run(client.ping(pinged)).error().status == Status::wrong_transport);
}

TEST(lifetime, a_result_is_a_value_or_an_error) {
    Result<int> value = 4;
    Error error;
    error.status = Status::timeout;
    Result<int> failure = error;
    CHECK(value && *value == 4 && value.value_or(5) == 4 && failure.value_or(5) == 5 && !failure);
    const auto half = [](int n) -> Result<std::string> { return std::to_string(n / 2); };
    CHECK_TEXT(*std::move(value).and_then(half), "2");
    CHECK(std::move(failure).and_then(half).error().status == Status::timeout);
    CHECK(Result<void>() && !Result<void>(error));
    CHECK_TEXT(text_of(Status::ok), text_of(static_cast<Status>(0)));
    CHECK(!library_version().empty());
}

#ifdef __cpp_exceptions
TEST(lifetime, what_a_callback_throws_comes_out_of_tick) {
    ScriptedHost host;
    Client client = client_of(host);
    bool second = false;
    client.locations("").then([](Result<Locations>) { throw 7; });
    client.locations("").then([&](Result<Locations>) { second = true; });
    int thrown = 0;
    try {
        (void)client.tick();
    } catch (int number) {
        thrown = number;
    }
    CHECK(thrown == 7 && !second);
    tick(client);
    CHECK(second);
}
#endif
