/* Thread-local variables of all kinds beside each other and all else. */
#include <stdio.h>

#ifdef INITIALISED
static _Thread_local volatile char odd = 3;
static _Thread_local _Alignas(128) volatile int first[3] = {1, 2, 3};
#endif
static _Thread_local volatile unsigned char seen[8192];
static _Thread_local _Alignas(256) volatile int wide[3];
static const char *names[] = {"alice", "bob", "carol"};
#ifdef DATA
static volatile int data = 5;
#endif
static volatile char zeroed[100];
static _Alignas(64) volatile char aligned[64];

int main(void) {
    int sum = 0;
    for (unsigned i = 0; i < sizeof seen; i++) sum += seen[i], seen[i] = 1;
    for (unsigned i = 0; i < 3; i++) sum += wide[i], wide[i] = 1;
    for (unsigned i = 0; i < sizeof zeroed; i++) sum += zeroed[i], zeroed[i] = 1;
    for (unsigned i = 0; i < sizeof aligned; i++) sum += aligned[i], aligned[i] = 1;
    sum += (int)((unsigned)wide % 256 + (unsigned)aligned % 64);
#ifdef INITIALISED
    sum += odd - 3 + first[0] - 1 + first[1] - 2 + first[2] - 3 + (int)((unsigned)first % 128);
#endif
#ifdef DATA
    sum += data - 5;
#endif
    for (unsigned i = 0; i < sizeof seen; i++) sum += seen[i] - 1;
    printf("%s: %d\n", names[1], sum);
    return 0;
}
