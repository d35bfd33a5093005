/* The vectors of crates/conformance in C: what its files share. The format is in README.md of that crate. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <cjson/cJSON.h>
#include <matchport.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Longest text that says what is wrong. */
#define WORDS_SIZE 4000

/* matching.c: 0 when `found` is what is expected; else 1, with the words for it. `whole`: every field that was found has to be
 * expected. */
int differs(const cJSON *expected, const cJSON *found, int whole, char *words);
/* As `differs`, for a list of things, each of which is of operation 1 unless it says otherwise. Null expects nothing when
 * `required`, and anything when not. */
int lists_differ(const char *what, const cJSON *expected, const cJSON *found, int whole, int required, char *words);

/* files.c: reads all vectors of a folder, one array entry a file, in the order of their names; ends the program when they
 * can't be read. */
cJSON *read_vectors(const char *folder);
/* The number of vectors in them. */
int count_vectors(const cJSON *files);
/* A text of an object, or null. */
const char *text_of(const cJSON *object, const char *name);
/* The answer that a step means: itself, or the one of the file that has its name. Null when there is none. */
const cJSON *answer_of(const cJSON *file, const cJSON *meant);
/* The body of an answer; free it. */
char *body_of(const cJSON *answer);
/* The 24 random bytes of a step. */
void entropy_of(const cJSON *step, uint8_t bytes[24]);
/* A ttl in seconds, from a number or from a text such as 2h30m. */
uint64_t seconds_of(const cJSON *ttl);
/* A field that was refused, as the vectors call it. */
const char *spelled_field(const char *field);

/* options.c: the options of a client, and beginning the operation of a step. What was allocated goes with `release`. */
matchport_client_options client_options(const cJSON *client);
matchport_status begin(matchport_client *client, const cJSON *step, uint64_t *operation);
void release(void);

/* show.c: an event in the vectors' words, without the number of its operation; delete it. */
cJSON *show_event(const matchport_event *event);
/* A text of the library's. */
cJSON *show_text(matchport_string text);

#ifdef __cplusplus
}
#endif
#endif
