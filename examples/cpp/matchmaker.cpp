// A matchmaker with a loop of its own, on one thread: two matches are being formed, each gets its server, its players join, and
// at the end nothing is left.
//
//     matchmaker http://127.0.0.1:4242 local
#include <matchport.hpp>

#include <cstdio>
#include <fstream>

namespace {

class Matchmaker {
public:
    explicit Matchmaker(matchport::Client client) : client_(std::move(client)) {}

    void on_match_found(const std::string &match_id, std::vector<matchport::Player> players) {
        std::vector<std::string> names;
        for (const auto &player : players) {
            names.push_back(player.id);
        }
        matchport::AllocateOptions match;
        match.image = "demo";
        match.match_id = match_id; // Whoever allocates for this match gets the same server.
        match.players = std::move(players);
        match.max_latency_ms = 120.0f;
        match.env = {{"MAP", "dust2"}};
        match.ttl = std::chrono::minutes(10);
        client_.allocate(match)
            .on_ticket([match_id](std::string_view ticket) { return keep(match_id, ticket); })
            .then([this, match_id, names](matchport::Result<matchport::Allocation> server) {
                std::remove(ticket_of(match_id).c_str());
                if (!server) {
                    report(match_id, server.error());
                    return;
                }
                std::printf("%s: players connect to %s (%s)\n", match_id.c_str(), server->endpoint.c_str(),
                            server->location.c_str());
                join(match_id, server->id, names);
            });
    }

    /// Until nothing is under way. A game loop would call tick() once a frame instead.
    bool run() {
        while (client_.operation_count() > 0) {
            const auto waited = client_.wait(std::chrono::seconds(1));
            const auto ticked = client_.tick();
            if (!waited || !ticked) {
                const auto &error = waited ? ticked.error() : waited.error();
                std::fprintf(stderr, "the client is out of use: %s\n", error.message.c_str());
                return false;
            }
        }
        return failures_ == 0;
    }

private:
    void join(const std::string &match_id, const std::string &session, const std::vector<std::string> &names) {
        client_.join(session, names).then([this, match_id, session](matchport::Result<matchport::PlayerCount> roster) {
            if (roster) {
                std::printf("%s: %u players\n", match_id.c_str(), roster->player_count);
            } else {
                report(match_id, roster.error());
            }
            end(match_id, session);
        });
    }

    void end(const std::string &match_id, const std::string &session) {
        client_.stop(session).then([this, match_id](matchport::Result<matchport::Stopped> stopped) {
            if (stopped) {
                std::printf("%s: stopped\n", match_id.c_str());
            } else {
                report(match_id, stopped.error());
            }
        });
    }

    void report(const std::string &match_id, const matchport::Error &error) {
        failures_++;
        std::fprintf(stderr, "%s: %s\n", match_id.c_str(), error.message.c_str());
        if (!error.ticket.empty()) {
            // A server may be running: the ticket settles that later, with Client::resume().
            (void)keep(match_id, error.ticket);
        }
    }

    static std::string ticket_of(const std::string &match_id) { return match_id + ".ticket"; }

    static bool keep(const std::string &match_id, std::string_view ticket) {
        std::ofstream file(ticket_of(match_id), std::ios::binary | std::ios::trunc);
        file << ticket << std::flush;
        return file.good();
    }

    matchport::Client client_;
    int failures_ = 0;
};

} // namespace

int main(int count, char **arguments) {
    matchport::ClientOptions options;
    options.environment = count > 1 ? arguments[1] : "local";
    options.token = count > 2 ? arguments[2] : "local";
    auto client = matchport::Client::create(options);
    if (!client) {
        std::fprintf(stderr, "%s\n", client.error().message.c_str());
        return 1;
    }
    Matchmaker matchmaker(*std::move(client));
    matchmaker.on_match_found("cpp-match-1", {{"ada", {{"eu-west-1", 23}, {"us-east-1", 95}}}, {"bo", {{"eu-west-1", 31}}}});
    matchmaker.on_match_found("cpp-match-2", {{"cy", {{"us-east-1", 18}, {"eu-west-1", 90}}}});
    return matchmaker.run() ? 0 : 1;
}
