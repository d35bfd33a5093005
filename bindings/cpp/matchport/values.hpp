// What operations give, as values that own their texts and stay as long as one likes. Members are those of the structs of
// the same name in matchport.h, where units and meaning are described; a text that is "not given" is empty here.

#ifndef MATCHPORT_VALUES_HPP
#define MATCHPORT_VALUES_HPP

#include "enums.hpp"
#include "text.hpp"

#include <chrono>
#include <memory>

namespace matchport {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// One port of a session.
struct Port {
    /// "udp", "tcp", or whatever the service calls it.
    std::string protocol;
    /// The port inside the container.
    std::uint16_t container = 0;
    /// The port on the host that players use.
    std::uint16_t host = 0;
};

/// A location that an allocation considered.
struct LocationReport {
    std::string location;
    /// Why it was left out; empty when it was not.
    std::string left_out;
    /// In milliseconds, NaN when it was left out.
    float cost_ms = 0, worst_ms = 0, mean_ms = 0;
};

/// One request of an allocation.
struct AttemptReport {
    std::string location;
    /// The service's trace id.
    std::string identifier;
    std::string session_status;
    /// Since the submit.
    milliseconds at{0};
    milliseconds took{0};
    Action action = Action::locate;
    Outcome outcome = Outcome::unknown;
    Status status = Status::ok;
    /// 0 when no answer came.
    int http_status = 0;
};

/// The explanation of an allocation.
struct Report {
    /// The session's id, whether or not it was started.
    std::string session;
    /// In the order of placement, then those left out.
    std::vector<LocationReport> locations;
    std::vector<AttemptReport> attempts;
    /// How many attempts don't stand there.
    std::uint32_t attempts_omitted = 0;
    /// Whether the session had been started by somebody else, or by an attempt whose answer was lost.
    bool adopted = false;
    milliseconds took{0};
};

/// One field that the service refused.
struct Violation {
    std::string field;
    std::string description;
};

/// Why a call was refused, or an operation failed. Holds neither the token nor values of the environment.
struct Error {
    Status status = Status::failed;
    /// The status as a name that is stable too: "no_capacity". Empty for a call that was refused.
    std::string name;
    /// What happened, for people: one sentence.
    std::string message;
    /// The service's trace id, to quote to its support.
    std::string identifier;
    /// For invalid input: the field.
    std::string field;
    std::vector<Violation> violations;
    /// How long the service asked to wait.
    std::optional<milliseconds> retry_after;
    /// The ticket when a server may have been left running: keep it, and hand it to Client::resume() with settle. Empty
    /// when nothing is left.
    std::string ticket;
    /// How an allocation came to this; null for other operations.
    std::shared_ptr<const Report> report;
    /// 0 when no answer came.
    int http_status = 0;
    /// Whether the request may have taken effect.
    Outcome outcome = Outcome::not_sent;
    /// Whether the same call may succeed later without a change.
    bool retryable = false;
};

/// Something for a progress line.
struct Progress {
    std::string location;
    std::string reason;
    std::string session_status;
    /// How long a pause takes, when that is known.
    std::optional<milliseconds> duration;
    Step step = Step::unknown;
    Status status = Status::ok;
    /// The how manieth start, from 1.
    std::uint32_t attempt = 0;
};

/// Where a session can be reached.
struct Address {
    std::string id;
    std::string location;
    std::string host;
    /// "host:port" when there is no doubt about the port, else empty: then choose from the ports.
    std::string endpoint;
    std::vector<Port> ports;

    /// The host port of a container port, or null.
    const Port *port(std::uint16_t container, std::string_view protocol) const noexcept {
        for (const auto &port : ports) {
            if (port.container == container && port.protocol == protocol) {
                return &port;
            }
        }
        return nullptr;
    }
};

/// A session for a match, ready to be handed to its players.
struct Allocation : Address {
    Report report;
};

/// The session that took the players of a backfill.
struct Backfilled : Address {
    std::uint32_t player_count = 0;
    /// Sessions that were tried before and turned out to be full or gone.
    std::uint32_t passed_over = 0;
};

/// A session as the service lists or describes it.
struct Session {
    std::string id;
    std::string image;
    std::string location;
    std::string host;
    std::string tag;
    /// The status as the service spells it.
    std::string status_name;
    /// Since 1970.
    milliseconds created{0};
    std::vector<Port> ports;
    /// Empty in a list, which only counts them.
    std::vector<std::string> players;
    /// By the service's count, when it says so.
    std::optional<std::uint64_t> player_count;
    Pairs labels;
    SessionStatus status = SessionStatus::unknown;
};

/// The answer to join and leave.
struct PlayerCount {
    /// Players in the session after the call.
    std::uint32_t player_count = 0;
    /// Players that the service names in its answer.
    std::vector<std::string> players;
};

/// A location that offers an image.
struct Location {
    std::string id;
    /// Addresses that answer ICMP echo. Not to be kept: they may change.
    std::vector<std::string> addresses;
};

/// What was measured for one location.
struct Ping {
    std::string location;
    /// Of its fastest address, in milliseconds; empty when nothing answered.
    std::vector<float> samples;
    /// Why nothing answered, or why not ICMP; empty when there is nothing to say.
    std::string message;
    /// The median of the samples; NaN when there are none.
    float median_ms = 0;
    PingMethod method = PingMethod::icmp;
};

/// The answer to stop.
struct Stopped {
    /// False when it had ended already.
    bool was_running = false;
};

/// The answer to tag_exists.
struct TagExists {
    bool exists = false;
};

/// The end of a log or an artifact.
struct Streamed {
    /// How many bytes came.
    std::uint64_t bytes = 0;
};

/// What is known of a session that is followed. Times are on the client's clock, but for created.
struct Snapshot {
    std::string id;
    std::string image;
    std::string location;
    std::string host;
    std::string last_reported;
    std::vector<Port> ports;
    std::vector<std::string> players;
    std::uint32_t player_count = 0;
    SessionState state = SessionState::created;
    EndReason end_reason = EndReason::none;
    std::optional<milliseconds> since, started_at, ttl_deadline, stop_requested_at;
    /// Since 1970.
    std::optional<milliseconds> created;
};

} // namespace matchport

#endif
