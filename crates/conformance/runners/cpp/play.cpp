// Plays the vectors to the C++ header over its host transport: play FOLDER. Prints a line a vector, and counts.
#include "conformance.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace matchport;

namespace {

// What came of a step.
struct Made {
    Json requests{cJSON_CreateArray()}, events{cJSON_CreateArray()}, progress{cJSON_CreateArray()};
};

class Player final : public Host {
public:
    Player(const cJSON *file, std::string token) : file_(file), token_(std::move(token)) {}

    std::uint64_t now_ms() noexcept override { return now_; }
    // None of these are used: what is added last is taken first, and that are the vector's bytes for each operation.
    void fill_random(std::uint8_t *bytes, std::size_t count) noexcept override { std::fill(bytes, bytes + count, std::uint8_t{0}); }

    // A request as vectors show it. What every request has to have is checked here.
    void send(const HttpRequest &request, Exchange exchange) noexcept override {
        exchanges_.push_back(std::move(exchange));
        Json shown(cJSON_CreateObject());
        const std::string base = string_of(file_, "base"), url(request.url);
        if (url.compare(0, base.size(), base) != 0) {
            wrong_ = "a request goes to another address: " + url;
            return;
        }
        const std::string send = std::string(request.method) + " " + url.substr(base.size());
        cJSON_AddStringToObject(shown.get(), "send", send.c_str());
        cJSON_AddNumberToObject(shown.get(), "operation", number_of(request.operation));
        std::string authorization, content_type, accept;
        for (const auto &header : request.headers) {
            (header.first == "authorization" ? authorization : header.first == "accept" ? accept : content_type) = header.second;
        }
        if (authorization != "Bearer " + token_ || content_type != (request.body ? "application/json" : "")) {
            wrong_ = "a request has other headers: " + send;
        }
        if (accept != "application/json") {
            cJSON_AddStringToObject(shown.get(), "accept", accept.c_str());
        }
        if (request.body) {
            const std::string_view body = request.body->text();
            cJSON_AddItemToObject(shown.get(), "body", cJSON_ParseWithLength(body.data(), body.size()));
        }
        cJSON_AddItemToArray(made_.requests.get(), shown.release());
    }

    void abort(std::uint64_t request) noexcept override {
        Json shown(cJSON_CreateObject());
        for (std::size_t i = 0; i < exchanges_.size(); i++) {
            if (exchanges_[i].request() == request) {
                cJSON_AddNumberToObject(shown.get(), "abort", static_cast<double>(i + 1));
            }
        }
        cJSON_AddItemToArray(made_.requests.get(), shown.release());
    }

    // Empty when all is well.
    std::string play(Client &client, const cJSON *step) {
        made_ = Made();
        now_ = static_cast<std::uint64_t>(cJSON_GetObjectItem(step, "at")->valuedouble);
        tick(client);
        act(client, step);
        tick(client);
        if (!wrong_.empty()) {
            return wrong_;
        }
        char words[WORDS_SIZE] = "";
        const auto expected = [&](const char *name) { return cJSON_GetObjectItem(step, name); };
        (void)(lists_differ("requests", expected("requests"), made_.requests.get(), 1, 1, words) ||
               lists_differ("events", expected("events"), made_.events.get(), 0, 1, words) ||
               lists_differ("progress", expected("progress"), made_.progress.get(), 1, 0, words));
        return words;
    }

private:
    int number_of(std::uint64_t operation) const {
        for (std::size_t i = 0; i < operations_.size(); i++) {
            if (operations_[i] == operation) {
                return static_cast<int>(i + 1);
            }
        }
        return 0;
    }

    void check(const Result<void> &result) {
        if (!result) {
            wrong_ = result.error().message;
        }
    }

    void tick(Client &client) {
        if (auto ticked = client.tick(); !ticked) {
            wrong_ = ticked.error().message;
        }
    }

    void event(int operation, const char *kind, Json what) {
        Json shown(cJSON_CreateObject());
        cJSON_AddItemToObject(shown.get(), kind, what.release());
        cJSON_AddNumberToObject(shown.get(), "operation", operation);
        cJSON_AddItemToArray(made_.events.get(), shown.release());
    }

    template <class T> void watch(Operation<T> operation, const cJSON *step) {
        const int number = static_cast<int>(operations_.size()) + 1;
        const bool keep = cJSON_IsFalse(cJSON_GetObjectItem(step, "keepTicket")) == 0;
        operation.on_ticket([this, number, keep](std::string_view ticket) {
            event(number, "ticket", show_ticket(ticket));
            return keep;
        });
        operation.on_progress([this, number](const Progress &progress) {
            Json shown = show(progress);
            cJSON_AddNumberToObject(shown.get(), "operation", number);
            cJSON_AddItemToArray(made_.progress.get(), shown.release());
        });
        operation.on_line([this, number](std::string_view line) {
            event(number, "line", Json(cJSON_CreateString(std::string(line).c_str())));
        });
        operation.on_data([this, number](Bytes data) {
            event(number, "data", Json(cJSON_CreateString(std::string(data.text()).c_str())));
        });
        operations_.push_back(std::move(operation).then([this, number](Result<T> result) {
            result ? event(number, "completed", show(*result)) : event(number, "failed", show(result.error()));
        }));
    }

    void begin(Client &client, const cJSON *step) {
        std::uint8_t random[24];
        entropy_of(step, random);
        matchport_client_add_entropy(client.raw(), {random, sizeof random});
        const std::string kind = string_of(step, "begin");
        const cJSON *given = cJSON_GetObjectItem(step, "options");
        const std::string id = string_of(given, "id"), image = string_of(given, "image");
        if (kind == "allocate") {
            watch(client.allocate(allocate_options_of(given)), step);
        } else if (kind == "resume") {
            watch(client.resume(resume_options_of(step, given)), step);
        } else if (kind == "backfill") {
            watch(client.backfill(backfill_options_of(given)), step);
        } else if (kind == "list") {
            watch(client.list(list_options_of(given)), step);
        } else if (kind == "describe") {
            watch(client.describe(id), step);
        } else if (kind == "stop") {
            watch(client.stop(id), step);
        } else if (kind == "join") {
            watch(client.join(id, strings_of(given, "players")), step);
        } else if (kind == "leave") {
            watch(client.leave(strings_of(given, "players")), step);
        } else if (kind == "locations") {
            watch(client.locations(image), step);
        } else if (kind == "tagExists") {
            watch(client.tag_exists(string_of(given, "location"), image, string_of(given, "version")), step);
        } else if (kind == "logs") {
            watch(client.logs(id, is_true(given, "follow")), step);
        } else if (kind == "artifact") {
            watch(client.artifact(id, string_of(given, "path")), step);
        } else {
            wrong_ = "no operation is called " + kind;
        }
    }

    void answer(const Exchange &exchange, const cJSON *answer, bool is_head) {
        HttpResponse response;
        response.status = cJSON_GetObjectItem(answer, "status")->valueint;
        std::string seconds;
        if (const cJSON *retry_after = cJSON_GetObjectItem(answer, "retryAfter")) {
            seconds = std::to_string(retry_after->valueint);
            response.retry_after = seconds;
        }
        char *body = body_of(answer);
        response.body = Bytes(std::string_view(body));
        check(is_head ? exchange.begin_stream(response) : exchange.respond(response));
        std::free(body);
    }

    void act(Client &client, const cJSON *step) {
        const auto what = [&](const char *name) { return cJSON_GetObjectItem(step, name); };
        if (what("begin")) {
            return begin(client, step);
        } else if (const cJSON *cancel = what("cancel")) {
            return check(client.cancel(operations_.at(static_cast<std::size_t>(cancel->valueint - 1))));
        } else if (const cJSON *shutdown = what("shutdown")) {
            return check(client.shutdown(milliseconds(shutdown->valueint)));
        }
        const std::size_t number = what("to") ? static_cast<std::size_t>(what("to")->valueint) : exchanges_.size();
        if (number < 1 || number > exchanges_.size()) {
            return;
        }
        const Exchange exchange = exchanges_[number - 1];
        if (const cJSON *meant = what("answer")) {
            answer(exchange, answer_of(file_, meant), false);
        } else if (const cJSON *head = what("head")) {
            answer(exchange, head, true);
        } else if (const cJSON *data = what("data")) {
            check(exchange.stream(Bytes(std::string_view(data->valuestring))));
        } else if (what("end")) {
            check(exchange.end_stream());
        } else if (what("fail")) {
            const std::string kind = string_of(step, "fail");
            const HttpFailure failure = kind == "not_sent"    ? HttpFailure::not_sent
                                        : kind == "broken"    ? HttpFailure::broken
                                        : kind == "timed_out" ? HttpFailure::timed_out
                                                              : HttpFailure::too_large;
            check(exchange.fail(failure, "the vector says so"));
        }
    }

    const cJSON *file_;
    std::string token_, wrong_;
    std::uint64_t now_ = 0;
    // By the order in which they began and were sent.
    std::vector<std::uint64_t> operations_;
    std::vector<Exchange> exchanges_;
    Made made_;
};

// Empty when all is well.
std::string play(const cJSON *file, const cJSON *vector) {
    const cJSON *made_with = cJSON_GetObjectItem(vector, "client"), *step;
    made_with = made_with == nullptr ? cJSON_GetObjectItem(file, "client") : made_with;
    Player player(file, string_of(made_with, "token"));
    auto client = Client::create(client_options_of(made_with), player);
    if (!client) {
        return client.error().message;
    }
    int number = 1;
    cJSON_ArrayForEach(step, cJSON_GetObjectItem(vector, "steps")) {
        if (const std::string wrong = player.play(*client, step); !wrong.empty()) {
            return "step " + std::to_string(number) + ": " + wrong;
        }
        number++;
    }
    return client->operation_count() == 0 ? "" : "operations have not ended";
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: play FOLDER\n");
        return 2;
    }
    const Json files(read_vectors(argv[1]));
    int passed = 0, failed = 0;
    const cJSON *file, *vector;
    cJSON_ArrayForEach(file, files.get()) {
        cJSON_ArrayForEach(vector, cJSON_GetObjectItem(file, "vectors")) {
            const std::string wrong = play(file, vector);
            std::printf("%s %s: %s\n", wrong.empty() ? "PASS" : "FAIL", text_of(file, "name"), text_of(vector, "name"));
            if (!wrong.empty()) {
                std::printf("  %s\n  by: %s\n", wrong.c_str(), text_of(vector, "by"));
            }
            ++(wrong.empty() ? passed : failed);
        }
    }
    if (const int all = count_vectors(files.get()); passed + failed != all) {
        std::printf("FAIL %d of %d vectors ran\n", passed + failed, all);
        failed++;
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
