// matchport for C++: the whole of matchport.h with owners instead of pointers. Header-only, C++17 (C++20 adds co_await), works
// without exceptions and without RTTI, starts no thread. This file only includes the parts.
//
//     matchport::ClientOptions options;
//     options.environment = "local";
//     options.token = "local";
//     auto client = matchport::Client::create(options);
//     if (!client) { puts(client.error().message.c_str()); return 1; }
//
//     matchport::AllocateOptions match;
//     match.image = "demo";
//     client->allocate(match).then([](matchport::Result<matchport::Allocation> server) {
//         puts(server ? server->endpoint.c_str() : server.error().message.c_str());
//     });
//     while (client->operation_count() > 0) {      // or client->tick() once a frame
//         client->wait(std::chrono::seconds(1));
//         client->tick();
//     }
//
// OPERATIONS
//     A call such as allocate() begins at once and gives an Operation<T>, which can be moved and not copied. There are four
//     ways to its result, and each operation takes exactly one of them: .then(callback), .future(), co_await, or keeping it
//     and asking .ready() and .take(). Whichever it is, one Result<T> comes, also when the call was refused, when it is
//     cancelled, and when the client goes away. An Operation that is dropped without having taken a way is cancelled, so
//     that no server is left that nobody knows of.
//
// THREADS
//     Callbacks are called, futures are set and coroutines go on within tick(), on the thread that calls it, and nowhere
//     else. One client is for one thread at a time, with all that belongs to it; wait() and wake() go along with
//     everything, and a std::future may be read on any thread.
//
// ERRORS
//     Nothing here throws (but for the standard library, when memory runs out). What a callback throws comes out of tick();
//     the events after it come with the next tick. The log hook and the functions of a Host must not throw.

#ifndef MATCHPORT_HPP
#define MATCHPORT_HPP

#include "matchport/client.hpp"

#endif
