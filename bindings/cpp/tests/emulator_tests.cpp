// The built-in transport against a running emulator, whose address is in MATCHPORT_TEST_URL (the token is "local").
#include "harness.hpp"
#include <matchport.hpp>

#include <cstdlib>

using namespace matchport;

static ClientOptions at(std::string address) {
    ClientOptions options;
    options.environment = std::move(address);
    options.token = "local";
    options.tracked_sessions = 100;
    return options;
}

static Client client_at(const ClientOptions &options) {
    auto client = Client::create(options);
    if (!client) {
        std::printf("no client: %s\n", client.error().message.c_str());
        std::abort();
    }
    return *std::move(client);
}

static ClientOptions emulator() {
    const char *address = std::getenv("MATCHPORT_TEST_URL");
    if (address == nullptr) {
        std::printf("MATCHPORT_TEST_URL is not set\n");
        std::abort();
    }
    return at(address);
}

template <class T> static std::string why(const Result<T> &result) {
    return result ? std::string("ok") : result.error().message;
}

TEST(emulator, a_match_from_its_players_to_the_end_of_its_server) {
    Client client = client_at(emulator());
    const auto locations = client.run(client.locations("demo"));
    CHECK_TEXT(why(locations), "ok");
    CHECK(locations->size() == 3);
    PingOptions pinged;
    pinged.locations = *locations;
    pinged.samples = 2;
    pinged.interval = milliseconds(1);
    const auto pings = client.run(client.ping(pinged));
    CHECK_TEXT(why(pings), "ok");
    CHECK(pings->size() == 3 && pings->front().location == locations->front().id);
    // Where ICMP is forbidden nothing may answer, and it then says so.
    CHECK(pings->front().samples.size() == 2 || !pings->front().message.empty());

    AllocateOptions match;
    match.image = "demo";
    match.players = {{"ada", {{"eu-west-1", 23}, {"us-east-1", 95}}}};
    match.env = {{"MAP", "dust2"}};
    match.ttl = seconds(120);
    bool kept = false;
    auto allocated = client.run(client.allocate(match).on_ticket([&](std::string_view text) { return kept = !text.empty(); }));
    CHECK_TEXT(why(allocated), "ok");
    CHECK_TEXT(allocated->location, "eu-west-1");
    CHECK(kept && allocated->endpoint.size() > 9);
    const std::string id = allocated->id;

    CHECK(client.run(client.join(id, {"ada", "bo"})).value_or(PlayerCount{}).player_count == 2);
    CHECK(client.run(client.leave({"ada"})).value_or(PlayerCount{}).player_count == 1);
    BackfillOptions backfill;
    backfill.image = "demo";
    backfill.players = {"cy"};
    backfill.capacity = 8;
    const auto backfilled = client.run(client.backfill(backfill));
    CHECK_TEXT(why(backfilled), "ok");
    CHECK_TEXT(backfilled->id, id);
    const auto session = client.run(client.describe(id));
    CHECK_TEXT(why(session), "ok");
    CHECK(session->status == SessionStatus::running && session->player_count == 2u);
    const auto known = client.session(id);
    CHECK(known && known->state == SessionState::running && known->player_count == 2);
    const auto list = client.run(client.list());
    CHECK(list && !list->empty());
    CHECK(client.run(client.tag_exists("eu-west-1", "demo", "latest")).value_or(TagExists{}).exists);

    std::size_t lines = 0;
    auto log = client.logs(id, true).on_line([&](std::string_view) { lines++; });
    while (lines == 0 && !log.ready()) {
        CHECK(client.wait(seconds(20)) && client.tick());
    }
    CHECK(client.run(client.stop(id)).value_or(Stopped{}).was_running);
    CHECK_TEXT(why(client.run(std::move(log))), "ok");
    CHECK(lines > 0);
    const auto artifact = client.run(client.artifact(id, "/nowhere"));
    CHECK(!artifact && artifact.error().status == Status::not_found && artifact.error().http_status == 404);
    CHECK(!artifact.error().identifier.empty());
}

TEST(emulator, many_at_once_and_nothing_left_after_a_shutdown) {
    Client client = client_at(emulator());
    std::vector<std::future<Result<Allocation>>> servers;
    AllocateOptions match;
    match.image = "demo";
    match.ttl = seconds(120);
    for (int i = 0; i < 5; i++) {
        servers.push_back(client.allocate(match).future());
    }
    while (client.operation_count() > 0) {
        CHECK(client.wait(seconds(20)) && client.tick());
    }
    std::vector<std::string> ids;
    for (auto &server : servers) {
        const auto result = server.get();
        CHECK_TEXT(why(result), "ok");
        ids.push_back(result->id);
    }
    int stopped = 0;
    for (const auto &id : ids) {
        client.stop(id).then([&](Result<Stopped> result) { stopped += result && result->was_running ? 1 : 0; });
    }
    while (client.operation_count() > 0) {
        CHECK(client.wait(seconds(20)) && client.tick());
    }
    CHECK(stopped == 5);

    // Cut short while it starts: settled before it ends.
    std::string id;
    client.allocate(match).then([&](Result<Allocation> result) { id = result ? "" : result.error().report->session; });
    (void)client.tick();
    CHECK(client.shutdown(seconds(20)));
    while (client.operation_count() > 0) {
        CHECK(client.wait(seconds(20)) && client.tick());
    }
    CHECK(!id.empty());
    Client other = client_at(emulator());
    const auto left = other.run(other.describe(id));
    CHECK(!left || left->status != SessionStatus::running);
}

TEST(emulator, a_service_that_is_not_there_has_not_seen_anything) {
    Client client = client_at(at("http://127.0.0.1:9"));
    const auto result = client.run(client.describe("a"));
    CHECK(!result && result.error().status == Status::transport && result.error().outcome == Outcome::not_sent);
    CHECK(result.error().retryable);
}

TEST(emulator, a_wrong_token_is_said_so) {
    ClientOptions options = emulator();
    options.token = "wrong-token";
    Client client = client_at(options);
    const auto result = client.run(client.list());
    CHECK(!result && result.error().status == Status::unauthorized && result.error().http_status == 401);
    CHECK(result.error().message.find("wrong-token") == std::string::npos);
}

TEST(emulator, a_wait_is_ended_from_another_thread_and_by_a_refused_call) {
    Client client = client_at(emulator());
    std::thread other([&] { client.wake(); });
    const auto woken = client.wait(seconds(60));
    other.join();
    CHECK(woken && *woken);
    bool called = false;
    ResumeOptions nonsense;
    nonsense.ticket = "nonsense";
    client.resume(nonsense).then([&](Result<Allocation> result) { called = !result; });
    const auto refused = client.wait(seconds(60));
    CHECK(refused && *refused && client.tick() && called);
}
