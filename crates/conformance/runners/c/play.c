/* Plays the vectors to the library over the host transport: play FOLDER. Prints a line a vector, and counts. */
#include "conformance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 512

typedef struct player {
    matchport_client *client;
    const cJSON *file;
    const char *token;
    /* By the order in which they began and were sent. */
    uint64_t operations[MOST], requests[MOST];
    int operation_count, request_count;
    /* The operation whose ticket is not going to be kept, or 0. */
    uint64_t not_kept;
    /* What came of a step. */
    cJSON *made_requests, *made_events, *made_progress;
    char *words;
} player;

static int says(player *player, const char *what) {
    matchport_string more = matchport_client_last_message(player->client);
    snprintf(player->words, WORDS_SIZE, "%s (%.*s)", what, (int)more.length, more.data == NULL ? "" : more.data);
    return 1;
}

static int number_of(const uint64_t *all, int count, uint64_t wanted) {
    for (int i = 0; i < count; i++) {
        if (all[i] == wanted) {
            return i + 1;
        }
    }
    return 0;
}

static int take_events(player *player) {
    const matchport_event *event;
    while (matchport_client_next_event(player->client, &event) == MATCHPORT_STATUS_OK) {
        cJSON *shown = show_event(event);
        int number = number_of(player->operations, player->operation_count, event->operation);
        cJSON_AddNumberToObject(shown, "operation", number);
        int is_progress = event->kind == MATCHPORT_EVENT_KIND_PROGRESS;
        cJSON_AddItemToArray(is_progress ? player->made_progress : player->made_events, shown);
        if (event->kind == MATCHPORT_EVENT_KIND_TICKET && event->operation == player->not_kept) {
            player->not_kept = 0;
            if (matchport_client_ticket_not_kept(player->client, event->operation) != MATCHPORT_STATUS_OK) {
                return says(player, "a ticket can't be called not kept");
            }
        }
    }
    return 0;
}

static int has_header(const matchport_http_request *request, const char *name, const char *value) {
    for (size_t i = 0; i < request->header_count; i++) {
        matchport_string found = request->headers[i].name, is = request->headers[i].value;
        if (found.length == strlen(name) && memcmp(found.data, name, found.length) == 0) {
            return value != NULL && is.length == strlen(value) && memcmp(is.data, value, is.length) == 0;
        }
    }
    return value == NULL;
}

/* A request as vectors show it. What every request has to have is checked here. */
static int take_request(player *player, const matchport_http_request *request) {
    cJSON *shown = cJSON_CreateObject();
    cJSON_AddItemToArray(player->made_requests, shown);
    if (request->action == MATCHPORT_HTTP_ACTION_ABORT) {
        cJSON_AddNumberToObject(shown, "abort", number_of(player->requests, player->request_count, request->id));
        return 0;
    }
    char bearer[200];
    snprintf(bearer, sizeof bearer, "Bearer %s", player->token);
    const char *base = text_of(player->file, "base");
    if (!has_header(request, "authorization", bearer)) {
        return says(player, "a request is not authorized");
    } else if (!has_header(request, "content-type", request->body.data == NULL ? NULL : "application/json")) {
        return says(player, "a request has another content-type");
    } else if (request->url.length < strlen(base) || memcmp(request->url.data, base, strlen(base)) != 0) {
        return says(player, "a request goes to another address");
    } else if (player->request_count == MOST) {
        return says(player, "too many requests");
    }
    player->requests[player->request_count++] = request->id;
    char send[4000];
    snprintf(send, sizeof send, "%.*s %.*s", (int)request->method.length, request->method.data,
             (int)(request->url.length - strlen(base)), request->url.data + strlen(base));
    cJSON_AddStringToObject(shown, "send", send);
    cJSON_AddNumberToObject(shown, "operation", number_of(player->operations, player->operation_count, request->operation));
    if (request->body.data != NULL) {
        cJSON *body = cJSON_ParseWithLength((const char *)request->body.data, request->body.length);
        cJSON_AddItemToObject(shown, "body", body);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        matchport_string name = request->headers[i].name;
        if (name.length == 6 && memcmp(name.data, "accept", 6) == 0 && !has_header(request, "accept", "application/json")) {
            cJSON_AddItemToObject(shown, "accept", show_text(request->headers[i].value));
        }
    }
    return 0;
}

/* One round of the header's: all events, then all requests. */
static int drain(player *player) {
    if (take_events(player)) {
        return 1;
    }
    const matchport_http_request *request;
    while (matchport_client_next_http_request(player->client, &request) == MATCHPORT_STATUS_OK) {
        if (take_request(player, request)) {
            return 1;
        }
    }
    return 0;
}

static int begin_step(player *player, const cJSON *step) {
    uint8_t random[24];
    entropy_of(step, random);
    matchport_bytes bytes = {random, sizeof random};
    if (player->operation_count == MOST || matchport_client_add_entropy(player->client, bytes) != MATCHPORT_STATUS_OK) {
        return says(player, "no further operation can begin");
    }
    uint64_t operation = 0;
    if (begin(player->client, step, &operation) != MATCHPORT_STATUS_OK) {
        return says(player, "the operation was refused");
    }
    player->operations[player->operation_count++] = operation;
    if (cJSON_IsFalse(cJSON_GetObjectItem(step, "keepTicket"))) {
        player->not_kept = operation;
    }
    return 0;
}

static matchport_status answer(player *player, uint64_t request, const cJSON *answer, int is_head) {
    matchport_http_response response;
    matchport_http_response_init(&response, sizeof response);
    char seconds[24];
    const cJSON *retry_after = cJSON_GetObjectItem(answer, "retryAfter");
    if (retry_after != NULL) {
        snprintf(seconds, sizeof seconds, "%d", retry_after->valueint);
        response.retry_after = matchport_str(seconds);
    }
    response.status = cJSON_GetObjectItem(answer, "status")->valueint;
    if (is_head) {
        return matchport_client_http_stream_begin(player->client, request, &response);
    }
    char *body = body_of(answer);
    response.body.data = (const uint8_t *)body;
    response.body.length = strlen(body);
    matchport_status status = matchport_client_http_response(player->client, request, &response);
    free(body);
    return status;
}

static int32_t failure_of(const char *kind) {
    return strcmp(kind, "not_sent") == 0    ? MATCHPORT_HTTP_FAILURE_NOT_SENT
           : strcmp(kind, "broken") == 0    ? MATCHPORT_HTTP_FAILURE_BROKEN
           : strcmp(kind, "timed_out") == 0 ? MATCHPORT_HTTP_FAILURE_TIMED_OUT
                                            : MATCHPORT_HTTP_FAILURE_TOO_LARGE;
}

static int act(player *player, const cJSON *step) {
    const cJSON *to = cJSON_GetObjectItem(step, "to"), *what;
    int number = to == NULL ? player->request_count : to->valueint;
    uint64_t request = number < 1 || number > player->request_count ? 0 : player->requests[number - 1];
    matchport_status status = MATCHPORT_STATUS_OK;
    if (cJSON_HasObjectItem(step, "begin")) {
        return begin_step(player, step);
    } else if ((what = cJSON_GetObjectItem(step, "answer")) != NULL) {
        const cJSON *meant = answer_of(player->file, what);
        if (meant == NULL) {
            return says(player, "no answer has that name");
        }
        status = answer(player, request, meant, 0);
    } else if ((what = cJSON_GetObjectItem(step, "head")) != NULL) {
        status = answer(player, request, what, 1);
    } else if ((what = cJSON_GetObjectItem(step, "data")) != NULL) {
        matchport_bytes bytes = {(const uint8_t *)what->valuestring, strlen(what->valuestring)};
        status = matchport_client_http_stream_data(player->client, request, bytes);
    } else if (cJSON_HasObjectItem(step, "end")) {
        status = matchport_client_http_stream_end(player->client, request);
    } else if ((what = cJSON_GetObjectItem(step, "fail")) != NULL) {
        matchport_string reason = matchport_str("the vector says so");
        status = matchport_client_http_failed(player->client, request, failure_of(what->valuestring), reason);
    } else if ((what = cJSON_GetObjectItem(step, "cancel")) != NULL) {
        status = matchport_client_cancel(player->client, player->operations[what->valueint - 1]);
    } else if ((what = cJSON_GetObjectItem(step, "shutdown")) != NULL) {
        status = matchport_client_shutdown(player->client, (uint64_t)what->valuedouble);
    }
    return status == MATCHPORT_STATUS_OK ? 0 : says(player, "a call was refused");
}

static int play_step(player *player, const cJSON *step) {
    uint64_t at = (uint64_t)cJSON_GetObjectItem(step, "at")->valuedouble;
    if (matchport_client_tick_at(player->client, at) != MATCHPORT_STATUS_OK) {
        return says(player, "the time can't be told");
    }
    return drain(player) || act(player, step) || drain(player) ||
           lists_differ("requests", cJSON_GetObjectItem(step, "requests"), player->made_requests, 1, 1, player->words) ||
           lists_differ("events", cJSON_GetObjectItem(step, "events"), player->made_events, 0, 1, player->words) ||
           lists_differ("progress", cJSON_GetObjectItem(step, "progress"), player->made_progress, 1, 0, player->words);
}

/* 0 when all is well; else the number of the step, with words for it. */
static int play(const cJSON *file, const cJSON *vector, char *words) {
    const cJSON *made_with = cJSON_GetObjectItem(vector, "client"), *step;
    made_with = made_with == NULL ? cJSON_GetObjectItem(file, "client") : made_with;
    player *it = calloc(1, sizeof *it);
    it->file = file;
    it->token = text_of(made_with, "token");
    it->words = words;
    matchport_client_options options = client_options(made_with);
    int number = 1, wrong = 0;
    if (matchport_client_new(&options, &it->client, words, WORDS_SIZE) != MATCHPORT_STATUS_OK) {
        free(it);
        return 1;
    }
    cJSON_ArrayForEach(step, cJSON_GetObjectItem(vector, "steps")) {
        it->made_requests = cJSON_CreateArray();
        it->made_events = cJSON_CreateArray();
        it->made_progress = cJSON_CreateArray();
        wrong = play_step(it, step);
        cJSON_Delete(it->made_requests);
        cJSON_Delete(it->made_events);
        cJSON_Delete(it->made_progress);
        if (wrong) {
            break;
        }
        number++;
    }
    size_t open = 0;
    matchport_client_operation_count(it->client, &open);
    if (!wrong && open != 0) {
        wrong = says(it, "operations have not ended");
    }
    matchport_client_free(it->client);
    free(it);
    release();
    return wrong ? number : 0;
}

int main(int argc, char **argv) {
    if (argc != 2 || matchport_abi_version() != MATCHPORT_ABI_VERSION) {
        fprintf(stderr, "usage: play FOLDER, with a library of this header's version\n");
        return 2;
    }
    cJSON *files = read_vectors(argv[1]);
    int passed = 0, failed = 0;
    const cJSON *file, *vector;
    cJSON_ArrayForEach(file, files) {
        cJSON_ArrayForEach(vector, cJSON_GetObjectItem(file, "vectors")) {
            char words[WORDS_SIZE] = "";
            int step = play(file, vector, words);
            printf("%s %s: %s\n", step == 0 ? "PASS" : "FAIL", text_of(file, "name"), text_of(vector, "name"));
            if (step != 0) {
                printf("  step %d: %s\n  by: %s\n", step, words, text_of(vector, "by"));
            }
            *(step == 0 ? &passed : &failed) += 1;
        }
    }
    int all = count_vectors(files);
    if (passed + failed != all) {
        printf("FAIL %d of %d vectors ran\n", passed + failed, all);
        failed++;
    }
    cJSON_Delete(files);
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
