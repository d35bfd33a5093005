/* The host transport against a running emulator, whose address is in MATCHPORT_TEST_URL (the token is "local"): this
 * program carries the bytes over sockets of its own, one request at a time. On every system that the library is for. */
#include "support.h"

#include <time.h>
#ifdef _WIN32
#include <winsock2.h>
typedef SOCKET socket_t;
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
typedef int socket_t;
#define INVALID_SOCKET (-1)
#define closesocket close
#endif

#define PATIENCE_MS 20000
#define MOST 65536

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* `http://127.0.0.1:PORT/REST` to the socket, connected, and the rest. */
static socket_t connect_to(matchport_string url, const char **rest, size_t *rest_length) {
    const char start[] = "http://127.0.0.1:";
    size_t skip = sizeof start - 1;
    CHECK(url.length > skip && memcmp(url.data, start, skip) == 0);
    unsigned port = 0;
    while (skip < url.length && url.data[skip] >= '0' && url.data[skip] <= '9') {
        port = port * 10 + (unsigned)(url.data[skip++] - '0');
    }
    *rest = url.data + skip;
    *rest_length = url.length - skip;
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_t connection = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connection != INVALID_SOCKET);
    CHECK(connect(connection, (struct sockaddr *)&address, sizeof address) == 0);
    return connection;
}

static void send_all(socket_t connection, const char *bytes, size_t length) {
    while (length > 0) {
        int sent = (int)send(connection, bytes, length, 0);
        CHECK(sent > 0);
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* Sends one request, reads its answer to the end of the connection, and hands it over. */
static void carry(matchport_client *client, const matchport_http_request *request) {
    static char buffer[MOST];
    const char *rest;
    size_t rest_length;
    socket_t connection = connect_to(request->url, &rest, &rest_length);
    int length = snprintf(buffer, sizeof buffer, "%.*s %.*s HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n",
                          (int)request->method.length, request->method.data, (int)rest_length, rest);
    for (size_t i = 0; i < request->header_count; i++) {
        const matchport_pair *pair = &request->headers[i];
        length += snprintf(buffer + length, sizeof buffer - (size_t)length, "%.*s: %.*s\r\n", (int)pair->name.length,
                           pair->name.data, (int)pair->value.length, pair->value.data);
        CHECK((size_t)length < sizeof buffer);
    }
    length += snprintf(buffer + length, sizeof buffer - (size_t)length, "content-length: %lu\r\n\r\n",
                       (unsigned long)request->body.length);
    CHECK((size_t)length < sizeof buffer);
    uint64_t id = request->id;
    send_all(connection, buffer, (size_t)length);
    send_all(connection, (const char *)request->body.data, request->body.length);

    size_t got = 0;
    for (;;) {
        int more = (int)recv(connection, buffer + got, sizeof buffer - 1 - got, 0);
        CHECK(more >= 0);
        if (more == 0) {
            break;
        }
        got += (size_t)more;
        CHECK(got < sizeof buffer - 1);
    }
    closesocket(connection);
    buffer[got] = 0;
    int status = 0;
    CHECK(sscanf(buffer, "HTTP/1.1 %d ", &status) == 1);
    const char *body = strstr(buffer, "\r\n\r\n");
    CHECK(body != NULL);
    CHECK_OK(answer(client, id, status, body + 4));
}

/* Gives the client its time and its answers until this operation ends. */
static const matchport_event *finish(matchport_client *client, uint64_t operation) {
    uint64_t start = now_ms();
    const matchport_event *event;
    const matchport_http_request *request;
    while (now_ms() - start < PATIENCE_MS) {
        CHECK_OK(matchport_client_tick_at(client, now_ms()));
        while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
            if (event->operation == operation && event->kind >= 100) {
                return event;
            }
        }
        int carried = 0;
        while (matchport_client_next_http_request(client, &request) == MATCHPORT_STATUS_OK) {
            if (request->action == MATCHPORT_HTTP_ACTION_SEND) {
                carry(client, request);
                carried = 1;
            }
        }
        if (!carried) {
            struct timespec pause = {0, 2000000};
            nanosleep(&pause, NULL);
        }
    }
    test_fails(__FILE__, __LINE__, "the operation never ended");
    return NULL;
}

static void a_match_over_sockets_of_the_host(void) {
#ifdef _WIN32
    WSADATA data;
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
#endif
    const char *address = getenv("MATCHPORT_TEST_URL");
    CHECK(address != NULL);
    matchport_client_options options = host_options();
    options.environment = matchport_str(address);
    options.token = matchport_str("local");
    matchport_client *client;
    CHECK_OK(matchport_client_new(&options, &client, NULL, 0));
    /* Not the bytes of the other tests: the session's id is made of them, and a session is started once. */
    uint8_t random[256];
    uint64_t seed = now_ms() * 2862933555777941757u + (uint64_t)time(NULL);
    for (size_t i = 0; i < sizeof random; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        random[i] = (uint8_t)(seed >> 56);
    }
    matchport_bytes bytes = {random, sizeof random};
    CHECK_OK(matchport_client_add_entropy(client, bytes));
    CHECK_OK(matchport_client_tick_at(client, now_ms()));

    matchport_allocate_options match;
    matchport_allocate_options_init(&match, sizeof match);
    match.image = matchport_str("demo");
    match.ttl_seconds = 120;
    uint64_t operation;
    CHECK_OK(matchport_client_allocate(client, &match, &operation));
    const matchport_event *event = finish(client, operation);
    CHECK(event->kind == MATCHPORT_EVENT_KIND_ALLOCATED);
    CHECK(event->allocation->endpoint.length > 9 && memcmp(event->allocation->endpoint.data, "127.0.0.1", 9) == 0);
    char id[256];
    CHECK(event->allocation->id.length < sizeof id);
    snprintf(id, sizeof id, "%.*s", (int)event->allocation->id.length, event->allocation->id.data);
    matchport_string players[] = {matchport_str("ada"), matchport_str("bo")};
    CHECK_OK(matchport_client_join(client, matchport_str(id), players, 2, &operation));
    event = finish(client, operation);
    CHECK(event->kind == MATCHPORT_EVENT_KIND_PLAYERS && event->player_count->player_count == 2);
    CHECK_OK(matchport_client_stop(client, matchport_str(id), &operation));
    CHECK_STATUS(finish(client, operation)->status, OK);
    CHECK_OK(matchport_client_free(client));
}

const test sockets_tests[] = {
    {"a_match_over_sockets_of_the_host", a_match_over_sockets_of_the_host},
};
const size_t sockets_test_count = sizeof sockets_tests / sizeof *sockets_tests;
