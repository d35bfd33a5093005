/* What a caller should not do: each gets a status and a message, and the client goes on working.
 *
 *     null handles                        null_and_unknown_handles_are_told_apart
 *     null strings and pointers           null_arguments_are_named
 *     freed handles, where it is known    a_freed_client_is_known_to_be_freed
 *     wrong struct_size                   sizes_of_structs_are_honoured_in_both_directions, and kept.c for every struct
 *     non-UTF-8, absurd lengths           texts.c: texts_are_checked_and_never_followed_too_far,
 *                                         texts_that_are_not_utf8_are_refused_wherever_they_stand,
 *                                         lengths_up_to_the_limit_are_taken
 *     empty texts                         texts.c: empty_texts_are_given_and_refused_as_the_header_says
 *     options out of range                options_that_are_refused_say_why, numbers_out_of_their_range_are_refused
 *     an event read twice                 an_event_is_read_as_often_as_one_likes_until_the_next
 *     answers for unknown or finished     answers_for_unknown_and_finished_requests_are_refused,
 *     requests, streams out of order      streams_out_of_their_order_harm_nobody
 *     two threads at once                 a_second_thread_is_told_that_the_client_is_busy,
 *                                         threads_that_pay_no_heed_get_busy_and_nothing_worse
 *     calling back from the log hook      the_log_hook_may_not_call_back_and_sees_no_secret
 *     free with requests in flight        a_client_is_freed_with_everything_in_flight; built_in.c:
 *                                         freeing_with_requests_in_flight_takes_no_time
 *     a panic inside                      a_fault_ends_one_client_alone; built_in.c: a_fault_is_freed_with_its_thread
 *
 * crates/ffi/src/tests has the same under Miri. */
#include "support.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

static void the_library_is_of_the_version_of_its_header(void) {
    CHECK(matchport_abi_version() == MATCHPORT_ABI_VERSION);
    CHECK(matchport_version().length >= 5);
    CHECK_TEXT(matchport_status_text(0), "done");
    CHECK_TEXT(matchport_status_text(MATCHPORT_STATUS_BUSY), "another thread is in a call with this client");
    CHECK_TEXT(matchport_status_text(-1), "unknown status");
    CHECK_TEXT(matchport_status_text(INT32_MAX), "unknown status");
    CHECK(matchport_str(NULL).data == NULL && matchport_str("").length == 0 && matchport_str("").data != NULL);
}

static void null_and_unknown_handles_are_told_apart(void) {
    const matchport_event *event = (const matchport_event *)1;
    uint64_t number;
    size_t count;
    matchport_client *none = NULL;
    matchport_client *garbage[] = {(matchport_client *)(uintptr_t)1, (matchport_client *)(uintptr_t)1024,
                                   (matchport_client *)(uintptr_t)UINTPTR_MAX, (matchport_client *)&number};
    CHECK_STATUS(matchport_client_next_event(none, &event), NULL_ARGUMENT);
    CHECK(event == NULL);
    CHECK_STATUS(matchport_client_tick_at(none, 0), NULL_ARGUMENT);
    CHECK_STATUS(matchport_client_wake(none), NULL_ARGUMENT);
    CHECK_OK(matchport_client_free(none));
    CHECK_TEXT(matchport_client_last_message(none), "");
    for (int i = 0; i < 4; i++) {
        CHECK_STATUS(matchport_client_next_event(garbage[i], &event), INVALID_HANDLE);
        CHECK_STATUS(matchport_client_stop(garbage[i], matchport_str("a"), &number), INVALID_HANDLE);
        CHECK_STATUS(matchport_client_operation_count(garbage[i], &count), INVALID_HANDLE);
        CHECK_STATUS(matchport_client_wait(garbage[i], 1000), INVALID_HANDLE);
        CHECK_STATUS(matchport_client_free(garbage[i]), INVALID_HANDLE);
    }
}

static void a_freed_client_is_known_to_be_freed(void) {
    matchport_client *client = host_client();
    CHECK_OK(matchport_client_free(client));
    CHECK_STATUS(matchport_client_free(client), INVALID_HANDLE);
    CHECK_STATUS(matchport_client_tick_at(client, 1), INVALID_HANDLE);
    matchport_client *other = host_client();
    CHECK(other != client);
    CHECK_STATUS(matchport_client_tick_at(client, 1), INVALID_HANDLE);
    CHECK_OK(matchport_client_tick_at(other, 1));
    CHECK_OK(matchport_client_free(other));
}

static void null_arguments_are_named(void) {
    matchport_client *client;
    uint64_t operation = 7;
    CHECK_STATUS(matchport_client_new(NULL, &client, NULL, 0), NULL_ARGUMENT);
    CHECK(client == NULL);
    matchport_client_options options = host_options();
    CHECK_STATUS(matchport_client_new(&options, NULL, NULL, 0), NULL_ARGUMENT);
    client = host_client();
    CHECK_STATUS(matchport_client_next_event(client, NULL), NULL_ARGUMENT);
    CHECK_STATUS(matchport_client_next_events(client, NULL, 1, NULL), NULL_ARGUMENT);
    CHECK_STATUS(matchport_client_allocate(client, NULL, &operation), NULL_ARGUMENT);
    CHECK(operation == 0);
    CHECK_STATUS(matchport_client_describe(client, matchport_str("a"), NULL), NULL_ARGUMENT);
    CHECK(contains(matchport_client_last_message(client), "operation"));
    CHECK_STATUS(matchport_client_describe(client, matchport_str(NULL), &operation), NULL_ARGUMENT);
    CHECK(contains(matchport_client_last_message(client), "session"));
    CHECK_STATUS(matchport_client_join(client, matchport_str("a"), NULL, 3, &operation), NULL_ARGUMENT);
    matchport_string players[] = {matchport_str("ada"), matchport_str(NULL)};
    CHECK_STATUS(matchport_client_join(client, matchport_str("a"), players, 2, &operation), NULL_ARGUMENT);
    CHECK(contains(matchport_client_last_message(client), "players[1]"));
    CHECK_STATUS(matchport_client_http_response(client, 1, NULL), NULL_ARGUMENT);
    CHECK_STATUS(matchport_client_options_init(NULL, sizeof options), NULL_ARGUMENT);
    size_t count = 0;
    CHECK_OK(matchport_client_operation_count(client, &count));
    CHECK(count == 0);
    CHECK_OK(matchport_client_free(client));
}

static void options_that_are_refused_say_why(void) {
    matchport_client *client;
    char why[200];
    struct {
        const char *environment, *token, *words;
    } cases[] = {
        {"ftp://x", "t", "must start with https://"},
        {"https://x/path", "t", "must not have a path"},
        {"http://10.0.0.1", "t", "plain http"},
        {"sandbox", "a\r\nb", "control character"},
        {"sandbox", "", "must not be empty"},
        {"sandbox", NULL, "options.token"},
        {NULL, "t", "options.environment"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        matchport_client_options options = host_options();
        options.environment = matchport_str(cases[i].environment);
        options.token = matchport_str(cases[i].token);
        matchport_status status = matchport_client_new(&options, &client, why, sizeof why);
        CHECK(status >= 100 && status < 200 && client == NULL);
        CHECK(contains(matchport_str(why), cases[i].words));
    }
    matchport_client_options options = host_options();
    options.attempt_ms = 0;
    CHECK_STATUS(matchport_client_new(&options, &client, why, sizeof why), INVALID_ARGUMENT);
    CHECK(contains(matchport_str(why), "attempt_ms"));
    options = host_options();
    options.transport = 77;
    CHECK_STATUS(matchport_client_new(&options, &client, why, 12), INVALID_ARGUMENT);
    CHECK(strlen(why) == 11);
    options = host_options();
    options.skipped_events = 0xffff;
    CHECK_STATUS(matchport_client_new(&options, &client, NULL, 0), INVALID_ARGUMENT);
    options = host_options();
    options.allow_plain_http = 1;
    options.environment = matchport_str("http://10.0.0.1");
    CHECK_OK(matchport_client_new(&options, &client, why, sizeof why));
    CHECK_TEXT(matchport_str(why), "");
    CHECK_OK(matchport_client_free(client));
}

static void sizes_of_structs_are_honoured_in_both_directions(void) {
    matchport_client *client;
    /* An older caller: everything behind the token is not there. */
    struct {
        uint32_t struct_size;
        int32_t transport;
        matchport_string environment, token;
        uint8_t not_a_member[64];
    } old;
    memset(&old, 0xaa, sizeof old);
    size_t old_size = offsetof(matchport_client_options, allow_plain_http);
    CHECK_OK(matchport_client_options_init((matchport_client_options *)(void *)&old, old_size));
    CHECK(old.struct_size == old_size && old.not_a_member[0] == 0xaa && old.not_a_member[63] == 0xaa);
    old.environment = matchport_str("sandbox");
    old.token = matchport_str("t");
    CHECK_OK(matchport_client_new((const matchport_client_options *)(const void *)&old, &client, NULL, 0));
    CHECK_OK(matchport_client_free(client));
    /* A newer caller: with members that this library does not know. */
    struct {
        matchport_client_options known;
        uint64_t newest;
    } newer;
    CHECK_OK(matchport_client_options_init(&newer.known, sizeof newer));
    CHECK(newer.newest == 0 && newer.known.struct_size == sizeof newer && newer.known.attempt_ms == 10000);
    newer.known.environment = matchport_str("sandbox");
    newer.known.token = matchport_str("t");
    CHECK_OK(matchport_client_new(&newer.known, &client, NULL, 0));
    CHECK_OK(matchport_client_free(client));
    newer.newest = 1;
    char why[200];
    CHECK_STATUS(matchport_client_new(&newer.known, &client, why, sizeof why), INVALID_STRUCT_SIZE);
    CHECK(contains(matchport_str(why), "older than your header"));
    uint32_t sizes[] = {0, 1, 4, 7, 9, 5000, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        matchport_client_options options = host_options();
        options.struct_size = sizes[i];
        CHECK_STATUS(matchport_client_new(&options, &client, NULL, 0), INVALID_STRUCT_SIZE);
        CHECK_STATUS(matchport_client_options_init(&options, sizes[i]), INVALID_STRUCT_SIZE);
    }
}

static void too_little_time_to_settle_leaves_a_ticket(void) {
    matchport_client_options options = host_options();
    options.settle_ms = 1000;
    matchport_client *client;
    CHECK_OK(matchport_client_new(&options, &client, NULL, 0));
    uint8_t random[24] = {9};
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    uint64_t operation = allocate(client);
    expect_request(client);
    CHECK_OK(matchport_client_cancel(client, operation));
    CHECK_OK(matchport_client_tick_at(client, 1000));
    const matchport_event *event = expect_end(client);
    CHECK_STATUS(event->status, CANCELLED);
    CHECK(event->error->ticket.length > 0 && event->error->outcome == MATCHPORT_OUTCOME_UNKNOWN);
    CHECK_OK(matchport_client_free(client));
}

/* The mode is refused; a stream without a head is broken, and opened anew; a second head is nothing new. */
static void streams_out_of_their_order_harm_nobody(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    matchport_bytes bytes = {(const uint8_t *)"x\n", 2};
    matchport_http_response head;
    matchport_http_response_init(&head, sizeof head);
    head.status = 200;
    CHECK_OK(matchport_client_logs(client, matchport_str("s"), 0, &operation));
    uint64_t id = expect_request(client)->id;
    CHECK_STATUS(answer(client, id, 200, "x"), WRONG_RESPONSE_MODE);
    CHECK_OK(matchport_client_http_stream_data(client, id, bytes));
    const matchport_http_request *aborted = expect_request(client);
    CHECK(aborted->action == MATCHPORT_HTTP_ACTION_ABORT && aborted->id == id);
    CHECK_STATUS(matchport_client_http_stream_data(client, id, bytes), UNKNOWN_REQUEST);
    CHECK_OK(matchport_client_tick_at(client, 1000));
    id = expect_request(client)->id;
    CHECK_OK(matchport_client_http_stream_begin(client, id, &head));
    CHECK_OK(matchport_client_http_stream_begin(client, id, &head));
    bytes.length = SIZE_MAX;
    CHECK_STATUS(matchport_client_http_stream_data(client, id, bytes), ARGUMENT_TOO_LARGE);
    bytes.length = 2;
    CHECK_OK(matchport_client_http_stream_data(client, id, bytes));
    CHECK_OK(matchport_client_http_stream_end(client, id));
    CHECK_STATUS(matchport_client_http_stream_data(client, id, bytes), UNKNOWN_REQUEST);
    CHECK_STATUS(matchport_client_http_stream_end(client, id), UNKNOWN_REQUEST);
    CHECK_STATUS(matchport_client_http_failed(client, id, MATCHPORT_HTTP_FAILURE_BROKEN, matchport_str("x")), UNKNOWN_REQUEST);
    CHECK_STATUS(expect_end(client)->status, OK);
    CHECK_OK(matchport_client_free(client));
}

static void numbers_out_of_their_range_are_refused(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    matchport_allocate_options options;
    for (int i = 0; i < 8; i++) {
        matchport_allocate_options_init(&options, sizeof options);
        options.image = matchport_str("demo");
        float cell[] = {1};
        switch (i) {
        case 0: options.wait_for = 9; break;
        case 1: options.when_full = -1; break;
        case 2: options.restart = INT32_MIN; break;
        case 3: options.figure = 2; break;
        case 4: options.missing = 3; break;
        case 5: options.ttl_seconds = 0; break;
        case 6: options.ttl_seconds = UINT64_MAX - 1; break;
        default: options.latency_matrix = cell; options.latency_matrix_length = 1; break;
        }
        CHECK_STATUS(matchport_client_allocate(client, &options, &operation), INVALID_ARGUMENT);
        CHECK(matchport_client_last_message(client).length > 10);
    }
    matchport_allocate_options_init(&options, sizeof options);
    options.image = matchport_str("demo");
    options.max_latency_ms = NAN;
    CHECK_OK(matchport_client_allocate(client, &options, &operation));
    CHECK_STATUS(expect_end(client)->status, INVALID_INPUT);
    options.max_latency_ms = 0;
    options.deadline_ms = UINT64_MAX;
    CHECK_OK(matchport_client_allocate(client, &options, &operation));
    CHECK_STATUS(expect_end(client)->status, INVALID_INPUT);
    CHECK_STATUS(matchport_client_http_failed(client, 1, 99, matchport_str(NULL)), INVALID_ARGUMENT);
    CHECK_OK(matchport_client_free(client));
}

static void answers_for_unknown_and_finished_requests_are_refused(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    CHECK_STATUS(answer(client, 12345, 200, "{}"), UNKNOWN_REQUEST);
    CHECK_STATUS(matchport_client_http_failed(client, 0, 2, matchport_str("x")), UNKNOWN_REQUEST);
    CHECK_STATUS(matchport_client_http_stream_end(client, UINT64_MAX), UNKNOWN_REQUEST);
    CHECK_OK(matchport_client_locations(client, matchport_str("demo"), &operation));
    uint64_t id = expect_request(client)->id;
    matchport_http_response head;
    matchport_http_response_init(&head, sizeof head);
    int odd[] = {0, 99, 1000, -5, INT32_MAX};
    for (int i = 0; i < 5; i++) {
        head.status = odd[i];
        CHECK_STATUS(matchport_client_http_response(client, id, &head), INVALID_ARGUMENT);
    }
    head.status = 200;
    CHECK_STATUS(matchport_client_http_stream_begin(client, id, &head), WRONG_RESPONSE_MODE);
    head.body.length = SIZE_MAX;
    CHECK_STATUS(matchport_client_http_response(client, id, &head), ARGUMENT_TOO_LARGE);
    CHECK_OK(answer(client, id, 200, "{\"locations\":[]}"));
    CHECK_STATUS(answer(client, id, 200, "{\"locations\":[]}"), UNKNOWN_REQUEST);
    expect_event(client, MATCHPORT_EVENT_KIND_LOCATIONS);
    CHECK_STATUS(matchport_client_cancel(client, operation), UNKNOWN_OPERATION);
    CHECK_STATUS(matchport_client_cancel(client, 0), UNKNOWN_OPERATION);
    CHECK_STATUS(matchport_client_ticket_not_kept(client, UINT64_MAX), UNKNOWN_OPERATION);
    CHECK_OK(matchport_client_free(client));
}

static void an_event_is_read_as_often_as_one_likes_until_the_next(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    CHECK_OK(matchport_client_locations(client, matchport_str(""), &operation));
    const matchport_event *event = expect_event(client, MATCHPORT_EVENT_KIND_FAILED);
    matchport_string first, second;
    CHECK_OK(matchport_client_event_json(client, event, &first));
    CHECK_OK(matchport_client_event_json(client, event, &second));
    CHECK(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    CHECK_OK(matchport_client_locations(client, matchport_str(""), &operation));
    CHECK_TEXT(event->error->field, "image");
    CHECK_STATUS(matchport_client_event_json(client, event + 1, &first), STALE_EVENT);
    CHECK_STATUS(matchport_client_event_json(client, NULL, &first), STALE_EVENT);
    CHECK(first.data == NULL);
    const matchport_event *many[1];
    size_t count;
    CHECK_STATUS(matchport_client_next_events(client, many, 0, &count), INVALID_ARGUMENT);
    CHECK_STATUS(matchport_client_next_events(client, many, SIZE_MAX, &count), INVALID_ARGUMENT);
    CHECK_OK(matchport_client_next_events(client, many, 1, &count));
    CHECK_OK(matchport_client_free(client));
}

static void entropy_runs_out_and_is_refilled(void) {
    matchport_client_options options = host_options();
    matchport_client *client;
    CHECK_OK(matchport_client_new(&options, &client, NULL, 0));
    uint64_t operation;
    CHECK_STATUS(matchport_client_locations(client, matchport_str("demo"), &operation), NEEDS_ENTROPY);
    uint8_t random[24] = {9};
    matchport_bytes bytes = {random, 23};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    CHECK_STATUS(matchport_client_locations(client, matchport_str("demo"), &operation), NEEDS_ENTROPY);
    bytes.length = 1;
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    CHECK_OK(matchport_client_locations(client, matchport_str("demo"), &operation));
    CHECK_STATUS(matchport_client_locations(client, matchport_str("demo"), &operation), NEEDS_ENTROPY);
    matchport_bytes null_bytes = {NULL, 0};
    CHECK_STATUS(matchport_client_add_entropy(client, null_bytes), NULL_ARGUMENT);
    CHECK_OK(matchport_client_free(client));
}

static void calls_of_the_other_transport_are_refused(void) {
    matchport_client *client = host_client();
    CHECK_STATUS(matchport_client_tick(client), WRONG_TRANSPORT);
    CHECK_STATUS(matchport_client_wait(client, 1000), WRONG_TRANSPORT);
    CHECK_STATUS(matchport_client_wake(client), WRONG_TRANSPORT);
    matchport_string address = matchport_str("127.0.0.1");
    matchport_location location = {matchport_str("here"), &address, 1};
    matchport_ping_options options;
    matchport_ping_options_init(&options, sizeof options);
    options.locations = &location;
    options.location_count = 1;
    uint64_t operation;
    CHECK_STATUS(matchport_client_ping(client, &options, &operation), WRONG_TRANSPORT);
    address = matchport_str("nowhere");
    CHECK_STATUS(matchport_client_ping(client, &options, &operation), INVALID_ARGUMENT);
    CHECK(contains(matchport_client_last_message(client), "nowhere"));
    CHECK_OK(matchport_client_free(client));
}

static void the_built_in_transport_is_there_or_said_not_to_be(void) {
    matchport_client_options options = host_options();
    options.transport = MATCHPORT_TRANSPORT_BUILT_IN;
    options.environment = matchport_str("http://127.0.0.1:9");
    matchport_client *client;
    matchport_status status = matchport_client_new(&options, &client, NULL, 0);
    if (matchport_has_built_in_transport()) {
        CHECK_OK(status);
        CHECK_OK(matchport_client_free(client));
    } else {
        CHECK_STATUS(status, NO_BUILT_IN_TRANSPORT);
        CHECK(client == NULL);
    }
}

static void a_clock_that_goes_back_stands_still(void) {
    matchport_client *client = host_client();
    uint64_t operation, due;
    CHECK_OK(matchport_client_tick_at(client, 5000));
    CHECK_OK(matchport_client_locations(client, matchport_str("demo"), &operation));
    CHECK_OK(matchport_client_tick_at(client, 0));
    CHECK_OK(matchport_client_next_deadline(client, &due));
    CHECK(due == 10000);
    CHECK_OK(matchport_client_tick_at(client, UINT64_MAX));
    CHECK_OK(matchport_client_free(client));
}

static void a_fault_ends_one_client_alone(void) {
    matchport_client *sick = host_client(), *well = host_client();
    const matchport_event *event;
    uint64_t operation;
    CHECK_STATUS(matchport_client_test_fault(sick), POISONED);
    CHECK(contains(matchport_client_last_message(sick), "a fault was asked for"));
    CHECK_STATUS(matchport_client_tick_at(sick, 1), POISONED);
    CHECK_STATUS(matchport_client_next_event(sick, &event), POISONED);
    CHECK_STATUS(matchport_client_locations(sick, matchport_str("demo"), &operation), POISONED);
    CHECK_OK(matchport_client_locations(well, matchport_str("demo"), &operation));
    CHECK_OK(matchport_client_free(sick));
    CHECK_STATUS(matchport_client_free(sick), INVALID_HANDLE);
    CHECK_OK(matchport_client_free(well));
}

struct hook {
    matchport_client *client;
    int lines, reentered, leaked, odd_levels;
};

static void on_log(void *user, int32_t level, matchport_string text) {
    struct hook *hook = user;
    const matchport_event *event;
    hook->lines++;
    hook->leaked += contains(text, "s3cret") || contains(text, "Bearer");
    hook->reentered += matchport_client_tick_at(hook->client, 1) == MATCHPORT_STATUS_REENTERED;
    hook->reentered += matchport_client_next_event(hook->client, &event) == MATCHPORT_STATUS_REENTERED;
    hook->reentered += matchport_client_free(hook->client) == MATCHPORT_STATUS_REENTERED;
    hook->odd_levels += level < 1 || level > 4;
}

static void the_log_hook_may_not_call_back_and_sees_no_secret(void) {
    struct hook hook = {0};
    matchport_client_options options = host_options();
    options.log = on_log;
    options.log_user = &hook;
    options.log_level = MATCHPORT_LOG_LEVEL_DEBUG;
    CHECK_OK(matchport_client_new(&options, &hook.client, NULL, 0));
    uint8_t random[24] = {9};
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(hook.client, bytes));
    matchport_allocate_options match;
    matchport_allocate_options_init(&match, sizeof match);
    matchport_pair env[] = {{matchport_str("KEY"), matchport_str("s3cret-value")}};
    matchport_string location = matchport_str("eu-west-1");
    match.image = matchport_str("demo");
    match.env = env;
    match.env_count = 1;
    match.locations = &location;
    match.location_count = 1;
    uint64_t operation;
    CHECK_OK(matchport_client_allocate(hook.client, &match, &operation));
    /* Twice: the second start is the one with the other form of ttl. */
    for (int i = 0; i < 2; i++) {
        const matchport_http_request *request = expect_request(hook.client);
        CHECK_OK(answer(hook.client, request->id, 422,
                        "{\"statusCode\":422,\"message\":\"s3cret-value for s3cret-token\",\"violations\":[]}"));
    }
    CHECK_STATUS(expect_end(hook.client)->status, INVALID_REQUEST);
    CHECK(hook.lines >= 3 && hook.leaked == 0 && hook.odd_levels == 0);
    CHECK(hook.reentered == 3 * hook.lines);
    CHECK_OK(matchport_client_free(hook.client));
}

struct blocked {
    matchport_client *client;
    atomic_int is_inside, may_leave;
};

static void on_log_stay(void *user, int32_t level, matchport_string text) {
    struct blocked *blocked = user;
    (void)level;
    (void)text;
    atomic_store(&blocked->is_inside, 1);
    while (!atomic_load(&blocked->may_leave)) {
    }
}

static void *submit(void *user) {
    struct blocked *blocked = user;
    uint64_t operation;
    return (void *)(intptr_t)matchport_client_locations(blocked->client, matchport_str("demo"), &operation);
}

static void a_second_thread_is_told_that_the_client_is_busy(void) {
    struct blocked blocked = {0};
    matchport_client_options options = host_options();
    options.log = on_log_stay;
    options.log_user = &blocked;
    CHECK_OK(matchport_client_new(&options, &blocked.client, NULL, 0));
    uint8_t random[24] = {9};
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(blocked.client, bytes));
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, submit, &blocked) == 0);
    while (!atomic_load(&blocked.is_inside)) {
    }
    const matchport_event *event;
    matchport_status tick = matchport_client_tick_at(blocked.client, 1);
    matchport_status take = matchport_client_next_event(blocked.client, &event);
    matchport_status freed = matchport_client_free(blocked.client);
    matchport_string message = matchport_client_last_message(blocked.client);
    atomic_store(&blocked.may_leave, 1);
    void *result;
    pthread_join(thread, &result);
    CHECK_STATUS(tick, BUSY);
    CHECK_STATUS(take, BUSY);
    CHECK_STATUS(freed, BUSY);
    CHECK(message.length == 0);
    CHECK((intptr_t)result == MATCHPORT_STATUS_OK);
    CHECK_OK(matchport_client_free(blocked.client));
}

struct storm {
    matchport_client *client;
    atomic_int odd;
};

static void *storm(void *user) {
    struct storm *all = user;
    for (int i = 0; i < 20000; i++) {
        uint64_t number;
        size_t count;
        matchport_status status;
        switch (i % 4) {
        case 0: status = matchport_client_tick_at(all->client, (uint64_t)i); break;
        case 1: status = matchport_client_next_deadline(all->client, &number); break;
        case 2: status = matchport_client_operation_count(all->client, &count); break;
        default: status = matchport_client_locations(all->client, matchport_str(""), &number); break;
        }
        if (status != MATCHPORT_STATUS_OK && status != MATCHPORT_STATUS_EMPTY && status != MATCHPORT_STATUS_BUSY &&
            status != MATCHPORT_STATUS_NEEDS_ENTROPY) {
            atomic_fetch_add(&all->odd, 1);
        }
    }
    return NULL;
}

static void threads_that_pay_no_heed_get_busy_and_nothing_worse(void) {
    struct storm all = {0};
    all.client = host_client();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, storm, &all) == 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(atomic_load(&all.odd) == 0);
    CHECK_OK(matchport_client_free(all.client));
}

static void there_is_room_for_as_many_clients_as_promised(void) {
    static matchport_client *clients[MATCHPORT_MAX_CLIENTS];
    matchport_client_options options = host_options();
    for (int i = 0; i < MATCHPORT_MAX_CLIENTS; i++) {
        CHECK_OK(matchport_client_new(&options, &clients[i], NULL, 0));
    }
    matchport_client *one_more;
    CHECK_STATUS(matchport_client_new(&options, &one_more, NULL, 0), TOO_MANY_CLIENTS);
    CHECK(one_more == NULL);
    for (int i = 0; i < MATCHPORT_MAX_CLIENTS; i++) {
        CHECK_OK(matchport_client_free(clients[i]));
    }
}

static void a_client_is_freed_with_everything_in_flight(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    for (int i = 0; i < 50; i++) {
        allocate(client);
        CHECK_OK(matchport_client_logs(client, matchport_str("s"), 1, &operation));
    }
    expect_request(client);
    CHECK_OK(matchport_client_free(client));
}

const test hostile_tests[] = {
    {"the_library_is_of_the_version_of_its_header", the_library_is_of_the_version_of_its_header},
    {"null_and_unknown_handles_are_told_apart", null_and_unknown_handles_are_told_apart},
    {"a_freed_client_is_known_to_be_freed", a_freed_client_is_known_to_be_freed},
    {"null_arguments_are_named", null_arguments_are_named},
    {"options_that_are_refused_say_why", options_that_are_refused_say_why},
    {"sizes_of_structs_are_honoured_in_both_directions", sizes_of_structs_are_honoured_in_both_directions},
    {"too_little_time_to_settle_leaves_a_ticket", too_little_time_to_settle_leaves_a_ticket},
    {"streams_out_of_their_order_harm_nobody", streams_out_of_their_order_harm_nobody},
    {"numbers_out_of_their_range_are_refused", numbers_out_of_their_range_are_refused},
    {"answers_for_unknown_and_finished_requests_are_refused", answers_for_unknown_and_finished_requests_are_refused},
    {"an_event_is_read_as_often_as_one_likes_until_the_next", an_event_is_read_as_often_as_one_likes_until_the_next},
    {"entropy_runs_out_and_is_refilled", entropy_runs_out_and_is_refilled},
    {"calls_of_the_other_transport_are_refused", calls_of_the_other_transport_are_refused},
    {"the_built_in_transport_is_there_or_said_not_to_be", the_built_in_transport_is_there_or_said_not_to_be},
    {"a_clock_that_goes_back_stands_still", a_clock_that_goes_back_stands_still},
    {"a_fault_ends_one_client_alone", a_fault_ends_one_client_alone},
    {"the_log_hook_may_not_call_back_and_sees_no_secret", the_log_hook_may_not_call_back_and_sees_no_secret},
    {"a_second_thread_is_told_that_the_client_is_busy", a_second_thread_is_told_that_the_client_is_busy},
    {"threads_that_pay_no_heed_get_busy_and_nothing_worse", threads_that_pay_no_heed_get_busy_and_nothing_worse},
    {"there_is_room_for_as_many_clients_as_promised", there_is_room_for_as_many_clients_as_promised},
    {"a_client_is_freed_with_everything_in_flight", a_client_is_freed_with_everything_in_flight},
};
const size_t hostile_test_count = sizeof hostile_tests / sizeof *hostile_tests;
