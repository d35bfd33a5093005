// Copies what the C library hands out into values. Each struct is read as far as this header knows it.

#ifndef MATCHPORT_FROM_C_HPP
#define MATCHPORT_FROM_C_HPP

#include "values.hpp"

namespace matchport {
namespace detail {

inline milliseconds to_milliseconds(std::uint64_t count) noexcept {
    return milliseconds(static_cast<milliseconds::rep>(count));
}

inline std::optional<milliseconds> if_known(std::int64_t count) noexcept {
    return count < 0 ? std::nullopt : std::optional<milliseconds>(count);
}

template <class T, class From> std::vector<T> all(const From *first, std::size_t count, T (*one)(const From &)) {
    std::vector<T> values;
    values.reserve(count);
    for (std::size_t i = 0; i < count; i++) {
        values.push_back(one(first[i]));
    }
    return values;
}

inline std::string value_of(const matchport_string &from) { return owned(from); }

inline Port value_of(const matchport_port &from) { return {owned(from.protocol), from.container, from.host}; }

inline Violation value_of(const matchport_violation &from) { return {owned(from.field), owned(from.description)}; }

inline std::pair<std::string, std::string> value_of(const matchport_pair &from) {
    return {owned(from.name), owned(from.value)};
}

inline LocationReport value_of(const matchport_location_report &from) {
    return {owned(from.location), owned(from.left_out), from.cost_ms, from.worst_ms, from.mean_ms};
}

inline AttemptReport value_of(const matchport_attempt_report &from) {
    AttemptReport to;
    to.location = owned(from.location);
    to.identifier = owned(from.identifier);
    to.session_status = owned(from.session_status);
    to.at = to_milliseconds(from.at_ms);
    to.took = to_milliseconds(from.took_ms);
    to.action = static_cast<Action>(from.action);
    to.outcome = static_cast<Outcome>(from.outcome);
    to.status = static_cast<Status>(from.status);
    to.http_status = from.http_status;
    return to;
}

inline Location value_of(const matchport_location &from) {
    return {owned(from.id), all<std::string>(from.addresses, from.address_count, value_of)};
}

inline Ping value_of(const matchport_ping &from) {
    Ping to;
    to.location = owned(from.location);
    if (from.sample_count > 0) {
        to.samples.assign(from.samples, from.samples + from.sample_count);
    }
    to.message = owned(from.message);
    to.median_ms = from.median_ms;
    to.method = static_cast<PingMethod>(from.method);
    return to;
}

inline Report value_of(const matchport_report &from) {
    Report to;
    to.session = owned(from.session);
    to.locations = all<LocationReport>(from.locations, from.location_count, value_of);
    to.attempts = all<AttemptReport>(from.attempts, from.attempt_count, value_of);
    to.attempts_omitted = from.attempts_omitted;
    to.adopted = from.adopted != 0;
    to.took = to_milliseconds(from.took_ms);
    return to;
}

inline Error value_of(const matchport_error &from) {
    Error to;
    to.status = static_cast<Status>(from.status);
    to.name = owned(from.name);
    to.message = owned(from.message);
    to.identifier = owned(from.identifier);
    to.field = owned(from.field);
    to.violations = all<Violation>(from.violations, from.violation_count, value_of);
    to.retry_after = if_known(from.retry_after_ms);
    to.ticket = owned(from.ticket);
    if (from.report != nullptr) {
        to.report = std::make_shared<const Report>(value_of(*from.report));
    }
    to.http_status = from.http_status;
    to.outcome = static_cast<Outcome>(from.outcome);
    to.retryable = from.retryable != 0;
    return to;
}

inline Progress value_of(const matchport_progress &from) {
    Progress to;
    to.location = owned(from.location);
    to.reason = owned(from.reason);
    to.session_status = owned(from.session_status);
    to.duration = if_known(from.for_ms);
    to.step = static_cast<Step>(from.step);
    to.status = static_cast<Status>(from.status);
    to.attempt = from.attempt;
    return to;
}

template <class From> void fill_address(Address &to, const From &from) {
    to.id = owned(from.id);
    to.location = owned(from.location);
    to.host = owned(from.host);
    to.endpoint = owned(from.endpoint);
    to.ports = all<Port>(from.ports, from.port_count, value_of);
}

inline Allocation value_of(const matchport_allocation &from) {
    Allocation to;
    fill_address(to, from);
    to.report = value_of(*from.report);
    return to;
}

inline Backfilled value_of(const matchport_backfilled &from) {
    Backfilled to;
    fill_address(to, from);
    to.player_count = from.player_count;
    to.passed_over = from.passed_over;
    return to;
}

inline Session value_of(const matchport_session &from) {
    Session to;
    to.id = owned(from.id);
    to.image = owned(from.image);
    to.location = owned(from.location);
    to.host = owned(from.host);
    to.tag = owned(from.tag);
    to.status_name = owned(from.status_name);
    to.created = to_milliseconds(from.created_ms);
    to.ports = all<Port>(from.ports, from.port_count, value_of);
    to.players = all<std::string>(from.players, from.player_name_count, value_of);
    if (from.player_count >= 0) {
        to.player_count = static_cast<std::uint64_t>(from.player_count);
    }
    to.labels = all<std::pair<std::string, std::string>>(from.labels, from.label_count, value_of);
    to.status = static_cast<SessionStatus>(from.status);
    return to;
}

inline Snapshot value_of(const matchport_snapshot &from) {
    Snapshot to;
    to.id = owned(from.id);
    to.image = owned(from.image);
    to.location = owned(from.location);
    to.host = owned(from.host);
    to.last_reported = owned(from.last_reported);
    to.ports = all<Port>(from.ports, from.port_count, value_of);
    to.players = all<std::string>(from.players, from.player_name_count, value_of);
    to.player_count = from.player_count;
    to.state = static_cast<SessionState>(from.state);
    to.end_reason = static_cast<EndReason>(from.end_reason);
    to.since = if_known(from.since);
    to.started_at = if_known(from.started_at);
    to.ttl_deadline = if_known(from.ttl_deadline);
    to.stop_requested_at = if_known(from.stop_requested_at);
    to.created = if_known(from.created_ms);
    return to;
}

inline PlayerCount value_of(const matchport_player_count &from) {
    return {from.player_count, all<std::string>(from.players, from.player_name_count, value_of)};
}

/// The value of the terminal event of an operation that gives a T; empty when the event has none of that kind.
inline void take(const matchport_event &event, std::optional<Allocation> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_ALLOCATED && event.allocation != nullptr) {
        to = value_of(*event.allocation);
    }
}

inline void take(const matchport_event &event, std::optional<Backfilled> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_BACKFILLED && event.backfilled != nullptr) {
        to = value_of(*event.backfilled);
    }
}

inline void take(const matchport_event &event, std::optional<Session> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_DESCRIBED && event.session != nullptr) {
        to = value_of(*event.session);
    }
}

inline void take(const matchport_event &event, std::optional<PlayerCount> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_PLAYERS && event.player_count != nullptr) {
        to = value_of(*event.player_count);
    }
}

inline void take(const matchport_event &event, std::optional<std::vector<Session>> &to) {
    if (event.kind != MATCHPORT_EVENT_KIND_SESSIONS || event.session_list == nullptr) {
        return;
    }
    const matchport_session_list &list = *event.session_list;
    to.emplace();
    to->reserve(list.session_count);
    for (std::size_t i = 0; i < list.session_count; i++) {
        to->push_back(value_of(*list.sessions[i]));
    }
}

inline void take(const matchport_event &event, std::optional<std::vector<Location>> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_LOCATIONS && event.location_list != nullptr) {
        to = all<Location>(event.location_list->locations, event.location_list->location_count, value_of);
    }
}

inline void take(const matchport_event &event, std::optional<std::vector<Ping>> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_PINGED && event.ping_list != nullptr) {
        to = all<Ping>(event.ping_list->pings, event.ping_list->ping_count, value_of);
    }
}

inline void take(const matchport_event &event, std::optional<Stopped> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_STOPPED) {
        to = Stopped{event.number != 0};
    }
}

inline void take(const matchport_event &event, std::optional<TagExists> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_TAG_EXISTS) {
        to = TagExists{event.number != 0};
    }
}

inline void take(const matchport_event &event, std::optional<Streamed> &to) {
    if (event.kind == MATCHPORT_EVENT_KIND_STREAMED) {
        to = Streamed{event.number};
    }
}

} // namespace detail
} // namespace matchport

#endif
