/* Loops for the bench, in C, so that calls go the way in which a C program calls a shared library. */
#include <matchport.h>

#include "empty.h"

void loop_empty(size_t times);
void loop_next_event(matchport_client *client, size_t times);

void loop_empty(size_t times) {
    for (size_t i = 0; i < times; i++) {
        matchport_bench_empty(NULL, NULL);
    }
}

void loop_next_event(matchport_client *client, size_t times) {
    const matchport_event *event;
    for (size_t i = 0; i < times; i++) {
        matchport_client_next_event(client, &event);
    }
}
