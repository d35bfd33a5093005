/* Operations over the host transport, with a host that plays the service: what is asked, what comes of each answer. */
#include "support.h"

static void an_allocation_is_one_start(void) {
    matchport_client *client = host_client();
    uint64_t operation = allocate(client);
    const matchport_event *event = expect_event(client, MATCHPORT_EVENT_KIND_TICKET);
    CHECK(event->operation == operation);
    CHECK(contains(event->text, "\"matchport_ticket\":1"));
    CHECK(!contains(event->text, "s3cret-token"));

    const matchport_http_request *request = expect_request(client);
    CHECK(request->action == MATCHPORT_HTTP_ACTION_SEND && request->operation == operation);
    CHECK(request->response_mode == MATCHPORT_RESPONSE_MODE_WHOLE && request->max_response_bytes >= 1024);
    CHECK_TEXT(request->method, "POST");
    CHECK_TEXT(request->url, "https://api.example.com/session");
    CHECK_TEXT(header(request, "authorization"), "Bearer s3cret-token");
    CHECK_TEXT(header(request, "content-type"), "application/json");
    CHECK(contains(text_of(request->body), "\"image\":\"demo\""));
    CHECK(contains(text_of(request->body), "\"location\":\"eu-west-1\""));
    CHECK(contains(text_of(request->body), "\"ttl\":3600"));

    CHECK_OK(answer(client, request->id, 201, STARTED));
    event = expect_event(client, MATCHPORT_EVENT_KIND_ALLOCATED);
    CHECK(event->operation == operation && event->status == MATCHPORT_STATUS_OK && event->error == NULL);
    const matchport_allocation *allocation = event->allocation;
    CHECK(allocation->id.length == 36);
    CHECK_TEXT(allocation->location, "eu-west-1");
    CHECK_TEXT(allocation->endpoint, "185.12.34.56:27015");
    CHECK(allocation->port_count == 1);
    CHECK_TEXT(allocation->ports[0].protocol, "udp");
    CHECK(allocation->ports[0].container == 7777 && allocation->ports[0].host == 27015);
    CHECK(allocation->report->attempt_count == 1 && allocation->report->adopted == 0);
    CHECK(allocation->report->attempts[0].action == MATCHPORT_ACTION_START);
    CHECK(allocation->report->attempts[0].http_status == 201);

    matchport_string json;
    CHECK_OK(matchport_client_event_json(client, event, &json));
    CHECK(contains(json, "\"endpoint\":\"185.12.34.56:27015\"") && contains(json, "\"report\""));
    size_t count = 9;
    CHECK_OK(matchport_client_operation_count(client, &count));
    CHECK(count == 0);
    CHECK_OK(matchport_client_free(client));
}

static void nothing_is_sent_before_the_ticket_is_kept(void) {
    matchport_client *client = host_client();
    const matchport_http_request *request;
    allocate(client);
    CHECK_STATUS(matchport_client_next_http_request(client, &request), EMPTY);
    expect_event(client, MATCHPORT_EVENT_KIND_TICKET);
    /* The ticket is being stored now. */
    CHECK_STATUS(matchport_client_next_http_request(client, &request), EMPTY);
    const matchport_event *event;
    while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
    }
    CHECK_OK(matchport_client_next_http_request(client, &request));
    CHECK_OK(matchport_client_free(client));
}

static void a_ticket_that_is_not_kept_ends_the_allocation_unsent(void) {
    matchport_client *client = host_client();
    uint64_t operation = allocate(client);
    expect_event(client, MATCHPORT_EVENT_KIND_TICKET);
    CHECK_OK(matchport_client_ticket_not_kept(client, operation));
    const matchport_event *event = expect_end(client);
    CHECK_STATUS(event->status, TICKET_NOT_KEPT);
    CHECK(event->error->outcome == MATCHPORT_OUTCOME_NOT_SENT);
    const matchport_http_request *request;
    CHECK_STATUS(matchport_client_next_http_request(client, &request), EMPTY);
    CHECK_OK(matchport_client_free(client));
}

static void tickets_that_nobody_wants_hold_nothing_up(void) {
    matchport_client_options options = host_options();
    options.skipped_events = MATCHPORT_SKIP_TICKETS | MATCHPORT_SKIP_PROGRESS;
    matchport_client *client;
    CHECK_OK(matchport_client_new(&options, &client, NULL, 0));
    uint8_t random[24] = {7};
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    allocate(client);
    const matchport_event *event;
    CHECK_STATUS(matchport_client_next_event(client, &event), EMPTY);
    const matchport_http_request *request;
    CHECK_OK(matchport_client_next_http_request(client, &request));
    CHECK_OK(answer(client, request->id, 201, STARTED));
    expect_event(client, MATCHPORT_EVENT_KIND_ALLOCATED);
    CHECK_OK(matchport_client_free(client));
}

static void a_lost_answer_is_looked_up_and_the_session_adopted(void) {
    matchport_client *client = host_client();
    allocate(client);
    const matchport_http_request *request = expect_request(client);
    CHECK_OK(matchport_client_http_failed(client, request->id, MATCHPORT_HTTP_FAILURE_BROKEN, matchport_str("reset")));
    request = expect_request(client);
    CHECK_TEXT(request->method, "GET");
    CHECK_OK(answer(client, request->id, 200,
                    "{\"id\":\"x\",\"image\":\"demo\",\"location\":\"eu-west-1\",\"host\":\"10.0.0.1\",\"created\":1,"
                    "\"port\":{\"7777/udp\":27015},\"status\":\"running\"}"));
    const matchport_event *event = expect_end(client);
    CHECK_STATUS(event->status, OK);
    CHECK(event->allocation->report->adopted == 1);
    CHECK(event->allocation->report->attempts[0].outcome == MATCHPORT_OUTCOME_UNKNOWN);
    CHECK_STATUS(event->allocation->report->attempts[0].status, TRANSPORT);
    CHECK_OK(matchport_client_free(client));
}

static void a_refusal_is_an_error_with_all_its_fields(void) {
    matchport_client *client = host_client();
    uint64_t operation = 0;
    matchport_string players[] = {matchport_str("ada")};
    CHECK_OK(matchport_client_join(client, matchport_str("s-1"), players, 1, &operation));
    const matchport_http_request *request = expect_request(client);
    CHECK_TEXT(request->method, "PUT");
    CHECK_OK(answer(client, request->id, 422,
                    "{\"statusCode\":422,\"code\":\"INVALID_REQUEST\",\"message\":\"bad s3cret-token\","
                    "\"identifier\":\"trace-1\",\"violations\":[{\"field\":\"players\",\"description\":\"no\"}]}"));
    const matchport_event *event = expect_event(client, MATCHPORT_EVENT_KIND_FAILED);
    const matchport_error *error = event->error;
    CHECK_STATUS(event->status, INVALID_REQUEST);
    CHECK_STATUS(error->status, INVALID_REQUEST);
    CHECK_TEXT(error->name, "invalid_request");
    CHECK_TEXT(error->identifier, "trace-1");
    CHECK(error->http_status == 422 && error->retryable == 0 && error->outcome == MATCHPORT_OUTCOME_REFUSED);
    CHECK(error->violation_count == 1);
    CHECK_TEXT(error->violations[0].field, "players");
    CHECK_TEXT(error->violations[0].description, "no");
    CHECK(error->ticket.data == NULL && error->report == NULL && error->retry_after_ms == -1);
    CHECK(contains(error->message, "[hidden]") && !contains(error->message, "s3cret"));
    CHECK_OK(matchport_client_free(client));
}

static void input_that_the_api_would_not_take_ends_with_the_field(void) {
    matchport_client *client = host_client();
    matchport_allocate_options options;
    matchport_allocate_options_init(&options, sizeof options);
    options.image = matchport_str("");
    uint64_t operation = 0;
    CHECK_OK(matchport_client_allocate(client, &options, &operation));
    const matchport_event *event = expect_event(client, MATCHPORT_EVENT_KIND_FAILED);
    CHECK_STATUS(event->status, INVALID_INPUT);
    CHECK_TEXT(event->error->field, "image");
    CHECK(event->error->outcome == MATCHPORT_OUTCOME_NOT_SENT);
    CHECK_OK(matchport_client_free(client));
}

static void placement_takes_samples_or_a_matrix(void) {
    matchport_string locations[] = {matchport_str("us-east-1"), matchport_str("eu-west-1")};
    matchport_latency ada[] = {{locations[0], 95}, {locations[1], 22}, {locations[1], 90}, {locations[1], 24}};
    matchport_latency bo[] = {{locations[0], 81}, {locations[1], 36}};
    matchport_player with_samples[] = {{matchport_str("ada"), ada, 4}, {matchport_str("bo"), bo, 2}};
    matchport_player without[] = {{matchport_str("ada"), NULL, 0}, {matchport_str("bo"), NULL, 0}};
    float matrix[] = {95, 24, 81, 36};
    for (int by_matrix = 0; by_matrix < 2; by_matrix++) {
        matchport_client *client = host_client();
        matchport_allocate_options options;
        matchport_allocate_options_init(&options, sizeof options);
        options.image = matchport_str("demo");
        options.wait_for = MATCHPORT_WAIT_FOR_ALLOCATED;
        options.locations = locations;
        options.location_count = 2;
        options.players = by_matrix ? without : with_samples;
        options.player_count = 2;
        options.latency_matrix = by_matrix ? matrix : NULL;
        options.latency_matrix_length = by_matrix ? 4 : 0;
        options.max_latency_ms = 60;
        uint64_t operation;
        CHECK_OK(matchport_client_allocate(client, &options, &operation));
        const matchport_http_request *request = expect_request(client);
        CHECK(contains(text_of(request->body), "\"location\":\"eu-west-1\""));
        CHECK_OK(answer(client, request->id, 201, STARTED));
        const matchport_report *report = expect_end(client)->allocation->report;
        CHECK(report->location_count == 2);
        CHECK_TEXT(report->locations[0].location, "eu-west-1");
        CHECK(report->locations[0].cost_ms == 33.0f && report->locations[0].worst_ms == 36.0f);
        CHECK_TEXT(report->locations[1].location, "us-east-1");
        CHECK(contains(report->locations[1].left_out, "cap"));
        CHECK(report->locations[1].cost_ms != report->locations[1].cost_ms);
        CHECK_OK(matchport_client_free(client));
    }
}

static void a_saved_ticket_goes_on_in_another_client(void) {
    matchport_client *first = host_client();
    allocate(first);
    const matchport_event *event = expect_event(first, MATCHPORT_EVENT_KIND_TICKET);
    char ticket[4096];
    CHECK(event->text.length < sizeof ticket);
    memcpy(ticket, event->text.data, event->text.length);
    ticket[event->text.length] = 0;
    CHECK_OK(matchport_client_free(first));

    matchport_client *second = host_client();
    matchport_resume_options options;
    CHECK_OK(matchport_resume_options_init(&options, sizeof options));
    options.ticket = matchport_str(ticket);
    uint64_t operation;
    CHECK_OK(matchport_client_resume(second, &options, &operation));
    const matchport_http_request *request = expect_request(second);
    CHECK(request->operation == operation);
    CHECK_OK(matchport_client_cancel(second, operation));
    options.ticket = matchport_str("{\"matchport_ticket\":99}");
    CHECK_STATUS(matchport_client_resume(second, &options, &operation), INVALID_ARGUMENT);
    CHECK(contains(matchport_client_last_message(second), "version 99"));
    CHECK_OK(matchport_client_free(second));
}

static void log_lines_and_bytes_come_as_events(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    CHECK_OK(matchport_client_logs(client, matchport_str("s-1"), 0, &operation));
    const matchport_http_request *request = expect_request(client);
    uint64_t id = request->id;
    CHECK(request->response_mode == MATCHPORT_RESPONSE_MODE_STREAM);
    CHECK(contains(request->url, "/logs?id=s-1"));
    matchport_http_response head;
    matchport_http_response_init(&head, sizeof head);
    head.status = 200;
    CHECK_OK(matchport_client_http_stream_begin(client, id, &head));
    const char *pieces[] = {"one\ntw", "o\n\xff", "\nlast"};
    for (int i = 0; i < 3; i++) {
        matchport_bytes bytes = {(const uint8_t *)pieces[i], strlen(pieces[i])};
        CHECK_OK(matchport_client_http_stream_data(client, id, bytes));
    }
    CHECK_OK(matchport_client_http_stream_end(client, id));
    const char *lines[] = {"one", "two", "\xef\xbf\xbd", "last"};
    for (int i = 0; i < 4; i++) {
        CHECK_TEXT(expect_event(client, MATCHPORT_EVENT_KIND_LOG_LINE)->text, lines[i]);
    }
    CHECK(expect_event(client, MATCHPORT_EVENT_KIND_STREAMED)->number == 14);

    CHECK_OK(matchport_client_artifact(client, matchport_str("s-1"), matchport_str("/out"), &operation));
    id = expect_request(client)->id;
    CHECK_OK(matchport_client_http_stream_begin(client, id, &head));
    matchport_bytes zeros = {(const uint8_t *)"\0\0\0", 3};
    CHECK_OK(matchport_client_http_stream_data(client, id, zeros));
    const matchport_event *event = expect_event(client, MATCHPORT_EVENT_KIND_DATA);
    CHECK(event->data.length == 3 && memcmp(event->data.data, "\0\0\0", 3) == 0);
    CHECK_OK(matchport_client_http_stream_end(client, id));
    CHECK(expect_event(client, MATCHPORT_EVENT_KIND_STREAMED)->number == 3);
    CHECK_OK(matchport_client_free(client));
}

static void every_other_operation_ends_with_its_own_event(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    matchport_string players[] = {matchport_str("ada"), matchport_str("bo")};
    const matchport_event *event;

    CHECK_OK(matchport_client_list(client, NULL, &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200,
                    "{\"sessions\":[{\"id\":\"a\",\"image\":\"demo\",\"location\":\"eu\",\"host\":\"h\",\"created\":5,"
                    "\"port\":{\"7777/udp\":1,\"80/tcp\":2},\"status\":\"odd\",\"playerCount\":3,"
                    "\"labels\":{\"tags\":\"{}\"}}]}"));
    event = expect_event(client, MATCHPORT_EVENT_KIND_SESSIONS);
    CHECK(event->session_list->session_count == 1);
    const matchport_session *session = event->session_list->sessions[0];
    CHECK_TEXT(session->id, "a");
    CHECK(session->created_ms == 5 && session->port_count == 2 && session->player_count == 3);
    CHECK(session->status == MATCHPORT_SESSION_STATUS_UNKNOWN && session->label_count == 1);
    CHECK_TEXT(session->status_name, "odd");
    CHECK_TEXT(session->ports[0].protocol, "tcp");
    matchport_string json;
    CHECK_OK(matchport_client_event_json(client, event, &json));
    CHECK(contains(json, "{\"sessions\":[{\"id\":\"a\""));

    CHECK_OK(matchport_client_describe(client, matchport_str("a"), &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200,
                    "{\"id\":\"a\",\"image\":\"demo\",\"location\":\"eu\",\"status\":\"running\","
                    "\"players\":{\"joined\":[\"ada\"],\"joinedCount\":1}}"));
    session = expect_event(client, MATCHPORT_EVENT_KIND_DESCRIBED)->session;
    CHECK(session->status == MATCHPORT_SESSION_STATUS_RUNNING && session->player_name_count == 1);
    CHECK_TEXT(session->players[0], "ada");

    CHECK_OK(matchport_client_join(client, matchport_str("a"), players, 2, &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200, "{\"count\":2,\"players\":[\"ada\",\"bo\"]}"));
    event = expect_event(client, MATCHPORT_EVENT_KIND_PLAYERS);
    CHECK(event->player_count->player_count == 2 && event->player_count->player_name_count == 2);

    CHECK_OK(matchport_client_leave(client, players, 1, &operation));
    const matchport_http_request *request = expect_request(client);
    CHECK_TEXT(request->method, "DELETE");
    CHECK(contains(text_of(request->body), "ada"));
    CHECK_OK(answer(client, request->id, 200, "{\"count\":1,\"players\":[\"bo\"]}"));
    expect_event(client, MATCHPORT_EVENT_KIND_PLAYERS);

    CHECK_OK(matchport_client_locations(client, matchport_str("demo"), &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200, "{\"locations\":[{\"id\":\"eu\",\"ips\":[\"10.0.0.1\"]}]}"));
    event = expect_event(client, MATCHPORT_EVENT_KIND_LOCATIONS);
    CHECK(event->location_list->location_count == 1);
    CHECK_TEXT(event->location_list->locations[0].addresses[0], "10.0.0.1");

    CHECK_OK(matchport_client_tag_exists(client, matchport_str("eu"), matchport_str("demo"), matchport_str("1"), &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200, "{\"exists\":true}"));
    CHECK(expect_event(client, MATCHPORT_EVENT_KIND_TAG_EXISTS)->number == 1);

    CHECK_OK(matchport_client_stop(client, matchport_str("a"), &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 204, ""));
    CHECK(expect_event(client, MATCHPORT_EVENT_KIND_STOPPED)->number == 1);

    matchport_backfill_options backfill;
    CHECK_OK(matchport_backfill_options_init(&backfill, sizeof backfill));
    backfill.image = matchport_str("demo");
    backfill.players = players;
    backfill.player_count = 2;
    backfill.capacity = 8;
    CHECK_OK(matchport_client_backfill(client, &backfill, &operation));
    CHECK_OK(answer(client, expect_request(client)->id, 200,
                    "{\"sessions\":[{\"id\":\"b\",\"image\":\"demo\",\"location\":\"eu\",\"host\":\"h\",\"created\":5,"
                    "\"port\":{\"7777/udp\":9},\"status\":\"running\",\"playerCount\":3}]}"));
    CHECK_OK(answer(client, expect_request(client)->id, 200, "{\"count\":5,\"players\":[]}"));
    event = expect_event(client, MATCHPORT_EVENT_KIND_BACKFILLED);
    CHECK(event->backfilled->player_count == 5);
    CHECK_TEXT(event->backfilled->endpoint, "h:9");
    CHECK_OK(matchport_client_free(client));
}

static void events_can_be_taken_many_at_once(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    matchport_string image = matchport_str("");
    for (int i = 0; i < 10; i++) {
        CHECK_OK(matchport_client_locations(client, image, &operation));
    }
    const matchport_event *events[8];
    size_t count = 0;
    CHECK_OK(matchport_client_next_events(client, events, 8, &count));
    CHECK(count == 8);
    for (size_t i = 0; i < count; i++) {
        CHECK(events[i]->kind == MATCHPORT_EVENT_KIND_FAILED && events[i]->operation == i + 1);
        CHECK_TEXT(events[i]->error->field, "image");
    }
    CHECK_OK(matchport_client_next_events(client, events, 8, &count));
    CHECK(count == 2 && events[1]->operation == 10);
    CHECK_STATUS(matchport_client_next_events(client, events, 8, &count), EMPTY);
    CHECK(count == 0);
    CHECK_OK(matchport_client_free(client));
}

static void requests_that_take_too_long_are_aborted(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    CHECK_OK(matchport_client_locations(client, matchport_str("demo"), &operation));
    uint64_t id = expect_request(client)->id;
    uint64_t due = 0;
    CHECK_OK(matchport_client_next_deadline(client, &due));
    CHECK(due == 10000);
    CHECK_OK(matchport_client_tick_at(client, 10000));
    const matchport_http_request *request = expect_request(client);
    CHECK(request->action == MATCHPORT_HTTP_ACTION_ABORT && request->id == id);
    CHECK_STATUS(answer(client, id, 200, "{\"locations\":[]}"), UNKNOWN_REQUEST);
    CHECK_OK(matchport_client_tick_at(client, 20000));
    CHECK(expect_request(client)->action == MATCHPORT_HTTP_ACTION_SEND);
    CHECK_OK(matchport_client_free(client));
}

static void an_answer_that_is_too_long_is_said_so(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    CHECK_OK(matchport_client_locations(client, matchport_str("demo"), &operation));
    const matchport_http_request *request = expect_request(client);
    matchport_http_response response;
    matchport_http_response_init(&response, sizeof response);
    response.status = 200;
    response.body.length = request->max_response_bytes + 1;
    char *body = calloc(response.body.length, 1);
    response.body.data = (const uint8_t *)body;
    matchport_status status = matchport_client_http_response(client, request->id, &response);
    free(body);
    CHECK_OK(status);
    CHECK_STATUS(expect_end(client)->status, TOO_LARGE);
    CHECK_OK(matchport_client_free(client));
}

static void a_shutdown_ends_everything_within_its_time(void) {
    matchport_client *client = host_client();
    for (int i = 0; i < 3; i++) {
        allocate(client);
    }
    expect_request(client);
    CHECK_OK(matchport_client_shutdown(client, 1000));
    uint64_t operation;
    CHECK_STATUS(matchport_client_locations(client, matchport_str("demo"), &operation), CLOSED_CLIENT);
    CHECK_OK(matchport_client_tick_at(client, 1000));
    int ended = 0;
    const matchport_event *event;
    while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
        if (event->kind >= 100) {
            ended++;
            CHECK_STATUS(event->status, SHUT_DOWN);
        }
    }
    CHECK(ended == 3);
    CHECK_OK(matchport_client_free(client));
}

static void sessions_are_followed_when_asked_for(void) {
    matchport_client_options options = host_options();
    options.tracked_sessions = 10;
    matchport_client *client;
    CHECK_OK(matchport_client_new(&options, &client, NULL, 0));
    uint8_t random[48] = {1, 2, 3};
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    const matchport_snapshot *const *all;
    size_t count;
    CHECK_STATUS(matchport_client_sessions(client, &all, &count), EMPTY);
    allocate(client);
    CHECK_OK(answer(client, expect_request(client)->id, 201, STARTED));
    matchport_string id = expect_end(client)->allocation->id;
    const matchport_snapshot *snapshot;
    CHECK_OK(matchport_client_session(client, id, &snapshot));
    CHECK(snapshot->state == MATCHPORT_SESSION_STATE_CREATED && snapshot->end_reason == MATCHPORT_END_REASON_NONE);
    CHECK_TEXT(snapshot->host, "185.12.34.56");
    CHECK(snapshot->port_count == 1 && snapshot->ports[0].host == 27015);
    CHECK_OK(matchport_client_sessions(client, &all, &count));
    CHECK(count == 1 && all[0]->state == MATCHPORT_SESSION_STATE_CREATED);
    CHECK_STATUS(matchport_client_session(client, matchport_str("other"), &snapshot), EMPTY);
    CHECK(snapshot == NULL);
    CHECK_OK(matchport_client_free(client));
}

const test host_tests[] = {
    {"an_allocation_is_one_start", an_allocation_is_one_start},
    {"nothing_is_sent_before_the_ticket_is_kept", nothing_is_sent_before_the_ticket_is_kept},
    {"a_ticket_that_is_not_kept_ends_the_allocation_unsent", a_ticket_that_is_not_kept_ends_the_allocation_unsent},
    {"tickets_that_nobody_wants_hold_nothing_up", tickets_that_nobody_wants_hold_nothing_up},
    {"a_lost_answer_is_looked_up_and_the_session_adopted", a_lost_answer_is_looked_up_and_the_session_adopted},
    {"a_refusal_is_an_error_with_all_its_fields", a_refusal_is_an_error_with_all_its_fields},
    {"input_that_the_api_would_not_take_ends_with_the_field", input_that_the_api_would_not_take_ends_with_the_field},
    {"placement_takes_samples_or_a_matrix", placement_takes_samples_or_a_matrix},
    {"a_saved_ticket_goes_on_in_another_client", a_saved_ticket_goes_on_in_another_client},
    {"log_lines_and_bytes_come_as_events", log_lines_and_bytes_come_as_events},
    {"every_other_operation_ends_with_its_own_event", every_other_operation_ends_with_its_own_event},
    {"events_can_be_taken_many_at_once", events_can_be_taken_many_at_once},
    {"requests_that_take_too_long_are_aborted", requests_that_take_too_long_are_aborted},
    {"an_answer_that_is_too_long_is_said_so", an_answer_that_is_too_long_is_said_so},
    {"a_shutdown_ends_everything_within_its_time", a_shutdown_ends_everything_within_its_time},
    {"sessions_are_followed_when_asked_for", sessions_are_followed_when_asked_for},
};
const size_t host_test_count = sizeof host_tests / sizeof *host_tests;
