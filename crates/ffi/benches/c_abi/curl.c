/* An allocation over libcurl, twice: by hand, with a JSON library, and through libmatchport with its host transport. Both use one
 * easy handle, which keeps its connection, and block. */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <matchport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define TOKEN "local"
#define IMAGE "demo"
#define LOCATION "eu-west-1"

struct bench {
    CURL *easy;
    matchport_client *client;
    struct curl_slist *headers;
    char url[256];
    char *body;
    size_t length, capacity;
    /* So that nothing is optimised away: what the players would connect to. */
    char endpoint[128];
};

struct bench *bench_open(const char *address, int skips_tickets);
int bench_by_hand(struct bench *bench, size_t times);
int bench_allocate(struct bench *bench, size_t times);

static size_t on_body(char *data, size_t size, size_t count, void *user) {
    struct bench *bench = user;
    size_t length = size * count;
    if (bench->length + length > bench->capacity) {
        size_t capacity = bench->length + length + 1024;
        char *larger = realloc(bench->body, capacity);
        if (larger == NULL) {
            return 0;
        }
        bench->body = larger;
        bench->capacity = capacity;
    }
    memcpy(bench->body + bench->length, data, length);
    bench->length += length;
    return length;
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct bench *bench_open(const char *address, int skips_tickets) {
    struct bench *bench = calloc(1, sizeof *bench);
    bench->easy = curl_easy_init();
    snprintf(bench->url, sizeof bench->url, "%s/session", address);
    curl_easy_setopt(bench->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(bench->easy, CURLOPT_WRITEDATA, bench);
    curl_easy_setopt(bench->easy, CURLOPT_FOLLOWLOCATION, 0L);
    bench->headers = curl_slist_append(NULL, "authorization: Bearer " TOKEN);
    bench->headers = curl_slist_append(bench->headers, "accept: application/json");
    bench->headers = curl_slist_append(bench->headers, "content-type: application/json");
    matchport_client_options options;
    matchport_client_options_init(&options, sizeof options);
    options.environment = matchport_str(address);
    options.token = matchport_str(TOKEN);
    options.skipped_events = skips_tickets ? MATCHPORT_SKIP_TICKETS | MATCHPORT_SKIP_PROGRESS : 0;
    return matchport_client_new(&options, &bench->client, NULL, 0) == MATCHPORT_STATUS_OK ? bench : NULL;
}

/* Asks for a session under a random id in the form that the service recommends, and reads where it is. */
static int start_by_hand(struct bench *bench) {
    uint8_t r[16];
    char id[37];
    if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r) {
        return 0;
    }
    r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
    r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
    snprintf(id, sizeof id, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3],
             r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
    cJSON *start = cJSON_CreateObject();
    cJSON_AddStringToObject(start, "id", id);
    cJSON_AddStringToObject(start, "image", IMAGE);
    cJSON_AddStringToObject(start, "location", LOCATION);
    cJSON_AddNumberToObject(start, "ttl", 1);
    char *text = cJSON_PrintUnformatted(start);
    cJSON_Delete(start);
    curl_easy_setopt(bench->easy, CURLOPT_URL, bench->url);
    curl_easy_setopt(bench->easy, CURLOPT_HTTPHEADER, bench->headers);
    curl_easy_setopt(bench->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(text));
    curl_easy_setopt(bench->easy, CURLOPT_POSTFIELDS, text);
    bench->length = 0;
    CURLcode code = curl_easy_perform(bench->easy);
    long status = 0;
    curl_easy_getinfo(bench->easy, CURLINFO_RESPONSE_CODE, &status);
    cJSON_free(text);
    if (code != CURLE_OK || status != 201) {
        return 0;
    }
    cJSON *answer = cJSON_ParseWithLength(bench->body, bench->length);
    const char *host = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "host"));
    const cJSON *port = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "ports"), 0);
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(port, "host");
    int good = host != NULL && cJSON_IsNumber(number);
    if (good) {
        snprintf(bench->endpoint, sizeof bench->endpoint, "%s:%d", host, number->valueint);
    }
    cJSON_Delete(answer);
    return good;
}

int bench_by_hand(struct bench *bench, size_t times) {
    int good = 1;
    for (size_t i = 0; i < times; i++) {
        good &= start_by_hand(bench);
    }
    return good;
}

/* Sends what the library asks for, and hands over what came of it. */
static int carry(struct bench *bench, const matchport_http_request *request) {
    char header[1024], url[256];
    struct curl_slist *headers = NULL;
    for (size_t i = 0; i < request->header_count; i++) {
        const matchport_pair *pair = &request->headers[i];
        size_t name = pair->name.length, value = pair->value.length;
        if (name + value + 3 > sizeof header) {
            return 0;
        }
        memcpy(header, pair->name.data, name);
        memcpy(header + name, ": ", 2);
        memcpy(header + name + 2, pair->value.data, value);
        header[name + 2 + value] = 0;
        headers = curl_slist_append(headers, header);
    }
    if (request->url.length >= sizeof url) {
        return 0;
    }
    memcpy(url, request->url.data, request->url.length);
    url[request->url.length] = 0;
    uint64_t id = request->id;
    curl_easy_setopt(bench->easy, CURLOPT_URL, url);
    curl_easy_setopt(bench->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(bench->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
    curl_easy_setopt(bench->easy, CURLOPT_POSTFIELDS, request->body.data);
    bench->length = 0;
    CURLcode code = curl_easy_perform(bench->easy);
    long status = 0;
    curl_easy_getinfo(bench->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        return 0;
    }
    matchport_http_response response;
    matchport_http_response_init(&response, sizeof response);
    response.status = (int32_t)status;
    response.body.data = (const uint8_t *)bench->body;
    response.body.length = bench->length;
    return matchport_client_http_response(bench->client, id, &response) == MATCHPORT_STATUS_OK;
}

static int allocate(struct bench *bench) {
    matchport_string location = matchport_str(LOCATION);
    matchport_allocate_options match;
    matchport_allocate_options_init(&match, sizeof match);
    match.image = matchport_str(IMAGE);
    match.locations = &location;
    match.location_count = 1;
    match.ttl_seconds = 1;
    match.wait_for = MATCHPORT_WAIT_FOR_ALLOCATED;
    uint64_t operation;
    matchport_client_tick_at(bench->client, now_ms());
    matchport_status status = matchport_client_allocate(bench->client, &match, &operation);
    if (status == MATCHPORT_STATUS_NEEDS_ENTROPY) {
        uint8_t random[240];
        matchport_bytes bytes = {random, sizeof random};
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
            return 0;
        }
        matchport_client_add_entropy(bench->client, bytes);
        status = matchport_client_allocate(bench->client, &match, &operation);
    }
    if (status != MATCHPORT_STATUS_OK) {
        return 0;
    }
    for (int turn = 0; turn < 10; turn++) {
        const matchport_event *event;
        while (matchport_client_next_event(bench->client, &event) == MATCHPORT_STATUS_OK) {
            if (event->kind == MATCHPORT_EVENT_KIND_ALLOCATED) {
                const matchport_string *endpoint = &event->allocation->endpoint;
                snprintf(bench->endpoint, sizeof bench->endpoint, "%.*s", (int)endpoint->length, endpoint->data);
                return 1;
            }
            if (event->kind == MATCHPORT_EVENT_KIND_FAILED) {
                fprintf(stderr, "%.*s\n", (int)event->text.length, event->text.data);
                return 0;
            }
        }
        const matchport_http_request *request;
        if (matchport_client_next_http_request(bench->client, &request) == MATCHPORT_STATUS_OK && !carry(bench, request)) {
            return 0;
        }
    }
    return 0;
}

int bench_allocate(struct bench *bench, size_t times) {
    int good = 1;
    for (size_t i = 0; i < times; i++) {
        good &= allocate(bench);
    }
    return good;
}
