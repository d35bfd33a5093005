/* The host transport with libcurl: this program carries the bytes, and the library has no thread, no socket and no clock.
 * An engine with its own HTTP does the same with that.
 *
 *     host_curl http://127.0.0.1:4242 local
 */
#include <curl/curl.h>
#include <matchport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* A request on its way. */
struct transfer {
    uint64_t request;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    size_t length, most;
    char retry_after[64];
    struct transfer *next;
};

static struct transfer *transfers;

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void add_entropy(matchport_client *client) {
    uint8_t random[256];
    if (getrandom(random, sizeof random, 0) == (ssize_t)sizeof random) {
        matchport_bytes bytes = {random, sizeof random};
        matchport_client_add_entropy(client, bytes);
    }
}

static size_t on_body(char *data, size_t size, size_t count, void *user) {
    struct transfer *transfer = user;
    size_t length = size * count;
    char *larger = length <= transfer->most - transfer->length ? realloc(transfer->body, transfer->length + length) : NULL;
    if (larger == NULL) {
        return 0;
    }
    transfer->body = larger;
    memcpy(larger + transfer->length, data, length);
    transfer->length += length;
    return length;
}

static size_t on_header(char *line, size_t size, size_t count, void *user) {
    struct transfer *transfer = user;
    const char name[] = "retry-after:";
    size_t length = size * count, skip = sizeof name - 1;
    if (length > skip && curl_strnequal(line, name, skip)) {
        snprintf(transfer->retry_after, sizeof transfer->retry_after, "%.*s", (int)(length - skip), line + skip);
        transfer->retry_after[strcspn(transfer->retry_after, "\r\n")] = 0;
    }
    return length;
}

/* Sends a request once: no redirects, no repetition, no header but those that were asked for. */
static void send_request(CURLM *curl, const matchport_http_request *request) {
    struct transfer *transfer = calloc(1, sizeof *transfer);
    char url[4096], method[16], header[9000];
    snprintf(url, sizeof url, "%.*s", (int)request->url.length, request->url.data);
    snprintf(method, sizeof method, "%.*s", (int)request->method.length, request->method.data);
    transfer->request = request->id;
    transfer->most = request->max_response_bytes;
    for (size_t i = 0; i < request->header_count; i++) {
        const matchport_pair *pair = &request->headers[i];
        snprintf(header, sizeof header, "%.*s: %.*s", (int)pair->name.length, pair->name.data, (int)pair->value.length,
                 pair->value.data);
        transfer->headers = curl_slist_append(transfer->headers, header);
    }
    CURL *easy = transfer->easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    if (request->body.data != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body.data);
    }
    transfer->next = transfers;
    transfers = transfer;
    curl_multi_add_handle(curl, easy);
}

static void end_transfer(CURLM *curl, struct transfer *transfer) {
    struct transfer **link = &transfers;
    while (*link != transfer) {
        link = &(*link)->next;
    }
    *link = transfer->next;
    curl_multi_remove_handle(curl, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    free(transfer->body);
    free(transfer);
}

/* Whether the service can have seen anything of the request. When in doubt, it can. */
static matchport_http_failure judge(CURLcode code) {
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return MATCHPORT_HTTP_FAILURE_NOT_SENT;
    case CURLE_WRITE_ERROR:
        return MATCHPORT_HTTP_FAILURE_TOO_LARGE;
    default:
        return MATCHPORT_HTTP_FAILURE_BROKEN;
    }
}

static void take_answers(CURLM *curl, matchport_client *client) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(curl, &left)) != NULL) {
        struct transfer *transfer;
        long status = 0;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        if (code == CURLE_OK) {
            matchport_http_response response;
            matchport_http_response_init(&response, sizeof response);
            response.status = (int32_t)status;
            response.body.data = (const uint8_t *)transfer->body;
            response.body.length = transfer->length;
            if (transfer->retry_after[0] != 0) {
                response.retry_after = matchport_str(transfer->retry_after);
            }
            matchport_client_http_response(client, transfer->request, &response);
        } else {
            matchport_client_http_failed(client, transfer->request, judge(code), matchport_str(curl_easy_strerror(code)));
        }
        end_transfer(curl, transfer);
    }
}

static void abort_request(CURLM *curl, uint64_t request) {
    for (struct transfer *transfer = transfers; transfer != NULL; transfer = transfer->next) {
        if (transfer->request == request) {
            end_transfer(curl, transfer);
            return;
        }
    }
}

/* Carries requests and answers, and waits for more as long as there is nothing else to do. */
static void carry(CURLM *curl, matchport_client *client) {
    const matchport_http_request *request;
    while (matchport_client_next_http_request(client, &request) == MATCHPORT_STATUS_OK) {
        if (request->action == MATCHPORT_HTTP_ACTION_SEND) {
            send_request(curl, request);
        } else {
            abort_request(curl, request->id);
        }
    }
    int running;
    uint64_t due = 1000;
    curl_multi_perform(curl, &running);
    take_answers(curl, client);
    /* What the answers brought is looked at first. */
    if (matchport_client_next_deadline(client, &due) != MATCHPORT_STATUS_OK || due > 1000) {
        due = 1000;
    }
    if (running > 0) {
        curl_multi_poll(curl, NULL, 0, (int)due, NULL);
    } else {
        size_t count = 0;
        matchport_client_operation_count(client, &count);
        curl_multi_poll(curl, NULL, 0, count > 0 && transfers == NULL ? (int)(due < 10 ? due : 10) : 0, NULL);
    }
}

/* Round after round: the time, the events, the requests, the answers. Gives the event that ends the operation. */
static const matchport_event *finish(CURLM *curl, matchport_client *client, uint64_t operation) {
    const matchport_event *event;
    for (;;) {
        matchport_client_tick_at(client, now_ms());
        while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            if (event->operation == operation && event->kind >= 100) {
                return event;
            }
        }
        carry(curl, client);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s ENVIRONMENT TOKEN\n", argv[0]);
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *curl = curl_multi_init();
    matchport_client_options options;
    matchport_client_options_init(&options, sizeof options);
    options.environment = matchport_str(argv[1]);
    options.token = matchport_str(argv[2]);
    options.skipped_events = MATCHPORT_SKIP_TICKETS | MATCHPORT_SKIP_PROGRESS;
    matchport_client *client;
    char why[200];
    if (matchport_client_new(&options, &client, why, sizeof why) != MATCHPORT_STATUS_OK) {
        fprintf(stderr, "no client: %s\n", why);
        return 1;
    }
    add_entropy(client);
    matchport_client_tick_at(client, now_ms());

    matchport_allocate_options match;
    matchport_allocate_options_init(&match, sizeof match);
    match.image = matchport_str("demo");
    uint64_t operation;
    matchport_client_allocate(client, &match, &operation);
    const matchport_event *event = finish(curl, client, operation);
    matchport_status status = event->status;
    if (status != MATCHPORT_STATUS_OK) {
        fprintf(stderr, "no server: %.*s\n", (int)event->text.length, event->text.data);
    } else {
        printf("players connect to %.*s\n", (int)event->allocation->endpoint.length, event->allocation->endpoint.data);
        matchport_client_stop(client, event->allocation->id, &operation);
        status = finish(curl, client, operation)->status;
        puts(status == MATCHPORT_STATUS_OK ? "stopped" : "not stopped");
    }
    while (transfers != NULL) {
        end_transfer(curl, transfers);
    }
    matchport_client_free(client);
    curl_multi_cleanup(curl);
    curl_global_cleanup();
    return status;
}
