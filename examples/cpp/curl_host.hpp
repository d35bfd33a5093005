// A matchport::Host on libcurl: the program's own HTTP, without a thread. What a backend writes that has an HTTP stack already.
#ifndef CURL_HOST_HPP
#define CURL_HOST_HPP

#include <curl/curl.h>
#include <matchport.hpp>
#include <sys/random.h>

#include <cstdlib>
#include <cstring>

class CurlHost : public matchport::Host {
public:
    CurlHost() : multi_(curl_multi_init()) {}
    CurlHost(const CurlHost &) = delete;
    CurlHost &operator=(const CurlHost &) = delete;
    ~CurlHost() override {
        for (auto &entry : transfers_) {
            curl_multi_remove_handle(multi_, entry.second->easy);
        }
        transfers_.clear();
        curl_multi_cleanup(multi_);
    }

    /// Carries what there is, and waits for more for at most this long. Then it is time for Client::tick().
    void carry(matchport::milliseconds timeout) {
        int running = 0;
        curl_multi_perform(multi_, &running);
        if (!end_finished()) {
            const auto most = timeout.count() < 1000 ? static_cast<int>(timeout.count()) : 1000;
            curl_multi_poll(multi_, nullptr, 0, most, nullptr);
            curl_multi_perform(multi_, &running);
            end_finished();
        }
    }

    std::uint64_t now_ms() noexcept override {
        const auto since = std::chrono::steady_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(std::chrono::duration_cast<matchport::milliseconds>(since).count());
    }

    void fill_random(std::uint8_t *bytes, std::size_t count) noexcept override {
        while (count > 0) {
            const ssize_t got = getrandom(bytes, count, 0);
            if (got < 0 && errno != EINTR) {
                std::abort(); // Ids that can be guessed would be worse.
            }
            const std::size_t filled = got < 0 ? 0 : static_cast<std::size_t>(got);
            bytes += filled;
            count -= filled;
        }
    }

    void send(const matchport::HttpRequest &request, matchport::Exchange exchange) noexcept override {
        auto transfer = std::make_unique<Transfer>(std::move(exchange), curl_easy_init(), request);
        CURL *easy = transfer->easy;
        for (const auto &header : request.headers) {
            const std::string line = std::string(header.first) + ": " + std::string(header.second);
            transfer->headers = curl_slist_append(transfer->headers, line.c_str());
        }
        curl_easy_setopt(easy, CURLOPT_URL, std::string(request.url).c_str());
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(request.method).c_str());
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlHost::on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlHost::on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer.get());
        curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer.get());
        if (request.body) {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
            curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request.body->text().data());
        }
        curl_multi_add_handle(multi_, easy);
        transfers_.emplace(request.id, std::move(transfer));
    }

    void abort(std::uint64_t request) noexcept override {
        const auto found = transfers_.find(request);
        if (found != transfers_.end()) {
            curl_multi_remove_handle(multi_, found->second->easy);
            transfers_.erase(found);
        }
    }

private:
    struct Transfer {
        Transfer(matchport::Exchange to, CURL *handle, const matchport::HttpRequest &request)
            : exchange(std::move(to)), easy(handle), streamed(request.response_mode == matchport::ResponseMode::stream),
              most(request.max_response_bytes) {}
        Transfer(const Transfer &) = delete;
        Transfer &operator=(const Transfer &) = delete;
        ~Transfer() {
            curl_easy_cleanup(easy);
            curl_slist_free_all(headers);
        }

        matchport::HttpResponse response() const {
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            matchport::HttpResponse response;
            response.status = static_cast<int>(status);
            if (retry_after) {
                response.retry_after = *retry_after;
            }
            response.body = matchport::Bytes(body);
            return response;
        }

        matchport::Exchange exchange;
        CURL *easy;
        curl_slist *headers = nullptr;
        bool streamed;
        bool begun = false;
        std::size_t most;
        std::string body;
        std::optional<std::string> retry_after;
    };

    /// Begins a stream once: with its first bytes, or at its end when it has none.
    static bool begin(Transfer &transfer) {
        if (!transfer.begun) {
            transfer.begun = transfer.exchange.begin_stream(transfer.response()).has_value();
        }
        return transfer.begun;
    }

    static std::size_t on_body(char *data, std::size_t size, std::size_t count, void *user) noexcept {
        auto &transfer = *static_cast<Transfer *>(user);
        const std::string_view piece(data, size * count);
        if (transfer.streamed) {
            return begin(transfer) && transfer.exchange.stream(matchport::Bytes(piece)) ? piece.size() : 0;
        }
        if (piece.size() > transfer.most - transfer.body.size()) {
            return 0;
        }
        transfer.body += piece;
        return piece.size();
    }

    static std::size_t on_header(char *data, std::size_t size, std::size_t count, void *user) noexcept {
        constexpr std::string_view name = "retry-after:";
        const std::string_view line(data, size * count);
        if (line.size() > name.size() && curl_strnequal(data, name.data(), name.size())) {
            auto value = line.substr(name.size());
            value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
            value = value.substr(0, value.find_first_of("\r\n"));
            static_cast<Transfer *>(user)->retry_after = std::string(value);
        }
        return line.size();
    }

    bool end_finished() {
        bool any = false;
        int left = 0;
        while (const CURLMsg *message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) {
                continue;
            }
            any = true;
            Transfer *transfer = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
            tell(*transfer, message->data.result);
            curl_multi_remove_handle(multi_, transfer->easy);
            transfers_.erase(transfer->exchange.request());
        }
        return any;
    }

    /// What came of it. That nobody wants it any more (Status::unknown_request) needs no care.
    static void tell(Transfer &transfer, CURLcode code) {
        if (code != CURLE_OK) {
            (void)transfer.exchange.fail(judge(code), curl_easy_strerror(code));
        } else if (!transfer.streamed) {
            (void)transfer.exchange.respond(transfer.response());
        } else if (begin(transfer)) {
            (void)transfer.exchange.end_stream();
        }
    }

    /// Whether the service can have seen anything of the request. When in doubt, it can.
    static matchport::HttpFailure judge(CURLcode code) {
        switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
            return matchport::HttpFailure::not_sent;
        case CURLE_OPERATION_TIMEDOUT:
            return matchport::HttpFailure::timed_out;
        case CURLE_WRITE_ERROR:
            return matchport::HttpFailure::too_large;
        default:
            return matchport::HttpFailure::broken;
        }
    }

    CURLM *multi_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Transfer>> transfers_;
};

#endif
