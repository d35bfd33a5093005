/* A matchmaker with an event loop: gets a server for one match, follows it, and ends it.
 *
 *     matchport emulator &
 *     matchmaker http://127.0.0.1:4242 local [MATCH]
 *
 * Run again for the same match, it finds that the match's session has ended: a match gets one server, once.
 */
#include <matchport.h>
#include <stdio.h>
#include <string.h>

static matchport_status fail(const char *what, matchport_status status, matchport_string more) {
    matchport_string text = matchport_status_text(status);
    fprintf(stderr, "%s: %.*s. %.*s\n", what, (int)text.length, text.data, (int)more.length, more.length ? more.data : "");
    return status;
}

/* Keeps the ticket where a crash of this process does not lose it: matchport_client_resume() goes on from there. */
static int keep(matchport_string ticket) {
    FILE *file = fopen("match-42.ticket", "wb");
    if (file == NULL) {
        return 0;
    }
    size_t written = fwrite(ticket.data, 1, ticket.length, file);
    return fclose(file) == 0 && written == ticket.length;
}

/* Drives the client until this operation has ended, and gives its last event. */
static const matchport_event *finish(matchport_client *client, uint64_t operation) {
    const matchport_event *event;
    for (;;) {
        while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            if (event->operation == operation && event->kind >= 100) {
                return event;
            }
            if (event->kind == MATCHPORT_EVENT_KIND_TICKET && !keep(event->text)) {
                matchport_client_ticket_not_kept(client, event->operation);
            }
        }
        matchport_client_wait(client, 1000);
        matchport_client_tick(client);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s ENVIRONMENT TOKEN [MATCH]\n", argv[0]);
        return 2;
    }
    matchport_client_options options;
    matchport_client_options_init(&options, sizeof options);
    options.transport = MATCHPORT_TRANSPORT_BUILT_IN;
    options.environment = matchport_str(argv[1]);
    options.token = matchport_str(argv[2]);
    matchport_client *client;
    char why[200];
    matchport_status status = matchport_client_new(&options, &client, why, sizeof why);
    if (status != MATCHPORT_STATUS_OK) {
        return fail("no client", status, matchport_str(why));
    }

    matchport_latency ada[] = {{matchport_str("eu-west-1"), 23}, {matchport_str("us-east-1"), 95}};
    matchport_latency bo[] = {{matchport_str("eu-west-1"), 31}, {matchport_str("us-east-1"), 88}};
    matchport_player players[] = {{matchport_str("ada"), ada, 2}, {matchport_str("bo"), bo, 2}};
    matchport_pair env[] = {{matchport_str("MAP"), matchport_str("dust2")}};
    matchport_allocate_options match;
    matchport_allocate_options_init(&match, sizeof match);
    match.image = matchport_str("demo");
    match.match_id = matchport_str(argc > 3 ? argv[3] : "match-42");
    match.players = players;
    match.player_count = 2;
    match.max_latency_ms = 120;
    match.env = env;
    match.env_count = 1;
    uint64_t operation;
    status = matchport_client_allocate(client, &match, &operation);
    if (status != MATCHPORT_STATUS_OK) {
        return fail("not begun", status, matchport_client_last_message(client));
    }
    const matchport_event *event = finish(client, operation);
    if (event->kind == MATCHPORT_EVENT_KIND_FAILED) {
        return fail("no server", event->status, event->text);
    }
    matchport_string endpoint = event->allocation->endpoint;
    printf("players connect to %.*s\n", (int)endpoint.length, endpoint.data);

    /* The texts of an event are gone when the next one is taken. */
    char id[256];
    snprintf(id, sizeof id, "%.*s", (int)event->allocation->id.length, event->allocation->id.data);
    matchport_string names[] = {matchport_str("ada"), matchport_str("bo")};
    matchport_client_join(client, matchport_str(id), names, 2, &operation);
    event = finish(client, operation);
    if (event->kind == MATCHPORT_EVENT_KIND_PLAYERS) {
        printf("%u players are in\n", event->player_count->player_count);
    }
    matchport_client_stop(client, matchport_str(id), &operation);
    event = finish(client, operation);
    status = event->status;
    if (status != MATCHPORT_STATUS_OK) {
        fail("not stopped", status, event->text);
    } else {
        puts("stopped");
    }
    matchport_client_free(client);
    remove("match-42.ticket");
    return status;
}
