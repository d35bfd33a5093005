// The enumerations of matchport.h as enum classes: the same numbers, and the same names without their prefix. What each of
// them means stands in matchport.h. More numbers may come with a newer library: treat one that has no name here as
// matchport.h says.

#ifndef MATCHPORT_ENUMS_HPP
#define MATCHPORT_ENUMS_HPP

#include <matchport.h>

#include <string_view>

namespace matchport {

/// What a call returns, and why an operation failed.
enum class Status : std::int32_t {
    ok = MATCHPORT_STATUS_OK,
    empty = MATCHPORT_STATUS_EMPTY,
    call_refused = MATCHPORT_STATUS_CALL_REFUSED,
    null_argument = MATCHPORT_STATUS_NULL_ARGUMENT,
    invalid_handle = MATCHPORT_STATUS_INVALID_HANDLE,
    invalid_argument = MATCHPORT_STATUS_INVALID_ARGUMENT,
    invalid_struct_size = MATCHPORT_STATUS_INVALID_STRUCT_SIZE,
    invalid_utf8 = MATCHPORT_STATUS_INVALID_UTF8,
    argument_too_large = MATCHPORT_STATUS_ARGUMENT_TOO_LARGE,
    busy = MATCHPORT_STATUS_BUSY,
    reentered = MATCHPORT_STATUS_REENTERED,
    poisoned = MATCHPORT_STATUS_POISONED,
    closed_client = MATCHPORT_STATUS_CLOSED_CLIENT,
    unknown_operation = MATCHPORT_STATUS_UNKNOWN_OPERATION,
    unknown_request = MATCHPORT_STATUS_UNKNOWN_REQUEST,
    wrong_response_mode = MATCHPORT_STATUS_WRONG_RESPONSE_MODE,
    wrong_transport = MATCHPORT_STATUS_WRONG_TRANSPORT,
    no_built_in_transport = MATCHPORT_STATUS_NO_BUILT_IN_TRANSPORT,
    needs_entropy = MATCHPORT_STATUS_NEEDS_ENTROPY,
    too_many_clients = MATCHPORT_STATUS_TOO_MANY_CLIENTS,
    system_refused = MATCHPORT_STATUS_SYSTEM_REFUSED,
    stale_event = MATCHPORT_STATUS_STALE_EVENT,
    failed = MATCHPORT_STATUS_FAILED,
    invalid_input = MATCHPORT_STATUS_INVALID_INPUT,
    bad_request = MATCHPORT_STATUS_BAD_REQUEST,
    unauthorized = MATCHPORT_STATUS_UNAUTHORIZED,
    quota_exceeded = MATCHPORT_STATUS_QUOTA_EXCEEDED,
    forbidden = MATCHPORT_STATUS_FORBIDDEN,
    not_found = MATCHPORT_STATUS_NOT_FOUND,
    conflict = MATCHPORT_STATUS_CONFLICT,
    no_capacity = MATCHPORT_STATUS_NO_CAPACITY,
    invalid_request = MATCHPORT_STATUS_INVALID_REQUEST,
    rate_limited = MATCHPORT_STATUS_RATE_LIMITED,
    unexpected_status = MATCHPORT_STATUS_UNEXPECTED_STATUS,
    service_fault = MATCHPORT_STATUS_SERVICE_FAULT,
    unreadable_response = MATCHPORT_STATUS_UNREADABLE_RESPONSE,
    too_large = MATCHPORT_STATUS_TOO_LARGE,
    transport = MATCHPORT_STATUS_TRANSPORT,
    timeout = MATCHPORT_STATUS_TIMEOUT,
    deadline_exceeded = MATCHPORT_STATUS_DEADLINE_EXCEEDED,
    cancelled = MATCHPORT_STATUS_CANCELLED,
    shut_down = MATCHPORT_STATUS_SHUT_DOWN,
    session_ended = MATCHPORT_STATUS_SESSION_ENDED,
    no_location = MATCHPORT_STATUS_NO_LOCATION,
    no_open_session = MATCHPORT_STATUS_NO_OPEN_SESSION,
    ticket_not_kept = MATCHPORT_STATUS_TICKET_NOT_KEPT,
    invalid_ticket = MATCHPORT_STATUS_INVALID_TICKET,
};

/// What a request of an allocation asked.
enum class Action : std::int32_t {
    locate = MATCHPORT_ACTION_LOCATE,
    start = MATCHPORT_ACTION_START,
    describe = MATCHPORT_ACTION_DESCRIBE,
    stop = MATCHPORT_ACTION_STOP,
};

/// Whether a request took effect, as far as it can be told.
enum class Outcome : std::int32_t {
    not_sent = MATCHPORT_OUTCOME_NOT_SENT,
    refused = MATCHPORT_OUTCOME_REFUSED,
    accepted = MATCHPORT_OUTCOME_ACCEPTED,
    unknown = MATCHPORT_OUTCOME_UNKNOWN,
};

/// What an allocation is doing.
enum class Step : std::int32_t {
    unknown = MATCHPORT_STEP_UNKNOWN,
    locating = MATCHPORT_STEP_LOCATING,
    starting = MATCHPORT_STEP_STARTING,
    location_refused = MATCHPORT_STEP_LOCATION_REFUSED,
    waiting_for_capacity = MATCHPORT_STEP_WAITING_FOR_CAPACITY,
    looking_up = MATCHPORT_STEP_LOOKING_UP,
    pausing = MATCHPORT_STEP_PAUSING,
    waiting_until_running = MATCHPORT_STEP_WAITING_UNTIL_RUNNING,
    settling = MATCHPORT_STEP_SETTLING,
};

/// What the service says of a session.
enum class SessionStatus : std::int32_t {
    unknown = MATCHPORT_SESSION_STATUS_UNKNOWN,
    created = MATCHPORT_SESSION_STATUS_CREATED,
    running = MATCHPORT_SESSION_STATUS_RUNNING,
    restarting = MATCHPORT_SESSION_STATUS_RESTARTING,
    exited = MATCHPORT_SESSION_STATUS_EXITED,
    dead = MATCHPORT_SESSION_STATUS_DEAD,
    draining = MATCHPORT_SESSION_STATUS_DRAINING,
    shutting_down = MATCHPORT_SESSION_STATUS_SHUTTING_DOWN,
    server_unreachable = MATCHPORT_SESSION_STATUS_SERVER_UNREACHABLE,
};

/// How a latency was measured.
enum class PingMethod : std::int32_t {
    icmp = MATCHPORT_PING_METHOD_ICMP,
    tcp_connect = MATCHPORT_PING_METHOD_TCP_CONNECT,
};

/// Where a session stands.
enum class SessionState : std::int32_t {
    created = MATCHPORT_SESSION_STATE_CREATED,
    running = MATCHPORT_SESSION_STATE_RUNNING,
    restarting = MATCHPORT_SESSION_STATE_RESTARTING,
    draining = MATCHPORT_SESSION_STATE_DRAINING,
    shutting_down = MATCHPORT_SESSION_STATE_SHUTTING_DOWN,
    unreachable = MATCHPORT_SESSION_STATE_UNREACHABLE,
    ended = MATCHPORT_SESSION_STATE_ENDED,
};

/// Why a session is over.
enum class EndReason : std::int32_t {
    none = MATCHPORT_END_REASON_NONE,
    stopped = MATCHPORT_END_REASON_STOPPED,
    ttl_expired = MATCHPORT_END_REASON_TTL_EXPIRED,
    exited = MATCHPORT_END_REASON_EXITED,
    died = MATCHPORT_END_REASON_DIED,
    unreachable = MATCHPORT_END_REASON_UNREACHABLE,
    vanished = MATCHPORT_END_REASON_VANISHED,
};

/// What the host is to do.
enum class HttpAction : std::int32_t {
    send = MATCHPORT_HTTP_ACTION_SEND,
    abort = MATCHPORT_HTTP_ACTION_ABORT,
};

/// How the answer to a request is wanted.
enum class ResponseMode : std::int32_t {
    whole = MATCHPORT_RESPONSE_MODE_WHOLE,
    stream = MATCHPORT_RESPONSE_MODE_STREAM,
};

/// Which number stands for several samples of one player for one location.
enum class Figure : std::int32_t {
    median = MATCHPORT_FIGURE_MEDIAN,
    min = MATCHPORT_FIGURE_MIN,
};

/// Why no answer, or no whole one, came.
enum class HttpFailure : std::int32_t {
    not_sent = MATCHPORT_HTTP_FAILURE_NOT_SENT,
    broken = MATCHPORT_HTTP_FAILURE_BROKEN,
    timed_out = MATCHPORT_HTTP_FAILURE_TIMED_OUT,
    too_large = MATCHPORT_HTTP_FAILURE_TOO_LARGE,
};

/// How loud a line of the log is.
enum class LogLevel : std::int32_t {
    off = MATCHPORT_LOG_LEVEL_OFF,
    error = MATCHPORT_LOG_LEVEL_ERROR,
    warn = MATCHPORT_LOG_LEVEL_WARN,
    info = MATCHPORT_LOG_LEVEL_INFO,
    debug = MATCHPORT_LOG_LEVEL_DEBUG,
};

/// What it means when a player has no sample for a location, but has one for another.
enum class Missing : std::int32_t {
    leave_out = MATCHPORT_MISSING_LEAVE_OUT,
    ignore = MATCHPORT_MISSING_IGNORE,
    assume = MATCHPORT_MISSING_ASSUME,
};

/// Which of several sessions with enough open slots is best.
enum class Prefer : std::int32_t {
    fullest = MATCHPORT_PREFER_FULLEST,
    emptiest = MATCHPORT_PREFER_EMPTIEST,
};

/// Whether the game server is restarted when it fails.
enum class Restart : std::int32_t {
    as_the_service_has_it = MATCHPORT_RESTART_DEFAULT,
    yes = MATCHPORT_RESTART_YES,
    no = MATCHPORT_RESTART_NO,
};

/// Who carries the requests.
enum class Transport : std::int32_t {
    host = MATCHPORT_TRANSPORT_HOST,
    built_in = MATCHPORT_TRANSPORT_BUILT_IN,
};

/// When an allocation is done.
enum class WaitFor : std::int32_t {
    running = MATCHPORT_WAIT_FOR_RUNNING,
    allocated = MATCHPORT_WAIT_FOR_ALLOCATED,
};

/// What to do when every location is full.
enum class WhenFull : std::int32_t {
    wait = MATCHPORT_WHEN_FULL_WAIT,
    fail = MATCHPORT_WHEN_FULL_FAIL,
};
/// What it says, in English, without a full stop.
inline std::string_view text_of(Status status) noexcept {
    const matchport_string text = matchport_status_text(static_cast<std::int32_t>(status));
    return {text.data, text.length};
}

} // namespace matchport

#endif
