// The round of a client: lets time pass, takes events to the operations that they belong to, takes requests to the host. No
// decision about matches lives here.

#ifndef MATCHPORT_CORE_HPP
#define MATCHPORT_CORE_HPP

#include "from_c.hpp"
#include "host.hpp"
#include "to_c.hpp"

#include <unordered_map>

namespace matchport {
namespace detail {

/// An operation whose result has not been delivered.
class Pending {
public:
    Pending() = default;
    Pending(const Pending &) = delete;
    Pending &operator=(const Pending &) = delete;
    virtual ~Pending() = default;

    virtual void end(const matchport_event &event) = 0;
    virtual void end(Error error) = 0;

    /// Tells whoever waits, which may destroy anything but this.
    void deliver() {
        if (const auto call = std::exchange(ended, nullptr)) {
            call();
        }
    }

    void forget_callbacks() noexcept {
        ended = nullptr;
        ticket = nullptr;
        progress = nullptr;
        line = nullptr;
        data = nullptr;
    }

    std::uint64_t id = 0;
    std::function<void()> ended;
    std::function<bool(std::string_view)> ticket;
    std::function<void(const Progress &)> progress;
    std::function<void(std::string_view)> line;
    std::function<void(Bytes)> data;
};

class Core : public std::enable_shared_from_this<Core> {
public:
    explicit Core(Host *host) : handle(std::make_shared<Handle>()), host_(host) {}

    Result<void> open(const ClientOptions &options) {
        log_ = options.log;
        const Transport transport = host_ == nullptr ? Transport::built_in : Transport::host;
        std::string why;
        const matchport_status status = handle->open(to_c(options, log_, transport), why);
        if (status != MATCHPORT_STATUS_OK) {
            Error error = handle->refused(status);
            error.message = why.empty() ? std::move(error.message) : std::move(why);
            return error;
        }
        if (host_ == nullptr) {
            return {};
        }
        add_entropy();
        return handle->result_of(matchport_client_tick_at(handle->get(), host_->now_ms()));
    }

    /// Frees the client, and ends with an error whatever is under way.
    void close() {
        const auto self = shared_from_this();
        handle->close();
        Error error;
        error.status = Status::shut_down;
        error.name = "shut_down";
        error.message = "the client was destroyed while this was under way; call shutdown() first to leave nothing behind";
        error.outcome = Outcome::unknown;
        end_all(error);
    }

    /// `call` begins the operation.
    template <class Call> void begin(const std::shared_ptr<Pending> &operation, Call call) {
        matchport_status status = call(handle->get(), &operation->id);
        if (status == MATCHPORT_STATUS_NEEDS_ENTROPY && host_ != nullptr) {
            add_entropy();
            status = call(handle->get(), &operation->id);
        }
        if (status == MATCHPORT_STATUS_OK) {
            pending_.emplace(operation->id, operation);
        } else {
            operation->end(handle->refused(status));
        }
    }

    /// Delivers a result that was there before anybody waited for it, with the next tick.
    void deliver_later(std::shared_ptr<Pending> operation) {
        if (handle->get() == nullptr) {
            operation->deliver();
            return;
        }
        late_.push_back(std::move(operation));
        if (host_ == nullptr) {
            matchport_client_wake(handle->get());
        }
    }

    std::size_t undelivered() const noexcept { return pending_.size() + late_.size(); }
    bool has_late() const noexcept { return !late_.empty(); }

    Result<std::size_t> tick() {
        if (ticking_) {
            Error error;
            error.status = Status::reentered;
            error.message = "tick() was called from within tick()";
            return error;
        }
        const auto self = shared_from_this();
        const Ticking guard(ticking_);
        const matchport_status status = host_ == nullptr ? matchport_client_tick(handle->get())
                                                         : matchport_client_tick_at(handle->get(), host_->now_ms());
        if (status != MATCHPORT_STATUS_OK) {
            const Error error = handle->refused(status);
            if (status == MATCHPORT_STATUS_POISONED) {
                Error lost = error;
                lost.outcome = Outcome::unknown;
                end_all(lost);
            }
            return error;
        }
        std::size_t count = deliver_late();
        do {
            count += take_events();
        } while (host_ != nullptr && take_requests());
        return count;
    }

    /// Sees every event before it goes to its operation.
    std::function<void(const matchport_event &)> on_event;
    const std::shared_ptr<Handle> handle;

private:
    struct Ticking {
        explicit Ticking(bool &flag) noexcept : flag_(flag) { flag_ = true; }
        ~Ticking() { flag_ = false; }
        Ticking(const Ticking &) = delete;
        Ticking &operator=(const Ticking &) = delete;
        bool &flag_;
    };

    std::size_t deliver_late() {
        const auto late = std::exchange(late_, {});
        for (const auto &operation : late) {
            operation->deliver();
        }
        return late.size();
    }

    std::size_t take_events() {
        std::size_t count = 0;
        const matchport_event *event = nullptr;
        // A callback may destroy the client: its handle is asked for each time.
        while (matchport_client_next_event(handle->get(), &event) == MATCHPORT_STATUS_OK) {
            count++;
            hand_out(*event);
        }
        return count;
    }

    void hand_out(const matchport_event &event) {
        if (on_event) {
            on_event(event);
        }
        const auto found = pending_.find(event.operation);
        if (found == pending_.end() || handle->get() == nullptr) {
            return;
        }
        const std::shared_ptr<Pending> operation = found->second;
        if (event.kind >= MATCHPORT_EVENT_KIND_ALLOCATED) {
            pending_.erase(found);
            operation->end(event);
            operation->deliver();
        } else if (event.kind == MATCHPORT_EVENT_KIND_TICKET) {
            call_ticket(*operation, event);
        } else if (event.kind == MATCHPORT_EVENT_KIND_PROGRESS) {
            call(operation->progress, [&] { return value_of(*event.progress); });
        } else if (event.kind == MATCHPORT_EVENT_KIND_LOG_LINE) {
            call(operation->line, [&] { return view(event.text); });
        } else if (event.kind == MATCHPORT_EVENT_KIND_DATA) {
            call(operation->data, [&] { return view(event.data); });
        }
    }

    void call_ticket(Pending &operation, const matchport_event &event) {
        // A copy, since it may forget itself by dropping its operation.
        const auto keep = operation.ticket;
        if (keep && !keep(view(event.text))) {
            matchport_client_ticket_not_kept(handle->get(), operation.id);
        }
    }

    template <class Callback, class Value> static void call(const Callback &callback, Value value) {
        if (callback) {
            const Callback copy = callback;
            copy(value());
        }
    }

    /// Whether there was one.
    bool take_requests() {
        bool any = false;
        const matchport_http_request *from = nullptr;
        while (matchport_client_next_http_request(handle->get(), &from) == MATCHPORT_STATUS_OK) {
            any = true;
            if (from->action == MATCHPORT_HTTP_ACTION_SEND) {
                host_->send(request_of(*from), Exchange(handle, from->id));
            } else {
                host_->abort(from->id);
            }
        }
        return any;
    }

    static HttpRequest request_of(const matchport_http_request &from) {
        HttpRequest to;
        to.id = from.id;
        to.operation = from.operation;
        to.response_mode = static_cast<ResponseMode>(from.response_mode);
        to.method = view(from.method);
        to.url = view(from.url);
        to.headers.reserve(from.header_count);
        for (std::size_t i = 0; i < from.header_count; i++) {
            to.headers.emplace_back(view(from.headers[i].name), view(from.headers[i].value));
        }
        if (from.body.data != nullptr) {
            to.body = view(from.body);
        }
        to.max_response_bytes = from.max_response_bytes;
        return to;
    }

    void add_entropy() {
        std::uint8_t random[768];
        host_->fill_random(random, sizeof random);
        matchport_client_add_entropy(handle->get(), {random, sizeof random});
    }

    void end_all(const Error &error) {
        deliver_late();
        for (const auto &entry : std::exchange(pending_, {})) {
            entry.second->end(error);
            entry.second->deliver();
        }
    }

    Host *host_;
    LogHook log_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Pending>> pending_;
    std::vector<std::shared_ptr<Pending>> late_;
    bool ticking_ = false;
};

} // namespace detail
} // namespace matchport

#endif
