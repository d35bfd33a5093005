/* The files of the vectors, and what the steps in them say. */
#include "conformance.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void gives_up(const char *what, const char *path) {
    fprintf(stderr, "%s %s\n", what, path);
    exit(2);
}

static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        gives_up("cannot read", path);
    }
    long size = ftell(file);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        gives_up("cannot read", path);
    }
    fclose(file);
    return text;
}

static int is_json(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

cJSON *read_vectors(const char *folder) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_json, alphasort);
    if (count <= 0) {
        gives_up("no vectors in", folder);
    }
    cJSON *files = cJSON_CreateArray();
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        char *text = read_text(path);
        cJSON *file = cJSON_Parse(text);
        if (file == NULL || !cJSON_IsArray(cJSON_GetObjectItem(file, "vectors"))) {
            gives_up("no vectors:", path);
        }
        entries[i]->d_name[strlen(entries[i]->d_name) - 5] = '\0';
        cJSON_AddStringToObject(file, "name", entries[i]->d_name);
        cJSON_AddItemToArray(files, file);
        free(text);
        free(entries[i]);
    }
    free(entries);
    return files;
}

int count_vectors(const cJSON *files) {
    int count = 0;
    const cJSON *file;
    cJSON_ArrayForEach(file, files) {
        count += cJSON_GetArraySize(cJSON_GetObjectItem(file, "vectors"));
    }
    return count;
}

const char *text_of(const cJSON *object, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

const cJSON *answer_of(const cJSON *file, const cJSON *meant) {
    if (!cJSON_IsString(meant)) {
        return meant;
    }
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(file, "answers"), meant->valuestring);
}

char *body_of(const cJSON *answer) {
    const cJSON *json = cJSON_GetObjectItemCaseSensitive(answer, "json");
    if (json != NULL) {
        return cJSON_PrintUnformatted(json);
    }
    const char *text = text_of(answer, "text");
    return strdup(text == NULL ? "" : text);
}

void entropy_of(const cJSON *step, uint8_t bytes[24]) {
    const char *digits = text_of(step, "entropy");
    for (int i = 0; i < 24; i++) {
        unsigned byte = (unsigned)i + 1;
        if (digits != NULL) {
            sscanf(digits + 2 * i, "%2x", &byte);
        }
        bytes[i] = (uint8_t)byte;
    }
}

uint64_t seconds_of(const cJSON *ttl) {
    if (cJSON_IsNumber(ttl)) {
        return (uint64_t)ttl->valuedouble;
    }
    uint64_t seconds = 0;
    for (const char *rest = ttl->valuestring; *rest != '\0';) {
        char *unit;
        uint64_t number = strtoull(rest, &unit, 10);
        seconds += number * (*unit == 'h' ? 3600 : *unit == 'm' ? 60 : 1);
        rest = *unit == '\0' ? unit : unit + 1;
    }
    return seconds;
}

const char *spelled_field(const char *field) {
    static const char *const names[][2] = {
        {"session_id", "id"},       {"deadline_ms", "deadline"},   {"waited_ms", "waited"},
        {"match_id", "matchId"},    {"external_id", "externalId"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i][0], field) == 0) {
            return names[i][1];
        }
    }
    return field;
}
