/* What the library says, in the vectors' spelling, which is the npm package's. */
#include "conformance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const OUTCOMES[] = {"", "not_sent", "refused", "accepted", "unknown"};
static const char *const ACTIONS[] = {"", "locate", "start", "describe", "stop"};
static const char *const STEPS[] = {"unknown", "locating", "starting", "location_refused", "waiting_for_capacity",
                                    "looking_up", "pausing", "waiting_until_running", "settling"};

/* What failures are called, since their numbers stand in progress and reports. */
static const char *const FAILURES[] = {
    "failed", "invalid_input", "bad_request", "unauthorized", "quota_exceeded", "forbidden", "not_found", "conflict",
    "no_capacity", "invalid_request", "rate_limited", "unexpected_status", "service_fault", "unreadable_response",
    "too_large", "transport", "timeout", "deadline_exceeded", "cancelled", "shut_down", "session_ended", "no_location",
    "no_open_session", "ticket_not_kept", "invalid_ticket"};

static void add(cJSON *object, const char *name, cJSON *value) {
    cJSON_AddItemToObject(object, name, value);
}

cJSON *show_text(matchport_string text) {
    if (text.data == NULL) {
        return cJSON_CreateNull();
    }
    char *copy = calloc(1, text.length + 1);
    memcpy(copy, text.data, text.length);
    cJSON *shown = cJSON_CreateString(copy);
    free(copy);
    return shown;
}

static void add_text(cJSON *object, const char *name, matchport_string text) {
    add(object, name, show_text(text));
}

static void add_number(cJSON *object, const char *name, double number) {
    add(object, name, isnan(number) ? cJSON_CreateNull() : cJSON_CreateNumber(number));
}

/* A number that is missing when it is below zero. */
static void add_known(cJSON *object, const char *name, int64_t number) {
    add_number(object, name, number < 0 ? NAN : (double)number);
}

static void add_status(cJSON *object, const char *name, matchport_status status) {
    int known = status >= 200 && (size_t)(status - 200) < sizeof FAILURES / sizeof *FAILURES;
    add(object, name, known ? cJSON_CreateString(FAILURES[status - 200]) : cJSON_CreateNull());
}

static cJSON *parsed(matchport_string ticket) {
    return ticket.data == NULL ? cJSON_CreateNull() : cJSON_ParseWithLength(ticket.data, ticket.length);
}

static cJSON *texts(const matchport_string *texts, size_t count) {
    cJSON *shown = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        cJSON_AddItemToArray(shown, show_text(texts[i]));
    }
    return shown;
}

static cJSON *ports(const matchport_port *ports, size_t count) {
    cJSON *shown = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        cJSON *port = cJSON_CreateObject();
        add_text(port, "type", ports[i].protocol);
        add_number(port, "container", ports[i].container);
        add_number(port, "host", ports[i].host);
        cJSON_AddItemToArray(shown, port);
    }
    return shown;
}

static cJSON *report(const matchport_report *report) {
    if (report == NULL) {
        return cJSON_CreateNull();
    }
    cJSON *shown = cJSON_CreateObject(), *locations = cJSON_CreateArray(), *attempts = cJSON_CreateArray();
    for (size_t i = 0; i < report->location_count; i++) {
        const matchport_location_report *one = &report->locations[i];
        cJSON *location = cJSON_CreateObject();
        add_text(location, "location", one->location);
        add_text(location, "leftOut", one->left_out);
        add_number(location, "costMs", one->cost_ms);
        add_number(location, "worstMs", one->worst_ms);
        add_number(location, "meanMs", one->mean_ms);
        cJSON_AddItemToArray(locations, location);
    }
    for (size_t i = 0; i < report->attempt_count; i++) {
        const matchport_attempt_report *one = &report->attempts[i];
        cJSON *attempt = cJSON_CreateObject();
        add(attempt, "action", cJSON_CreateString(ACTIONS[one->action]));
        add_text(attempt, "location", one->location);
        add_number(attempt, "atMs", (double)one->at_ms);
        add_number(attempt, "tookMs", (double)one->took_ms);
        add(attempt, "outcome", cJSON_CreateString(OUTCOMES[one->outcome]));
        add_known(attempt, "status", one->http_status == 0 ? -1 : one->http_status);
        add_status(attempt, "code", one->status);
        add_text(attempt, "identifier", one->identifier);
        add_text(attempt, "sessionStatus", one->session_status);
        cJSON_AddItemToArray(attempts, attempt);
    }
    add_text(shown, "session", report->session);
    add(shown, "locations", locations);
    add(shown, "attempts", attempts);
    add_number(shown, "attemptsOmitted", report->attempts_omitted);
    add(shown, "adopted", cJSON_CreateBool(report->adopted));
    add_number(shown, "tookMs", (double)report->took_ms);
    return shown;
}

static cJSON *failed(const matchport_error *error) {
    cJSON *shown = cJSON_CreateObject(), *fields = cJSON_CreateObject(), *violations = cJSON_CreateArray();
    for (size_t i = 0; i < error->violation_count; i++) {
        cJSON *violation = cJSON_CreateObject();
        add_text(violation, "field", error->violations[i].field);
        add_text(violation, "description", error->violations[i].description);
        cJSON_AddItemToArray(violations, violation);
    }
    add_text(fields, "code", error->name);
    add_text(fields, "message", error->message);
    add_text(fields, "identifier", error->identifier);
    cJSON *field = show_text(error->field);
    add(fields, "field", cJSON_IsString(field) ? cJSON_CreateString(spelled_field(field->valuestring)) : cJSON_CreateNull());
    cJSON_Delete(field);
    add(fields, "violations", violations);
    add_known(fields, "retryAfterMs", error->retry_after_ms);
    add_known(fields, "status", error->http_status == 0 ? -1 : error->http_status);
    add(fields, "outcome", cJSON_CreateString(OUTCOMES[error->outcome]));
    add(fields, "retryable", cJSON_CreateBool(error->retryable));
    add(shown, "error", fields);
    add(shown, "ticket", parsed(error->ticket));
    add(shown, "report", report(error->report));
    return shown;
}

static cJSON *progress(const matchport_progress *progress) {
    cJSON *shown = cJSON_CreateObject();
    add(shown, "step", cJSON_CreateString(STEPS[progress->step]));
    add_text(shown, "location", progress->location);
    add_text(shown, "reason", progress->reason);
    add_text(shown, "status", progress->session_status);
    add_known(shown, "forMs", progress->for_ms);
    add_status(shown, "code", progress->status);
    add_known(shown, "attempt", progress->attempt == 0 ? -1 : (int64_t)progress->attempt);
    return shown;
}

static cJSON *place(matchport_string id, matchport_string location, matchport_string host, const matchport_port *all,
                    size_t count) {
    cJSON *shown = cJSON_CreateObject();
    add_text(shown, "id", id);
    add_text(shown, "location", location);
    add_text(shown, "host", host);
    add(shown, "ports", ports(all, count));
    return shown;
}

static cJSON *session(const matchport_session *session) {
    cJSON *shown = place(session->id, session->location, session->host, session->ports, session->port_count);
    cJSON *labels = cJSON_CreateObject();
    for (size_t i = 0; i < session->label_count; i++) {
        cJSON *name = show_text(session->labels[i].name);
        add_text(labels, name->valuestring, session->labels[i].value);
        cJSON_Delete(name);
    }
    add_text(shown, "image", session->image);
    add_text(shown, "tag", session->tag);
    add_text(shown, "status", session->status_name);
    add_number(shown, "created", (double)session->created_ms);
    add(shown, "labels", labels);
    /* A list counts the players, a description names them. */
    if (session->players == NULL) {
        add_known(shown, "playerCount", session->player_count);
    } else {
        cJSON *players = cJSON_CreateObject();
        add(players, "joined", texts(session->players, session->player_name_count));
        add_known(players, "joinedCount", session->player_count);
        add(shown, "players", players);
    }
    return shown;
}

static cJSON *completed(const matchport_event *event) {
    cJSON *shown;
    switch (event->kind) {
    case MATCHPORT_EVENT_KIND_ALLOCATED: {
        const matchport_allocation *it = event->allocation;
        shown = place(it->id, it->location, it->host, it->ports, it->port_count);
        add_text(shown, "endpoint", it->endpoint);
        add(shown, "report", report(it->report));
        return shown;
    }
    case MATCHPORT_EVENT_KIND_BACKFILLED: {
        const matchport_backfilled *it = event->backfilled;
        shown = place(it->id, it->location, it->host, it->ports, it->port_count);
        add_text(shown, "endpoint", it->endpoint);
        add_number(shown, "count", it->player_count);
        add_number(shown, "passedOver", it->passed_over);
        return shown;
    }
    case MATCHPORT_EVENT_KIND_SESSIONS:
        shown = cJSON_CreateArray();
        for (size_t i = 0; i < event->session_list->session_count; i++) {
            cJSON_AddItemToArray(shown, session(event->session_list->sessions[i]));
        }
        return shown;
    case MATCHPORT_EVENT_KIND_DESCRIBED:
        return session(event->session);
    case MATCHPORT_EVENT_KIND_PLAYERS:
        shown = cJSON_CreateObject();
        add_number(shown, "count", event->player_count->player_count);
        add(shown, "players", texts(event->player_count->players, event->player_count->player_name_count));
        return shown;
    case MATCHPORT_EVENT_KIND_LOCATIONS:
        shown = cJSON_CreateArray();
        for (size_t i = 0; i < event->location_list->location_count; i++) {
            const matchport_location *one = &event->location_list->locations[i];
            cJSON *location = cJSON_CreateObject();
            add_text(location, "id", one->id);
            add(location, "ips", texts(one->addresses, one->address_count));
            cJSON_AddItemToArray(shown, location);
        }
        return shown;
    case MATCHPORT_EVENT_KIND_STOPPED:
    case MATCHPORT_EVENT_KIND_TAG_EXISTS:
        return cJSON_CreateBool(event->number == 1);
    default:
        return cJSON_CreateNumber((double)event->number);
    }
}

cJSON *show_event(const matchport_event *event) {
    cJSON *shown = cJSON_CreateObject();
    switch (event->kind) {
    case MATCHPORT_EVENT_KIND_TICKET:
        add(shown, "ticket", parsed(event->text));
        break;
    case MATCHPORT_EVENT_KIND_PROGRESS:
        cJSON_Delete(shown);
        return progress(event->progress);
    case MATCHPORT_EVENT_KIND_LOG_LINE:
        add_text(shown, "line", event->text);
        break;
    case MATCHPORT_EVENT_KIND_DATA: {
        matchport_string data = {(const char *)event->data.data, event->data.length};
        add_text(shown, "data", data);
        break;
    }
    case MATCHPORT_EVENT_KIND_FAILED:
        add(shown, "failed", failed(event->error));
        break;
    default:
        add(shown, "completed", completed(event));
    }
    return shown;
}
