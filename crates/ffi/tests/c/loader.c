/* Loads the library, uses it and unloads it, a thousand times: nothing may stay mapped, and nothing may grow.
 *
 *     loader LIBRARY ROUNDS [URL]     with a URL also over the built-in transport, every round
 *     loader LIBRARY ROUNDS grow      grows by itself, 1 kB a round, which has to show
 */
#include <dlfcn.h>
#include <matchport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long number_behind(const char *file, const char *word) {
    char line[256];
    long number = -1;
    FILE *stream = fopen(file, "r");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        if (strncmp(line, word, strlen(word)) == 0) {
            number = strtol(line + strlen(word), NULL, 10);
        }
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return number;
}

/* The most that may come on top once everything has found its size: a page here and there, and not a page a round. */
#define SPARE_KB 256

static int is_mapped(const char *name) {
    char line[1024];
    int found = 0;
    FILE *stream = fopen("/proc/self/maps", "r");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        found |= strstr(line, name) != NULL;
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return found;
}

static void *need(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (symbol == NULL) {
        printf("%s is missing\n0 passed, 1 failed\n", name);
        exit(1);
    }
    return symbol;
}

/* ISO C has no conversion from an object pointer to a function pointer; POSIX has. */
#define FUNCTION(name) *(void **)&name = need(library, #name)

static int use(void *library, const char *url) {
    matchport_status (*matchport_client_options_init)(matchport_client_options *, size_t);
    matchport_status (*matchport_client_new)(const matchport_client_options *, matchport_client **, char *, size_t);
    matchport_status (*matchport_client_free)(matchport_client *);
    matchport_status (*matchport_client_add_entropy)(matchport_client *, matchport_bytes);
    matchport_status (*matchport_client_describe)(matchport_client *, matchport_string, uint64_t *);
    matchport_status (*matchport_client_tick)(matchport_client *);
    matchport_status (*matchport_client_wait)(matchport_client *, uint64_t);
    matchport_status (*matchport_client_next_event)(matchport_client *, const matchport_event **);
    matchport_status (*matchport_client_test_fault)(matchport_client *);
    matchport_string (*matchport_str)(const char *);
    FUNCTION(matchport_client_options_init);
    FUNCTION(matchport_client_new);
    FUNCTION(matchport_client_free);
    FUNCTION(matchport_client_add_entropy);
    FUNCTION(matchport_client_describe);
    FUNCTION(matchport_client_tick);
    FUNCTION(matchport_client_wait);
    FUNCTION(matchport_client_next_event);
    FUNCTION(matchport_client_test_fault);
    FUNCTION(matchport_str);

    matchport_client_options options;
    matchport_client *client;
    uint64_t operation;
    char why[200];
    matchport_client_options_init(&options, sizeof options);
    options.environment = matchport_str(url != NULL ? url : "sandbox");
    options.token = matchport_str("local");
    options.transport = url != NULL ? MATCHPORT_TRANSPORT_BUILT_IN : MATCHPORT_TRANSPORT_HOST;
    if (matchport_client_new(&options, &client, why, sizeof why) != MATCHPORT_STATUS_OK) {
        printf("no client: %s\n", why);
        return 0;
    }
    uint8_t random[24] = {1};
    matchport_bytes bytes = {random, sizeof random};
    if (url == NULL) {
        matchport_client_add_entropy(client, bytes);
    }
    if (matchport_client_describe(client, matchport_str("nobody"), &operation) != MATCHPORT_STATUS_OK) {
        return 0;
    }
    int answered = url == NULL;
    for (int turn = 0; url != NULL && turn < 100 && !answered; turn++) {
        const matchport_event *event;
        matchport_client_wait(client, 100);
        matchport_client_tick(client);
        while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            answered |= event->status == MATCHPORT_STATUS_NOT_FOUND;
        }
    }
    int faulty = url == NULL && matchport_client_test_fault(client) != MATCHPORT_STATUS_POISONED;
    return matchport_client_free(client) == MATCHPORT_STATUS_OK && answered && !faulty;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        puts("usage: loader LIBRARY ROUNDS [URL]\n0 passed, 1 failed");
        return 2;
    }
    long rounds = strtol(argv[2], NULL, 10), settled = 0, after = 0, failed = 0;
    int grows = argc > 3 && strcmp(argv[3], "grow") == 0;
    const char *url = argc > 3 && !grows ? argv[3] : NULL;
    for (long round = 0; round < rounds; round++) {
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            printf("%s\n0 passed, 1 failed\n", dlerror());
            return 1;
        }
        failed += !use(library, url);
        dlclose(library);
        failed += is_mapped("libmatchport");
        if (grows) {
            static void *volatile kept;
            kept = calloc(1, 1024);
            memset(kept, 1, 1024);
        }
        after = number_behind("/proc/self/status", "VmRSS:");
        /* The allocator and the loader have found their size by then. */
        if (round == rounds / 4) {
            settled = after;
        }
    }
    long threads = number_behind("/proc/self/status", "Threads:");
    printf("%ld rounds: %ld failed, resident memory %ld kB after a quarter, %ld kB at the end, %ld threads\n", rounds,
           failed, settled, after, threads);
    int good = failed == 0 && threads == 1 && after - settled <= SPARE_KB;
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}
