/* Doubly recursive Fibonacci numbers: calls, returns and the stack. */
#include "workload.h"

static __attribute__((noinline)) uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

WORKLOAD { return fib(32); }
