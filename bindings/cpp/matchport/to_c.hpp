// Options as C structs. Each class holds the arrays that its struct points to, so it must outlive the call and can't be copied.

#ifndef MATCHPORT_TO_C_HPP
#define MATCHPORT_TO_C_HPP

#include "options.hpp"

namespace matchport {
namespace detail {

/// A negative time counts as 0, which the library judges.
template <class Rep, class Period> std::uint64_t count_of(std::chrono::duration<Rep, Period> time) noexcept {
    return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}

inline void set(std::uint64_t &to, const std::optional<milliseconds> &from) noexcept {
    if (from) {
        to = count_of(*from);
    }
}

template <class To, class From> void set(To &to, const std::optional<From> &from) noexcept {
    if (from) {
        to = static_cast<To>(*from);
    }
}

template <class To> void set_array(const To *&first, std::size_t &count, const std::vector<To> &from) noexcept {
    if (!from.empty()) {
        first = from.data();
        count = from.size();
    }
}

inline void log_line(void *user, std::int32_t level, matchport_string text) noexcept {
    (*static_cast<const LogHook *>(user))(static_cast<LogLevel>(level), view(text));
}

/// `log` must outlive the client.
inline matchport_client_options to_c(const ClientOptions &from, const LogHook &log, Transport transport) {
    matchport_client_options to;
    matchport_client_options_init(&to, sizeof to);
    to.transport = static_cast<std::int32_t>(transport);
    to.environment = to_c(std::string_view(from.environment));
    to.token = to_c(std::string_view(from.token));
    to.allow_plain_http = from.allow_plain_http ? 1 : 0;
    to.tracked_sessions = from.tracked_sessions;
    to.skipped_events = (from.skip_tickets ? MATCHPORT_SKIP_TICKETS : 0u) | (from.skip_progress ? MATCHPORT_SKIP_PROGRESS : 0u);
    set(to.log_level, from.log_level);
    if (log) {
        to.log = log_line;
        // Given back as it came, to log_line() only.
        to.log_user = const_cast<LogHook *>(&log);
    }
    set(to.attempt_ms, from.attempt);
    set(to.operation_ms, from.operation);
    set(to.closed_location_ms, from.closed_location);
    set(to.late_start_ms, from.late_start);
    set(to.settle_ms, from.settle);
    set(to.poll_ms, from.poll);
    set(to.visible_ms, from.visible);
    set(to.backoff_first_ms, from.backoff_first);
    set(to.backoff_longest_ms, from.backoff_longest);
    set(to.retry_capacity, from.retry_capacity);
    set(to.retries_per_second, from.retries_per_second);
    return to;
}

class AllocateStruct {
public:
    explicit AllocateStruct(const AllocateOptions &from)
        : locations_(to_c(from.locations)), env_(to_c(from.env)), labels_(to_c(from.labels)), args_(to_c(from.args)) {
        std::size_t samples = 0;
        for (const auto &player : from.players) {
            samples += player.latencies.size();
        }
        // Reserved as a whole: the players point into it.
        latencies_.reserve(samples);
        for (const auto &player : from.players) {
            const matchport_latency *first = latencies_.data() + latencies_.size();
            for (const auto &latency : player.latencies) {
                latencies_.push_back({to_c(std::string_view(latency.location)), latency.milliseconds});
            }
            const std::size_t count = player.latencies.size();
            players_.push_back({to_c(std::string_view(player.id)), count == 0 ? nullptr : first, count});
        }
        matchport_allocate_options_init(&options, sizeof options);
        options.image = to_c(std::string_view(from.image));
        set_array(options.locations, options.location_count, locations_);
        set_array(options.players, options.player_count, players_);
        set_array(options.latency_matrix, options.latency_matrix_length, from.latency_matrix);
        options.match_id = to_c(from.match_id);
        options.session_id = to_c(from.session_id);
        set_array(options.env, options.env_count, env_);
        set_array(options.labels, options.label_count, labels_);
        set_array(options.args, options.arg_count, args_);
        options.version = to_c(from.version);
        options.external_id = to_c(from.external_id);
        if (from.ttl) {
            // In parentheses, because windows.h has a macro of this name.
            options.ttl_seconds = *from.ttl == (seconds::max)() ? MATCHPORT_TTL_UNLIMITED : count_of(*from.ttl);
        }
        set(options.waited_ms, from.waited);
        set(options.deadline_ms, from.deadline);
        set(options.wait_for, from.wait_for);
        set(options.when_full, from.when_full);
        set(options.restart, from.restart);
        options.env_in_ticket = from.env_in_ticket ? 1 : 0;
        set(options.figure, from.figure);
        set(options.missing, from.missing);
        set(options.missing_ms, from.missing_ms);
        set(options.worst_weight, from.worst_weight);
        set(options.max_latency_ms, from.max_latency_ms);
        set(options.max_latency_relax_ms_per_second, from.max_latency_relax_ms_per_second);
        set(options.max_latency_ceiling_ms, from.max_latency_ceiling_ms);
    }
    AllocateStruct(const AllocateStruct &) = delete;
    AllocateStruct &operator=(const AllocateStruct &) = delete;

    matchport_allocate_options options;

private:
    std::vector<matchport_string> locations_;
    std::vector<matchport_latency> latencies_;
    std::vector<matchport_player> players_;
    std::vector<matchport_pair> env_, labels_;
    std::vector<matchport_string> args_;
};

class BackfillStruct {
public:
    explicit BackfillStruct(const BackfillOptions &from)
        : players_(to_c(from.players)), locations_(to_c(from.locations)), having_(to_c(from.having)),
          not_having_(to_c(from.not_having)) {
        matchport_backfill_options_init(&options, sizeof options);
        options.image = to_c(std::string_view(from.image));
        set_array(options.players, options.player_count, players_);
        options.capacity = from.capacity;
        set_array(options.locations, options.location_count, locations_);
        options.version = to_c(from.version);
        set_array(options.having, options.having_count, having_);
        set_array(options.not_having, options.not_having_count, not_having_);
        set(options.prefer, from.prefer);
        set(options.deadline_ms, from.deadline);
    }
    BackfillStruct(const BackfillStruct &) = delete;
    BackfillStruct &operator=(const BackfillStruct &) = delete;

    matchport_backfill_options options;

private:
    std::vector<matchport_string> players_, locations_;
    std::vector<matchport_pair> having_, not_having_;
};

class ListStruct {
public:
    explicit ListStruct(const ListOptions &from) : having_(to_c(from.having)), not_having_(to_c(from.not_having)) {
        matchport_list_options_init(&options, sizeof options);
        options.all = from.all ? 1 : 0;
        options.location = to_c(from.location);
        options.image = to_c(from.image);
        options.tag = to_c(from.tag);
        options.host = to_c(from.host);
        set(options.players_below, from.players_below);
        set(options.players_above, from.players_above);
        set_array(options.having, options.having_count, having_);
        set_array(options.not_having, options.not_having_count, not_having_);
    }
    ListStruct(const ListStruct &) = delete;
    ListStruct &operator=(const ListStruct &) = delete;

    matchport_list_options options;

private:
    std::vector<matchport_pair> having_, not_having_;
};

class PingStruct {
public:
    explicit PingStruct(const PingOptions &from) {
        // Reserved as a whole: the locations point into it.
        addresses_.reserve(from.locations.size());
        for (const auto &location : from.locations) {
            addresses_.push_back(to_c(location.addresses));
            const auto &addresses = addresses_.back();
            locations_.push_back({to_c(std::string_view(location.id)), nullptr, 0});
            set_array(locations_.back().addresses, locations_.back().address_count, addresses);
        }
        matchport_ping_options_init(&options, sizeof options);
        set_array(options.locations, options.location_count, locations_);
        set(options.samples, from.samples);
        set(options.timeout_ms, from.timeout);
        set(options.interval_ms, from.interval);
        set(options.tcp_port, from.tcp_port);
    }
    PingStruct(const PingStruct &) = delete;
    PingStruct &operator=(const PingStruct &) = delete;

    matchport_ping_options options;

private:
    std::vector<std::vector<matchport_string>> addresses_;
    std::vector<matchport_location> locations_;
};

class ResumeStruct {
public:
    explicit ResumeStruct(const ResumeOptions &from) : env_(to_c(from.env)) {
        matchport_resume_options_init(&options, sizeof options);
        options.settle = from.settle ? 1 : 0;
        options.ticket = to_c(std::string_view(from.ticket));
        set_array(options.env, options.env_count, env_);
        set(options.deadline_ms, from.deadline);
    }
    ResumeStruct(const ResumeStruct &) = delete;
    ResumeStruct &operator=(const ResumeStruct &) = delete;

    matchport_resume_options options;

private:
    std::vector<matchport_pair> env_;
};

} // namespace detail
} // namespace matchport

#endif
