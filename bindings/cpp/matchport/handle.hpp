// The owner of a matchport_client, and how a call that was refused becomes an Error. Shared by a client and by what answers
// its HTTP requests, so that an answer that comes after the client has gone finds nothing instead of freed memory.

#ifndef MATCHPORT_HANDLE_HPP
#define MATCHPORT_HANDLE_HPP

#include "result.hpp"

#include <thread>

namespace matchport {
namespace detail {

class Handle {
public:
    Handle() noexcept = default;
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    ~Handle() { close(); }

    matchport_client *get() const noexcept { return client_; }

    matchport_status open(const matchport_client_options &options, std::string &why) {
        char message[400] = "";
        const matchport_status status = matchport_client_new(&options, &client_, message, sizeof message);
        why = message;
        return status;
    }

    void close() noexcept {
        // Another thread in a call is a breach of the rule of one thread at a time, but calls are short: a wait, which is
        // not short, does not hold this up.
        while (matchport_client_free(client_) == MATCHPORT_STATUS_BUSY) {
            std::this_thread::yield();
        }
        client_ = nullptr;
    }

    /// Why a call with this client was refused.
    Error refused(matchport_status status) const {
        Error error;
        error.status = static_cast<Status>(status);
        error.message = client_ == nullptr ? std::string() : owned(matchport_client_last_message(client_));
        if (error.message.empty()) {
            error.message = std::string(text_of(error.status));
        }
        return error;
    }

    Result<void> result_of(matchport_status status) const {
        return status == MATCHPORT_STATUS_OK ? Result<void>() : Result<void>(refused(status));
    }

private:
    matchport_client *client_ = nullptr;
};

} // namespace detail
} // namespace matchport

#endif
