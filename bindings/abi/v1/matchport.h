/*
 * matchport: gets a match onto a dedicated game server, once and only once.
 *
 * Generated from crates/ffi by `cargo xtask drift --write`: change the comments there.
 *
 * IN SHORT
 *
 *     matchport_client_options options;
 *     matchport_client_options_init(&options, sizeof options);
 *     options.environment = matchport_str("local");
 *     options.token = matchport_str("local");
 *     options.transport = MATCHPORT_TRANSPORT_BUILT_IN;
 *     matchport_client *client;
 *     char why[200];
 *     if (matchport_client_new(&options, &client, why, sizeof why) != MATCHPORT_STATUS_OK) { puts(why); return; }
 *
 *     matchport_allocate_options match;
 *     matchport_allocate_options_init(&match, sizeof match);
 *     match.image = matchport_str("demo");
 *     uint64_t operation;
 *     matchport_client_allocate(client, &match, &operation);
 *
 *     const matchport_event *event;
 *     while (matchport_client_wait(client, 1000) != MATCHPORT_STATUS_INVALID_HANDLE) {
 *         matchport_client_tick(client);
 *         while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
 *             ... event->kind, event->allocation->endpoint ...
 *         }
 *     }
 *
 * OPERATIONS AND EVENTS
 *     A call that begins an operation returns at once and writes its number, which is never 0 and never used twice in a
 *     client. What becomes of it comes as events, in order, that the program asks for. Each operation that was begun ends
 *     with exactly one event whose kind is 100 or more, also when it is cancelled. Nothing ever calls the program, but for
 *     the log hook, which is called only from within a call of the program's.
 *
 * OWNERSHIP
 *     What is passed in is copied before the call returns; nothing has to outlive it. What is handed out is read only
 *     and belongs to the client: it stays valid until the same function is called again for that client (for events, one of
 *     the two functions that take events) or the client is freed. There is nothing to free but clients.
 *
 * TEXTS
 *     UTF-8 with a length, not terminated; data may be null, which is "not given". matchport_str() makes one of a C string.
 *     An empty text is given. As the id of a session it is refused with INVALID_ARGUMENT, like every id that could not stand in
 *     an address. Everywhere else where the API takes no empty text (an image, a location, a player, a match id) the operation
 *     begins and ends with INVALID_INPUT before anything is sent, and the field of its error says which text it was. A text
 *     that must be given and is not is refused with NULL_ARGUMENT.
 *
 * VERSIONS
 *     Compare matchport_abi_version() with MATCHPORT_ABI_VERSION after loading the library. Structs that the program
 *     fills in start with struct_size, are initialised by the init function of their name with sizeof, and may grow at
 *     their end: a program compiled with an older header gets the defaults for what is new, and one compiled with a newer
 *     header than the library is told INVALID_STRUCT_SIZE when it asks for something that the library can't do. Structs that
 *     the library hands out may grow at their end too, except those that say that they never do; arrays hold only the
 *     latter. Numbers of enums keep their meaning; more may come.
 *
 * ERRORS
 *     Every call returns a matchport_status. From 100 on it was refused and changed nothing; matchport_client_last_message()
 *     says more. Failures of operations come in events, as matchport_error. No text holds the token or values of the
 *     environment. A fault inside of the library becomes POISONED and puts that one client out of use.
 *
 * THREADS
 *     A client may be used from any thread, by one at a time: a second one gets BUSY, and so does nobody who calls
 *     matchport_client_wait() or matchport_client_wake(), which go along with everything. Different clients don't know of
 *     each other. The library starts no thread unless a client asks for the built-in transport.
 *
 * TWO TRANSPORTS
 *     Built in: the loop above. Host: the program carries the bytes, with whatever HTTP it has. Then one round is
 *         matchport_client_tick_at(client, now);
 *         take all events;
 *         take all requests, and send or abort them;
 *     and what came of a request goes back with matchport_client_http_response() or matchport_client_http_failed().
 */

#ifndef MATCHPORT_H
#define MATCHPORT_H

#include <stddef.h>
#include <stdint.h>

/// The version of this header. It goes up by one with each change that a program compiled before would notice; additions
/// are no such change.
#define MATCHPORT_ABI_VERSION 1

/// The longest text or block of bytes that a call takes, in bytes (an HTTP answer may be longer: up to what its
/// request allows).
#define MATCHPORT_MAX_STRING_BYTES 4194304

/// The longest array that a call takes, in entries.
#define MATCHPORT_MAX_ARRAY_LENGTH 10000000

/// The most clients that there can be at once.
#define MATCHPORT_MAX_CLIENTS 1024

/// For skipped_events: no TICKET events, and nothing waits for them.
#define MATCHPORT_SKIP_TICKETS 2

/// For skipped_events: no PROGRESS events.
#define MATCHPORT_SKIP_PROGRESS 4

/// For ttl_seconds: the session has no end of its own. One that is forgotten lives (and costs) for ever.
#define MATCHPORT_TTL_UNLIMITED UINT64_MAX

/// What a call returns, and why an operation failed. Numbers keep their meaning for ever; more may be added, so
/// treat an unknown one like the first of its hundred.
///
/// 0 is success and 1 is "nothing there". From 100 on a call was refused and changed nothing. From 200 on an operation
/// has failed; these stand in events and not in return values.
typedef int32_t matchport_status;
enum {
    /// Done.
    MATCHPORT_STATUS_OK = 0,
    /// Nothing there: no event, no request, no deadline, no such session.
    MATCHPORT_STATUS_EMPTY = 1,
    /// The call was refused for a reason that this version of the header does not know.
    MATCHPORT_STATUS_CALL_REFUSED = 100,
    /// A pointer that must not be null is null.
    MATCHPORT_STATUS_NULL_ARGUMENT = 101,
    /// The client has been freed, or never was one.
    MATCHPORT_STATUS_INVALID_HANDLE = 102,
    /// An argument is out of its range; see matchport_client_last_message().
    MATCHPORT_STATUS_INVALID_ARGUMENT = 103,
    /// The member struct_size is too small, no multiple of a pointer's size, absurdly large, or members that this library does not
    /// know are not zero.
    MATCHPORT_STATUS_INVALID_STRUCT_SIZE = 104,
    /// A text is not valid UTF-8.
    MATCHPORT_STATUS_INVALID_UTF8 = 105,
    /// A text or an array is longer than MATCHPORT_MAX_STRING_BYTES or MATCHPORT_MAX_ARRAY_LENGTH.
    MATCHPORT_STATUS_ARGUMENT_TOO_LARGE = 106,
    /// Another thread is in a call with this client.
    MATCHPORT_STATUS_BUSY = 107,
    /// The log hook called back into its client.
    MATCHPORT_STATUS_REENTERED = 108,
    /// A fault inside of the library has put this client out of use: free it. Other clients are not affected.
    MATCHPORT_STATUS_POISONED = 109,
    /// The client has been shut down and takes no further operation.
    MATCHPORT_STATUS_CLOSED_CLIENT = 110,
    /// No such operation is under way (any more).
    MATCHPORT_STATUS_UNKNOWN_OPERATION = 111,
    /// No such HTTP request is in flight (any more). An answer that comes after its request was aborted gets this,
    /// and needs no further care.
    MATCHPORT_STATUS_UNKNOWN_REQUEST = 112,
    /// A whole answer for a request that asks for a stream, or the other way round.
    MATCHPORT_STATUS_WRONG_RESPONSE_MODE = 113,
    /// The call belongs to the other transport.
    MATCHPORT_STATUS_WRONG_TRANSPORT = 114,
    /// This build of the library has no built-in transport.
    MATCHPORT_STATUS_NO_BUILT_IN_TRANSPORT = 115,
    /// There are not enough random bytes left: call matchport_client_add_entropy(), then repeat the call.
    MATCHPORT_STATUS_NEEDS_ENTROPY = 116,
    /// There are MATCHPORT_MAX_CLIENTS clients already.
    MATCHPORT_STATUS_TOO_MANY_CLIENTS = 117,
    /// The system refused something that is needed: a thread, a pipe, random bytes.
    MATCHPORT_STATUS_SYSTEM_REFUSED = 118,
    /// The event is not (any more) one of those that were taken last.
    MATCHPORT_STATUS_STALE_EVENT = 119,
    /// The operation failed for a reason that this version of the header does not know; see the error's name.
    MATCHPORT_STATUS_FAILED = 200,
    /// The input was refused before anything was sent; the error's field names it.
    MATCHPORT_STATUS_INVALID_INPUT = 201,
    /// 400.
    MATCHPORT_STATUS_BAD_REQUEST = 202,
    /// 401: the token is missing or wrong.
    MATCHPORT_STATUS_UNAUTHORIZED = 203,
    /// 402, or 403 with that code: the quota is used up.
    MATCHPORT_STATUS_QUOTA_EXCEEDED = 204,
    /// 403: the token lacks the permission.
    MATCHPORT_STATUS_FORBIDDEN = 205,
    /// 404: image, location, tag or session unknown.
    MATCHPORT_STATUS_NOT_FOUND = 206,
    /// 409: the id is used by something else, or the session has already ended.
    MATCHPORT_STATUS_CONFLICT = 207,
    /// 420 everywhere, until the deadline.
    MATCHPORT_STATUS_NO_CAPACITY = 208,
    /// 422: the service found the body invalid; the error's violations name the fields.
    MATCHPORT_STATUS_INVALID_REQUEST = 209,
    /// 429.
    MATCHPORT_STATUS_RATE_LIMITED = 210,
    /// A status that the API does not document.
    MATCHPORT_STATUS_UNEXPECTED_STATUS = 211,
    /// 5xx, or a gateway's page with a status that would otherwise be the service's word.
    MATCHPORT_STATUS_SERVICE_FAULT = 212,
    /// The answer could not be read.
    MATCHPORT_STATUS_UNREADABLE_RESPONSE = 213,
    /// The answer, or what was to be sent, is larger than the documented limit.
    MATCHPORT_STATUS_TOO_LARGE = 214,
    /// The connection failed.
    MATCHPORT_STATUS_TRANSPORT = 215,
    /// No answer came in time.
    MATCHPORT_STATUS_TIMEOUT = 216,
    /// The operation's deadline passed.
    MATCHPORT_STATUS_DEADLINE_EXCEEDED = 217,
    /// The caller cancelled.
    MATCHPORT_STATUS_CANCELLED = 218,
    /// The client was shut down.
    MATCHPORT_STATUS_SHUT_DOWN = 219,
    /// The session ended before it could be joined.
    MATCHPORT_STATUS_SESSION_ENDED = 220,
    /// Placement left no location.
    MATCHPORT_STATUS_NO_LOCATION = 221,
    /// No running session has enough open slots.
    MATCHPORT_STATUS_NO_OPEN_SESSION = 222,
    /// The caller could not keep the ticket, so nothing was sent.
    MATCHPORT_STATUS_TICKET_NOT_KEPT = 223,
    /// The ticket can't be read or does not hold what is needed.
    MATCHPORT_STATUS_INVALID_TICKET = 224,
};

/// What an event says. Every number from 100 on ends its operation, those that are added later too; ignore other
/// numbers that you don't know.
typedef int32_t matchport_event_kind;
enum {
    /// text is the ticket of an allocation, as JSON: keep it, so that the allocation can go on anywhere. Nothing of
    /// this allocation is sent before the next event is asked for.
    MATCHPORT_EVENT_KIND_TICKET = 1,
    /// progress says what an allocation is doing.
    MATCHPORT_EVENT_KIND_PROGRESS = 2,
    /// text is one line of a log.
    MATCHPORT_EVENT_KIND_LOG_LINE = 3,
    /// data is a piece of an artifact.
    MATCHPORT_EVENT_KIND_DATA = 4,
    /// Of matchport_client_allocate() and matchport_client_resume(): allocation.
    MATCHPORT_EVENT_KIND_ALLOCATED = 100,
    /// Of matchport_client_backfill(): backfilled.
    MATCHPORT_EVENT_KIND_BACKFILLED = 101,
    /// Of matchport_client_list(): session_list.
    MATCHPORT_EVENT_KIND_SESSIONS = 102,
    /// Of matchport_client_describe(): session.
    MATCHPORT_EVENT_KIND_DESCRIBED = 103,
    /// Of matchport_client_stop(): number is 1 when the session was running, 0 when it had ended already.
    MATCHPORT_EVENT_KIND_STOPPED = 104,
    /// Of matchport_client_join() and matchport_client_leave(): player_count.
    MATCHPORT_EVENT_KIND_PLAYERS = 105,
    /// Of matchport_client_locations(): location_list.
    MATCHPORT_EVENT_KIND_LOCATIONS = 106,
    /// Of matchport_client_tag_exists(): number is 1 when the tag exists, else 0.
    MATCHPORT_EVENT_KIND_TAG_EXISTS = 107,
    /// Of matchport_client_logs() and matchport_client_artifact(): number is how many bytes came.
    MATCHPORT_EVENT_KIND_STREAMED = 108,
    /// Of matchport_client_ping(): ping_list.
    MATCHPORT_EVENT_KIND_PINGED = 109,
    /// Of any operation: error.
    MATCHPORT_EVENT_KIND_FAILED = 199,
};

/// What a request of an allocation asked.
typedef int32_t matchport_action;
enum {
    /// GET /available-location/{image}
    MATCHPORT_ACTION_LOCATE = 1,
    /// POST /session
    MATCHPORT_ACTION_START = 2,
    /// GET /session/{id}
    MATCHPORT_ACTION_DESCRIBE = 3,
    /// DELETE /session/{id}
    MATCHPORT_ACTION_STOP = 4,
};

/// Whether a request took effect, as far as it can be told.
typedef int32_t matchport_outcome;
enum {
    /// No byte of it can have reached the service.
    MATCHPORT_OUTCOME_NOT_SENT = 1,
    /// The service answered that it did not do it.
    MATCHPORT_OUTCOME_REFUSED = 2,
    /// The service answered that it did it.
    MATCHPORT_OUTCOME_ACCEPTED = 3,
    /// It may or may not have taken effect: reset, timeout, unreadable answer, 5xx, a gateway's page.
    MATCHPORT_OUTCOME_UNKNOWN = 4,
};

/// What an allocation is doing. More may come: treat an unknown number like UNKNOWN.
typedef int32_t matchport_step;
enum {
    /// Something that this version does not know.
    MATCHPORT_STEP_UNKNOWN = 0,
    /// Asking which locations offer the image.
    MATCHPORT_STEP_LOCATING = 1,
    /// Starting a session.
    MATCHPORT_STEP_STARTING = 2,
    /// A location refused, and the next is tried.
    MATCHPORT_STEP_LOCATION_REFUSED = 3,
    /// Every location is full.
    MATCHPORT_STEP_WAITING_FOR_CAPACITY = 4,
    /// The outcome of a start is not known: looking for the session.
    MATCHPORT_STEP_LOOKING_UP = 5,
    /// Waiting before the next attempt.
    MATCHPORT_STEP_PAUSING = 6,
    /// The session exists and is not running yet.
    MATCHPORT_STEP_WAITING_UNTIL_RUNNING = 7,
    /// Giving up: making sure that no server is left.
    MATCHPORT_STEP_SETTLING = 8,
};

/// What the service says of a session. More may come: treat an unknown number like UNKNOWN.
typedef int32_t matchport_session_status;
enum {
    /// Not reported, or a status that this version does not know; see its name.
    MATCHPORT_SESSION_STATUS_UNKNOWN = 0,
    /// Container made, not yet running.
    MATCHPORT_SESSION_STATUS_CREATED = 1,
    /// Running and healthy: players can join.
    MATCHPORT_SESSION_STATUS_RUNNING = 2,
    /// Being restarted.
    MATCHPORT_SESSION_STATUS_RESTARTING = 3,
    /// Stopped in good order.
    MATCHPORT_SESSION_STATUS_EXITED = 4,
    /// Ended unexpectedly.
    MATCHPORT_SESSION_STATUS_DEAD = 5,
    /// Getting ready to shut down.
    MATCHPORT_SESSION_STATUS_DRAINING = 6,
    /// Shutting down.
    MATCHPORT_SESSION_STATUS_SHUTTING_DOWN = 7,
    /// The host machine can't be reached.
    MATCHPORT_SESSION_STATUS_SERVER_UNREACHABLE = 8,
};

/// How a latency was measured.
typedef int32_t matchport_ping_method;
enum {
    /// ICMP echo.
    MATCHPORT_PING_METHOD_ICMP = 1,
    /// The time that a TCP connection takes, since the system does not let this process send ICMP.
    MATCHPORT_PING_METHOD_TCP_CONNECT = 2,
};

/// Where a session stands.
typedef int32_t matchport_session_state;
enum {
    /// The service has made it, and nobody has seen it running yet.
    MATCHPORT_SESSION_STATE_CREATED = 1,
    /// Running and healthy: the only state in which players can join.
    MATCHPORT_SESSION_STATE_RUNNING = 2,
    /// Being restarted.
    MATCHPORT_SESSION_STATE_RESTARTING = 3,
    /// Getting ready to shut down.
    MATCHPORT_SESSION_STATE_DRAINING = 4,
    /// Shutting down: seen so, the stop was accepted, or the ttl has passed.
    MATCHPORT_SESSION_STATE_SHUTTING_DOWN = 5,
    /// The host machine can't be reached.
    MATCHPORT_SESSION_STATE_UNREACHABLE = 6,
    /// Over. Nothing follows.
    MATCHPORT_SESSION_STATE_ENDED = 7,
};

/// Why a session is over.
typedef int32_t matchport_end_reason;
enum {
    /// It is not over.
    MATCHPORT_END_REASON_NONE = 0,
    /// Somebody asked the service to stop it.
    MATCHPORT_END_REASON_STOPPED = 1,
    /// Its ttl had passed.
    MATCHPORT_END_REASON_TTL_EXPIRED = 2,
    /// The game server ended in good order by itself.
    MATCHPORT_END_REASON_EXITED = 3,
    /// The game server ended unexpectedly.
    MATCHPORT_END_REASON_DIED = 4,
    /// Its host could not be reached for longer than the limit.
    MATCHPORT_END_REASON_UNREACHABLE = 5,
    /// The service no longer knows it, and nobody knows why.
    MATCHPORT_END_REASON_VANISHED = 6,
};

/// What the host is to do.
typedef int32_t matchport_http_action;
enum {
    /// Send this request, once, and say what becomes of it.
    MATCHPORT_HTTP_ACTION_SEND = 1,
    /// Close the connection of this request: nothing that comes of it is wanted any more. Only its id is given. No
    /// answer is due; one that comes all the same gets UNKNOWN_REQUEST.
    MATCHPORT_HTTP_ACTION_ABORT = 2,
};

/// How the answer to a request is wanted.
typedef int32_t matchport_response_mode;
enum {
    /// In one piece: matchport_client_http_response().
    MATCHPORT_RESPONSE_MODE_WHOLE = 1,
    /// Piece by piece as it comes: matchport_client_http_stream_begin(), _data(), _end().
    MATCHPORT_RESPONSE_MODE_STREAM = 2,
};

/// Which number stands for several samples of one player for one location.
typedef int32_t matchport_figure;
enum {
    /// The middle one. A single spike changes nothing.
    MATCHPORT_FIGURE_MEDIAN = 0,
    /// The smallest.
    MATCHPORT_FIGURE_MIN = 1,
};

/// Why no answer, or no whole one, came.
typedef int32_t matchport_http_failure;
enum {
    /// Not one byte of the request can have reached the service: name not found, connection refused, TLS refused.
    /// When in doubt it is BROKEN: a start that is wrongly called not sent may leave a second server.
    MATCHPORT_HTTP_FAILURE_NOT_SENT = 1,
    /// The service may have seen the request: reset, cut.
    MATCHPORT_HTTP_FAILURE_BROKEN = 2,
    /// The host gave up waiting. It need not: requests that take too long are aborted.
    MATCHPORT_HTTP_FAILURE_TIMED_OUT = 3,
    /// The answer is larger than the request allowed.
    MATCHPORT_HTTP_FAILURE_TOO_LARGE = 4,
};

/// How loud a line of the log is.
typedef int32_t matchport_log_level;
enum {
    /// Nothing is logged.
    MATCHPORT_LOG_LEVEL_OFF = 0,
    /// Something is left that somebody has to see to.
    MATCHPORT_LOG_LEVEL_ERROR = 1,
    /// Something failed.
    MATCHPORT_LOG_LEVEL_WARN = 2,
    /// Operations begin and end.
    MATCHPORT_LOG_LEVEL_INFO = 3,
    /// Requests are sent and answered.
    MATCHPORT_LOG_LEVEL_DEBUG = 4,
};

/// What it means when a player has no sample for a location, but has one for another.
typedef int32_t matchport_missing;
enum {
    /// The location is left out.
    MATCHPORT_MISSING_LEAVE_OUT = 0,
    /// The player does not count for this location.
    MATCHPORT_MISSING_IGNORE = 1,
    /// The player counts with missing_ms.
    MATCHPORT_MISSING_ASSUME = 2,
};

/// Which of several sessions with enough open slots is best.
typedef int32_t matchport_prefer;
enum {
    /// The one with the most players: sessions fill up, others run empty and can end.
    MATCHPORT_PREFER_FULLEST = 0,
    /// The one with the fewest players.
    MATCHPORT_PREFER_EMPTIEST = 1,
};

/// Whether the game server is restarted when it fails.
typedef int32_t matchport_restart;
enum {
    /// As the service has it.
    MATCHPORT_RESTART_DEFAULT = 0,
    /// It is.
    MATCHPORT_RESTART_YES = 1,
    /// It is not.
    MATCHPORT_RESTART_NO = 2,
};

/// Who carries the requests.
typedef int32_t matchport_transport;
enum {
    /// The host does: it pulls them with matchport_client_next_http_request() and pushes what comes of them. The
    /// library then has no thread, no socket, no clock (matchport_client_tick_at()) and no random numbers of its own
    /// (matchport_client_add_entropy()).
    MATCHPORT_TRANSPORT_HOST = 0,
    /// The library does, on one worker thread of this client that starts with it and is joined when it is freed. It
    /// uses the system's clock, random numbers, proxies (for https) and certificates. While the name of the service is
    /// looked up, the system's resolver has a thread too, and freeing the client waits for it.
    MATCHPORT_TRANSPORT_BUILT_IN = 1,
};

/// When an allocation is done.
typedef int32_t matchport_wait_for;
enum {
    /// When the session is running, so that players can join.
    MATCHPORT_WAIT_FOR_RUNNING = 0,
    /// As soon as the service has answered with an address.
    MATCHPORT_WAIT_FOR_ALLOCATED = 1,
};

/// What to do when every location is full.
typedef int32_t matchport_when_full;
enum {
    /// Wait for the first that re-opens, within the deadline.
    MATCHPORT_WHEN_FULL_WAIT = 0,
    /// Fail with NO_CAPACITY.
    MATCHPORT_WHEN_FULL_FAIL = 1,
};

/// A client: its own settings, operations and events. Opaque; a handle is a number in the shape of a pointer.
typedef struct matchport_client matchport_client;

/// A text in UTF-8 that is not terminated: `length` counts bytes. A null pointer with length 0 is "not given", which
/// differs from an empty text.
typedef struct matchport_string {
    /// The first byte, or null.
    const char *data;
    /// How many bytes.
    size_t length;
} matchport_string;

/// Takes one line of a log. Called only within a call of the client's, on the thread of that call; it must not call
/// back (REENTERED), not throw and not jump. The text is gone when it returns. `level` is a matchport_log_level.
typedef void (*matchport_log_hook)(void *user, int32_t level, struct matchport_string text);

/// What a client is made with. Initialise it with matchport_client_options_init(), then set environment and token.
/// All texts are copied before matchport_client_new() returns.
typedef struct matchport_client_options {
    /// Set by the init function.
    uint32_t struct_size;
    /// A matchport_transport; HOST by default.
    int32_t transport;
    /// "sandbox", "production", "local" (http://127.0.0.1:4242, where the emulator listens), or an address such as
    /// "https://api.example.com". Must be given.
    struct matchport_string environment;
    /// The token of the Session API. Must be given.
    struct matchport_string token;
    /// Not 0: the token may go over plain http to an address that is not loopback.
    int32_t allow_plain_http;
    /// The most sessions that are followed for matchport_client_session(); 0, the default, follows none.
    uint32_t tracked_sessions;
    /// Kinds of events that are not wanted: MATCHPORT_SKIP_TICKETS, MATCHPORT_SKIP_PROGRESS. Without ticket events an
    /// allocation that was cut short by a crash of this process can't be found again by its ticket.
    uint32_t skipped_events;
    /// The loudest lines that log gets, a matchport_log_level; INFO by default.
    int32_t log_level;
    /// Takes lines of the log; none by default.
    matchport_log_hook log;
    /// Handed to log.
    void *log_user;
    /// How long one request may take before its outcome counts as unknown, in milliseconds; 10,000 by default.
    uint64_t attempt_ms;
    /// How long an operation other than an allocation or a stream may take, retries included; 30,000 by default.
    uint64_t operation_ms;
    /// How long a location stays closed after a 420; 60,000 by default.
    uint64_t closed_location_ms;
    /// How long a start whose answer was lost may still land after a stop found nothing; 5,000 by default.
    uint64_t late_start_ms;
    /// How long giving up may take to make sure that nothing was left running; 30,000 by default. Giving up waits for the
    /// answer to a start that is on its way, up to attempt_ms: with less than that here, such an allocation may end
    /// unsettled, with a ticket for matchport_client_resume(), although a little later it would have been settled.
    uint64_t settle_ms;
    /// Longest pause between two looks at a session that is not running yet; 1,000 by default.
    uint64_t poll_ms;
    /// How long a session that was started may be missing from the service before it counts as gone; 5,000 by default.
    uint64_t visible_ms;
    /// Bound of the first delay between attempts; 200 by default. It doubles with each failure.
    uint64_t backoff_first_ms;
    /// The largest such bound; 10,000 by default.
    uint64_t backoff_longest_ms;
    /// The most retries that can be saved up, over all operations; 100 by default.
    uint32_t retry_capacity;
    /// Retries that come back each second; 10 by default.
    uint32_t retries_per_second;
} matchport_client_options;

/// Bytes that are no text.
typedef struct matchport_bytes {
    /// The first byte, or null.
    const uint8_t *data;
    /// How many bytes.
    size_t length;
} matchport_bytes;

/// One field that the service refused. Never grows.
typedef struct matchport_violation {
    /// The field, as the service names it.
    struct matchport_string field;
    /// What is wrong with it.
    struct matchport_string description;
} matchport_violation;

/// A location that an allocation considered. Never grows.
typedef struct matchport_location_report {
    /// Its name.
    struct matchport_string location;
    /// Why it was left out; not given when it was not.
    struct matchport_string left_out;
    /// Its cost by the placement's formula, in milliseconds; NaN when it was left out.
    float cost_ms;
    /// The worst player's latency, in milliseconds; NaN when it was left out.
    float worst_ms;
    /// The players' mean latency, in milliseconds; NaN when it was left out.
    float mean_ms;
} matchport_location_report;

/// One request of an allocation. Never grows.
typedef struct matchport_attempt_report {
    /// The location it was about; may be not given.
    struct matchport_string location;
    /// The service's trace id; may be not given.
    struct matchport_string identifier;
    /// The session's status, when it was described.
    struct matchport_string session_status;
    /// When it was sent, in milliseconds since the submit.
    uint64_t at_ms;
    /// How long it took, in milliseconds.
    uint64_t took_ms;
    /// What was asked.
    matchport_action action;
    /// Whether it took effect.
    matchport_outcome outcome;
    /// OK, or what went wrong.
    matchport_status status;
    /// The HTTP status; 0 when no answer came.
    int32_t http_status;
} matchport_attempt_report;

/// The explanation of an allocation.
typedef struct matchport_report {
    /// The session's id, whether or not it was started.
    struct matchport_string session;
    /// Every location that was considered, in the order of placement, then those left out.
    const struct matchport_location_report *locations;
    /// How many locations.
    size_t location_count;
    /// Every request, in order; the first 200.
    const struct matchport_attempt_report *attempts;
    /// How many requests stand there.
    size_t attempt_count;
    /// How many don't.
    uint32_t attempts_omitted;
    /// 1 when the session had been started by somebody else, or by an attempt whose answer was lost.
    int32_t adopted;
    /// From submit to the end, in milliseconds.
    uint64_t took_ms;
} matchport_report;

/// Why an operation failed. Holds neither the token nor values of the environment.
typedef struct matchport_error {
    /// The status as a name that is stable too: "no_capacity".
    struct matchport_string name;
    /// What happened, for people: one sentence.
    struct matchport_string message;
    /// The service's trace id, to quote to its support; may be not given.
    struct matchport_string identifier;
    /// For invalid input: the field, such as "players[3]"; else not given.
    struct matchport_string field;
    /// For a 422: the fields that the service refused.
    const struct matchport_violation *violations;
    /// How many of them.
    size_t violation_count;
    /// How long the service asked to wait, in milliseconds; -1 when it did not.
    int64_t retry_after_ms;
    /// The ticket as JSON when a server may have been left running: keep it, and hand it to matchport_client_resume()
    /// to settle what is left. Not given when nothing is left.
    struct matchport_string ticket;
    /// How an allocation came to this; null for other operations.
    const struct matchport_report *report;
    /// What went wrong.
    matchport_status status;
    /// The HTTP status; 0 when no answer came.
    int32_t http_status;
    /// Whether the request may have taken effect.
    matchport_outcome outcome;
    /// 1 when the same call may succeed later without a change.
    int32_t retryable;
} matchport_error;

/// Something for a progress line.
typedef struct matchport_progress {
    /// Where, for STARTING and LOCATION_REFUSED.
    struct matchport_string location;
    /// The failure in words, for PAUSING.
    struct matchport_string reason;
    /// The session's status as the service spells it, for WAITING_UNTIL_RUNNING; may be not given.
    struct matchport_string session_status;
    /// How long, for PAUSING and WAITING_FOR_CAPACITY, in milliseconds; -1 when that is not known.
    int64_t for_ms;
    /// What it is doing.
    matchport_step step;
    /// Why, for LOCATION_REFUSED and PAUSING; OK otherwise.
    matchport_status status;
    /// The how manieth start of this allocation, from 1, for STARTING; 0 otherwise.
    uint32_t attempt;
} matchport_progress;

/// One port of a session. Never grows.
typedef struct matchport_port {
    /// "udp", "tcp", or whatever the service calls it.
    struct matchport_string protocol;
    /// The port inside the container.
    uint16_t container;
    /// The port on the host that players use.
    uint16_t host;
} matchport_port;

/// A session for a match, ready to be handed to its players.
typedef struct matchport_allocation {
    /// The session's id.
    struct matchport_string id;
    /// Where it runs.
    struct matchport_string location;
    /// Address of its host.
    struct matchport_string host;
    /// "host:port" when there is no doubt about the port: the only one, or the only UDP port. Not given otherwise; then
    /// choose from the ports.
    struct matchport_string endpoint;
    /// Its ports, by container port.
    const struct matchport_port *ports;
    /// How many ports.
    size_t port_count;
    /// How it came about.
    const struct matchport_report *report;
} matchport_allocation;

/// The session that took the players of a backfill.
typedef struct matchport_backfilled {
    /// The session's id.
    struct matchport_string id;
    /// Where it runs.
    struct matchport_string location;
    /// Address of its host.
    struct matchport_string host;
    /// "host:port" when there is no doubt about the port.
    struct matchport_string endpoint;
    /// Its ports, by container port.
    const struct matchport_port *ports;
    /// How many ports.
    size_t port_count;
    /// How many players it now has.
    uint32_t player_count;
    /// Sessions that were tried before and turned out to be full or gone.
    uint32_t passed_over;
} matchport_backfilled;

/// A name and its value.
typedef struct matchport_pair {
    /// The name.
    struct matchport_string name;
    /// The value.
    struct matchport_string value;
} matchport_pair;

/// A session as the service lists or describes it.
typedef struct matchport_session {
    /// The session's id.
    struct matchport_string id;
    /// The application's name.
    struct matchport_string image;
    /// Where it runs.
    struct matchport_string location;
    /// Address of the host.
    struct matchport_string host;
    /// Image tag; may be not given.
    struct matchport_string tag;
    /// The status as the service spells it; may be not given.
    struct matchport_string status_name;
    /// When it was created, in milliseconds since 1970.
    uint64_t created_ms;
    /// Its ports, by container port.
    const struct matchport_port *ports;
    /// How many ports.
    size_t port_count;
    /// The names of its players; null in a list, which only counts them.
    const struct matchport_string *players;
    /// How many names.
    size_t player_name_count;
    /// How many players it has by the service's count; -1 when it does not say.
    int64_t player_count;
    /// Labels as the service packs them: "tags" holds the caller's labels as a JSON text, "env" the environment,
    /// "gameye" the service's own facts.
    const struct matchport_pair *labels;
    /// How many labels.
    size_t label_count;
    /// The status.
    matchport_session_status status;
} matchport_session;

/// The answer to a list.
typedef struct matchport_session_list {
    /// The sessions: an array of pointers.
    const struct matchport_session *const *sessions;
    /// How many.
    size_t session_count;
} matchport_session_list;

/// The answer to join and leave.
typedef struct matchport_player_count {
    /// Players in the session after the call.
    uint32_t player_count;
    /// Players that the service names in its answer.
    const struct matchport_string *players;
    /// How many names.
    size_t player_name_count;
} matchport_player_count;

/// A location that offers an image. Never grows.
typedef struct matchport_location {
    /// Its name.
    struct matchport_string id;
    /// Addresses that answer ICMP echo. Not to be kept: they may change.
    const struct matchport_string *addresses;
    /// How many addresses.
    size_t address_count;
} matchport_location;

/// The answer to locations.
typedef struct matchport_location_list {
    /// The locations, in the service's order.
    const struct matchport_location *locations;
    /// How many.
    size_t location_count;
} matchport_location_list;

/// What was measured for one location. Never grows.
typedef struct matchport_ping {
    /// The location.
    struct matchport_string location;
    /// Samples of its fastest address, in milliseconds; null when nothing answered.
    const float *samples;
    /// How many samples.
    size_t sample_count;
    /// Why nothing answered, or why not ICMP; not given when there is nothing to say.
    struct matchport_string message;
    /// The median of the samples; NaN when there are none.
    float median_ms;
    /// How it was measured.
    matchport_ping_method method;
} matchport_ping;

/// The answer to a ping.
typedef struct matchport_ping_list {
    /// One entry a location, in the order in which they were given.
    const struct matchport_ping *pings;
    /// How many.
    size_t ping_count;
} matchport_ping_list;

/// Something that happened to an operation. Pointers that do not belong to its kind are null.
typedef struct matchport_event {
    /// The operation.
    uint64_t operation;
    /// What it says.
    matchport_event_kind kind;
    /// OK, or for FAILED the same as in the error.
    matchport_status status;
    /// Of TICKET and LOG_LINE; for FAILED the message of the error.
    struct matchport_string text;
    /// Of DATA.
    struct matchport_bytes data;
    /// Of STOPPED, TAG_EXISTS, STREAMED.
    uint64_t number;
    /// Of FAILED.
    const struct matchport_error *error;
    /// Of PROGRESS.
    const struct matchport_progress *progress;
    /// Of ALLOCATED.
    const struct matchport_allocation *allocation;
    /// Of BACKFILLED.
    const struct matchport_backfilled *backfilled;
    /// Of SESSIONS.
    const struct matchport_session_list *session_list;
    /// Of DESCRIBED.
    const struct matchport_session *session;
    /// Of PLAYERS.
    const struct matchport_player_count *player_count;
    /// Of LOCATIONS.
    const struct matchport_location_list *location_list;
    /// Of PINGED.
    const struct matchport_ping_list *ping_list;
} matchport_event;

/// One sample. The same location may stand there several times: these are several samples. Never grows.
typedef struct matchport_latency {
    /// The location.
    struct matchport_string location;
    /// What was measured, 0 to 60,000 ms.
    float milliseconds;
} matchport_latency;

/// A player. Never grows.
typedef struct matchport_player {
    /// The player's id, 1 to 255 bytes; no two have the same.
    struct matchport_string id;
    /// What the player measured.
    const struct matchport_latency *latencies;
    /// How many samples.
    size_t latency_count;
} matchport_player;

/// A match that needs a server. Initialise it with matchport_allocate_options_init(), then set the image. All of it is
/// copied before matchport_client_allocate() returns.
typedef struct matchport_allocate_options {
    /// Set by the init function.
    uint32_t struct_size;
    /// A matchport_wait_for; RUNNING by default.
    int32_t wait_for;
    /// The application's name. Must be given.
    struct matchport_string image;
    /// Locations to choose from, best first where latencies don't decide. Null asks the service for all that offer the
    /// image.
    const struct matchport_string *locations;
    /// How many locations.
    size_t location_count;
    /// The players with their latencies. None: the order of the locations decides.
    const struct matchport_player *players;
    /// How many players.
    size_t player_count;
    /// Latencies as numbers, in place of those of the players: latency_matrix[player * location_count + location], in
    /// milliseconds; NaN is "no sample". Needs players and locations.
    const float *latency_matrix;
    /// How many numbers: player_count * location_count.
    size_t latency_matrix_length;
    /// The match's id in the matchmaker: every matchmaker that allocates for it gets the same session. Must be unique
    /// within the account.
    struct matchport_string match_id;
    /// The session's id, instead of one derived from the match id or a random one.
    struct matchport_string session_id;
    /// Environment of the game server; no value may be empty.
    const struct matchport_pair *env;
    /// How many variables.
    size_t env_count;
    /// Metadata, fixed for the session's life.
    const struct matchport_pair *labels;
    /// How many labels.
    size_t label_count;
    /// Command line arguments of the game server; none may be empty.
    const struct matchport_string *args;
    /// How many arguments.
    size_t arg_count;
    /// Image tag; not given, the service takes the one of highest priority.
    struct matchport_string version;
    /// The caller's own reference.
    struct matchport_string external_id;
    /// After so many seconds the service ends the session, 1 to 30 days; 3,600 by default. MATCHPORT_TTL_UNLIMITED.
    uint64_t ttl_seconds;
    /// How long the match has been waiting already, in milliseconds; a relaxing latency cap starts from here.
    uint64_t waited_ms;
    /// How long to try, in milliseconds, up to a day; 90,000 by default. Making sure that nothing is left may take
    /// the client's settle_ms more.
    uint64_t deadline_ms;
    /// A matchport_when_full; WAIT by default.
    int32_t when_full;
    /// A matchport_restart.
    int32_t restart;
    /// Not 0: put the environment into the ticket, so that it can be resumed without it. Environments hold secrets.
    int32_t env_in_ticket;
    /// A matchport_figure; MEDIAN by default.
    int32_t figure;
    /// A matchport_missing; LEAVE_OUT by default.
    int32_t missing;
    /// For ASSUME.
    float missing_ms;
    /// How much the worst-off player weighs against the mean of all, 0 to 1; 0.5 by default.
    float worst_weight;
    /// The worst latency that a player may have; 0, the default, for any.
    float max_latency_ms;
    /// By how many milliseconds that grows each second that the match waits.
    float max_latency_relax_ms_per_second;
    /// Where it stops growing; 0, the default, for never.
    float max_latency_ceiling_ms;
} matchport_allocate_options;

/// Players who want into a running session. Initialise it with matchport_backfill_options_init(), then set image, players
/// and capacity.
typedef struct matchport_backfill_options {
    /// Set by the init function.
    uint32_t struct_size;
    /// A matchport_prefer; FULLEST by default.
    int32_t prefer;
    /// The application's name. Must be given.
    struct matchport_string image;
    /// The players, who stay together.
    const struct matchport_string *players;
    /// How many players.
    size_t player_count;
    /// Locations to choose from, best first; null takes any.
    const struct matchport_string *locations;
    /// How many locations.
    size_t location_count;
    /// Image tag that the session must have; any when not given.
    struct matchport_string version;
    /// Labels or fields that the session must have.
    const struct matchport_pair *having;
    /// How many of them.
    size_t having_count;
    /// Labels or fields that the session must not have.
    const struct matchport_pair *not_having;
    /// How many of them.
    size_t not_having_count;
    /// How long to try, in milliseconds; 30,000 by default.
    uint64_t deadline_ms;
    /// How many players one session takes, 1 to 100,000.
    uint32_t capacity;
    /// Zero.
    uint32_t reserved;
} matchport_backfill_options;

/// What a list of sessions is narrowed to; what is not given does not narrow. Initialise it with
/// matchport_list_options_init().
typedef struct matchport_list_options {
    /// Set by the init function.
    uint32_t struct_size;
    /// Not 0: also sessions that are not running.
    int32_t all;
    /// Exact location.
    struct matchport_string location;
    /// Exact image.
    struct matchport_string image;
    /// Exact image tag.
    struct matchport_string tag;
    /// Exact host address.
    struct matchport_string host;
    /// Fewer players than this; -1, the default, for any number.
    int64_t players_below;
    /// More players than this; -1, the default, for any number.
    int64_t players_above;
    /// Labels or fields that a session must have, all of them. Case-sensitive.
    const struct matchport_pair *having;
    /// How many of them.
    size_t having_count;
    /// Labels or fields that a session must not have.
    const struct matchport_pair *not_having;
    /// How many of them.
    size_t not_having_count;
} matchport_list_options;

/// What is pinged, and how. Initialise it with matchport_ping_options_init(), then set the locations: those of a LOCATIONS
/// event can be passed as they are.
typedef struct matchport_ping_options {
    /// Set by the init function.
    uint32_t struct_size;
    /// How often each address is asked, 1 to 100; 5 by default.
    uint32_t samples;
    /// The locations with their addresses. Must be given.
    const struct matchport_location *locations;
    /// How many locations.
    size_t location_count;
    /// How long one answer may take, in milliseconds, 1 to 60,000; 1,000 by default.
    uint64_t timeout_ms;
    /// The pause between two questions to one address, in milliseconds, up to 60,000; 200 by default.
    uint64_t interval_ms;
    /// The TCP port that is tried where ICMP is forbidden; 443 by default, 0 for none.
    uint32_t tcp_port;
    /// Zero.
    uint32_t reserved;
} matchport_ping_options;

/// An allocation that was begun elsewhere. Initialise it with matchport_resume_options_init(), then set the ticket.
typedef struct matchport_resume_options {
    /// Set by the init function.
    uint32_t struct_size;
    /// Not 0: settle instead of allocate, which makes sure that no server is left.
    int32_t settle;
    /// The ticket, as JSON. Must be given.
    struct matchport_string ticket;
    /// The environment, when the ticket holds only its names.
    const struct matchport_pair *env;
    /// How many variables.
    size_t env_count;
    /// How long to try, in milliseconds; 0, the default, takes what the ticket had left.
    uint64_t deadline_ms;
} matchport_resume_options;

/// What is known of a session. Times are milliseconds on the client's clock, but for created_ms; -1 is not known.
typedef struct matchport_snapshot {
    /// Its id.
    struct matchport_string id;
    /// The application's name.
    struct matchport_string image;
    /// Where it runs.
    struct matchport_string location;
    /// Address of its host.
    struct matchport_string host;
    /// The status that the service reported last; may be not given.
    struct matchport_string last_reported;
    /// Its ports, by container port.
    const struct matchport_port *ports;
    /// How many ports.
    size_t port_count;
    /// The names of the players that are known.
    const struct matchport_string *players;
    /// How many names.
    size_t player_name_count;
    /// How many players it has by the service's count.
    uint32_t player_count;
    /// Where it stands.
    matchport_session_state state;
    /// Why it is over.
    matchport_end_reason end_reason;
    /// Since when it stands there.
    int64_t since;
    /// When the service says it was created, in milliseconds since 1970.
    int64_t created_ms;
    /// When its start was sent.
    int64_t started_at;
    /// When its ttl ends it.
    int64_t ttl_deadline;
    /// When it was first asked to stop.
    int64_t stop_requested_at;
} matchport_snapshot;

/// The answer to a request. Initialise it with matchport_http_response_init().
typedef struct matchport_http_response {
    /// Set by the init function.
    uint32_t struct_size;
    /// The HTTP status, 100 to 999.
    int32_t status;
    /// The value of the header Retry-After, if there is one.
    struct matchport_string retry_after;
    /// The body, without transfer or content encoding. Ignored at the begin of a stream.
    struct matchport_bytes body;
} matchport_http_response;

/// One HTTP request for the host to send: with exactly these headers (and those that HTTP itself needs), without
/// following redirects, without trying again.
typedef struct matchport_http_request {
    /// Its number.
    uint64_t id;
    /// The operation it belongs to; 0 for ABORT.
    uint64_t operation;
    /// What to do.
    matchport_http_action action;
    /// How the answer is wanted.
    matchport_response_mode response_mode;
    /// "GET", "POST", "PUT" or "DELETE".
    struct matchport_string method;
    /// The whole address.
    struct matchport_string url;
    /// The headers, names in lower case. They hold the token: never log them.
    const struct matchport_pair *headers;
    /// How many headers.
    size_t header_count;
    /// A JSON body; not given when there is none. A DELETE may have one.
    struct matchport_bytes body;
    /// The most bytes of a WHOLE answer that are wanted.
    size_t max_response_bytes;
} matchport_http_request;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/// The version of the library that is loaded. A program that finds another number than its header's
/// MATCHPORT_ABI_VERSION must not call anything else.
uint32_t matchport_abi_version(void);

/// The release of the library, such as "0.1.0". Valid for ever.
struct matchport_string matchport_version(void);

/// 1 when this build of the library has the built-in transport, else 0.
int32_t matchport_has_built_in_transport(void);

/// The text of a status, in English, without a full stop. Of an unknown number "unknown status". Valid for ever.
struct matchport_string matchport_status_text(int32_t status);

/// A view of a text that is terminated by a NUL; of null, the text that is "not given". Copies nothing.
struct matchport_string matchport_str(const char *text);

/// Makes a client, and writes its handle, or null when it is refused.
///
/// `message` may be null; else the words for a refusal go there, cut to `message_size` bytes and always terminated. Nothing
/// is connected yet.
matchport_status matchport_client_new(const struct matchport_client_options *options,
                                      struct matchport_client **client,
                                      char *message,
                                      size_t message_size);

/// Frees a client with all that belongs to it: events, requests, texts. Joins its worker thread, if it has one.
///
/// Operations that are under way end without an event, and what they started is not settled: to leave nothing behind, call
/// matchport_client_shutdown() first and go on until matchport_client_operation_count() is 0. Null is fine. BUSY when
/// another thread is in a call: then nothing has been freed.
matchport_status matchport_client_free(struct matchport_client *client);

/// Lets the time of the system pass, takes in what the worker thread has, and lets the engine decide. Call it once a
/// frame, or when matchport_client_wait() says so. Only with the built-in transport.
matchport_status matchport_client_tick(struct matchport_client *client);

/// Tells the time, in milliseconds on a clock of the host's that does not go back, and lets the engine decide. A time
/// before the last one counts as the last one. Only with the host transport. Call it once before the first operation, then
/// once a frame, or when answers come and deadlines pass.
matchport_status matchport_client_tick_at(struct matchport_client *client,
                                          uint64_t now_ms);

/// How long the client can be left alone unless something comes, in milliseconds from the time of the last tick (with the
/// built-in transport: from now); 0 is "tick now". EMPTY when it waits for nothing but calls and answers.
matchport_status matchport_client_next_deadline(struct matchport_client *client,
                                                uint64_t *in_ms);

/// Brings random bytes of the host's, from a generator fit for secrets: each operation uses up 24, half of which become
/// part of a session id. Up to 65,536 are kept; what is too much is dropped. Never the same bytes twice, also not in two
/// processes. Only with the host transport.
matchport_status matchport_client_add_entropy(struct matchport_client *client,
                                              struct matchport_bytes bytes);

/// Ends an operation. It still ends with one terminal event; an allocation first makes sure that no server is left.
matchport_status matchport_client_cancel(struct matchport_client *client,
                                         uint64_t operation);

/// Says that the ticket of an allocation could not be kept: it then ends without having sent anything. Call it between
/// taking the TICKET event and asking for the next event.
matchport_status matchport_client_ticket_not_kept(struct matchport_client *client,
                                                  uint64_t operation);

/// Takes no further operation and cancels all that are under way. Go on ticking, carrying and taking events: after
/// `within_ms` milliseconds at the latest each has ended with its event, with a ticket for what is not settled.
matchport_status matchport_client_shutdown(struct matchport_client *client,
                                           uint64_t within_ms);

/// How many operations are under way.
matchport_status matchport_client_operation_count(struct matchport_client *client, size_t *count);

/// The words for the last call with this client that was refused; empty when there was none, or for a handle that is no
/// client's. The text stays until the next call with this client.
struct matchport_string matchport_client_last_message(struct matchport_client *client);

/// Makes a fault inside of this client, for tests of what a program does then: POISONED, now and from every later call
/// but matchport_client_free() and matchport_client_last_message().
matchport_status matchport_client_test_fault(struct matchport_client *client);

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
matchport_status matchport_client_options_init(struct matchport_client_options *options, size_t size);

/// Blocks until there is something to do for this client, for `timeout_ms` milliseconds at most: OK when there is (then
/// tick and take events), EMPTY when the time is over. Only with the built-in transport. Other threads may call the
/// client meanwhile; only one may wait at a time (BUSY). When the client is freed, it returns INVALID_HANDLE.
matchport_status matchport_client_wait(struct matchport_client *client,
                                       uint64_t timeout_ms);

/// Ends a wait, or the next one when nobody waits. May be called at any time from any thread.
matchport_status matchport_client_wake(struct matchport_client *client);

/// Takes the next event: OK, or EMPTY with null when there is none. The event and all that it points to stay until
/// events are asked for again, or the client is freed.
matchport_status matchport_client_next_event(struct matchport_client *client,
                                             const struct matchport_event **event);

/// Takes up to `capacity` events at once, in order: OK with their number in `count`, or EMPTY. They stay until events
/// are asked for again, or the client is freed.
matchport_status matchport_client_next_events(struct matchport_client *client,
                                              const struct matchport_event **events,
                                              size_t capacity,
                                              size_t *count);

/// The whole of an event as one JSON object, for programs that would rather read that, or keep it. `event` must be one
/// of those that were taken last. The text stays as long as the event.
matchport_status matchport_client_event_json(struct matchport_client *client,
                                             const struct matchport_event *event,
                                             struct matchport_string *json);

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
matchport_status matchport_allocate_options_init(struct matchport_allocate_options *options, size_t size);

/// Gets a session for a match, once and only once, whatever fails in between; ends with ALLOCATED. Before anything is sent
/// comes a TICKET event.
matchport_status matchport_client_allocate(struct matchport_client *client,
                                           const struct matchport_allocate_options *options,
                                           uint64_t *operation);

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
matchport_status matchport_backfill_options_init(struct matchport_backfill_options *options, size_t size);

/// Puts players into the best running session with enough open slots; ends with BACKFILLED.
matchport_status matchport_client_backfill(struct matchport_client *client,
                                           const struct matchport_backfill_options *options,
                                           uint64_t *operation);

/// Asks for the state of a session; ends with DESCRIBED.
matchport_status matchport_client_describe(struct matchport_client *client,
                                           struct matchport_string session,
                                           uint64_t *operation);

/// Stops a session: its game server gets SIGTERM, and time to save its state. Ends with STOPPED.
matchport_status matchport_client_stop(struct matchport_client *client,
                                       struct matchport_string session,
                                       uint64_t *operation);

/// Puts players into a session; ends with PLAYERS.
matchport_status matchport_client_join(struct matchport_client *client,
                                       struct matchport_string session,
                                       const struct matchport_string *players,
                                       size_t player_count,
                                       uint64_t *operation);

/// Takes players out of whatever session they are in; ends with PLAYERS.
matchport_status matchport_client_leave(struct matchport_client *client,
                                        const struct matchport_string *players,
                                        size_t player_count,
                                        uint64_t *operation);

/// Asks which locations offer an image, with addresses to ping; ends with LOCATIONS. The game's clients ping them, and what
/// they measure goes into matchport_client_allocate().
matchport_status matchport_client_locations(struct matchport_client *client,
                                            struct matchport_string image,
                                            uint64_t *operation);

/// Asks whether an image has a tag in a location; ends with TAG_EXISTS.
matchport_status matchport_client_tag_exists(struct matchport_client *client,
                                             struct matchport_string location,
                                             struct matchport_string image,
                                             struct matchport_string version,
                                             uint64_t *operation);

/// Reads the log of a session as LOG_LINE events; ends with STREAMED. With `follow` not 0 it stays until the session ends,
/// or the operation is cancelled. Lines come as fast as their bytes do: a host whose HTTP hands over nothing before an answer
/// is whole gets the lines of a log that is followed when the session has ended.
matchport_status matchport_client_logs(struct matchport_client *client,
                                       struct matchport_string session,
                                       int32_t follow,
                                       uint64_t *operation);

/// Reads a file or folder of a session that has ended as DATA events, which make a .tar.gz together; ends with STREAMED.
/// `path` is absolute inside the container.
matchport_status matchport_client_artifact(struct matchport_client *client,
                                           struct matchport_string session,
                                           struct matchport_string path,
                                           uint64_t *operation);

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
matchport_status matchport_list_options_init(struct matchport_list_options *options, size_t size);

/// Lists sessions; ends with SESSIONS. With `options` null it lists all that are running.
matchport_status matchport_client_list(struct matchport_client *client,
                                       const struct matchport_list_options *options,
                                       uint64_t *operation);

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
matchport_status matchport_ping_options_init(struct matchport_ping_options *options, size_t size);

/// Measures the latency from this machine to locations; ends with PINGED. Only with the built-in transport: a host that
/// carries the bytes itself measures itself. What players measured counts more than this: it is for game clients that
/// embed the library, and for trying out.
matchport_status matchport_client_ping(struct matchport_client *client,
                                       const struct matchport_ping_options *options,
                                       uint64_t *operation);

/// Fills the struct, of which the caller's version has `size` bytes, with the defaults.
matchport_status matchport_resume_options_init(struct matchport_resume_options *options, size_t size);

/// Goes on with an allocation from its ticket, in any process, on any machine; ends as an allocation does. A text that is no
/// ticket gets INVALID_ARGUMENT.
matchport_status matchport_client_resume(struct matchport_client *client,
                                         const struct matchport_resume_options *options,
                                         uint64_t *operation);

/// What is known of one session that was allocated through this client, without asking the service: OK, or EMPTY with null
/// when it is not followed. Needs the option tracked_sessions. It stays until snapshots are asked for again.
matchport_status matchport_client_session(struct matchport_client *client,
                                          struct matchport_string id,
                                          const struct matchport_snapshot **snapshot);

/// What is known of all sessions that are followed, in the order in which they came: an array of `count` pointers; OK, or
/// EMPTY. It stays until snapshots are asked for again.
matchport_status matchport_client_sessions(struct matchport_client *client,
                                           const struct matchport_snapshot *const **snapshots,
                                           size_t *count);

/// Fills the struct, of which the caller's version has `size` bytes, with "no header, no body".
matchport_status matchport_http_response_init(struct matchport_http_response *response, size_t size);

/// Takes the next request or abort: OK, or EMPTY with null when there is none. Take the events first: a request waits until
/// the ticket of its allocation is kept. What it points to stays until this function is called again, or the client is
/// freed.
matchport_status matchport_client_next_http_request(struct matchport_client *client,
                                                    const struct matchport_http_request **request);

/// Hands over the whole answer to a request. Nothing of it is kept.
matchport_status matchport_client_http_response(struct matchport_client *client,
                                                uint64_t request,
                                                const struct matchport_http_response *response);

/// Hands over status and headers of an answer that comes piece by piece.
matchport_status matchport_client_http_stream_begin(struct matchport_client *client,
                                                    uint64_t request,
                                                    const struct matchport_http_response *response);

/// Hands over the next bytes of a stream. Nothing of them is kept but what is handed out as events.
matchport_status matchport_client_http_stream_data(struct matchport_client *client,
                                                   uint64_t request,
                                                   struct matchport_bytes bytes);

/// Says that a stream ended in good order.
matchport_status matchport_client_http_stream_end(struct matchport_client *client, uint64_t request);

/// Says that no answer, or no whole one, will come. `failure` is a matchport_http_failure; `message` says in words what
/// happened, without secrets, and may be not given.
matchport_status matchport_client_http_failed(struct matchport_client *client,
                                              uint64_t request,
                                              int32_t failure,
                                              struct matchport_string message);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MATCHPORT_H */
