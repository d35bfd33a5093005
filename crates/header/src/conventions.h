/*
 * matchport: gets a match onto a dedicated game server, once and only once.
 *
 * Generated from crates/ffi by `cargo xtask drift --write`: change the comments there.
 *
 * IN SHORT
 *
 *     matchport_client_options options;
 *     matchport_client_options_init(&options, sizeof options);
 *     options.environment = matchport_str("local");
 *     options.token = matchport_str("local");
 *     options.transport = MATCHPORT_TRANSPORT_BUILT_IN;
 *     matchport_client *client;
 *     char why[200];
 *     if (matchport_client_new(&options, &client, why, sizeof why) != MATCHPORT_STATUS_OK) { puts(why); return; }
 *
 *     matchport_allocate_options match;
 *     matchport_allocate_options_init(&match, sizeof match);
 *     match.image = matchport_str("demo");
 *     uint64_t operation;
 *     matchport_client_allocate(client, &match, &operation);
 *
 *     const matchport_event *event;
 *     while (matchport_client_wait(client, 1000) != MATCHPORT_STATUS_INVALID_HANDLE) {
 *         matchport_client_tick(client);
 *         while (matchport_client_next_event(client, &event) == MATCHPORT_STATUS_OK) {
 *             ... event->kind, event->allocation->endpoint ...
 *         }
 *     }
 *
 * OPERATIONS AND EVENTS
 *     A call that begins an operation returns at once and writes its number, which is never 0 and never used twice in a
 *     client. What becomes of it comes as events, in order, that the program asks for. Each operation that was begun ends
 *     with exactly one event whose kind is 100 or more, also when it is cancelled. Nothing ever calls the program, but for
 *     the log hook, which is called only from within a call of the program's.
 *
 * OWNERSHIP
 *     What is passed in is copied before the call returns; nothing has to outlive it. What is handed out is read only
 *     and belongs to the client: it stays valid until the same function is called again for that client (for events, one of
 *     the two functions that take events) or the client is freed. There is nothing to free but clients.
 *
 * TEXTS
 *     UTF-8 with a length, not terminated; data may be null, which is "not given". matchport_str() makes one of a C string.
 *     An empty text is given. As the id of a session it is refused with INVALID_ARGUMENT, like every id that could not stand in
 *     an address. Everywhere else where the API takes no empty text (an image, a location, a player, a match id) the operation
 *     begins and ends with INVALID_INPUT before anything is sent, and the field of its error says which text it was. A text
 *     that must be given and is not is refused with NULL_ARGUMENT.
 *
 * VERSIONS
 *     Compare matchport_abi_version() with MATCHPORT_ABI_VERSION after loading the library. Structs that the program
 *     fills in start with struct_size, are initialised by the init function of their name with sizeof, and may grow at
 *     their end: a program compiled with an older header gets the defaults for what is new, and one compiled with a newer
 *     header than the library is told INVALID_STRUCT_SIZE when it asks for something that the library can't do. Structs that
 *     the library hands out may grow at their end too, except those that say that they never do; arrays hold only the
 *     latter. Numbers of enums keep their meaning; more may come.
 *
 * ERRORS
 *     Every call returns a matchport_status. From 100 on it was refused and changed nothing; matchport_client_last_message()
 *     says more. Failures of operations come in events, as matchport_error. No text holds the token or values of the
 *     environment. A fault inside of the library becomes POISONED and puts that one client out of use.
 *
 * THREADS
 *     A client may be used from any thread, by one at a time: a second one gets BUSY, and so does nobody who calls
 *     matchport_client_wait() or matchport_client_wake(), which go along with everything. Different clients don't know of
 *     each other. The library starts no thread unless a client asks for the built-in transport.
 *
 * TWO TRANSPORTS
 *     Built in: the loop above. Host: the program carries the bytes, with whatever HTTP it has. Then one round is
 *         matchport_client_tick_at(client, now);
 *         take all events;
 *         take all requests, and send or abort them;
 *     and what came of a request goes back with matchport_client_http_response() or matchport_client_http_failed().
 */
