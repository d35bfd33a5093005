#include "support.h"

matchport_client_options host_options(void) {
    matchport_client_options options;
    CHECK_OK(matchport_client_options_init(&options, sizeof options));
    options.environment = matchport_str("https://api.example.com");
    options.token = matchport_str("s3cret-token");
    return options;
}

matchport_client *host_client(void) {
    matchport_client_options options = host_options();
    matchport_client *client = NULL;
    char why[200] = "";
    if (matchport_client_new(&options, &client, why, sizeof why) != MATCHPORT_STATUS_OK) {
        test_fails(__FILE__, __LINE__, why);
    }
    uint8_t random[4096];
    for (size_t i = 0; i < sizeof random; i++) {
        random[i] = (uint8_t)(i * 31 + i / 256);
    }
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    CHECK_OK(matchport_client_tick_at(client, 0));
    return client;
}

uint64_t allocate(matchport_client *client) {
    matchport_allocate_options options;
    CHECK_OK(matchport_allocate_options_init(&options, sizeof options));
    matchport_string location = matchport_str("eu-west-1");
    options.image = matchport_str("demo");
    options.locations = &location;
    options.location_count = 1;
    options.wait_for = MATCHPORT_WAIT_FOR_ALLOCATED;
    uint64_t operation = 0;
    CHECK_OK(matchport_client_allocate(client, &options, &operation));
    CHECK(operation != 0);
    return operation;
}

const matchport_event *expect_event(matchport_client *client, matchport_event_kind kind) {
    const matchport_event *event = NULL;
    CHECK_OK(matchport_client_next_event(client, &event));
    CHECK(event != NULL);
    if (event->kind != kind) {
        char what[200];
        snprintf(what, sizeof what, "event is of kind %d, should be %d (%.*s)", event->kind, kind,
                 (int)event->text.length, event->text.data == NULL ? "" : event->text.data);
        test_fails(__FILE__, __LINE__, what);
    }
    return event;
}

const matchport_event *expect_end(matchport_client *client) {
    const matchport_event *event = NULL;
    do {
        CHECK_OK(matchport_client_next_event(client, &event));
    } while (event->kind < 100);
    return event;
}

const matchport_http_request *expect_request(matchport_client *client) {
    const matchport_event *event;
    while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
        CHECK(event->kind < 100);
    }
    const matchport_http_request *request = NULL;
    CHECK_OK(matchport_client_next_http_request(client, &request));
    CHECK(request != NULL);
    return request;
}

matchport_status answer(matchport_client *client, uint64_t request, int status, const char *body) {
    matchport_http_response response;
    CHECK_OK(matchport_http_response_init(&response, sizeof response));
    response.status = status;
    response.body.data = (const uint8_t *)body;
    response.body.length = strlen(body);
    return matchport_client_http_response(client, request, &response);
}

matchport_string header(const matchport_http_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++) {
        matchport_string found = request->headers[i].name;
        if (found.length == strlen(name) && memcmp(found.data, name, found.length) == 0) {
            return request->headers[i].value;
        }
    }
    return matchport_str(NULL);
}

matchport_string text_of(matchport_bytes bytes) {
    matchport_string text = {(const char *)bytes.data, bytes.length};
    return text;
}
