/* What many tests need: clients, and a host that plays the service. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "harness.h"

/* A client with the host transport, random bytes and a time of 0. */
matchport_client *host_client(void);
/* The options of such a client. */
matchport_client_options host_options(void);
/* Begins an allocation in eu-west-1, done as soon as it is allocated. */
uint64_t allocate(matchport_client *client);
/* Takes the next event, which must be of this kind. */
const matchport_event *expect_event(matchport_client *client, matchport_event_kind kind);
/* Takes events until one ends an operation, and gives that. */
const matchport_event *expect_end(matchport_client *client);
/* Takes all events, then the next request, which must be there. */
const matchport_http_request *expect_request(matchport_client *client);
/* Answers a request. */
matchport_status answer(matchport_client *client, uint64_t request, int status, const char *body);
/* The value of a header, or "not given". */
matchport_string header(const matchport_http_request *request, const char *name);
/* Text of bytes. */
matchport_string text_of(matchport_bytes bytes);

/* The answer to a start. */
#define STARTED "{\"host\":\"185.12.34.56\",\"ports\":[{\"type\":\"udp\",\"container\":7777,\"host\":27015}]}"

#endif
