/* A number as text, where no stdio is.  Async-signal-safe. */
#ifndef BOXED_DECIMAL_H
#define BOXED_DECIMAL_H

#include <stdint.h>

/* For 20 digits and the NUL. */
#define DECIMAL_SIZE 21

/* Where in the buffer the text begins. */
static inline const char *
decimal(uint64_t number, char buffer[DECIMAL_SIZE])
{
    char *at = buffer + DECIMAL_SIZE - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return at;
}

#endif
