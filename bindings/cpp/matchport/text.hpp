// Texts and bytes between C and C++. Nothing of matchport's meaning lives here.

#ifndef MATCHPORT_TEXT_HPP
#define MATCHPORT_TEXT_HPP

#include <matchport.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matchport {

/// Bytes that belong to somebody else. Valid as long as what they were taken from.
class Bytes {
public:
    constexpr Bytes() noexcept = default;
    constexpr Bytes(const std::uint8_t *data, std::size_t size) noexcept : data_(data), size_(size) {}
    /// The bytes of a text.
    explicit Bytes(std::string_view text) noexcept
        : data_(reinterpret_cast<const std::uint8_t *>(text.data())), size_(text.size()) {}

    constexpr const std::uint8_t *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr const std::uint8_t *begin() const noexcept { return data_; }
    constexpr const std::uint8_t *end() const noexcept { return data_ + size_; }
    /// The same bytes as a text. Whether they are UTF-8 is for the caller to know.
    std::string_view text() const noexcept {
        return size_ == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char *>(data_), size_);
    }

private:
    const std::uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
};

/// A name and its value.
using Pairs = std::vector<std::pair<std::string, std::string>>;

namespace detail {

inline matchport_string to_c(std::string_view text) noexcept {
    // "" and not null, which would be "not given".
    return {text.data() == nullptr ? "" : text.data(), text.size()};
}

inline matchport_string to_c(const std::optional<std::string> &text) noexcept {
    return text ? to_c(std::string_view(*text)) : matchport_string{nullptr, 0};
}

inline matchport_bytes to_c(Bytes bytes) noexcept { return {bytes.data(), bytes.size()}; }

inline std::string_view view(matchport_string text) noexcept {
    return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.length);
}

inline Bytes view(matchport_bytes bytes) noexcept { return {bytes.data, bytes.length}; }

inline std::string owned(matchport_string text) { return std::string(view(text)); }

inline std::optional<std::string> owned_if_given(matchport_string text) {
    return text.data == nullptr ? std::nullopt : std::optional<std::string>(owned(text));
}

/// Views of texts as the array that C takes. Must not outlive the texts.
inline std::vector<matchport_string> to_c(const std::vector<std::string> &texts) {
    std::vector<matchport_string> views;
    views.reserve(texts.size());
    for (const auto &text : texts) {
        views.push_back(to_c(std::string_view(text)));
    }
    return views;
}

/// Views of pairs as the array that C takes. Must not outlive the pairs.
inline std::vector<matchport_pair> to_c(const Pairs &pairs) {
    std::vector<matchport_pair> views;
    views.reserve(pairs.size());
    for (const auto &pair : pairs) {
        views.push_back({to_c(std::string_view(pair.first)), to_c(std::string_view(pair.second))});
    }
    return views;
}

} // namespace detail
} // namespace matchport

#endif
