/* Calls the service as it is told, a line a call: see caller.rs. Compiled with -DHOST_TRANSPORT, it carries the bytes with
 * libcurl by the code of examples/c/host_curl.c; without, the library does.
 */
#include <fcntl.h>
#include <libgen.h>
#include <unistd.h>

#ifdef HOST_TRANSPORT
#define main main_of_the_example
#define finish finish_of_the_example
#include "../../../examples/c/host_curl.c"
#undef main
#undef finish
static CURLM *curl;
#else
#include <matchport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#endif

/* Puts the newest ticket into its file, which is replaced as a whole. 0 when it is on the disk. */
static int keep(const char *path, matchport_string ticket) {
    char fresh[4096], folder[4096];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    snprintf(folder, sizeof folder, "%s", path);
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0) {
        return -1;
    }
    int kept = write(file, ticket.data, ticket.length) == (ssize_t)ticket.length && fsync(file) == 0;
    close(file);
    if (!kept || rename(fresh, path) != 0) {
        return -1;
    }
    int names = open(dirname(folder), O_RDONLY | O_DIRECTORY);
    kept = names >= 0 && fsync(names) == 0;
    close(names);
    return kept ? 0 : -1;
}

/* Waits for the event that ends an operation. Tickets are kept in the file, if there is one. */
static const matchport_event *finish(matchport_client *client, uint64_t operation, const char *path) {
    const matchport_event *event;
    for (;;) {
#ifdef HOST_TRANSPORT
        matchport_client_tick_at(client, now_ms());
#endif
        while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            if (event->operation != operation) {
                continue;
            }
            if (event->kind >= 100) {
                return event;
            }
            if (event->kind == MATCHPORT_EVENT_KIND_TICKET && path != NULL && keep(path, event->text) != 0) {
                matchport_client_ticket_not_kept(client, operation);
            }
        }
#ifdef HOST_TRANSPORT
        carry(curl, client);
#else
        matchport_client_wait(client, 1000);
        matchport_client_tick(client);
#endif
    }
}

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
        const char *path = NULL;
        if (strcmp(words[1], "allocate") == 0) {
            matchport_allocate_options match;
            matchport_allocate_options_init(&match, sizeof match);
            match.image = matchport_str("demo");
            path = count > 2 ? words[2] : NULL;
            status = matchport_client_allocate(client, &match, &operation);
        } else if (strcmp(words[1], "resume") == 0 && count > 2) {
            static char ticket[1 << 16];
            FILE *file = fopen(path = words[2], "rb");
            size_t length = file != NULL ? fread(ticket, 1, sizeof ticket, file) : 0;
            if (file != NULL) {
                fclose(file);
            }
            matchport_resume_options resume;
            matchport_resume_options_init(&resume, sizeof resume);
            resume.ticket.data = ticket;
            resume.ticket.length = length;
            status = matchport_client_resume(client, &resume, &operation);
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
        const matchport_event *event = finish(client, operation, path);
        if (path != NULL && event->status == MATCHPORT_STATUS_OK) {
            unlink(path);
        }
        report(event);
        end(client);
    }
    return 0;
}
