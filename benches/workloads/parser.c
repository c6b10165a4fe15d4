/* A JSON checker as a state machine, over text that it writes first: switches, byte tests, a small stack. */
#include "workload.h"

enum { N = 1 << 16, ROUNDS = 25 };
static uint8_t text[N];
static uint32_t length;

static void put(uint8_t c) {
    if (length < N) text[length++] = c;
}

static void put_number(uint32_t x) {
    uint8_t digits[10];
    int n = 0;
    do digits[n++] = (uint8_t)('0' + x % 10);
    while (x /= 10);
    while (n > 0) put(digits[--n]);
}

static void write(uint32_t seed) {
    length = 0;
    put('[');
    for (uint32_t i = 0; length < N - 100; i++) {
        seed = seed * 1664525 + 1013904223;
        if (i) put(',');
        put('{');
        put('"');
        for (uint32_t j = 0; j < 3 + (seed >> 28); j++) put((uint8_t)('a' + (seed >> (j & 15)) % 26));
        put('"');
        put(':');
        switch (seed >> 8 & 3) {
        case 0: put_number(seed >> 10); break;
        case 1: put('['), put_number(seed >> 24), put(','), put(' '), put_number(i), put(']'); break;
        case 2: put('"'), put('\\'), put('n'), put('x'), put('"'); break;
        default: put('n'), put('u'), put('l'), put('l'); break;
        }
        put('}');
    }
    put(']');
}

typedef enum { VALUE, KEY, COLON, AFTER, STRING, ESCAPE, NUMBER, WORD } state;

/* Number of values, mixed with the sum of the numbers; zero for bad text. */
static uint32_t check(void) {
    uint8_t stack[32];
    uint32_t depth = 0, values = 0, sum = 0, number = 0, word = 0;
    int is_key = 0;
    state s = VALUE;
    for (uint32_t i = 0; i < length; i++) {
        uint8_t c = text[i];
        switch (s) {
        case VALUE:
            values++;
            if (c == '{' || c == '[') {
                if (depth == sizeof stack) return 0;
                stack[depth++] = c;
                s = c == '{' ? KEY : VALUE;
            } else if (c == '"') {
                is_key = 0, s = STRING;
            } else if (c >= '0' && c <= '9') {
                number = (uint32_t)(c - '0'), s = NUMBER;
            } else if (c >= 'a' && c <= 'z') {
                word = c, s = WORD;
            } else if (c == ' ') {
                values--;
            } else {
                return 0;
            }
            break;
        case KEY:
            if (c == '"') is_key = 1, s = STRING;
            else if (c != ' ') return 0;
            break;
        case COLON:
            if (c == ':') s = VALUE;
            else return 0;
            break;
        case STRING:
            if (c == '\\') s = ESCAPE;
            else if (c == '"') s = is_key ? COLON : AFTER;
            break;
        case ESCAPE: s = STRING; break;
        case NUMBER:
            if (c >= '0' && c <= '9') {
                number = number * 10 + (uint32_t)(c - '0');
                break;
            }
            sum = sum * 31 + number;
            s = AFTER;
            goto after;
        case WORD:
            if (c >= 'a' && c <= 'z') {
                word = word * 31 + c;
                break;
            }
            sum ^= word;
            s = AFTER; /* fall through */
        after:
        case AFTER:
            if (c == ',') {
                if (depth == 0) return 0;
                s = stack[depth - 1] == '{' ? KEY : VALUE;
            } else if (c == '}' || c == ']') {
                if (depth == 0 || (stack[depth - 1] == '{') != (c == '}')) return 0;
                depth--;
            } else if (c != ' ') {
                return 0;
            }
        }
    }
    return depth == 0 ? values * 65599 + sum : 0;
}

WORKLOAD {
    uint32_t sum = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (round % 8 == 0) write(round);
        sum = sum * 31 + check();
    }
    return sum;
}
