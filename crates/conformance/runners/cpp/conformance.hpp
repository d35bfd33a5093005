// The vectors of crates/conformance in C++: what its files share. Files and matching are those of the player in C.
#ifndef CONFORMANCE_HPP
#define CONFORMANCE_HPP

#include "../c/conformance.h"
#include <matchport.hpp>

#include <memory>
#include <string>

struct DeleteJson {
    void operator()(cJSON *json) const noexcept { cJSON_Delete(json); }
};
using Json = std::unique_ptr<cJSON, DeleteJson>;

// options.cpp: from the vectors' spelling of options to those of the C++ header.
matchport::ClientOptions client_options_of(const cJSON *client);
matchport::AllocateOptions allocate_options_of(const cJSON *options);
matchport::BackfillOptions backfill_options_of(const cJSON *options);
matchport::ListOptions list_options_of(const cJSON *options);
matchport::ResumeOptions resume_options_of(const cJSON *step, const cJSON *options);
/// A text of an object, empty when there is none.
std::string string_of(const cJSON *object, const char *name);
std::vector<std::string> strings_of(const cJSON *object, const char *name);
bool is_true(const cJSON *object, const char *name);

// show.cpp: results in the vectors' words.
Json show(const matchport::Allocation &allocation);
Json show(const matchport::Backfilled &backfilled);
Json show(const std::vector<matchport::Session> &sessions);
Json show(const matchport::Session &session);
Json show(const matchport::Stopped &stopped);
Json show(const matchport::PlayerCount &count);
Json show(const std::vector<matchport::Location> &locations);
Json show(const matchport::TagExists &tag);
Json show(const matchport::Streamed &streamed);
Json show(const matchport::Error &error);
Json show(const matchport::Progress &progress);
Json show_ticket(std::string_view ticket);

#endif
