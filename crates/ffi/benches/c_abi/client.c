/* A client with the host transport that has nothing to say, for loops over empty calls. */
#include <matchport.h>

matchport_client *matchport_bench_client(void);

matchport_client *matchport_bench_client(void) {
    matchport_client_options options;
    matchport_client *client;
    matchport_client_options_init(&options, sizeof options);
    options.environment = matchport_str("sandbox");
    options.token = matchport_str("t");
    return matchport_client_new(&options, &client, NULL, 0) == MATCHPORT_STATUS_OK ? client : NULL;
}
