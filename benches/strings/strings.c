#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every text is an allocation of its own, as in the other languages. */
static char *concat(const char *a, const char *b) {
    size_t a_len = strlen(a), b_len = strlen(b);
    char *result = malloc(a_len + b_len + 1);
    memcpy(result, a, a_len);
    memcpy(result + a_len, b, b_len + 1);
    return result;
}

static char *concat_number(const char *a, int32_t n) {
    char digits[16];
    snprintf(digits, sizeof digits, "%d", n);
    return concat(a, digits);
}

/* Joins and frees the left text. */
static char *append(char *a, const char *b) {
    char *result = concat(a, b);
    free(a);
    return result;
}

static uint32_t checksum(const char *text, uint32_t sum) {
    for (size_t i = 0; text[i]; i++) sum = sum * 31 + (uint8_t)text[i];
    return sum;
}

int main(int argc, char **argv) {
    (void)argc;
    int32_t n = atoi(argv[1]), lines = 0;
    uint32_t sum = 7;
    char *line = strdup("");
    for (int32_t i = 0; i < n; i++) {
        char *key = concat_number("key", i % 1000);
        char *pair = concat(key, "=");
        char *numbered = concat_number(pair, i);
        numbered = append(numbered, ";");
        line = append(line, numbered);
        free(key);
        free(pair);
        free(numbered);
        if (strlen(line) > 200) {
            sum = checksum(line, sum);
            lines++;
            free(line);
            line = strdup("");
        }
    }
    printf("%d %u\n", lines, checksum(line, sum));
    free(line);
    return 0;
}
