// Each operation over a host transport: what is asked, and what comes of the answers, as values.
#include "scripted_host.hpp"

using namespace matchport;

TEST(host, an_allocation_is_one_start_and_a_callback) {
    ScriptedHost host;
    Client client = client_of(host);
    std::string ticket;
    std::vector<Step> steps;
    std::optional<Result<Allocation>> result;
    const std::uint64_t id = client.allocate(match())
                                 .on_ticket([&](std::string_view text) {
                                     ticket = std::string(text);
                                     return host.asked.empty();
                                 })
                                 .on_progress([&](const Progress &progress) { steps.push_back(progress.step); })
                                 .then([&](Result<Allocation> end) { result = std::move(end); });
    CHECK(id != 0 && client.operation_count() == 1 && host.asked.empty());
    tick(client);
    CHECK_CONTAINS(ticket, "\"matchport_ticket\":1");
    CHECK(host.asked.size() == 1 && !result);
    const Asked start = host.next();
    CHECK(start.operation == id && start.mode == ResponseMode::whole && start.max_response_bytes >= 1024);
    CHECK_TEXT(start.method, "POST");
    CHECK_TEXT(start.url, "https://api.example.com/session");
    CHECK_TEXT(start.token, "Bearer s3cret-token");
    CHECK_CONTAINS(start.body, "\"location\":\"eu-west-1\"");
    CHECK_CONTAINS(start.body, "\"ttl\":3600");
    CHECK(start.answer(201, STARTED));
    tick(client);
    CHECK(result && result->has_value());
    const Allocation &server = **result;
    CHECK(server.id.size() == 36 && server.ports.size() == 1);
    CHECK_TEXT(server.endpoint, "185.12.34.56:27015");
    CHECK_TEXT(server.location, "eu-west-1");
    CHECK(server.port(7777, "udp") != nullptr && server.port(7777, "udp")->host == 27015 && server.port(7777, "tcp") == nullptr);
    CHECK(server.report.attempts.size() == 1 && server.report.attempts[0].http_status == 201 && !server.report.adopted);
    CHECK(server.report.attempts[0].action == Action::start && server.report.attempts[0].outcome == Outcome::accepted);
    CHECK(!steps.empty() && client.operation_count() == 0);
}

TEST(host, every_option_of_an_allocation_arrives) {
    ScriptedHost host;
    Client client = client_of(host);
    AllocateOptions options = match();
    options.locations = {"us-east-1", "eu-west-1"};
    options.players = {{"ada", {{"us-east-1", 95}, {"eu-west-1", 22}, {"eu-west-1", 90}, {"eu-west-1", 24}}},
                       {"bo", {{"us-east-1", 81}, {"eu-west-1", 36}}}};
    options.session_id = "5f0c4ed7-8a1c-4f0e-9a54-0c6d1d2f3a4b";
    options.env = {{"MAP", "dust2"}};
    options.labels = {{"mode", "ranked"}};
    options.args = {"--tick", "64"};
    options.version = "1.2";
    options.external_id = "ours";
    options.ttl = std::chrono::minutes(2);
    options.restart = Restart::yes;
    options.max_latency_ms = 60.0f;
    Operation<Allocation> operation = client.allocate(options);
    tick(client);
    const Asked start = host.next();
    for (const char *part : {"\"location\":\"eu-west-1\"", "5f0c4ed7-8a1c-4f0e-9a54-0c6d1d2f3a4b", "\"MAP\":\"dust2\"",
                             "\"mode\":\"ranked\"", "\"--tick\",\"64\"", "\"1.2\"", "\"ours\"", "120", "\"restart\":true"}) {
        CHECK_CONTAINS(start.body, part);
    }
    CHECK(start.answer(201, STARTED));
    tick(client);
    CHECK(operation.ready());
    const Result<Allocation> result = operation.take();
    CHECK(result && result->report.locations.size() == 2);
    CHECK(result->report.locations[0].cost_ms == 33.0f && result->report.locations[0].worst_ms == 36.0f);
    CHECK_CONTAINS(result->report.locations[1].left_out, "cap");

    AllocateOptions by_matrix = match();
    by_matrix.locations = {"us-east-1", "eu-west-1"};
    by_matrix.players = {{"ada", {}}, {"bo", {}}};
    by_matrix.latency_matrix = {95, 24, 81, 36};
    by_matrix.ttl = (seconds::max)();
    operation = client.allocate(by_matrix);
    tick(client);
    const Asked second = host.next();
    CHECK_CONTAINS(second.body, "\"location\":\"eu-west-1\"");
    CHECK(second.body.find("ttl") == std::string::npos);
}

TEST(host, whoever_allocates_for_a_match_gets_its_session) {
    std::string bodies[2];
    for (auto &body : bodies) {
        ScriptedHost host;
        Client client = client_of(host);
        AllocateOptions options = match();
        options.match_id = "match-42";
        auto operation = client.allocate(options);
        tick(client);
        body = host.next().body;
    }
    CHECK(!bodies[0].empty());
    CHECK_TEXT(bodies[0], bodies[1]);
    ScriptedHost host;
    Client client = client_of(host);
    AllocateOptions options = match();
    options.match_id = "";
    auto operation = client.allocate(options);
    tick(client);
    CHECK(host.asked.empty() && operation.ready());
    CHECK_CONTAINS(operation.take().error().message, "match");
}

TEST(host, a_ticket_that_is_not_kept_ends_the_allocation_unsent) {
    ScriptedHost host;
    Client client = client_of(host);
    auto operation = client.allocate(match()).on_ticket([](std::string_view) { return false; });
    tick(client);
    CHECK(operation.ready() && host.asked.empty());
    const auto result = operation.take();
    CHECK(!result && result.error().status == Status::ticket_not_kept && result.error().outcome == Outcome::not_sent);
    CHECK_TEXT(result.error().name, "ticket_not_kept");
}

TEST(host, a_saved_ticket_goes_on_in_another_client) {
    std::string ticket, id;
    {
        ScriptedHost host;
        Client client = client_of(host);
        client.allocate(match()).on_ticket([&](std::string_view text) { return !(ticket = std::string(text)).empty(); }).then([](auto) {});
        tick(client);
    }
    ScriptedHost host;
    Client client = client_of(host);
    ResumeOptions options;
    options.ticket = ticket;
    auto operation = client.resume(options);
    tick(client);
    const Asked look = host.next();
    CHECK(look.operation == operation.id());
    operation.cancel();
    options.ticket = R"({"matchport_ticket":99})";
    auto refused = client.resume(options);
    CHECK(refused.id() == 0 && refused.ready());
    const auto result = refused.take();
    CHECK(result.error().status == Status::invalid_argument);
    CHECK_CONTAINS(result.error().message, "version 99");
}

TEST(host, a_refusal_is_an_error_with_all_its_fields) {
    ScriptedHost host;
    Client client = client_of(host);
    auto operation = client.join("s-1", {"ada"});
    tick(client);
    CHECK(host.next().answer(422, R"({"statusCode":422,"code":"INVALID_REQUEST","message":"bad s3cret-token",)"
                                  R"("identifier":"trace-1","violations":[{"field":"players","description":"no"}]})"));
    tick(client);
    CHECK(operation.ready());
    const auto result = operation.take();
    CHECK(!result);
    const Error &error = result.error();
    CHECK(error.status == Status::invalid_request && error.http_status == 422 && !error.retryable);
    CHECK(error.outcome == Outcome::refused && error.violations.size() == 1 && !error.report && !error.retry_after);
    CHECK_TEXT(error.name, "invalid_request");
    CHECK_TEXT(error.identifier, "trace-1");
    CHECK_TEXT(error.violations[0].field, "players");
    CHECK_TEXT(error.violations[0].description, "no");
    CHECK(error.ticket.empty() && error.message.find("s3cret") == std::string::npos);
}

TEST(host, a_failed_allocation_says_how_it_came_to_this) {
    ScriptedHost host;
    Client client = client_of(host);
    AllocateOptions options = match();
    options.when_full = WhenFull::fail;
    auto operation = client.allocate(options);
    tick(client);
    CHECK(host.next().answer(420, "{}"));
    tick(client);
    CHECK(operation.ready());
    const auto result = operation.take();
    CHECK(!result && result.error().status == Status::no_capacity && result.error().report);
    CHECK(result.error().report->attempts.size() == 1 && result.error().report->attempts[0].http_status == 420);
}

TEST(host, every_other_operation_gives_its_value) {
    ScriptedHost host;
    host.at_once = [](const Asked &asked) {
        const auto is = [&](const char *method, const char *part) {
            return asked.method == method && asked.url.find(part) != std::string::npos;
        };
        const char *body = is("GET", "available-location") ? R"({"locations":[{"id":"eu","ips":["10.0.0.1"]}]})"
                           : is("GET", "/session/a") ? R"({"id":"a","image":"demo","location":"eu","status":"running",)"
                                                       R"("players":{"joined":["ada"],"joinedCount":1}})"
                           : is("GET", "/session") ? R"({"sessions":[{"id":"b","image":"demo","location":"eu","host":"h",)"
                                                     R"("created":5,"port":{"7777/udp":9},"status":"odd","playerCount":3,)"
                                                     R"("labels":{"tags":"{}"}}]})"
                           : is("DELETE", "/session/a") ? ""
                           : is("GET", "tag") ? R"({"exists":true})"
                                              : R"({"count":2,"players":["ada","bo"]})";
        (void)asked.answer(*body == 0 ? 204 : 200, body);
    };
    Client client = client_of(host);
    auto list = client.list();
    auto describe = client.describe("a");
    auto join = client.join("a", {"ada", "bo"});
    auto leave = client.leave({"ada"});
    auto locations = client.locations("demo");
    auto tag = client.tag_exists("eu", "demo", "1");
    auto stop = client.stop("a");
    tick(client);

    CHECK(list.ready() && describe.ready() && join.ready() && leave.ready() && locations.ready() && tag.ready() && stop.ready());
    const auto sessions = list.take();
    CHECK(sessions && sessions->size() == 1);
    const Session &session = sessions->front();
    CHECK(session.created == milliseconds(5) && session.player_count == 3u && session.status == SessionStatus::unknown);
    CHECK_TEXT(session.status_name, "odd");
    CHECK(session.ports.size() == 1 && session.ports[0].container == 7777 && session.labels.size() == 1);
    CHECK_TEXT(session.labels[0].second, "{}");
    const auto described = describe.take();
    CHECK(described && described->status == SessionStatus::running && described->players == std::vector<std::string>{"ada"});
    const auto joined = join.take();
    CHECK(joined && joined->player_count == 2 && joined->players.size() == 2);
    CHECK(leave.take() && tag.take()->exists && stop.take()->was_running);
    const auto offered = locations.take();
    CHECK(offered && offered->size() == 1 && offered->front().addresses == std::vector<std::string>{"10.0.0.1"});
}

TEST(host, a_backfill_lists_and_joins) {
    ScriptedHost host;
    Client client = client_of(host);
    BackfillOptions options;
    options.image = "demo";
    options.players = {"ada", "bo"};
    options.capacity = 8;
    auto operation = client.backfill(options);
    tick(client);
    CHECK(host.next().answer(200, R"({"sessions":[{"id":"b","image":"demo","location":"eu","host":"h","created":5,)"
                                  R"("port":{"7777/udp":9},"status":"running","playerCount":3}]})"));
    tick(client);
    CHECK(host.next().answer(200, R"({"count":5,"players":[]})"));
    tick(client);
    CHECK(operation.ready());
    const auto result = operation.take();
    CHECK(result && result->player_count == 5 && result->passed_over == 0);
    CHECK_TEXT(result->endpoint, "h:9");
}

TEST(host, a_list_is_narrowed) {
    ScriptedHost host;
    Client client = client_of(host);
    ListOptions options;
    options.location = "eu";
    options.players_below = 8;
    options.having = {{"mode", "ranked"}};
    auto operation = client.list(options);
    tick(client);
    const std::string url = host.next().url;
    CHECK_CONTAINS(url, "eu");
    CHECK_CONTAINS(url, "8");
    CHECK_CONTAINS(url, "ranked");
}

TEST(host, log_lines_and_bytes_come_while_they_stream) {
    ScriptedHost host;
    Client client = client_of(host);
    std::vector<std::string> lines;
    auto log = client.logs("s-1", false).on_line([&](std::string_view line) { lines.emplace_back(line); });
    tick(client);
    const Asked asked = host.next();
    CHECK(asked.mode == ResponseMode::stream);
    HttpResponse head;
    head.status = 200;
    CHECK(asked.answer(200, "").error().status == Status::wrong_response_mode);
    CHECK(asked.exchange.begin_stream(head));
    for (const char *piece : {"one\ntw", "o\n", "last"}) {
        CHECK(asked.exchange.stream(Bytes(std::string_view(piece))));
        tick(client);
    }
    CHECK(lines == (std::vector<std::string>{"one", "two"}));
    CHECK(asked.exchange.end_stream());
    tick(client);
    CHECK(lines.size() == 3 && lines[2] == "last" && log.ready() && log.take()->bytes == 12);

    std::string bytes;
    auto artifact = client.artifact("s-1", "/out").on_data([&](Bytes piece) { bytes += piece.text(); });
    tick(client);
    const Asked download = host.next();
    CHECK(download.exchange.begin_stream(head));
    CHECK(download.exchange.stream(Bytes(std::string_view("\0\1\0", 3))));
    CHECK(download.exchange.fail(HttpFailure::broken, "cut"));
    tick(client);
    CHECK(bytes == std::string("\0\1\0", 3) && artifact.ready());
    CHECK(artifact.take().error().status == Status::transport);
}

TEST(host, a_lost_answer_is_looked_up_and_a_late_one_refused) {
    ScriptedHost host;
    Client client = client_of(host);
    auto operation = client.allocate(match());
    tick(client);
    const Asked start = host.next();
    CHECK(client.next_deadline() == milliseconds(10'000));
    host.now = 10'000;
    tick(client);
    CHECK(host.aborted == std::vector<std::uint64_t>{start.exchange.request()});
    CHECK(start.answer(201, STARTED).error().status == Status::unknown_request);
    const Asked look = host.next();
    CHECK_TEXT(look.method, "GET");
    CHECK(look.answer(200, R"({"id":"x","image":"demo","location":"eu-west-1","host":"10.0.0.1","created":1,)"
                           R"("port":{"7777/udp":27015},"status":"running"})"));
    tick(client);
    CHECK(operation.ready());
    const auto result = operation.take();
    CHECK(result && result->report.adopted && result->report.attempts[0].outcome == Outcome::unknown);
}

TEST(host, sessions_are_followed_when_asked_for) {
    ScriptedHost host;
    ClientOptions options = host_options();
    options.tracked_sessions = 4;
    Client client = client_of(host, options);
    auto operation = client.allocate(match());
    tick(client);
    CHECK(client.sessions().empty() && host.next().answer(201, STARTED));
    tick(client);
    const auto result = operation.take();
    CHECK(result);
    const auto snapshot = client.session(result->id);
    CHECK(snapshot && snapshot->state == SessionState::created && snapshot->end_reason == EndReason::none);
    CHECK(snapshot->started_at == milliseconds(0) && !snapshot->stop_requested_at);
    CHECK_TEXT(snapshot->host, "185.12.34.56");
    CHECK(client.sessions().size() == 1 && !client.session("other"));
}

TEST(host, random_bytes_are_fetched_when_they_run_out) {
    ScriptedHost host;
    Client client = client_of(host);
    const std::size_t first = host.random_bytes;
    std::vector<Operation<Allocation>> operations;
    for (int i = 0; i < 200; i++) {
        operations.push_back(client.allocate(match()));
        CHECK(operations.back().id() != 0);
    }
    CHECK(host.random_bytes > first);
    tick(client);
    CHECK(host.asked.size() == 200);
}
