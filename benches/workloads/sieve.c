/* Sieve of Eratosthenes over bytes: short loops of stores and branches. */
#include "workload.h"

enum { N = 500000, ROUNDS = 30 };
static uint8_t composite[N];

WORKLOAD {
    uint32_t primes = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < N; i++) composite[i] = 0;
        for (uint32_t i = 2; i * i < N; i++) {
            if (composite[i]) continue;
            for (uint32_t j = i * i; j < N; j += i) composite[j] = 1;
        }
        for (uint32_t i = 2; i < N; i++) primes += !composite[i];
    }
    return primes;
}
