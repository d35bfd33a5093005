/* Uses the library and does something wrong beside it when it is told to: "leak", "use-after-free" or "overflow". The tool
 * that runs this must complain; one that does not would not see real faults either. With no argument nothing is wrong. */
#include "support.h"

#include <limits.h>

static void *volatile hidden;

int main(int argc, char **argv) {
    const char *fault = argc > 1 ? argv[1] : "";
    matchport_client *client = host_client();
    uint64_t operation;
    matchport_client_locations(client, matchport_str("demo"), &operation);
    if (strcmp(fault, "leak") == 0) {
        hidden = malloc(64);
        hidden = NULL;
    } else if (strcmp(fault, "use-after-free") == 0) {
        volatile char *block = malloc(64);
        hidden = (void *)block;
        free(hidden);
        printf("%d\n", block[0]);
    } else if (strcmp(fault, "overflow") == 0) {
        volatile int largest = INT_MAX;
        printf("%d\n", largest + argc);
    }
    return matchport_client_free(client) == MATCHPORT_STATUS_OK ? 0 : 1;
}
