// Client: one matchmaker's way to the Session API.

#ifndef MATCHPORT_CLIENT_HPP
#define MATCHPORT_CLIENT_HPP

#include "operation.hpp"

namespace matchport {

/// The release of the library that is loaded, such as "0.1.0".
inline std::string_view library_version() noexcept { return detail::view(matchport_version()); }

/// Whether this build of the library has the built-in transport.
inline bool has_built_in_transport() noexcept { return matchport_has_built_in_transport() != 0; }

/// Can be moved, not copied. Destroying it ends with Status::shut_down what is under way, without settling it: call
/// shutdown() before, and go on until operation_count() is 0, to leave no server behind.
class Client {
public:
    /// With the built-in transport, which has one worker thread.
    static Result<Client> create(const ClientOptions &options) { return create(options, nullptr); }
    /// With the program's own HTTP, clock and random numbers.
    static Result<Client> create(const ClientOptions &options, Host &host) { return create(options, &host); }

    Client(Client &&) noexcept = default;
    Client &operator=(Client &&other) noexcept {
        if (this != &other) {
            close();
            core_ = std::move(other.core_);
        }
        return *this;
    }
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;
    ~Client() { close(); }

    /// One round: lets time pass, then calls back, sets futures and goes on with coroutines; with a host, carries its
    /// requests. Once a frame, or after wait(), or with a host when answers have come and next_deadline() has passed.
    /// Gives how much there was.
    Result<std::size_t> tick() { return core_->tick(); }

    /// Blocks until there is something for tick(), or the time is over: then false. Built-in transport only.
    Result<bool> wait(milliseconds timeout) {
        const matchport_status status = matchport_client_wait(raw(), detail::count_of(timeout));
        if (status == MATCHPORT_STATUS_OK || status == MATCHPORT_STATUS_EMPTY) {
            return status == MATCHPORT_STATUS_OK;
        }
        return core_->handle->refused(status);
    }

    /// Ends a wait, or the next one. From any thread.
    void wake() noexcept { matchport_client_wake(raw()); }

    /// How long tick() need not be called unless something comes, from the time of the last one; nothing when only calls
    /// and answers are waited for.
    std::optional<milliseconds> next_deadline() {
        if (core_->has_late()) {
            return milliseconds(0);
        }
        std::uint64_t in_ms = 0;
        if (matchport_client_next_deadline(raw(), &in_ms) != MATCHPORT_STATUS_OK) {
            return std::nullopt;
        }
        // A time that is out of the range of the type is as good as never.
        return milliseconds(static_cast<milliseconds::rep>(in_ms > INT64_MAX ? INT64_MAX : in_ms));
    }

    /// Waits and ticks until this operation has ended; others go on meanwhile. Built-in transport only.
    template <class T> Result<T> run(Operation<T> operation) {
        while (!operation.ready()) {
            if (auto waited = wait(seconds(1)); !waited) {
                return std::move(waited).error();
            }
            // An operation that can't go on ends with the tick that fails.
            if (auto ticked = tick(); !ticked && !operation.ready()) {
                return std::move(ticked).error();
            }
        }
        return operation.take();
    }

    /// Gets a session for a match, once and only once, whatever fails in between.
    Operation<Allocation> allocate(const AllocateOptions &options) {
        const detail::AllocateStruct from(options);
        return begin<Allocation>([&](auto *client, auto *id) { return matchport_client_allocate(client, &from.options, id); });
    }
    /// Goes on with an allocation from its ticket, in any process, on any machine.
    Operation<Allocation> resume(const ResumeOptions &options) {
        const detail::ResumeStruct from(options);
        return begin<Allocation>([&](auto *client, auto *id) { return matchport_client_resume(client, &from.options, id); });
    }
    /// Puts players into the best running session with enough open slots.
    Operation<Backfilled> backfill(const BackfillOptions &options) {
        const detail::BackfillStruct from(options);
        return begin<Backfilled>([&](auto *client, auto *id) { return matchport_client_backfill(client, &from.options, id); });
    }
    /// The state of a session.
    Operation<Session> describe(std::string_view session) {
        return begin<Session>(
            [&](auto *client, auto *id) { return matchport_client_describe(client, detail::to_c(session), id); });
    }
    /// Stops a session: its game server gets SIGTERM, and time to save its state.
    Operation<Stopped> stop(std::string_view session) {
        return begin<Stopped>(
            [&](auto *client, auto *id) { return matchport_client_stop(client, detail::to_c(session), id); });
    }
    /// Puts players into a session.
    Operation<PlayerCount> join(std::string_view session, const std::vector<std::string> &players) {
        const auto names = detail::to_c(players);
        return begin<PlayerCount>([&](auto *client, auto *id) {
            return matchport_client_join(client, detail::to_c(session), names.data(), names.size(), id);
        });
    }
    /// Takes players out of whatever session they are in.
    Operation<PlayerCount> leave(const std::vector<std::string> &players) {
        const auto names = detail::to_c(players);
        return begin<PlayerCount>(
            [&](auto *client, auto *id) { return matchport_client_leave(client, names.data(), names.size(), id); });
    }
    /// Sessions; all that are running, unless told otherwise.
    Operation<std::vector<Session>> list(const ListOptions &options = {}) {
        const detail::ListStruct from(options);
        return begin<std::vector<Session>>(
            [&](auto *client, auto *id) { return matchport_client_list(client, &from.options, id); });
    }
    /// Which locations offer an image, with addresses to ping. The game's clients ping them; what they measure goes into
    /// allocate().
    Operation<std::vector<Location>> locations(std::string_view image) {
        return begin<std::vector<Location>>(
            [&](auto *client, auto *id) { return matchport_client_locations(client, detail::to_c(image), id); });
    }
    /// Measures the latency from this machine to locations; for game clients that embed the library, and for trying out.
    /// Built-in transport only.
    Operation<std::vector<Ping>> ping(const PingOptions &options) {
        const detail::PingStruct from(options);
        return begin<std::vector<Ping>>(
            [&](auto *client, auto *id) { return matchport_client_ping(client, &from.options, id); });
    }
    /// Whether an image has a tag in a location.
    Operation<TagExists> tag_exists(std::string_view location, std::string_view image, std::string_view version) {
        return begin<TagExists>([&](auto *client, auto *id) {
            return matchport_client_tag_exists(client, detail::to_c(location), detail::to_c(image), detail::to_c(version), id);
        });
    }
    /// The log of a session; on_line() gets the lines. With `follow` it stays until the session ends or it is cancelled.
    Operation<Streamed> logs(std::string_view session, bool follow) {
        return begin<Streamed>([&](auto *client, auto *id) {
            return matchport_client_logs(client, detail::to_c(session), follow ? 1 : 0, id);
        });
    }
    /// A file or folder of a session that has ended, as the pieces of a .tar.gz that on_data() gets. `path` is absolute
    /// inside the container.
    Operation<Streamed> artifact(std::string_view session, std::string_view path) {
        return begin<Streamed>([&](auto *client, auto *id) {
            return matchport_client_artifact(client, detail::to_c(session), detail::to_c(path), id);
        });
    }

    /// Asks for the end of an operation. Its result still comes.
    Result<void> cancel(std::uint64_t operation) {
        return core_->handle->result_of(matchport_client_cancel(raw(), operation));
    }
    /// Takes no further operation and cancels all. Go on ticking until operation_count() is 0, `within` at the latest.
    Result<void> shutdown(milliseconds within) {
        return core_->handle->result_of(matchport_client_shutdown(raw(), detail::count_of(within)));
    }
    /// Operations whose results have not been delivered.
    std::size_t operation_count() const noexcept { return core_->undelivered(); }

    /// What is known of a session that was allocated through this client, without asking the service. Nothing when it is
    /// not followed (ClientOptions::tracked_sessions).
    std::optional<Snapshot> session(std::string_view id) {
        const matchport_snapshot *snapshot = nullptr;
        if (matchport_client_session(raw(), detail::to_c(id), &snapshot) != MATCHPORT_STATUS_OK) {
            return std::nullopt;
        }
        return detail::value_of(*snapshot);
    }
    /// What is known of all that are followed, in the order in which they came.
    std::vector<Snapshot> sessions() {
        const matchport_snapshot *const *snapshots = nullptr;
        std::size_t count = 0;
        std::vector<Snapshot> all;
        if (matchport_client_sessions(raw(), &snapshots, &count) == MATCHPORT_STATUS_OK) {
            all.reserve(count);
            for (std::size_t i = 0; i < count; i++) {
                all.push_back(detail::value_of(*snapshots[i]));
            }
        }
        return all;
    }

    /// Shows every event, as the C library gives it, before it goes to its operation: for a journal.
    void on_event(std::function<void(const matchport_event &)> show) { core_->on_event = std::move(show); }
    /// The whole of an event as one JSON object. Only within on_event().
    Result<std::string> json(const matchport_event &event) {
        matchport_string text{};
        const matchport_status status = matchport_client_event_json(raw(), &event, &text);
        if (status != MATCHPORT_STATUS_OK) {
            return core_->handle->refused(status);
        }
        return detail::owned(text);
    }

    /// Makes a fault inside of the library, for tests of what a program does then.
    void test_fault() { matchport_client_test_fault(raw()); }

    /// The client of the C library, for what this class does not have. Stays this object's.
    matchport_client *raw() const noexcept { return core_->handle->get(); }

private:
    explicit Client(std::shared_ptr<detail::Core> core) noexcept : core_(std::move(core)) {}

    static Result<Client> create(const ClientOptions &options, Host *host) {
        if (matchport_abi_version() != MATCHPORT_ABI_VERSION) {
            Error error;
            error.status = Status::call_refused;
            error.message = "the library that is loaded has another ABI version than matchport.h: install both from one release";
            return error;
        }
        Client client(std::make_shared<detail::Core>(host));
        if (auto opened = client.core_->open(options); !opened) {
            return std::move(opened).error();
        }
        return client;
    }

    template <class T, class Call> Operation<T> begin(Call call) {
        auto state = std::make_shared<detail::PendingOf<T>>();
        core_->begin(state, call);
        return Operation<T>(core_, std::move(state));
    }

    void close() {
        if (core_ != nullptr) {
            core_->close();
        }
    }

    std::shared_ptr<detail::Core> core_;
};

} // namespace matchport

#endif
