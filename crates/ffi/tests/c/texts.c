/* Texts that can't be read, are too long or empty: each gets a status and a message that names it. The list of all that a caller
 * should not do stands in hostile.c. */
#include "support.h"

static void texts_are_checked_and_never_followed_too_far(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    matchport_string absurd = {"x", SIZE_MAX};
    CHECK_STATUS(matchport_client_stop(client, absurd, &operation), ARGUMENT_TOO_LARGE);
    absurd.length = (size_t)MATCHPORT_MAX_STRING_BYTES + 1;
    CHECK_STATUS(matchport_client_stop(client, absurd, &operation), ARGUMENT_TOO_LARGE);
    matchport_string null_with_length = {NULL, 5};
    CHECK_STATUS(matchport_client_stop(client, null_with_length, &operation), NULL_ARGUMENT);
    CHECK_STATUS(matchport_client_stop(client, matchport_str("\xff\xfe"), &operation), INVALID_UTF8);
    CHECK(contains(matchport_client_last_message(client), "session"));
    CHECK_STATUS(matchport_client_stop(client, matchport_str(".."), &operation), INVALID_ARGUMENT);
    matchport_string one = matchport_str("ada");
    CHECK_STATUS(matchport_client_leave(client, &one, SIZE_MAX, &operation), ARGUMENT_TOO_LARGE);
    const char *odd = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    CHECK_STATUS(matchport_client_leave(client, (const matchport_string *)(const void *)(odd + ((uintptr_t)odd % 2 ? 0 : 1)), 1, &operation),
                 INVALID_ARGUMENT);
    matchport_allocate_options options;
    matchport_allocate_options_init(&options, sizeof options);
    options.image = matchport_str("demo");
    matchport_pair env[] = {{matchport_str("KEY"), matchport_str("s3cret\xff")}};
    options.env = env;
    options.env_count = 1;
    CHECK_STATUS(matchport_client_allocate(client, &options, &operation), INVALID_UTF8);
    CHECK(contains(matchport_client_last_message(client), "options.env[0].value"));
    CHECK(!contains(matchport_client_last_message(client), "s3cret"));
    matchport_pair twice[] = {{matchport_str("A"), matchport_str("1")}, {matchport_str("A"), matchport_str("2")}};
    options.env = twice;
    options.env_count = 2;
    CHECK_STATUS(matchport_client_allocate(client, &options, &operation), INVALID_ARGUMENT);
    CHECK_OK(matchport_client_free(client));
}

static void texts_that_are_not_utf8_are_refused_wherever_they_stand(void) {
    matchport_string odd = matchport_str("a\xc3\x28"), good = matchport_str("a");
    matchport_client *client;
    for (int i = 0; i < 2; i++) {
        matchport_client_options options = host_options();
        *(i == 0 ? &options.environment : &options.token) = odd;
        CHECK_STATUS(matchport_client_new(&options, &client, NULL, 0), INVALID_UTF8);
    }
    client = host_client();
    uint64_t operation;
    matchport_latency latency = {odd, 1};
    matchport_player player = {good, &latency, 1}, odd_player = {odd, NULL, 0};
    matchport_pair name = {odd, good}, value = {good, odd};
    const char *fields[] = {"image",      "locations[0]",    "players[0].id", "latencies[0]", "match_id", "session_id",
                            "env[0].name", "labels[0].value", "args[0]",       "version",      "external_id"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        matchport_allocate_options options;
        matchport_allocate_options_init(&options, sizeof options);
        options.image = i == 0 ? odd : good;
        options.locations = i == 1 ? &odd : NULL;
        options.location_count = i == 1;
        options.players = i == 2 ? &odd_player : i == 3 ? &player : NULL;
        options.player_count = i == 2 || i == 3;
        options.match_id = i == 4 ? odd : options.match_id;
        options.session_id = i == 5 ? odd : options.session_id;
        options.env = i == 6 ? &name : NULL;
        options.env_count = i == 6;
        options.labels = i == 7 ? &value : NULL;
        options.label_count = i == 7;
        options.args = i == 8 ? &odd : NULL;
        options.arg_count = i == 8;
        options.version = i == 9 ? odd : options.version;
        options.external_id = i == 10 ? odd : options.external_id;
        CHECK_STATUS(matchport_client_allocate(client, &options, &operation), INVALID_UTF8);
        CHECK(contains(matchport_client_last_message(client), fields[i]));
    }
    CHECK_STATUS(matchport_client_join(client, good, &odd, 1, &operation), INVALID_UTF8);
    CHECK_STATUS(matchport_client_locations(client, odd, &operation), INVALID_UTF8);
    CHECK_STATUS(matchport_client_tag_exists(client, good, good, odd, &operation), INVALID_UTF8);
    CHECK_STATUS(matchport_client_artifact(client, good, odd, &operation), INVALID_UTF8);
    matchport_list_options list;
    matchport_list_options_init(&list, sizeof list);
    list.image = odd;
    CHECK_STATUS(matchport_client_list(client, &list, &operation), INVALID_UTF8);
    matchport_resume_options resume;
    matchport_resume_options_init(&resume, sizeof resume);
    resume.ticket = odd;
    CHECK_STATUS(matchport_client_resume(client, &resume, &operation), INVALID_UTF8);
    const matchport_snapshot *snapshot;
    CHECK_STATUS(matchport_client_session(client, odd, &snapshot), INVALID_UTF8);
    CHECK_OK(matchport_client_locations(client, good, &operation));
    uint64_t request = expect_request(client)->id;
    CHECK_STATUS(matchport_client_http_failed(client, request, MATCHPORT_HTTP_FAILURE_BROKEN, odd), INVALID_UTF8);
    matchport_http_response response;
    matchport_http_response_init(&response, sizeof response);
    response.status = 503;
    response.retry_after = odd;
    CHECK_STATUS(matchport_client_http_response(client, request, &response), INVALID_UTF8);
    /* A body is the service's: what can't be read of it is its fault, and ends the operation. */
    CHECK_OK(answer(client, request, 200, "\xff\xfe"));
    CHECK_OK(matchport_client_free(client));
}

static void lengths_up_to_the_limit_are_taken(void) {
    matchport_client *client = host_client();
    uint64_t operation;
    char *long_text = malloc(MATCHPORT_MAX_STRING_BYTES + 1);
    memset(long_text, 'x', MATCHPORT_MAX_STRING_BYTES + 1);
    matchport_string text = {long_text, MATCHPORT_MAX_STRING_BYTES};
    /* Read, and then too long for an image. */
    matchport_status longest = matchport_client_locations(client, text, &operation);
    text.length++;
    matchport_status too_long = matchport_client_locations(client, text, &operation);
    matchport_bytes bytes = {(const uint8_t *)long_text, MATCHPORT_MAX_STRING_BYTES};
    matchport_status entropy = matchport_client_add_entropy(client, bytes);
    free(long_text);
    CHECK_OK(longest);
    CHECK_STATUS(too_long, ARGUMENT_TOO_LARGE);
    CHECK_OK(entropy);
    CHECK_STATUS(expect_end(client)->status, INVALID_INPUT);
    matchport_allocate_options options;
    matchport_allocate_options_init(&options, sizeof options);
    matchport_string one = matchport_str("a");
    float cell = 1;
    options.image = one;
    options.locations = &one;
    options.location_count = (size_t)MATCHPORT_MAX_ARRAY_LENGTH + 1;
    CHECK_STATUS(matchport_client_allocate(client, &options, &operation), ARGUMENT_TOO_LARGE);
    options.location_count = 1;
    options.latency_matrix = &cell;
    options.latency_matrix_length = SIZE_MAX;
    CHECK_STATUS(matchport_client_allocate(client, &options, &operation), ARGUMENT_TOO_LARGE);
    CHECK_OK(matchport_client_free(client));
}

static void empty_texts_are_given_and_refused_as_the_header_says(void) {
    matchport_client *client = host_client();
    matchport_string empty = matchport_str(""), good = matchport_str("a");
    uint64_t operation;
    CHECK_STATUS(matchport_client_describe(client, empty, &operation), INVALID_ARGUMENT);
    CHECK_STATUS(matchport_client_stop(client, empty, &operation), INVALID_ARGUMENT);
    CHECK_STATUS(matchport_client_logs(client, empty, 0, &operation), INVALID_ARGUMENT);
    CHECK_STATUS(matchport_client_join(client, empty, &good, 1, &operation), INVALID_ARGUMENT);
    matchport_allocate_options options;
    matchport_allocate_options_init(&options, sizeof options);
    options.image = good;
    options.session_id = empty;
    CHECK_STATUS(matchport_client_allocate(client, &options, &operation), INVALID_ARGUMENT);
    options.session_id = matchport_str(NULL);
    const char *fields[] = {"image", "locations", "match_id", "players"};
    for (int i = 0; i < 4; i++) {
        matchport_player player = {empty, NULL, 0};
        options.image = i == 0 ? empty : good;
        options.locations = i == 1 ? &empty : &good;
        options.location_count = 1;
        options.match_id = i == 2 ? empty : matchport_str(NULL);
        options.players = &player;
        options.player_count = i == 3;
        CHECK_OK(matchport_client_allocate(client, &options, &operation));
        const matchport_event *event = expect_end(client);
        CHECK_STATUS(event->status, INVALID_INPUT);
        CHECK(contains(event->error->field, fields[i]) && event->error->outcome == MATCHPORT_OUTCOME_NOT_SENT);
    }
    CHECK_OK(matchport_client_join(client, good, &empty, 1, &operation));
    CHECK_STATUS(expect_end(client)->status, INVALID_INPUT);
    CHECK_OK(matchport_client_locations(client, empty, &operation));
    CHECK_STATUS(expect_end(client)->status, INVALID_INPUT);
    CHECK_OK(matchport_client_tag_exists(client, empty, good, good, &operation));
    CHECK_STATUS(expect_end(client)->status, INVALID_INPUT);
    CHECK_OK(matchport_client_free(client));
}

const test text_tests[] = {
    {"texts_are_checked_and_never_followed_too_far", texts_are_checked_and_never_followed_too_far},
    {"texts_that_are_not_utf8_are_refused_wherever_they_stand", texts_that_are_not_utf8_are_refused_wherever_they_stand},
    {"lengths_up_to_the_limit_are_taken", lengths_up_to_the_limit_are_taken},
    {"empty_texts_are_given_and_refused_as_the_header_says", empty_texts_are_given_and_refused_as_the_header_says},
};
const size_t text_test_count = sizeof text_tests / sizeof *text_tests;
