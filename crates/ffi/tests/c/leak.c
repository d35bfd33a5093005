/* Leaks on purpose: a client that is never freed ("client"), or a block of its own ("block"). The sanitizer or valgrind
 * that runs this must complain; one that does not would not see real leaks either. With no argument it leaks nothing. */
#include "support.h"

static void *volatile hidden;

int main(int argc, char **argv) {
    int leaks_client = argc > 1 && strcmp(argv[1], "client") == 0;
    int leaks_block = argc > 1 && strcmp(argv[1], "block") == 0;
    matchport_client *client = host_client();
    uint64_t operation;
    matchport_client_locations(client, matchport_str("demo"), &operation);
    if (!leaks_client) {
        matchport_client_free(client);
    }
    if (leaks_block) {
        hidden = malloc(64);
        hidden = NULL;
    }
    size_t count = 0;
    if (leaks_client && matchport_client_operation_count(client, &count) == MATCHPORT_STATUS_OK && count == 1) {
        /* Still reachable through the library, which is why tools call it no leak. The library knows. */
        puts("a client is left");
        return 3;
    }
    return 0;
}
