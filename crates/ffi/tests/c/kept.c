/* What a program that was compiled with this version of the header relies on for ever: numbers, layouts, what each call does,
 * and struct_size in both directions. `cargo xtask abi` compiles it and keeps the program in bindings/abi, and later
 * versions of the library have to get along with the program that was kept. It therefore checks only what the header
 * promises: no words of messages, no addresses or bodies of requests, and nothing about numbers that may be added. */
#include "support.h"

/* No version of a struct will be larger than this, says the library; a caller of the far future has all of it. */
#define FUTURE 4096

#define FUTURE_STRUCT(type)                                                                                             \
    union {                                                                                                            \
        type options;                                                                                                  \
        uint64_t words[FUTURE / 8];                                                                                    \
    }

/* The init function of a struct writes as much as the caller has, zeros behind what it knows, and not a byte more. */
#define CHECK_INIT(type)                                                                                               \
    do {                                                                                                               \
        FUTURE_STRUCT(type) caller;                                                                                    \
        for (size_t size = 8; size <= FUTURE; size += 8) {                                                             \
            memset(&caller, 0xaa, sizeof caller);                                                                      \
            CHECK_OK(type##_init(&caller.options, size));                                                              \
            CHECK(caller.options.struct_size == size);                                                                 \
            for (size_t i = size / 8; i < FUTURE / 8; i++) {                                                           \
                CHECK(caller.words[i] == 0xaaaaaaaaaaaaaaaa);                                                          \
            }                                                                                                          \
        }                                                                                                              \
        CHECK(caller.words[FUTURE / 8 - 1] == 0);                                                                      \
    } while (0)

static void init_functions_write_as_much_as_the_caller_has(void) {
    CHECK_INIT(matchport_client_options);
    CHECK_INIT(matchport_allocate_options);
    CHECK_INIT(matchport_backfill_options);
    CHECK_INIT(matchport_list_options);
    CHECK_INIT(matchport_ping_options);
    CHECK_INIT(matchport_resume_options);
    CHECK_INIT(matchport_http_response);
}

static void an_older_caller_gets_defaults(void) {
    /* Exactly as much memory as it has, so that tools see a byte too many. */
    size_t size = offsetof(matchport_client_options, allow_plain_http);
    matchport_client_options options;
    CHECK_OK(matchport_client_options_init(&options, size));
    options.environment = matchport_str("sandbox");
    options.token = matchport_str("t");
    void *old = memcpy(malloc(size), &options, size);
    matchport_client *client;
    matchport_status made = matchport_client_new(old, &client, NULL, 0);
    free(old);
    CHECK_OK(made);
    uint8_t random[24] = {1};
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    size = offsetof(matchport_allocate_options, locations);
    matchport_allocate_options match;
    CHECK_OK(matchport_allocate_options_init(&match, size));
    match.image = matchport_str("demo");
    old = memcpy(malloc(size), &match, size);
    uint64_t operation;
    matchport_status begun = matchport_client_allocate(client, old, &operation);
    free(old);
    CHECK_OK(begun);
    CHECK(expect_request(client)->operation == operation);
    CHECK_OK(matchport_client_free(client));
}

/* A caller of the far future is served as long as it asks for nothing that this library can't do. */
static void a_newer_caller_is_served_or_refused(void) {
    matchport_client *client;
    FUTURE_STRUCT(matchport_client_options) options;
    CHECK_OK(matchport_client_options_init(&options.options, FUTURE));
    options.options.environment = matchport_str("sandbox");
    options.options.token = matchport_str("t");
    CHECK_OK(matchport_client_new(&options.options, &client, NULL, 0));
    CHECK_OK(matchport_client_free(client));
    options.words[FUTURE / 8 - 1] = 1;
    CHECK_STATUS(matchport_client_new(&options.options, &client, NULL, 0), INVALID_STRUCT_SIZE);
    CHECK(client == NULL);

    client = host_client();
    uint64_t operation;
    FUTURE_STRUCT(matchport_allocate_options) match;
    CHECK_OK(matchport_allocate_options_init(&match.options, FUTURE));
    match.options.image = matchport_str("demo");
    CHECK_OK(matchport_client_allocate(client, &match.options, &operation));
    match.words[FUTURE / 8 - 1] = 1;
    CHECK_STATUS(matchport_client_allocate(client, &match.options, &operation), INVALID_STRUCT_SIZE);

    FUTURE_STRUCT(matchport_backfill_options) backfill;
    matchport_string player = matchport_str("ada");
    CHECK_OK(matchport_backfill_options_init(&backfill.options, FUTURE));
    backfill.options.image = matchport_str("demo");
    backfill.options.players = &player;
    backfill.options.player_count = 1;
    backfill.options.capacity = 8;
    CHECK_OK(matchport_client_backfill(client, &backfill.options, &operation));
    backfill.words[FUTURE / 8 - 1] = 1;
    CHECK_STATUS(matchport_client_backfill(client, &backfill.options, &operation), INVALID_STRUCT_SIZE);

    FUTURE_STRUCT(matchport_list_options) list;
    CHECK_OK(matchport_list_options_init(&list.options, FUTURE));
    CHECK_OK(matchport_client_list(client, &list.options, &operation));
    list.words[FUTURE / 8 - 1] = 1;
    CHECK_STATUS(matchport_client_list(client, &list.options, &operation), INVALID_STRUCT_SIZE);

    FUTURE_STRUCT(matchport_ping_options) ping;
    matchport_location location = {matchport_str("here"), NULL, 0};
    CHECK_OK(matchport_ping_options_init(&ping.options, FUTURE));
    ping.options.locations = &location;
    ping.options.location_count = 1;
    CHECK_STATUS(matchport_client_ping(client, &ping.options, &operation), WRONG_TRANSPORT);
    ping.words[FUTURE / 8 - 1] = 1;
    CHECK_STATUS(matchport_client_ping(client, &ping.options, &operation), INVALID_STRUCT_SIZE);

    FUTURE_STRUCT(matchport_resume_options) resume;
    CHECK_OK(matchport_resume_options_init(&resume.options, FUTURE));
    resume.options.ticket = matchport_str("{}");
    CHECK_STATUS(matchport_client_resume(client, &resume.options, &operation), INVALID_ARGUMENT);
    resume.words[FUTURE / 8 - 1] = 1;
    CHECK_STATUS(matchport_client_resume(client, &resume.options, &operation), INVALID_STRUCT_SIZE);

    CHECK_OK(matchport_client_describe(client, matchport_str("a"), &operation));
    uint64_t request;
    do {
        const matchport_http_request *next = expect_request(client);
        request = next->operation == operation ? next->id : 0;
    } while (request == 0);
    FUTURE_STRUCT(matchport_http_response) response;
    CHECK_OK(matchport_http_response_init(&response.options, FUTURE));
    response.options.status = 404;
    response.words[FUTURE / 8 - 1] = 1;
    CHECK_STATUS(matchport_client_http_response(client, request, &response.options), INVALID_STRUCT_SIZE);
    response.words[FUTURE / 8 - 1] = 0;
    CHECK_OK(matchport_client_http_response(client, request, &response.options));
    CHECK_OK(matchport_client_free(client));
}

static void every_status_of_the_header_has_words(void) {
    matchport_string unknown = matchport_status_text(INT32_MIN);
    for (int32_t status = 0; status <= MATCHPORT_STATUS_INVALID_TICKET; status++) {
        int known = status <= MATCHPORT_STATUS_EMPTY ||
                    (status >= MATCHPORT_STATUS_CALL_REFUSED && status <= MATCHPORT_STATUS_STALE_EVENT) ||
                    status >= MATCHPORT_STATUS_FAILED;
        matchport_string words = matchport_status_text(status);
        CHECK(words.length > 0);
        CHECK(!known || words.length != unknown.length || memcmp(words.data, unknown.data, words.length) != 0);
    }
}

static void an_allocation_with_all_that_it_can_be_told(void) {
    matchport_client_options settings = host_options();
    settings.tracked_sessions = 10;
    matchport_client *client;
    CHECK_OK(matchport_client_new(&settings, &client, NULL, 0));
    uint8_t random[48] = {1, 2, 3};
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    matchport_string locations[] = {matchport_str("us-east-1"), matchport_str("eu-west-1")};
    matchport_latency ada[] = {{locations[0], 95}, {locations[1], 23}}, bo[] = {{locations[0], 81}, {locations[1], 36}};
    matchport_player players[] = {{matchport_str("ada"), ada, 2}, {matchport_str("bo"), bo, 2}};
    matchport_pair env[] = {{matchport_str("MAP"), matchport_str("dust2")}}, labels[] = {{matchport_str("m"), matchport_str("r")}};
    matchport_string arguments[] = {matchport_str("-x")};
    matchport_allocate_options options;
    CHECK_OK(matchport_allocate_options_init(&options, sizeof options));
    options.wait_for = MATCHPORT_WAIT_FOR_ALLOCATED;
    options.image = matchport_str("demo");
    options.locations = locations;
    options.location_count = 2;
    options.players = players;
    options.player_count = 2;
    options.session_id = matchport_str("session-1");
    options.env = env;
    options.env_count = 1;
    options.labels = labels;
    options.label_count = 1;
    options.args = arguments;
    options.arg_count = 1;
    options.version = matchport_str("1.2");
    options.external_id = matchport_str("mine");
    options.ttl_seconds = 600;
    options.deadline_ms = 20000;
    options.when_full = MATCHPORT_WHEN_FULL_FAIL;
    options.figure = MATCHPORT_FIGURE_MIN;
    options.worst_weight = 1;
    options.max_latency_ms = 60;
    uint64_t operation;
    CHECK_OK(matchport_client_allocate(client, &options, &operation));
    const matchport_event *event = expect_event(client, MATCHPORT_EVENT_KIND_TICKET);
    CHECK(event->operation == operation && event->text.length > 0);

    const matchport_http_request *request = expect_request(client);
    CHECK(request->action == MATCHPORT_HTTP_ACTION_SEND && request->operation == operation && request->id != 0);
    CHECK(request->response_mode == MATCHPORT_RESPONSE_MODE_WHOLE && request->max_response_bytes > 0);
    CHECK(request->method.length > 0 && request->url.length > 0 && request->header_count > 0 && request->body.length > 0);
    CHECK_TEXT(header(request, "authorization"), "Bearer s3cret-token");
    const char *told[] = {"demo", "eu-west-1", "session-1", "MAP", "dust2", "-x", "1.2", "mine", "600"};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        CHECK(contains(text_of(request->body), told[i]));
    }
    CHECK_OK(answer(client, request->id, 201, STARTED));
    event = expect_event(client, MATCHPORT_EVENT_KIND_ALLOCATED);
    CHECK(event->operation == operation && event->status == MATCHPORT_STATUS_OK && event->error == NULL);
    const matchport_allocation *allocation = event->allocation;
    CHECK_TEXT(allocation->id, "session-1");
    CHECK_TEXT(allocation->location, "eu-west-1");
    CHECK_TEXT(allocation->host, "185.12.34.56");
    CHECK_TEXT(allocation->endpoint, "185.12.34.56:27015");
    CHECK(allocation->port_count == 1 && allocation->ports[0].container == 7777 && allocation->ports[0].host == 27015);
    CHECK_TEXT(allocation->ports[0].protocol, "udp");
    const matchport_report *report = allocation->report;
    CHECK_TEXT(report->session, "session-1");
    CHECK(report->location_count == 2 && report->attempt_count == 1 && report->attempts_omitted == 0 && report->adopted == 0);
    CHECK_TEXT(report->locations[0].location, "eu-west-1");
    CHECK(report->locations[0].cost_ms == 36 && report->locations[0].worst_ms == 36);
    CHECK(report->locations[1].left_out.length > 0);
    CHECK(report->attempts[0].action == MATCHPORT_ACTION_START && report->attempts[0].http_status == 201);
    CHECK(report->attempts[0].outcome == MATCHPORT_OUTCOME_ACCEPTED);
    matchport_string json;
    CHECK_OK(matchport_client_event_json(client, event, &json));
    CHECK(contains(json, "session-1"));

    const matchport_snapshot *snapshot;
    CHECK_OK(matchport_client_session(client, matchport_str("session-1"), &snapshot));
    CHECK(snapshot->state == MATCHPORT_SESSION_STATE_CREATED && snapshot->end_reason == MATCHPORT_END_REASON_NONE);
    CHECK_TEXT(snapshot->host, "185.12.34.56");
    CHECK(snapshot->port_count == 1 && snapshot->ports[0].host == 27015 && snapshot->player_name_count == 0);
    const matchport_snapshot *const *all;
    size_t count;
    CHECK_OK(matchport_client_sessions(client, &all, &count));
    CHECK(count == 1);
    CHECK_TEXT(all[0]->id, "session-1");
    CHECK_OK(matchport_client_free(client));
}

static void a_ticket_is_resumed_cancelled_and_shut_down(void) {
    matchport_client *client = host_client();
    uint64_t first = allocate(client), second;
    char ticket[8192];
    const matchport_event *event = expect_event(client, MATCHPORT_EVENT_KIND_TICKET);
    CHECK(event->text.length < sizeof ticket);
    memcpy(ticket, event->text.data, event->text.length);
    ticket[event->text.length] = 0;
    CHECK_OK(matchport_client_ticket_not_kept(client, first));
    CHECK_STATUS(expect_end(client)->status, TICKET_NOT_KEPT);
    matchport_resume_options options;
    CHECK_OK(matchport_resume_options_init(&options, sizeof options));
    options.ticket = matchport_str(ticket);
    CHECK_OK(matchport_client_resume(client, &options, &second));
    CHECK(second != first);
    CHECK_OK(matchport_client_cancel(client, second));
    uint64_t in_ms;
    CHECK_OK(matchport_client_shutdown(client, 1000));
    CHECK_OK(matchport_client_next_deadline(client, &in_ms));
    CHECK(in_ms <= 1000);
    CHECK_OK(matchport_client_tick_at(client, 1000));
    event = expect_end(client);
    CHECK(event->operation == second && event->kind == MATCHPORT_EVENT_KIND_FAILED);
    CHECK(event->error->ticket.length > 0 || event->error->outcome != MATCHPORT_OUTCOME_UNKNOWN);
    size_t count;
    CHECK_OK(matchport_client_operation_count(client, &count));
    CHECK(count == 0);
    CHECK_STATUS(matchport_client_describe(client, matchport_str("a"), &second), CLOSED_CLIENT);
    CHECK_OK(matchport_client_free(client));
    CHECK_STATUS(matchport_client_free(client), INVALID_HANDLE);
}

static void the_other_operations_and_their_events(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    matchport_string players[] = {matchport_str("ada"), matchport_str("bo")};
    CHECK_OK(matchport_client_list(client, NULL, &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200,
                    "{\"sessions\":[{\"id\":\"a\",\"image\":\"demo\",\"location\":\"eu\",\"host\":\"h\",\"created\":5,"
                    "\"port\":{\"7777/udp\":1},\"status\":\"running\",\"playerCount\":3,\"labels\":{\"tags\":\"{}\"}}]}"));
    const matchport_event *event = expect_event(client, MATCHPORT_EVENT_KIND_SESSIONS);
    CHECK(event->session_list->session_count == 1);
    const matchport_session *session = event->session_list->sessions[0];
    CHECK_TEXT(session->id, "a");
    CHECK_TEXT(session->image, "demo");
    CHECK_TEXT(session->host, "h");
    CHECK(session->created_ms == 5 && session->port_count == 1 && session->player_count == 3 && session->label_count == 1);
    CHECK(session->status == MATCHPORT_SESSION_STATUS_RUNNING);

    CHECK_OK(matchport_client_describe(client, matchport_str("a"), &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200,
                    "{\"id\":\"a\",\"image\":\"demo\",\"location\":\"eu\",\"status\":\"exited\","
                    "\"players\":{\"joined\":[\"ada\"],\"joinedCount\":1}}"));
    session = expect_event(client, MATCHPORT_EVENT_KIND_DESCRIBED)->session;
    CHECK(session->status == MATCHPORT_SESSION_STATUS_EXITED && session->player_name_count == 1);
    CHECK_TEXT(session->players[0], "ada");

    CHECK_OK(matchport_client_join(client, matchport_str("a"), players, 2, &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 422,
                    "{\"statusCode\":422,\"message\":\"no\",\"identifier\":\"trace-1\","
                    "\"violations\":[{\"field\":\"players\",\"description\":\"odd\"}]}"));
    event = expect_event(client, MATCHPORT_EVENT_KIND_FAILED);
    const matchport_error *error = event->error;
    CHECK_STATUS(error->status, INVALID_REQUEST);
    CHECK(error->http_status == 422 && error->outcome == MATCHPORT_OUTCOME_REFUSED && error->retryable == 0);
    CHECK(error->name.length > 0 && error->message.length > 0 && error->retry_after_ms == -1 && error->report == NULL);
    CHECK_TEXT(error->identifier, "trace-1");
    CHECK(error->violation_count == 1);
    CHECK_TEXT(error->violations[0].field, "players");
    CHECK_TEXT(error->violations[0].description, "odd");

    CHECK_OK(matchport_client_leave(client, players, 1, &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200, "{\"count\":1,\"players\":[\"bo\"]}"));
    const matchport_player_count *left = expect_event(client, MATCHPORT_EVENT_KIND_PLAYERS)->player_count;
    CHECK(left->player_count == 1 && left->player_name_count == 1);
    CHECK_TEXT(left->players[0], "bo");

    CHECK_OK(matchport_client_locations(client, matchport_str("demo"), &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200, "{\"locations\":[{\"id\":\"eu\",\"ips\":[\"10.0.0.1\"]}]}"));
    const matchport_location_list *list = expect_event(client, MATCHPORT_EVENT_KIND_LOCATIONS)->location_list;
    CHECK(list->location_count == 1 && list->locations[0].address_count == 1);
    CHECK_TEXT(list->locations[0].id, "eu");
    CHECK_TEXT(list->locations[0].addresses[0], "10.0.0.1");

    CHECK_OK(matchport_client_tag_exists(client, matchport_str("eu"), matchport_str("demo"), matchport_str("1"), &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200, "{\"exists\":true}"));
    CHECK(expect_event(client, MATCHPORT_EVENT_KIND_TAG_EXISTS)->number == 1);
    CHECK_OK(matchport_client_stop(client, matchport_str("a"), &operation));
    CHECK_OK(matchport_client_http_failed(client, expect_request(client)->id, MATCHPORT_HTTP_FAILURE_NOT_SENT, matchport_str("x")));
    CHECK_OK(matchport_client_cancel(client, operation));
    CHECK_STATUS(expect_end(client)->status, CANCELLED);

    matchport_backfill_options backfill;
    CHECK_OK(matchport_backfill_options_init(&backfill, sizeof backfill));
    backfill.image = matchport_str("demo");
    backfill.players = players;
    backfill.player_count = 2;
    backfill.capacity = 8;
    backfill.prefer = MATCHPORT_PREFER_FULLEST;
    CHECK_OK(matchport_client_backfill(client, &backfill, &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200,
                    "{\"sessions\":[{\"id\":\"b\",\"image\":\"demo\",\"location\":\"eu\",\"host\":\"h\",\"created\":5,"
                    "\"port\":{\"7777/udp\":9},\"status\":\"running\",\"playerCount\":3}]}"));
    CHECK_OK(answer(client, expect_request(client)->id, 200, "{\"count\":5,\"players\":[]}"));
    const matchport_backfilled *filled = expect_event(client, MATCHPORT_EVENT_KIND_BACKFILLED)->backfilled;
    CHECK(filled->player_count == 5 && filled->port_count == 1);
    CHECK_TEXT(filled->id, "b");
    CHECK_TEXT(filled->endpoint, "h:9");

    CHECK_OK(matchport_client_logs(client, matchport_str("a"), 1, &operation));
    const matchport_http_request *request = expect_request(client);
    uint64_t stream = request->id;
    CHECK(request->response_mode == MATCHPORT_RESPONSE_MODE_STREAM);
    matchport_http_response head;
    CHECK_OK(matchport_http_response_init(&head, sizeof head));
    head.status = 200;
    CHECK_OK(matchport_client_http_stream_begin(client, stream, &head));
    matchport_bytes bytes = {(const uint8_t *)"one\ntwo\n", 8};
    CHECK_OK(matchport_client_http_stream_data(client, stream, bytes));
    CHECK_OK(matchport_client_http_stream_end(client, stream));
    const matchport_event *events[8];
    size_t count;
    CHECK_OK(matchport_client_next_events(client, events, 8, &count));
    CHECK(count == 3 && events[1]->kind == MATCHPORT_EVENT_KIND_LOG_LINE && events[2]->number == 8);
    CHECK_TEXT(events[0]->text, "one");
    CHECK_OK(matchport_client_artifact(client, matchport_str("a"), matchport_str("/out"), &operation));
    stream = expect_request(client)->id;
    CHECK_OK(matchport_client_http_stream_begin(client, stream, &head));
    CHECK_OK(matchport_client_http_stream_data(client, stream, bytes));
    event = expect_event(client, MATCHPORT_EVENT_KIND_DATA);
    CHECK(event->data.length == 8 && memcmp(event->data.data, bytes.data, 8) == 0);
    CHECK_OK(matchport_client_http_stream_end(client, stream));
    CHECK_STATUS(expect_end(client)->status, OK);
    CHECK_STATUS(matchport_client_next_event(client, &event), EMPTY);
    CHECK(event == NULL && matchport_client_last_message(client).length < 4096);
    CHECK_OK(matchport_client_free(client));
}

static struct {
    int lines, odd;
} logged;

static void on_log(void *user, int32_t level, matchport_string text) {
    logged.lines++;
    logged.odd += user != &logged || level < MATCHPORT_LOG_LEVEL_ERROR || text.length == 0;
}

static void a_log_and_a_fault(void) {
    matchport_client_options options = host_options();
    options.log = on_log;
    options.log_user = &logged;
    options.log_level = MATCHPORT_LOG_LEVEL_DEBUG;
    options.skipped_events = MATCHPORT_SKIP_TICKETS | MATCHPORT_SKIP_PROGRESS;
    matchport_client *client;
    char why[200];
    CHECK_OK(matchport_client_new(&options, &client, why, sizeof why));
    uint8_t random[24] = {1};
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    allocate(client);
    const matchport_http_request *request;
    CHECK_OK(matchport_client_next_http_request(client, &request));
    CHECK(logged.lines > 0 && logged.odd == 0);
    CHECK_STATUS(matchport_client_test_fault(client), POISONED);
    CHECK_STATUS(matchport_client_tick_at(client, 1), POISONED);
    CHECK_OK(matchport_client_free(client));
}

static const test kept_tests[] = {
    {"init_functions_write_as_much_as_the_caller_has", init_functions_write_as_much_as_the_caller_has},
    {"an_older_caller_gets_defaults", an_older_caller_gets_defaults},
    {"a_newer_caller_is_served_or_refused", a_newer_caller_is_served_or_refused},
    {"every_status_of_the_header_has_words", every_status_of_the_header_has_words},
    {"an_allocation_with_all_that_it_can_be_told", an_allocation_with_all_that_it_can_be_told},
    {"a_ticket_is_resumed_cancelled_and_shut_down", a_ticket_is_resumed_cancelled_and_shut_down},
    {"the_other_operations_and_their_events", the_other_operations_and_their_events},
    {"a_log_and_a_fault", a_log_and_a_fault},
};

int main(void) {
    if (matchport_abi_version() != MATCHPORT_ABI_VERSION) {
        puts("the library is of another ABI version than this program\n0 passed, 1 failed");
        return 1;
    }
    run_tests(kept_tests, sizeof kept_tests / sizeof *kept_tests, NULL);
    return report_tests();
}
