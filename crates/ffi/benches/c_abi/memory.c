/* Resident memory, in kB, as three numbers: before the library is loaded, with one client that has nothing to do, and what
 * 1000 operations in flight cost on top.
 *
 *     memory LIBRARY host|built-in
 */
#include <dlfcn.h>
#include <malloc.h>
#include <matchport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERATIONS 1000

static long resident_kb(void) {
    char line[256];
    long number = -1;
    malloc_trim(0);
    FILE *stream = fopen("/proc/self/status", "r");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            number = strtol(line + 6, NULL, 10);
        }
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return number;
}

#define FUNCTION(name) *(void **)&name = dlsym(library, #name)

int main(int argc, char **argv) {
    if (argc < 3) {
        return 2;
    }
    int built_in = strcmp(argv[2], "built-in") == 0;
    long before = resident_kb();
    void *library = dlopen(argv[1], RTLD_NOW);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    matchport_status (*matchport_client_options_init)(matchport_client_options *, size_t);
    matchport_status (*matchport_allocate_options_init)(matchport_allocate_options *, size_t);
    matchport_status (*matchport_client_new)(const matchport_client_options *, matchport_client **, char *, size_t);
    matchport_status (*matchport_client_add_entropy)(matchport_client *, matchport_bytes);
    matchport_status (*matchport_client_allocate)(matchport_client *, const matchport_allocate_options *, uint64_t *);
    matchport_status (*matchport_client_next_http_request)(matchport_client *, const matchport_http_request **);
    matchport_status (*matchport_client_next_event)(matchport_client *, const matchport_event **);
    matchport_string (*matchport_str)(const char *);
    FUNCTION(matchport_client_options_init);
    FUNCTION(matchport_allocate_options_init);
    FUNCTION(matchport_client_new);
    FUNCTION(matchport_client_add_entropy);
    FUNCTION(matchport_client_allocate);
    FUNCTION(matchport_client_next_http_request);
    FUNCTION(matchport_client_next_event);
    FUNCTION(matchport_str);
    matchport_client_options options;
    matchport_client *client;
    matchport_client_options_init(&options, sizeof options);
    options.environment = matchport_str("http://127.0.0.1:9");
    options.token = matchport_str("t");
    options.transport = built_in ? MATCHPORT_TRANSPORT_BUILT_IN : MATCHPORT_TRANSPORT_HOST;
    if (matchport_client_new(&options, &client, NULL, 0) != MATCHPORT_STATUS_OK) {
        return 1;
    }
    long idle = resident_kb(), busy = idle;
    if (!built_in) {
        matchport_allocate_options match;
        matchport_string location = matchport_str("eu-west-1");
        matchport_allocate_options_init(&match, sizeof match);
        match.image = matchport_str("demo");
        match.locations = &location;
        match.location_count = 1;
        for (int i = 0; i < OPERATIONS; i++) {
            uint8_t random[24] = {(uint8_t)i, (uint8_t)(i >> 8)};
            matchport_bytes bytes = {random, sizeof random};
            uint64_t operation;
            const matchport_event *event;
            const matchport_http_request *request;
            matchport_client_add_entropy(client, bytes);
            if (matchport_client_allocate(client, &match, &operation) != MATCHPORT_STATUS_OK) {
                return 1;
            }
            while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            }
            if (matchport_client_next_http_request(client, &request) != MATCHPORT_STATUS_OK) {
                return 1;
            }
        }
        busy = resident_kb();
    }
    printf("%ld %ld %ld\n", before, idle - before, busy - idle);
    return 0;
}
