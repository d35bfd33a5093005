// From the vectors' spelling of options, which is the npm package's, to those of the C++ header.
#include "conformance.hpp"

using namespace matchport;

static const cJSON *field(const cJSON *options, const char *name) { return cJSON_GetObjectItemCaseSensitive(options, name); }

std::string string_of(const cJSON *object, const char *name) {
    const char *text = text_of(object, name);
    return text == nullptr ? std::string() : std::string(text);
}

bool is_true(const cJSON *object, const char *name) { return cJSON_IsTrue(field(object, name)) != 0; }

std::vector<std::string> strings_of(const cJSON *object, const char *name) {
    std::vector<std::string> texts;
    const cJSON *item;
    cJSON_ArrayForEach(item, field(object, name)) { texts.emplace_back(item->valuestring); }
    return texts;
}

static std::optional<std::string> text(const cJSON *options, const char *name) {
    const char *text = text_of(options, name);
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

static std::optional<double> number(const cJSON *options, const char *name) {
    const cJSON *number = field(options, name);
    return number == nullptr ? std::nullopt : std::optional<double>(number->valuedouble);
}

static std::optional<float> fraction(const cJSON *options, const char *name) {
    const auto given = number(options, name);
    return given ? std::optional<float>(static_cast<float>(*given)) : std::nullopt;
}

static std::optional<milliseconds> time(const cJSON *options, const char *name) {
    const auto given = number(options, name);
    return given ? std::optional<milliseconds>(static_cast<milliseconds::rep>(*given)) : std::nullopt;
}

static std::optional<std::int64_t> whole(const cJSON *options, const char *name) {
    const auto given = number(options, name);
    return given ? std::optional<std::int64_t>(static_cast<std::int64_t>(*given)) : std::nullopt;
}

static Pairs pairs(const cJSON *options, const char *name) {
    Pairs pairs;
    const cJSON *item;
    cJSON_ArrayForEach(item, field(options, name)) { pairs.emplace_back(item->string, item->valuestring); }
    return pairs;
}

static std::vector<Player> players(const cJSON *options) {
    std::vector<Player> players;
    const cJSON *item, *location, *sample;
    cJSON_ArrayForEach(item, field(options, "players")) {
        Player player;
        player.id = string_of(item, "id");
        cJSON_ArrayForEach(location, field(item, "latencies")) {
            if (cJSON_IsNumber(location)) {
                player.latencies.push_back({location->string, static_cast<float>(location->valuedouble)});
            }
            // Of a number there is nothing to go over.
            cJSON_ArrayForEach(sample, location) {
                player.latencies.push_back({location->string, static_cast<float>(sample->valuedouble)});
            }
        }
        players.push_back(std::move(player));
    }
    return players;
}

static void place(AllocateOptions &options, const cJSON *given) {
    const cJSON *placement = field(given, "placement"), *cap = field(given, "maxLatency");
    const cJSON *missing = field(placement, "missing");
    if (string_of(placement, "figure") == "min") {
        options.figure = Figure::min;
    }
    options.worst_weight = fraction(placement, "worstWeight");
    if (cJSON_IsObject(missing)) {
        options.missing = Missing::assume;
        options.missing_ms = fraction(missing, "assume");
    } else if (string_of(placement, "missing") == "ignore") {
        options.missing = Missing::ignore;
    }
    if (cJSON_IsNumber(cap)) {
        options.max_latency_ms = static_cast<float>(cap->valuedouble);
    } else if (cap != nullptr) {
        options.max_latency_ms = fraction(cap, "limit");
        options.max_latency_relax_ms_per_second = fraction(cap, "relaxPerSecond");
        options.max_latency_ceiling_ms = fraction(cap, "ceiling");
    }
}

AllocateOptions allocate_options_of(const cJSON *given) {
    AllocateOptions options;
    options.image = string_of(given, "image");
    options.locations = strings_of(given, "locations");
    options.players = players(given);
    options.match_id = text(given, "matchId");
    options.session_id = text(given, "id");
    options.env = pairs(given, "env");
    options.labels = pairs(given, "labels");
    options.args = strings_of(given, "args");
    options.version = text(given, "version");
    options.external_id = text(given, "externalId");
    if (string_of(given, "ttl") == "unlimited") {
        options.ttl = (seconds::max)();
    } else if (field(given, "ttl") != nullptr) {
        options.ttl = seconds(static_cast<seconds::rep>(seconds_of(field(given, "ttl"))));
    }
    options.waited = time(given, "waited");
    options.deadline = time(given, "deadline");
    if (string_of(given, "waitFor") == "allocated") {
        options.wait_for = WaitFor::allocated;
    }
    if (string_of(given, "whenFull") == "fail") {
        options.when_full = WhenFull::fail;
    }
    if (field(given, "restart") != nullptr) {
        options.restart = is_true(given, "restart") ? Restart::yes : Restart::no;
    }
    options.env_in_ticket = is_true(given, "envInTicket");
    place(options, given);
    return options;
}

BackfillOptions backfill_options_of(const cJSON *given) {
    BackfillOptions options;
    options.image = string_of(given, "image");
    options.players = strings_of(given, "players");
    options.capacity = static_cast<std::uint32_t>(number(given, "capacity").value_or(0));
    options.locations = strings_of(given, "locations");
    options.version = text(given, "version");
    options.having = pairs(given, "having");
    options.not_having = pairs(given, "notHaving");
    if (string_of(given, "prefer") == "emptiest") {
        options.prefer = Prefer::emptiest;
    }
    options.deadline = time(given, "deadline");
    return options;
}

ListOptions list_options_of(const cJSON *given) {
    ListOptions options;
    options.all = is_true(given, "all");
    options.location = text(given, "location");
    options.image = text(given, "image");
    options.tag = text(given, "tag");
    options.host = text(given, "host");
    options.players_below = whole(given, "playersBelow");
    options.players_above = whole(given, "playersAbove");
    options.having = pairs(given, "having");
    options.not_having = pairs(given, "notHaving");
    return options;
}

ResumeOptions resume_options_of(const cJSON *step, const cJSON *given) {
    ResumeOptions options;
    const cJSON *ticket = field(step, "ticket");
    if (cJSON_IsString(ticket)) {
        options.ticket = ticket->valuestring;
    } else {
        char *json = cJSON_PrintUnformatted(ticket);
        options.ticket = json;
        cJSON_free(json);
    }
    options.settle = is_true(given, "settle");
    options.env = pairs(given, "env");
    options.deadline = time(given, "deadline");
    return options;
}

ClientOptions client_options_of(const cJSON *client) {
    ClientOptions options;
    options.token = string_of(client, "token");
    options.environment = string_of(client, field(client, "baseUrl") == nullptr ? "environment" : "baseUrl");
    if (options.environment.empty()) {
        options.environment = "sandbox";
    }
    options.allow_plain_http = is_true(client, "allowPlainHttp");
    const cJSON *times = field(client, "times");
    options.attempt = time(times, "attempt");
    options.operation = time(times, "operation");
    options.closed_location = time(times, "closedLocation");
    options.late_start = time(times, "lateStart");
    options.settle = time(times, "settle");
    options.poll = time(times, "poll");
    options.visible = time(times, "visible");
    return options;
}
