// Result<T>: a value or an Error, in the manner of std::expected, without exceptions.

#ifndef MATCHPORT_RESULT_HPP
#define MATCHPORT_RESULT_HPP

#include "values.hpp"

#include <cassert>
#include <variant>

namespace matchport {

/// A T, or why there is none. Reading the one that is not there is a mistake of the program's, caught by assert().
template <class T> class [[nodiscard]] Result {
public:
    using value_type = T;
    using error_type = Error;

    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const noexcept { return content_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T &operator*() & noexcept { return *found(std::get_if<0>(&content_)); }
    const T &operator*() const & noexcept { return *found(std::get_if<0>(&content_)); }
    T &&operator*() && noexcept { return std::move(*found(std::get_if<0>(&content_))); }
    T *operator->() noexcept { return found(std::get_if<0>(&content_)); }
    const T *operator->() const noexcept { return found(std::get_if<0>(&content_)); }

    Error &error() & noexcept { return *found(std::get_if<1>(&content_)); }
    const Error &error() const & noexcept { return *found(std::get_if<1>(&content_)); }
    Error &&error() && noexcept { return std::move(*found(std::get_if<1>(&content_))); }

    template <class U> T value_or(U &&other) const & { return has_value() ? **this : static_cast<T>(std::forward<U>(other)); }

    /// What `next` makes of the value (itself a Result), or the same error.
    template <class Next> auto and_then(Next &&next) && -> decltype(std::forward<Next>(next)(std::declval<T &&>())) {
        if (has_value()) {
            return std::forward<Next>(next)(*std::move(*this));
        }
        return std::move(*this).error();
    }

private:
    template <class Pointer> static Pointer found(Pointer pointer) noexcept {
        assert(pointer != nullptr && "this matchport::Result holds the other one of value and error");
        return pointer;
    }

    std::variant<T, Error> content_;
};

/// Done, or why not.
template <> class [[nodiscard]] Result<void> {
public:
    using value_type = void;
    using error_type = Error;

    Result() noexcept = default;
    Result(Error error) : error_(std::move(error)) {}

    bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }

    const Error &error() const & noexcept {
        assert(error_ && "this matchport::Result holds no error");
        return *error_;
    }
    Error &&error() && noexcept {
        assert(error_ && "this matchport::Result holds no error");
        return std::move(*error_);
    }

private:
    std::optional<Error> error_;
};

} // namespace matchport

#endif
