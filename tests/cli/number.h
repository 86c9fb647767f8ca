/* number.h - a number out of a document that the program printed. For the one test file that includes it, after cmocka.h.
 */
#ifndef LSTMFC_TEST_NUMBER_H
#define LSTMFC_TEST_NUMBER_H

#include <cjson/cJSON.h>

static double number(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

#endif
