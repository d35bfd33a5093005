// What a client and its operations are told. Members are those of the option structs in matchport.h, where units, ranges and
// defaults are described. What is std::nullopt is left to the library's default; no default is repeated here.

#ifndef MATCHPORT_OPTIONS_HPP
#define MATCHPORT_OPTIONS_HPP

#include "values.hpp"

#include <functional>

namespace matchport {

/// Takes one line of the log. Called only within calls of the client's; must not call back and must not throw.
using LogHook = std::function<void(LogLevel, std::string_view)>;

/// A client. Set environment and token.
struct ClientOptions {
    /// "sandbox", "production", "local", or an address such as "https://api.example.com".
    std::string environment;
    std::string token;
    bool allow_plain_http = false;
    /// How many sessions are followed for Client::session().
    std::uint32_t tracked_sessions = 0;
    bool skip_tickets = false;
    bool skip_progress = false;
    std::optional<LogLevel> log_level;
    LogHook log;
    std::optional<milliseconds> attempt, operation, closed_location, late_start, settle, poll, visible;
    std::optional<milliseconds> backoff_first, backoff_longest;
    std::optional<std::uint32_t> retry_capacity, retries_per_second;
};

/// One sample. Several for the same location are several samples.
struct Latency {
    std::string location;
    float milliseconds = 0;
};

/// A player with what was measured.
struct Player {
    std::string id;
    std::vector<Latency> latencies;
};

/// A match that needs a server. Set the image.
struct AllocateOptions {
    std::string image;
    /// Empty asks the service for all that offer the image.
    std::vector<std::string> locations;
    std::vector<Player> players;
    /// In place of the players' latencies: [player * locations.size() + location], NaN is "no sample".
    std::vector<float> latency_matrix;
    std::optional<std::string> match_id;
    std::optional<std::string> session_id;
    Pairs env;
    Pairs labels;
    std::vector<std::string> args;
    std::optional<std::string> version;
    std::optional<std::string> external_id;
    /// seconds::max() for a session without an end of its own.
    std::optional<seconds> ttl;
    std::optional<milliseconds> waited;
    std::optional<milliseconds> deadline;
    std::optional<WaitFor> wait_for;
    std::optional<WhenFull> when_full;
    std::optional<Restart> restart;
    bool env_in_ticket = false;
    std::optional<Figure> figure;
    std::optional<Missing> missing;
    std::optional<float> missing_ms;
    std::optional<float> worst_weight;
    std::optional<float> max_latency_ms;
    std::optional<float> max_latency_relax_ms_per_second;
    std::optional<float> max_latency_ceiling_ms;
};

/// Players who want into a running session. Set image, players and capacity.
struct BackfillOptions {
    std::string image;
    std::vector<std::string> players;
    /// How many players one session takes.
    std::uint32_t capacity = 0;
    std::vector<std::string> locations;
    std::optional<std::string> version;
    Pairs having;
    Pairs not_having;
    std::optional<Prefer> prefer;
    std::optional<milliseconds> deadline;
};

/// What a list of sessions is narrowed to.
struct ListOptions {
    /// Also sessions that are not running.
    bool all = false;
    std::optional<std::string> location, image, tag, host;
    std::optional<std::int64_t> players_below, players_above;
    Pairs having;
    Pairs not_having;
};

/// What is pinged. Set the locations, such as those that Client::locations() gave.
struct PingOptions {
    std::vector<Location> locations;
    /// How often each address is asked.
    std::optional<std::uint32_t> samples;
    /// How long one answer may take.
    std::optional<milliseconds> timeout;
    /// The pause between two questions to one address.
    std::optional<milliseconds> interval;
    /// The TCP port that is tried where ICMP is forbidden; 0 for none.
    std::optional<std::uint16_t> tcp_port;
};

/// An allocation that was begun elsewhere. Set the ticket.
struct ResumeOptions {
    std::string ticket;
    /// Settle instead of allocate: makes sure that no server is left.
    bool settle = false;
    Pairs env;
    std::optional<milliseconds> deadline;
};

} // namespace matchport

#endif
