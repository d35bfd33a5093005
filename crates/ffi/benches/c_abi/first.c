/* How long it takes from nothing to the first answer, and from there to each further one, in nanoseconds: one line, the first
 * number for loading the library, making a client with the built-in transport and asking once, the others for asking again.
 *
 *     first LIBRARY URL
 */
#include <dlfcn.h>
#include <matchport.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define AGAIN 51

#define FUNCTION(library, name) *(void **)&name = dlsym(library, "matchport_" #name)

static matchport_status (*client_describe)(matchport_client *, matchport_string, uint64_t *);
static matchport_status (*client_tick)(matchport_client *);
static matchport_status (*client_wait)(matchport_client *, uint64_t);
static matchport_status (*client_next_event)(matchport_client *, const matchport_event **);
static matchport_string (*str)(const char *);

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void ask(matchport_client *client) {
    uint64_t operation;
    const matchport_event *event;
    if (client_describe(client, str("nobody"), &operation) != MATCHPORT_STATUS_OK) {
        exit(1);
    }
    for (int turn = 0; turn < 100; turn++) {
        client_wait(client, 1000);
        client_tick(client);
        if (client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            if (event->status != MATCHPORT_STATUS_NOT_FOUND) {
                fprintf(stderr, "%.*s\n", (int)event->text.length, event->text.data);
                exit(1);
            }
            return;
        }
    }
    exit(1);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        return 2;
    }
    long long start = now_ns();
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    matchport_status (*client_options_init)(matchport_client_options *, size_t);
    matchport_status (*client_new)(const matchport_client_options *, matchport_client **, char *, size_t);
    matchport_status (*client_free)(matchport_client *);
    FUNCTION(library, client_options_init);
    FUNCTION(library, client_new);
    FUNCTION(library, client_free);
    FUNCTION(library, client_describe);
    FUNCTION(library, client_tick);
    FUNCTION(library, client_wait);
    FUNCTION(library, client_next_event);
    FUNCTION(library, str);
    matchport_client_options options;
    matchport_client *client;
    char why[200];
    client_options_init(&options, sizeof options);
    options.environment = str(argv[2]);
    options.token = str("local");
    options.transport = MATCHPORT_TRANSPORT_BUILT_IN;
    if (client_new(&options, &client, why, sizeof why) != MATCHPORT_STATUS_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    long long loaded = now_ns();
    ask(client);
    printf("%lld", now_ns() - start);
    for (int i = 0; i < AGAIN; i++) {
        long long again = now_ns();
        ask(client);
        printf(" %lld", now_ns() - again);
    }
    printf("\n");
    fprintf(stderr, "loaded and made in %lld us\n", (loaded - start) / 1000);
    return client_free(client) == MATCHPORT_STATUS_OK ? 0 : 1;
}
