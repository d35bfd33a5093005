// Uses the C++ header and does something wrong with its objects when it is told to: "leak", "use-after-free" or "overflow".
// The tool that runs this must complain; one that does not would not see real faults either. With no argument nothing is
// wrong.
#include "../scripted_host.hpp"

#include <climits>

using Locating = matchport::Operation<std::vector<matchport::Location>>;

static Locating *volatile hidden;

int main(int count, char **words) {
    const std::string_view fault = count > 1 ? words[1] : "";
    ScriptedHost host;
    matchport::Client client = client_of(host);
    if (fault == "leak") {
        hidden = new Locating(client.locations("demo"));
        hidden = nullptr;
    } else if (fault == "use-after-free") {
        hidden = new Locating(client.locations("demo"));
        delete hidden;
        std::printf("%d\n", hidden->ready());
    } else if (fault == "overflow") {
        volatile int largest = INT_MAX;
        std::printf("%d\n", largest + count);
    }
    tick(client);
    return test_failed();
}
