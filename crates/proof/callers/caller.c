/* Calls the service as it is told, a line a call: see caller.rs. Compiled with -DHOST_TRANSPORT, it carries the bytes with
 * libcurl by the code of examples/c/host_curl.c; without, the library does.
 */
#ifdef HOST_TRANSPORT
#define main main_of_the_example
#include "../../../examples/c/host_curl.c"
#undef main
static CURLM *curl;
#else
#include <matchport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const matchport_event *finish(matchport_client *client, uint64_t operation) {
    const matchport_event *event;
    for (;;) {
        while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            if (event->operation == operation && event->kind >= 100) {
                return event;
            }
        }
        matchport_client_wait(client, 1000);
        matchport_client_tick(client);
    }
}
#endif

static matchport_client *begin(const char *url) {
    matchport_client_options options;
    matchport_client *client;
    char why[200];
    matchport_client_options_init(&options, sizeof options);
    options.environment = matchport_str(url);
    options.token = matchport_str("local");
    options.skipped_events = MATCHPORT_SKIP_PROGRESS;
#ifndef HOST_TRANSPORT
    options.transport = MATCHPORT_TRANSPORT_BUILT_IN;
#endif
    if (matchport_client_new(&options, &client, why, sizeof why) != MATCHPORT_STATUS_OK) {
        fprintf(stderr, "no client: %s\n", why);
        exit(1);
    }
#ifdef HOST_TRANSPORT
    curl = curl_multi_init();
    add_entropy(client);
    matchport_client_tick_at(client, now_ms());
#endif
    return client;
}

static const matchport_event *wait_for(matchport_client *client, uint64_t operation) {
#ifdef HOST_TRANSPORT
    return finish(curl, client, operation);
#else
    return finish(client, operation);
#endif
}

static void end(matchport_client *client) {
#ifdef HOST_TRANSPORT
    while (transfers != NULL) {
        end_transfer(curl, transfers);
    }
    curl_multi_cleanup(curl);
#endif
    matchport_client_free(client);
}

static void report(const matchport_event *event) {
    static const char *const outcomes[] = {"-", "not_sent", "refused", "accepted", "unknown"};
    if (event->status == MATCHPORT_STATUS_OK) {
        if (event->allocation != NULL) {
            printf("ok %.*s\n", (int)event->allocation->id.length, event->allocation->id.data);
        } else {
            puts("ok -");
        }
    } else {
        const matchport_error *error = event->error;
        matchport_string ticket = error->ticket.length > 0 ? error->ticket : matchport_str("-");
        printf("failed %s %.*s\n", outcomes[error->outcome], (int)ticket.length, ticket.data);
    }
    fflush(stdout);
}

int main(void) {
    char line[4096];
#ifdef HOST_TRANSPORT
    curl_global_init(CURL_GLOBAL_DEFAULT);
#endif
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *words[16];
        size_t count = 0;
        for (char *word = strtok(line, " \n"); word != NULL && count < 16; word = strtok(NULL, " \n")) {
            words[count++] = word;
        }
        if (count < 2) {
            return 2;
        }
        matchport_client *client = begin(words[0]);
        matchport_string names[16];
        size_t first = strcmp(words[1], "join") == 0 ? 3 : 2;
        for (size_t i = first; i < count; i++) {
            names[i - first] = matchport_str(words[i]);
        }
        uint64_t operation = 0;
        matchport_status status;
        if (strcmp(words[1], "allocate") == 0) {
            matchport_allocate_options match;
            matchport_allocate_options_init(&match, sizeof match);
            match.image = matchport_str("demo");
            status = matchport_client_allocate(client, &match, &operation);
        } else if (strcmp(words[1], "join") == 0 && count > 3) {
            status = matchport_client_join(client, matchport_str(words[2]), names, count - first, &operation);
        } else if (strcmp(words[1], "leave") == 0 && count > 2) {
            status = matchport_client_leave(client, names, count - first, &operation);
        } else if (strcmp(words[1], "stop") == 0 && count > 2) {
            status = matchport_client_stop(client, matchport_str(words[2]), &operation);
        } else {
            return 2;
        }
        if (status != MATCHPORT_STATUS_OK) {
            fprintf(stderr, "not begun: %d\n", (int)status);
            return 1;
        }
        report(wait_for(client, operation));
        end(client);
    }
    return 0;
}
