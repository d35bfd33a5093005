// Operation<T>: what was begun, and the four ways to its result.

#ifndef MATCHPORT_OPERATION_HPP
#define MATCHPORT_OPERATION_HPP

#include "core.hpp"

#include <future>
#include <type_traits>

#if defined(__cpp_impl_coroutine) && __cpp_impl_coroutine >= 201902L
#include <coroutine>
#define MATCHPORT_HAS_COROUTINES 1
#endif

namespace matchport {
namespace detail {

template <class T> class PendingOf final : public Pending {
public:
    void end(const matchport_event &event) override {
        if (event.kind == MATCHPORT_EVENT_KIND_FAILED && event.error != nullptr) {
            end(value_of(*event.error));
            return;
        }
        std::optional<T> value;
        take(event, value);
        if (value) {
            result.emplace(*std::move(value));
        } else {
            Error error;
            error.message = "the library ended this with an event that this header does not know";
            error.outcome = Outcome::unknown;
            end(std::move(error));
        }
    }
    void end(Error error) override { result.emplace(std::move(error)); }

    std::optional<Result<T>> result;
};

} // namespace detail

/// An operation under way. Ends with one Result<T>; see matchport.hpp for the ways to it. One that is dropped before it has
/// taken a way and before its result is there is cancelled.
template <class T> class [[nodiscard]] Operation {
public:
    Operation(std::weak_ptr<detail::Core> core, std::shared_ptr<detail::PendingOf<T>> state) noexcept
        : core_(std::move(core)), state_(std::move(state)) {}
    Operation(Operation &&) noexcept = default;
    Operation &operator=(Operation &&other) noexcept {
        if (this != &other) {
            drop();
            core_ = std::move(other.core_);
            state_ = std::move(other.state_);
        }
        return *this;
    }
    Operation(const Operation &) = delete;
    Operation &operator=(const Operation &) = delete;
    ~Operation() { drop(); }

    /// Its number, for Client::cancel(); 0 when the call was refused.
    std::uint64_t id() const noexcept { return state_->id; }

    /// Of an allocation: keeps the ticket, and says whether that went well. When it did not, nothing is sent. Nothing is
    /// sent before this returns.
    Operation &on_ticket(std::function<bool(std::string_view)> keep) & { return with(state_->ticket, std::move(keep)); }
    Operation &&on_ticket(std::function<bool(std::string_view)> keep) && { return std::move(on_ticket(std::move(keep))); }

    /// Of an allocation: what it is doing.
    Operation &on_progress(std::function<void(const Progress &)> show) & { return with(state_->progress, std::move(show)); }
    Operation &&on_progress(std::function<void(const Progress &)> show) && {
        return std::move(on_progress(std::move(show)));
    }

    /// Of logs: each line. The text is gone afterwards.
    Operation &on_line(std::function<void(std::string_view)> show) & { return with(state_->line, std::move(show)); }
    Operation &&on_line(std::function<void(std::string_view)> show) && { return std::move(on_line(std::move(show))); }

    /// Of an artifact: each piece. The bytes are gone afterwards.
    Operation &on_data(std::function<void(Bytes)> write) & { return with(state_->data, std::move(write)); }
    Operation &&on_data(std::function<void(Bytes)> write) && { return std::move(on_data(std::move(write))); }

    /// First way: calls `done` with a Result<T> within a later tick(). Returns its number, for Client::cancel().
    template <class Done> std::uint64_t then(Done &&done) && {
        static_assert(std::is_invocable_v<std::decay_t<Done> &, Result<T>>, "then() takes a callback for a Result<T>");
        auto *state = state_.get();
        // Shared, so that a callback need not be copyable.
        auto shared = std::make_shared<std::decay_t<Done>>(std::forward<Done>(done));
        return take_way([state, shared] { (*shared)(*std::move(state->result)); });
    }

    /// Second way: a future, set within tick(). Waiting for it on the thread that ticks would wait for ever.
    std::future<Result<T>> future() && {
        std::promise<Result<T>> promise;
        auto future = promise.get_future();
        if (state_->result) {
            promise.set_value(*std::move(state_->result));
            state_.reset();
        } else {
            std::move(*this).then([promise = std::move(promise)](Result<T> result) mutable {
                promise.set_value(std::move(result));
            });
        }
        return future;
    }

    /// Third way: keep it, and ask. Whether the result is there.
    bool ready() const noexcept { return state_ != nullptr && state_->result.has_value(); }
    /// The result, once, when it is ready.
    Result<T> take() {
        assert(ready() && "this matchport::Operation has no result yet, or it was taken");
        Result<T> result = *std::move(state_->result);
        state_.reset();
        return result;
    }

    /// Asks for its end. The result still comes; an allocation first makes sure that no server is left.
    void cancel() {
        if (const auto core = core_.lock(); core && state_ != nullptr && !state_->result) {
            matchport_client_cancel(core->handle->get(), state_->id);
        }
    }

#ifdef MATCHPORT_HAS_COROUTINES
    /// Fourth way: `Result<T> result = co_await client.allocate(match);` goes on within tick(). Destroying a coroutine that
    /// waits cancels what it waits for.
    class Awaiter {
    public:
        explicit Awaiter(Operation operation) noexcept : operation_(std::move(operation)) {}
        bool await_ready() const noexcept { return operation_.ready(); }
        void await_suspend(std::coroutine_handle<> waiting) { operation_.state_->ended = [waiting] { waiting.resume(); }; }
        Result<T> await_resume() { return operation_.take(); }

    private:
        Operation operation_;
    };
    Awaiter operator co_await() && noexcept { return Awaiter(std::move(*this)); }
#endif

private:
    template <class Function> Operation &with(Function &to, Function from) {
        to = std::move(from);
        return *this;
    }

    std::uint64_t take_way(std::function<void()> ended) {
        const auto state = std::move(state_);
        state->ended = std::move(ended);
        if (state->result) {
            if (const auto core = core_.lock()) {
                core->deliver_later(state);
            } else {
                state->deliver();
            }
        }
        return state->id;
    }

    void drop() noexcept {
        cancel();
        if (state_ != nullptr) {
            state_->forget_callbacks();
        }
    }

    std::weak_ptr<detail::Core> core_;
    std::shared_ptr<detail::PendingOf<T>> state_;
};

} // namespace matchport

#endif
