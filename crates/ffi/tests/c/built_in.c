/* The built-in transport against a running emulator, whose address is in MATCHPORT_TEST_URL (the token is "local"). */
#include "support.h"

#include <pthread.h>
#include <time.h>

#define PATIENCE_MS 20000

static matchport_client *built_in_client_at(const char *address) {
    matchport_client_options options = host_options();
    options.environment = matchport_str(address);
    options.token = matchport_str("local");
    options.transport = MATCHPORT_TRANSPORT_BUILT_IN;
    options.tracked_sessions = 100;
    matchport_client *client;
    char why[200];
    if (matchport_client_new(&options, &client, why, sizeof why) != MATCHPORT_STATUS_OK) {
        test_fails(__FILE__, __LINE__, why);
    }
    return client;
}

static matchport_client *built_in_client(void) {
    const char *address = getenv("MATCHPORT_TEST_URL");
    CHECK(address != NULL);
    return built_in_client_at(address);
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Waits for an event of this operation that is of `kind` or, with 0, ends it. */
static const matchport_event *wait_for(matchport_client *client, uint64_t operation, matchport_event_kind kind) {
    uint64_t start = now_ms();
    const matchport_event *event;
    while (now_ms() - start < PATIENCE_MS) {
        while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            if (event->operation == operation && (kind == 0 ? event->kind >= 100 : event->kind == kind)) {
                return event;
            }
            if (event->kind == MATCHPORT_EVENT_KIND_FAILED) {
                printf("  operation %u failed: %.*s\n", (unsigned)event->operation, (int)event->text.length,
                       event->text.data);
            }
        }
        matchport_status waited = matchport_client_wait(client, 1000);
        CHECK(waited == MATCHPORT_STATUS_OK || waited == MATCHPORT_STATUS_EMPTY);
        CHECK_OK(matchport_client_tick(client));
    }
    test_fails(__FILE__, __LINE__, "the event never came");
    return NULL;
}

static void a_match_from_its_players_to_the_end_of_its_server(void) {
    matchport_client *client = built_in_client();
    uint64_t operation;
    CHECK_OK(matchport_client_locations(client, matchport_str("demo"), &operation));
    CHECK(wait_for(client, operation, MATCHPORT_EVENT_KIND_LOCATIONS)->location_list->location_count == 3);

    matchport_latency ada[] = {{matchport_str("eu-west-1"), 23}, {matchport_str("us-east-1"), 95}};
    matchport_player players[] = {{matchport_str("ada"), ada, 2}};
    matchport_pair env[] = {{matchport_str("MAP"), matchport_str("dust2")}};
    matchport_allocate_options options;
    matchport_allocate_options_init(&options, sizeof options);
    options.image = matchport_str("demo");
    options.players = players;
    options.player_count = 1;
    options.env = env;
    options.env_count = 1;
    options.ttl_seconds = 120;
    CHECK_OK(matchport_client_allocate(client, &options, &operation));
    const matchport_event *event = wait_for(client, operation, MATCHPORT_EVENT_KIND_ALLOCATED);
    CHECK_TEXT(event->allocation->location, "eu-west-1");
    CHECK(event->allocation->endpoint.length > 9);
    char id[256];
    size_t length = event->allocation->id.length;
    CHECK(length < sizeof id);
    memcpy(id, event->allocation->id.data, length);
    id[length] = 0;

    matchport_string names[] = {matchport_str("ada"), matchport_str("bo")};
    CHECK_OK(matchport_client_join(client, matchport_str(id), names, 2, &operation));
    CHECK(wait_for(client, operation, MATCHPORT_EVENT_KIND_PLAYERS)->player_count->player_count == 2);
    CHECK_OK(matchport_client_leave(client, names, 1, &operation));
    CHECK(wait_for(client, operation, MATCHPORT_EVENT_KIND_PLAYERS)->player_count->player_count == 1);
    matchport_string late = matchport_str("cy");
    matchport_backfill_options backfill;
    matchport_backfill_options_init(&backfill, sizeof backfill);
    backfill.image = matchport_str("demo");
    backfill.players = &late;
    backfill.player_count = 1;
    backfill.capacity = 8;
    CHECK_OK(matchport_client_backfill(client, &backfill, &operation));
    CHECK(wait_for(client, operation, MATCHPORT_EVENT_KIND_BACKFILLED)->backfilled->player_count == 2);
    CHECK_OK(matchport_client_describe(client, matchport_str(id), &operation));
    const matchport_session *session = wait_for(client, operation, MATCHPORT_EVENT_KIND_DESCRIBED)->session;
    CHECK(session->status == MATCHPORT_SESSION_STATUS_RUNNING && session->player_count == 2);
    const matchport_snapshot *snapshot;
    CHECK_OK(matchport_client_session(client, matchport_str(id), &snapshot));
    CHECK(snapshot->state == MATCHPORT_SESSION_STATE_RUNNING && snapshot->player_count == 2);
    CHECK_OK(matchport_client_list(client, NULL, &operation));
    CHECK(wait_for(client, operation, MATCHPORT_EVENT_KIND_SESSIONS)->session_list->session_count >= 1);
    CHECK_OK(matchport_client_tag_exists(client, matchport_str("eu-west-1"), matchport_str("demo"),
                                         matchport_str("latest"), &operation));
    CHECK(wait_for(client, operation, MATCHPORT_EVENT_KIND_TAG_EXISTS)->number == 1);

    uint64_t log;
    CHECK_OK(matchport_client_logs(client, matchport_str(id), 1, &log));
    CHECK(wait_for(client, log, MATCHPORT_EVENT_KIND_LOG_LINE)->text.length > 0);
    CHECK_OK(matchport_client_stop(client, matchport_str(id), &operation));
    CHECK(wait_for(client, operation, MATCHPORT_EVENT_KIND_STOPPED)->number == 1);
    CHECK(wait_for(client, log, 0)->kind == MATCHPORT_EVENT_KIND_STREAMED);
    CHECK_OK(matchport_client_artifact(client, matchport_str(id), matchport_str("/nowhere"), &operation));
    event = wait_for(client, operation, 0);
    CHECK_STATUS(event->status, NOT_FOUND);
    CHECK(event->error->http_status == 404 && event->error->identifier.length > 0);
    CHECK_OK(matchport_client_free(client));
}

static void a_service_that_is_not_there_has_not_seen_anything(void) {
    matchport_client *client = built_in_client_at("http://127.0.0.1:9");
    uint64_t operation;
    CHECK_OK(matchport_client_describe(client, matchport_str("a"), &operation));
    const matchport_event *event = wait_for(client, operation, 0);
    CHECK_STATUS(event->status, TRANSPORT);
    CHECK(event->error->outcome == MATCHPORT_OUTCOME_NOT_SENT && event->error->retryable == 1);
    CHECK_OK(matchport_client_free(client));
}

static void cancelling_leaves_nothing_behind(void) {
    matchport_client *client = built_in_client();
    uint64_t operation = allocate(client);
    const matchport_event *event = wait_for(client, operation, MATCHPORT_EVENT_KIND_TICKET);
    CHECK(event->text.length > 0);
    const matchport_event *none;
    CHECK_OK(matchport_client_next_event(client, &none));
    CHECK_OK(matchport_client_cancel(client, operation));
    CHECK_STATUS(wait_for(client, operation, 0)->status, CANCELLED);
    CHECK_OK(matchport_client_list(client, NULL, &operation));
    const matchport_event *list = wait_for(client, operation, 0);
    CHECK_STATUS(list->status, OK);
    for (size_t i = 0; i < list->session_list->session_count; i++) {
        CHECK(list->session_list->sessions[i]->status != MATCHPORT_SESSION_STATUS_RUNNING);
    }
    CHECK_OK(matchport_client_free(client));
}

static void *wake_later(void *client) {
    struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL);
    matchport_client_wake(client);
    return NULL;
}

static void *wait_long(void *client) {
    return (void *)(intptr_t)matchport_client_wait(client, PATIENCE_MS);
}

static void a_wait_ends_by_time_by_wake_and_by_free(void) {
    matchport_client *client = built_in_client();
    CHECK_STATUS(matchport_client_wait(client, 0), EMPTY);
    CHECK_STATUS(matchport_client_wait(client, 5), EMPTY);
    CHECK_OK(matchport_client_wake(client));
    CHECK_OK(matchport_client_wait(client, PATIENCE_MS));
    pthread_t thread;
    uint64_t start = now_ms();
    CHECK(pthread_create(&thread, NULL, wake_later, client) == 0);
    CHECK_OK(matchport_client_wait(client, PATIENCE_MS));
    pthread_join(thread, NULL);
    CHECK(now_ms() - start < PATIENCE_MS / 2);
    CHECK(pthread_create(&thread, NULL, wait_long, client) == 0);
    /* While it waits, others may call, and one more may not wait. */
    matchport_status second;
    do {
        second = matchport_client_wait(client, 0);
    } while (second == MATCHPORT_STATUS_EMPTY && now_ms() - start < PATIENCE_MS);
    CHECK_STATUS(second, BUSY);
    CHECK_OK(matchport_client_tick(client));
    CHECK_OK(matchport_client_free(client));
    void *ended;
    pthread_join(thread, &ended);
    CHECK_STATUS((int32_t)(intptr_t)ended, INVALID_HANDLE);
}

static void freeing_with_requests_in_flight_takes_no_time(void) {
    matchport_client *client = built_in_client();
    uint64_t operation, start;
    for (int i = 0; i < 20; i++) {
        CHECK_OK(matchport_client_list(client, NULL, &operation));
    }
    start = now_ms();
    CHECK_OK(matchport_client_free(client));
    CHECK(now_ms() - start < 2000);
}

/* The worker thread, what it carries and who waits for it outlive the fault, and end when the client is freed. */
static void a_fault_is_freed_with_its_thread(void) {
    matchport_client *client = built_in_client();
    uint64_t operation, start = now_ms();
    for (int i = 0; i < 5; i++) {
        CHECK_OK(matchport_client_list(client, NULL, &operation));
    }
    CHECK_STATUS(matchport_client_test_fault(client), POISONED);
    CHECK_STATUS(matchport_client_tick(client), POISONED);
    while (matchport_client_wait(client, 0) == MATCHPORT_STATUS_OK && now_ms() - start < 100) {
    }
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, wait_long, client) == 0);
    CHECK_OK(matchport_client_free(client));
    void *ended;
    pthread_join(thread, &ended);
    matchport_status waited = (int32_t)(intptr_t)ended;
    CHECK(waited == MATCHPORT_STATUS_INVALID_HANDLE || waited == MATCHPORT_STATUS_OK);
    CHECK(now_ms() - start < PATIENCE_MS / 2);
}

static void calls_of_the_host_transport_are_refused(void) {
    matchport_client *client = built_in_client();
    const matchport_http_request *request;
    matchport_bytes bytes = {(const uint8_t *)"x", 1};
    CHECK_STATUS(matchport_client_tick_at(client, 1), WRONG_TRANSPORT);
    CHECK_STATUS(matchport_client_next_http_request(client, &request), WRONG_TRANSPORT);
    CHECK_STATUS(answer(client, 1, 200, "{}"), WRONG_TRANSPORT);
    CHECK_STATUS(matchport_client_http_failed(client, 1, 1, matchport_str("x")), WRONG_TRANSPORT);
    CHECK_STATUS(matchport_client_add_entropy(client, bytes), WRONG_TRANSPORT);
    CHECK_OK(matchport_client_free(client));
}

static void locations_are_pinged_and_a_ping_can_be_cancelled(void) {
    matchport_client *client = built_in_client();
    uint64_t operation;
    matchport_string address = matchport_str("127.0.0.1");
    matchport_location locations[] = {{matchport_str("here"), &address, 1}, {matchport_str("nowhere"), NULL, 0}};
    matchport_ping_options options;
    CHECK_OK(matchport_ping_options_init(&options, sizeof options));
    CHECK_STATUS(matchport_client_ping(client, &options, &operation), NULL_ARGUMENT);
    options.locations = locations;
    options.location_count = 2;
    options.samples = 0;
    CHECK_STATUS(matchport_client_ping(client, &options, &operation), INVALID_ARGUMENT);
    options.samples = 2;
    options.interval_ms = 1;
    CHECK_OK(matchport_client_ping(client, &options, &operation));
    const matchport_event *event = wait_for(client, operation, MATCHPORT_EVENT_KIND_PINGED);
    CHECK(event->ping_list->ping_count == 2);
    const matchport_ping *here = &event->ping_list->pings[0], *nowhere = &event->ping_list->pings[1];
    CHECK_TEXT(here->location, "here");
    /* A machine that forbids ICMP and has nothing on that port says why instead. */
    CHECK(here->sample_count > 0 ? here->median_ms >= 0 : here->message.length > 0);
    CHECK(nowhere->sample_count == 0 && nowhere->samples == NULL && contains(nowhere->message, "no address"));
    matchport_string json;
    CHECK_OK(matchport_client_event_json(client, event, &json));
    CHECK(contains(json, "\"location\":\"nowhere\""));

    /* Documentation addresses, which nobody answers for. */
    address = matchport_str("192.0.2.1");
    options.timeout_ms = 60000;
    size_t count = 0;
    CHECK_OK(matchport_client_ping(client, &options, &operation));
    CHECK_OK(matchport_client_operation_count(client, &count));
    CHECK(count == 1);
    CHECK_OK(matchport_client_cancel(client, operation));
    CHECK_STATUS(wait_for(client, operation, 0)->status, CANCELLED);
    CHECK_STATUS(matchport_client_cancel(client, operation), UNKNOWN_OPERATION);
    CHECK_OK(matchport_client_ping(client, &options, &operation));
    CHECK_OK(matchport_client_shutdown(client, 1000));
    CHECK_STATUS(wait_for(client, operation, 0)->status, SHUT_DOWN);
    CHECK_STATUS(matchport_client_ping(client, &options, &operation), CLOSED_CLIENT);
    CHECK_OK(matchport_client_free(client));
}

static void an_https_client_is_made_without_connecting(void) {
    matchport_client *client = built_in_client_at("sandbox");
    CHECK_OK(matchport_client_tick(client));
    CHECK_OK(matchport_client_free(client));
}

const test built_in_tests[] = {
    {"a_match_from_its_players_to_the_end_of_its_server", a_match_from_its_players_to_the_end_of_its_server},
    {"a_service_that_is_not_there_has_not_seen_anything", a_service_that_is_not_there_has_not_seen_anything},
    {"cancelling_leaves_nothing_behind", cancelling_leaves_nothing_behind},
    {"a_wait_ends_by_time_by_wake_and_by_free", a_wait_ends_by_time_by_wake_and_by_free},
    {"freeing_with_requests_in_flight_takes_no_time", freeing_with_requests_in_flight_takes_no_time},
    {"a_fault_is_freed_with_its_thread", a_fault_is_freed_with_its_thread},
    {"calls_of_the_host_transport_are_refused", calls_of_the_host_transport_are_refused},
    {"locations_are_pinged_and_a_ping_can_be_cancelled", locations_are_pinged_and_a_ping_can_be_cancelled},
    {"an_https_client_is_made_without_connecting", an_https_client_is_made_without_connecting},
};
const size_t built_in_test_count = sizeof built_in_tests / sizeof *built_in_tests;
