/* From the vectors' spelling of options, which is the npm package's, to the structs of the C header. */
#include "conformance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one vector has allocated; a vector has few operations. */
static void *kept[4096];
static size_t kept_count;

static void *room_for(size_t count, size_t size) {
    /* Never null: an empty list is not "not given". */
    void *room = calloc(count + 1, size);
    if (room == NULL || kept_count == sizeof kept / sizeof *kept) {
        fprintf(stderr, "no room\n");
        exit(2);
    }
    return kept[kept_count++] = room;
}

void release(void) {
    while (kept_count > 0) {
        free(kept[--kept_count]);
    }
}

static const cJSON *field(const cJSON *options, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(options, name);
}

static matchport_string text(const cJSON *options, const char *name) {
    return matchport_str(text_of(options, name));
}

static uint64_t number(const cJSON *options, const char *name, uint64_t otherwise) {
    const cJSON *number = field(options, name);
    return number == NULL ? otherwise : (uint64_t)number->valuedouble;
}

static const matchport_string *texts(const cJSON *options, const char *name, size_t *count) {
    const cJSON *list = field(options, name), *item;
    *count = 0;
    if (list == NULL) {
        return NULL;
    }
    matchport_string *texts = room_for((size_t)cJSON_GetArraySize(list), sizeof *texts);
    cJSON_ArrayForEach(item, list) {
        texts[(*count)++] = matchport_str(item->valuestring);
    }
    return texts;
}

static const matchport_pair *pairs(const cJSON *options, const char *name, size_t *count) {
    const cJSON *map = field(options, name), *item;
    *count = 0;
    if (map == NULL) {
        return NULL;
    }
    matchport_pair *pairs = room_for((size_t)cJSON_GetArraySize(map), sizeof *pairs);
    cJSON_ArrayForEach(item, map) {
        pairs[*count].name = matchport_str(item->string);
        pairs[(*count)++].value = matchport_str(item->valuestring);
    }
    return pairs;
}

static void add_samples(matchport_player *player, matchport_latency *room, const cJSON *location) {
    const cJSON *sample;
    int is_list = cJSON_IsArray(location);
    for (sample = is_list ? location->child : location; sample != NULL; sample = is_list ? sample->next : NULL) {
        room[player->latency_count].location = matchport_str(location->string);
        room[player->latency_count++].milliseconds = (float)sample->valuedouble;
    }
}

static const matchport_player *players(const cJSON *options, size_t *count) {
    const cJSON *list = field(options, "players"), *item, *location;
    *count = 0;
    if (list == NULL) {
        return NULL;
    }
    matchport_player *players = room_for((size_t)cJSON_GetArraySize(list), sizeof *players);
    cJSON_ArrayForEach(item, list) {
        matchport_player *player = &players[(*count)++];
        size_t samples = 0;
        cJSON_ArrayForEach(location, field(item, "latencies")) {
            samples += cJSON_IsArray(location) ? (size_t)cJSON_GetArraySize(location) : 1;
        }
        matchport_latency *room = room_for(samples, sizeof *room);
        player->id = text(item, "id");
        player->latencies = room;
        cJSON_ArrayForEach(location, field(item, "latencies")) {
            add_samples(player, room, location);
        }
    }
    return players;
}

static int is(const char *text, const char *wanted) {
    return text != NULL && strcmp(text, wanted) == 0;
}

static float fraction(const cJSON *options, const char *name, float otherwise) {
    const cJSON *number = field(options, name);
    return number == NULL ? otherwise : (float)number->valuedouble;
}

static void place(matchport_allocate_options *options, const cJSON *given) {
    const cJSON *placement = field(given, "placement"), *cap = field(given, "maxLatency");
    const cJSON *missing = field(placement, "missing");
    options->figure = is(text_of(placement, "figure"), "min") ? MATCHPORT_FIGURE_MIN : MATCHPORT_FIGURE_MEDIAN;
    options->worst_weight = fraction(placement, "worstWeight", options->worst_weight);
    if (cJSON_IsObject(missing)) {
        options->missing = MATCHPORT_MISSING_ASSUME;
        options->missing_ms = fraction(missing, "assume", 0);
    } else if (is(text_of(placement, "missing"), "ignore")) {
        options->missing = MATCHPORT_MISSING_IGNORE;
    }
    if (cJSON_IsNumber(cap)) {
        options->max_latency_ms = (float)cap->valuedouble;
    } else if (cap != NULL) {
        options->max_latency_ms = fraction(cap, "limit", 0);
        options->max_latency_relax_ms_per_second = fraction(cap, "relaxPerSecond", 0);
        options->max_latency_ceiling_ms = fraction(cap, "ceiling", 0);
    }
}

static matchport_status allocate(matchport_client *client, const cJSON *given, uint64_t *operation) {
    matchport_allocate_options options;
    matchport_allocate_options_init(&options, sizeof options);
    options.image = text(given, "image");
    options.locations = texts(given, "locations", &options.location_count);
    options.players = players(given, &options.player_count);
    options.match_id = text(given, "matchId");
    options.session_id = text(given, "id");
    options.env = pairs(given, "env", &options.env_count);
    options.labels = pairs(given, "labels", &options.label_count);
    options.args = texts(given, "args", &options.arg_count);
    options.version = text(given, "version");
    options.external_id = text(given, "externalId");
    if (is(text_of(given, "ttl"), "unlimited")) {
        options.ttl_seconds = MATCHPORT_TTL_UNLIMITED;
    } else if (field(given, "ttl") != NULL) {
        options.ttl_seconds = seconds_of(field(given, "ttl"));
    }
    options.waited_ms = number(given, "waited", 0);
    options.deadline_ms = number(given, "deadline", options.deadline_ms);
    options.wait_for = is(text_of(given, "waitFor"), "allocated") ? MATCHPORT_WAIT_FOR_ALLOCATED : MATCHPORT_WAIT_FOR_RUNNING;
    options.when_full = is(text_of(given, "whenFull"), "fail") ? MATCHPORT_WHEN_FULL_FAIL : MATCHPORT_WHEN_FULL_WAIT;
    const cJSON *restart = field(given, "restart");
    if (restart != NULL) {
        options.restart = cJSON_IsTrue(restart) ? MATCHPORT_RESTART_YES : MATCHPORT_RESTART_NO;
    }
    options.env_in_ticket = cJSON_IsTrue(field(given, "envInTicket"));
    place(&options, given);
    return matchport_client_allocate(client, &options, operation);
}

static matchport_status backfill(matchport_client *client, const cJSON *given, uint64_t *operation) {
    matchport_backfill_options options;
    matchport_backfill_options_init(&options, sizeof options);
    options.image = text(given, "image");
    options.players = texts(given, "players", &options.player_count);
    options.capacity = (uint32_t)number(given, "capacity", 0);
    options.locations = texts(given, "locations", &options.location_count);
    options.version = text(given, "version");
    options.having = pairs(given, "having", &options.having_count);
    options.not_having = pairs(given, "notHaving", &options.not_having_count);
    options.prefer = is(text_of(given, "prefer"), "emptiest") ? MATCHPORT_PREFER_EMPTIEST : MATCHPORT_PREFER_FULLEST;
    options.deadline_ms = number(given, "deadline", options.deadline_ms);
    return matchport_client_backfill(client, &options, operation);
}

static matchport_status list(matchport_client *client, const cJSON *given, uint64_t *operation) {
    matchport_list_options options;
    matchport_list_options_init(&options, sizeof options);
    options.all = cJSON_IsTrue(field(given, "all"));
    options.location = text(given, "location");
    options.image = text(given, "image");
    options.tag = text(given, "tag");
    options.host = text(given, "host");
    options.players_below = (int64_t)number(given, "playersBelow", (uint64_t)options.players_below);
    options.players_above = (int64_t)number(given, "playersAbove", (uint64_t)options.players_above);
    options.having = pairs(given, "having", &options.having_count);
    options.not_having = pairs(given, "notHaving", &options.not_having_count);
    return matchport_client_list(client, &options, operation);
}

static matchport_status resume(matchport_client *client, const cJSON *step, const cJSON *given, uint64_t *operation) {
    matchport_resume_options options;
    matchport_resume_options_init(&options, sizeof options);
    const cJSON *ticket = field(step, "ticket");
    char *json = cJSON_IsString(ticket) ? strdup(ticket->valuestring) : cJSON_PrintUnformatted(ticket);
    options.ticket = matchport_str(json);
    options.env = pairs(given, "env", &options.env_count);
    options.deadline_ms = number(given, "deadline", 0);
    options.settle = cJSON_IsTrue(field(given, "settle"));
    matchport_status status = matchport_client_resume(client, &options, operation);
    free(json);
    return status;
}

matchport_status begin(matchport_client *client, const cJSON *step, uint64_t *operation) {
    const char *kind = text_of(step, "begin");
    const cJSON *given = field(step, "options");
    size_t count;
    if (is(kind, "allocate")) {
        return allocate(client, given, operation);
    } else if (is(kind, "backfill")) {
        return backfill(client, given, operation);
    } else if (is(kind, "list")) {
        return list(client, given, operation);
    } else if (is(kind, "resume")) {
        return resume(client, step, given, operation);
    } else if (is(kind, "describe")) {
        return matchport_client_describe(client, text(given, "id"), operation);
    } else if (is(kind, "stop")) {
        return matchport_client_stop(client, text(given, "id"), operation);
    } else if (is(kind, "join")) {
        const matchport_string *who = texts(given, "players", &count);
        return matchport_client_join(client, text(given, "id"), who, count, operation);
    } else if (is(kind, "leave")) {
        const matchport_string *who = texts(given, "players", &count);
        return matchport_client_leave(client, who, count, operation);
    } else if (is(kind, "locations")) {
        return matchport_client_locations(client, text(given, "image"), operation);
    } else if (is(kind, "tagExists")) {
        return matchport_client_tag_exists(client, text(given, "location"), text(given, "image"), text(given, "version"),
                                           operation);
    } else if (is(kind, "logs")) {
        return matchport_client_logs(client, text(given, "id"), cJSON_IsTrue(field(given, "follow")), operation);
    } else if (is(kind, "artifact")) {
        return matchport_client_artifact(client, text(given, "id"), text(given, "path"), operation);
    }
    return MATCHPORT_STATUS_CALL_REFUSED;
}

matchport_client_options client_options(const cJSON *client) {
    matchport_client_options options;
    matchport_client_options_init(&options, sizeof options);
    options.token = text(client, "token");
    options.environment = text(client, field(client, "baseUrl") == NULL ? "environment" : "baseUrl");
    if (options.environment.data == NULL) {
        options.environment = matchport_str("sandbox");
    }
    options.allow_plain_http = cJSON_IsTrue(field(client, "allowPlainHttp"));
    const cJSON *times = field(client, "times");
    options.attempt_ms = number(times, "attempt", options.attempt_ms);
    options.operation_ms = number(times, "operation", options.operation_ms);
    options.closed_location_ms = number(times, "closedLocation", options.closed_location_ms);
    options.late_start_ms = number(times, "lateStart", options.late_start_ms);
    options.settle_ms = number(times, "settle", options.settle_ms);
    options.poll_ms = number(times, "poll", options.poll_ms);
    options.visible_ms = number(times, "visible", options.visible_ms);
    return options;
}
