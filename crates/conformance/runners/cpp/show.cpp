// What the C++ header's values say, in the vectors' spelling, which is the npm package's. A text that is "not given" is empty
// in these values, and so is null here.
#include "conformance.hpp"

#include <cmath>

using namespace matchport;

static Json object() { return Json(cJSON_CreateObject()); }
static Json list() { return Json(cJSON_CreateArray()); }

static void add(const Json &to, const char *name, Json value) { cJSON_AddItemToObject(to.get(), name, value.release()); }
static void add(const Json &to, Json value) { cJSON_AddItemToArray(to.get(), value.release()); }

static Json text(const std::string &text) { return Json(text.empty() ? cJSON_CreateNull() : cJSON_CreateString(text.c_str())); }
static Json number(double number) { return Json(std::isnan(number) ? cJSON_CreateNull() : cJSON_CreateNumber(number)); }
static Json time(milliseconds time) { return number(static_cast<double>(time.count())); }
static Json time(std::optional<milliseconds> given) { return given ? time(*given) : Json(cJSON_CreateNull()); }
static Json answered(int http_status) { return number(http_status == 0 ? NAN : http_status); }

static Json outcome(Outcome outcome) {
    static const char *const names[] = {"", "not_sent", "refused", "accepted", "unknown"};
    return text(names[static_cast<int>(outcome)]);
}

static Json action(Action action) {
    static const char *const names[] = {"", "locate", "start", "describe", "stop"};
    return text(names[static_cast<int>(action)]);
}

static Json step(Step step) {
    static const char *const names[] = {"unknown",    "locating", "starting",  "location_refused", "waiting_for_capacity",
                                        "looking_up", "pausing",  "waiting_until_running", "settling"};
    return text(names[static_cast<int>(step)]);
}

// The C library's name for a failure.
static Json failure(Status status) {
    static const char *const names[] = {
        "failed", "invalid_input", "bad_request", "unauthorized", "quota_exceeded", "forbidden", "not_found", "conflict",
        "no_capacity", "invalid_request", "rate_limited", "unexpected_status", "service_fault", "unreadable_response",
        "too_large", "transport", "timeout", "deadline_exceeded", "cancelled", "shut_down", "session_ended", "no_location",
        "no_open_session", "ticket_not_kept", "invalid_ticket"};
    const int index = static_cast<int>(status) - 200;
    return text(index < 0 || index >= static_cast<int>(sizeof names / sizeof *names) ? "" : names[index]);
}

static Json texts(const std::vector<std::string> &texts) {
    Json shown = list();
    for (const auto &one : texts) {
        add(shown, text(one));
    }
    return shown;
}

static Json ports(const std::vector<Port> &ports) {
    Json shown = list();
    for (const auto &one : ports) {
        Json port = object();
        add(port, "type", text(one.protocol));
        add(port, "container", number(one.container));
        add(port, "host", number(one.host));
        add(shown, std::move(port));
    }
    return shown;
}

static Json show(const Report &report) {
    Json shown = object(), locations = list(), attempts = list();
    for (const auto &one : report.locations) {
        Json location = object();
        add(location, "location", text(one.location));
        add(location, "leftOut", text(one.left_out));
        add(location, "costMs", number(one.cost_ms));
        add(location, "worstMs", number(one.worst_ms));
        add(location, "meanMs", number(one.mean_ms));
        add(locations, std::move(location));
    }
    for (const auto &one : report.attempts) {
        Json attempt = object();
        add(attempt, "action", action(one.action));
        add(attempt, "location", text(one.location));
        add(attempt, "atMs", time(one.at));
        add(attempt, "tookMs", time(one.took));
        add(attempt, "outcome", outcome(one.outcome));
        add(attempt, "status", answered(one.http_status));
        add(attempt, "code", failure(one.status));
        add(attempt, "identifier", text(one.identifier));
        add(attempt, "sessionStatus", text(one.session_status));
        add(attempts, std::move(attempt));
    }
    add(shown, "session", text(report.session));
    add(shown, "locations", std::move(locations));
    add(shown, "attempts", std::move(attempts));
    add(shown, "attemptsOmitted", number(report.attempts_omitted));
    add(shown, "adopted", Json(cJSON_CreateBool(report.adopted)));
    add(shown, "tookMs", time(report.took));
    return shown;
}

static Json address(const Address &address) {
    Json shown = object();
    add(shown, "id", text(address.id));
    add(shown, "location", text(address.location));
    add(shown, "host", text(address.host));
    add(shown, "endpoint", text(address.endpoint));
    add(shown, "ports", ports(address.ports));
    return shown;
}

Json show(const Allocation &allocation) {
    Json shown = address(allocation);
    add(shown, "report", show(allocation.report));
    return shown;
}

Json show(const Backfilled &backfilled) {
    Json shown = address(backfilled);
    add(shown, "count", number(backfilled.player_count));
    add(shown, "passedOver", number(backfilled.passed_over));
    return shown;
}

static Json known(const Session &session) {
    Json shown = object(), labels = object();
    for (const auto &label : session.labels) {
        add(labels, label.first.c_str(), Json(cJSON_CreateString(label.second.c_str())));
    }
    add(shown, "id", text(session.id));
    add(shown, "image", text(session.image));
    add(shown, "location", text(session.location));
    add(shown, "host", text(session.host));
    add(shown, "tag", text(session.tag));
    add(shown, "status", text(session.status_name));
    add(shown, "created", time(session.created));
    add(shown, "ports", ports(session.ports));
    add(shown, "labels", std::move(labels));
    return shown;
}

static Json count(const Session &session) {
    return session.player_count ? number(static_cast<double>(*session.player_count)) : Json(cJSON_CreateNull());
}

Json show(const std::vector<Session> &sessions) {
    Json shown = list();
    for (const auto &session : sessions) {
        Json entry = known(session);
        add(entry, "playerCount", count(session));
        add(shown, std::move(entry));
    }
    return shown;
}

Json show(const Session &session) {
    Json shown = known(session), players = object();
    add(players, "joined", texts(session.players));
    add(players, "joinedCount", count(session));
    add(shown, "players", std::move(players));
    return shown;
}

Json show(const Stopped &stopped) { return Json(cJSON_CreateBool(stopped.was_running)); }
Json show(const TagExists &tag) { return Json(cJSON_CreateBool(tag.exists)); }
Json show(const Streamed &streamed) { return number(static_cast<double>(streamed.bytes)); }

Json show(const PlayerCount &count) {
    Json shown = object();
    add(shown, "count", number(count.player_count));
    add(shown, "players", texts(count.players));
    return shown;
}

Json show(const std::vector<Location> &locations) {
    Json shown = list();
    for (const auto &one : locations) {
        Json location = object();
        add(location, "id", text(one.id));
        add(location, "ips", texts(one.addresses));
        add(shown, std::move(location));
    }
    return shown;
}

Json show(const Error &error) {
    Json shown = object(), fields = object(), violations = list();
    for (const auto &one : error.violations) {
        Json violation = object();
        add(violation, "field", text(one.field));
        add(violation, "description", text(one.description));
        add(violations, std::move(violation));
    }
    add(fields, "code", text(error.name));
    add(fields, "message", text(error.message));
    add(fields, "identifier", text(error.identifier));
    add(fields, "field", text(spelled_field(error.field.c_str())));
    add(fields, "violations", std::move(violations));
    add(fields, "retryAfterMs", time(error.retry_after));
    add(fields, "status", answered(error.http_status));
    add(fields, "outcome", outcome(error.outcome));
    add(fields, "retryable", Json(cJSON_CreateBool(error.retryable)));
    add(shown, "error", std::move(fields));
    add(shown, "ticket", show_ticket(error.ticket));
    add(shown, "report", error.report == nullptr ? Json(cJSON_CreateNull()) : show(*error.report));
    return shown;
}

Json show(const Progress &progress) {
    Json shown = object();
    add(shown, "step", step(progress.step));
    add(shown, "location", text(progress.location));
    add(shown, "reason", text(progress.reason));
    add(shown, "status", text(progress.session_status));
    add(shown, "forMs", time(progress.duration));
    add(shown, "code", failure(progress.status));
    add(shown, "attempt", number(progress.attempt == 0 ? NAN : progress.attempt));
    return shown;
}

Json show_ticket(std::string_view ticket) {
    return Json(ticket.empty() ? cJSON_CreateNull() : cJSON_ParseWithLength(ticket.data(), ticket.size()));
}
