/* What runs before main and after it, and tables that programs find by the names of their sections; the heap is beside them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const char *what) { printf("%s ", what); }

static void before(void) { say("preinit"); }
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = before;
__attribute__((constructor(102))) static void second(void) { say("102"); }
__attribute__((constructor(101))) static void first(void) { say("101"); }
__attribute__((constructor)) static void last(void) { say("constructor"); }
__attribute__((destructor)) static void destructor(void) { say("destructor"); }
static void at_exit(void) { say("atexit"); }

__attribute__((section("table"), used)) const int one = 1;
__attribute__((section("table"), used)) const int two = 2;
__attribute__((section("variables"), used)) volatile int three = 3;
__attribute__((section("quiet"))) volatile int zeros[100];
__attribute__((section(".noinit"))) volatile int noinit[100];
extern const int __start_table[], __stop_table[];
extern int __start_variables[], __stop_variables[];
static volatile char zeroed[4096];

int main(void) {
    int sum = 0;
    char *heap = malloc(4096);
    memset(heap, 0xff, 4096);
    for (const int *p = __start_table; p < __stop_table; p++) sum += *p;
    for (int *p = __start_variables; p < __stop_variables; p++) sum += (*p)++;
    for (unsigned i = 0; i < sizeof zeroed; i++) sum += zeroed[i];
    for (int i = 0; i < 100; i++) sum += zeros[i] + noinit[i], zeros[i] = noinit[i] = 1;
    for (int i = 0; i < 4096; i++) sum += heap[i] != (char)0xff;
    printf("main %d ", sum);
    atexit(at_exit);
    return 0;
}
