/* Whether what came out is what was expected: the rules of README.md, "What is compared". */
#include "conformance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int unlike(const char *path, const cJSON *expected, const cJSON *found, char *words) {
    char *wanted = expected == NULL ? NULL : cJSON_PrintUnformatted(expected);
    char *is = found == NULL ? NULL : cJSON_PrintUnformatted(found);
    snprintf(words, WORDS_SIZE, "%s: expected %s, found %s", path, wanted == NULL ? "nothing" : wanted,
             is == NULL ? "nothing" : is);
    free(wanted);
    free(is);
    return 1;
}

static int is_missing(const cJSON *it) {
    return it == NULL || cJSON_IsNull(it);
}

static int differ(const cJSON *expected, const cJSON *found, int whole, const char *path, char *words);

static int objects_differ(const cJSON *expected, const cJSON *found, int whole, const char *path, char *words) {
    char inner[512];
    const cJSON *field;
    if (whole) {
        cJSON_ArrayForEach(field, found) {
            if (!is_missing(field) && cJSON_GetObjectItemCaseSensitive(expected, field->string) == NULL) {
                snprintf(inner, sizeof inner, "%s.%s", path, field->string);
                return unlike(inner, NULL, field, words);
            }
        }
    }
    cJSON_ArrayForEach(field, expected) {
        snprintf(inner, sizeof inner, "%s.%s", path, field->string);
        /* A ticket is whole wherever it stands. */
        int inner_whole = whole || strcmp(field->string, "ticket") == 0;
        if (differ(field, cJSON_GetObjectItemCaseSensitive(found, field->string), inner_whole, inner, words)) {
            return 1;
        }
    }
    return 0;
}

static int differ(const cJSON *expected, const cJSON *found, int whole, const char *path, char *words) {
    if (is_missing(expected) || is_missing(found)) {
        return is_missing(expected) && is_missing(found) ? 0 : unlike(path, expected, found, words);
    }
    const cJSON *between = cJSON_GetObjectItemCaseSensitive(expected, "$between");
    if (between != NULL) {
        double low = cJSON_GetArrayItem(between, 0)->valuedouble, high = cJSON_GetArrayItem(between, 1)->valuedouble;
        int within = cJSON_IsNumber(found) && low <= found->valuedouble && found->valuedouble <= high;
        return within ? 0 : unlike(path, expected, found, words);
    }
    const char *part = text_of(expected, "$contains");
    if (part != NULL) {
        int contains = cJSON_IsString(found) && strstr(found->valuestring, part) != NULL;
        return contains ? 0 : unlike(path, expected, found, words);
    }
    if (cJSON_IsObject(expected) && cJSON_IsObject(found)) {
        return objects_differ(expected, found, whole, path, words);
    }
    if (cJSON_IsArray(expected) && cJSON_IsArray(found)) {
        int size = cJSON_GetArraySize(expected);
        if (size != cJSON_GetArraySize(found)) {
            return unlike(path, expected, found, words);
        }
        for (int i = 0; i < size; i++) {
            char inner[512];
            snprintf(inner, sizeof inner, "%s[%d]", path, i);
            if (differ(cJSON_GetArrayItem(expected, i), cJSON_GetArrayItem(found, i), whole, inner, words)) {
                return 1;
            }
        }
        return 0;
    }
    int same;
    if (cJSON_IsNumber(expected) && cJSON_IsNumber(found)) {
        same = fabs(expected->valuedouble - found->valuedouble) <= fabs(expected->valuedouble) * 1e-6;
    } else if (cJSON_IsString(expected) && cJSON_IsString(found)) {
        same = strcmp(expected->valuestring, found->valuestring) == 0;
    } else {
        same = cJSON_IsBool(expected) && cJSON_IsBool(found) && cJSON_IsTrue(expected) == cJSON_IsTrue(found);
    }
    return same ? 0 : unlike(path, expected, found, words);
}

int differs(const cJSON *expected, const cJSON *found, int whole, char *words) {
    return differ(expected, found, whole, "", words);
}

int lists_differ(const char *what, const cJSON *expected, const cJSON *found, int whole, int required, char *words) {
    if (expected == NULL && !required) {
        return 0;
    }
    int size = expected == NULL ? 0 : cJSON_GetArraySize(expected);
    if (size != cJSON_GetArraySize(found)) {
        return unlike(what, expected, found, words);
    }
    for (int i = 0; i < size; i++) {
        cJSON *wanted = cJSON_Duplicate(cJSON_GetArrayItem(expected, i), 1);
        const cJSON *is = cJSON_GetArrayItem(found, i);
        if (!cJSON_HasObjectItem(wanted, "operation") && cJSON_HasObjectItem(is, "operation")) {
            cJSON_AddNumberToObject(wanted, "operation", 1);
        }
        char path[64];
        snprintf(path, sizeof path, "%s[%d]", what, i);
        int wrong = differ(wanted, is, whole, path, words);
        cJSON_Delete(wanted);
        if (wrong) {
            return 1;
        }
    }
    return 0;
}
