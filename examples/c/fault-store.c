/* Ends with StoreAccessFault: the program writes to its own constants (SPEC section 2). */
#include "fault.h"

const uint32_t constant = 42;

int main(void) {
    ember_honest_work();
    __asm__ volatile(FAULT_SITE "sw zero, 0(%0)" : : "r"(&constant) : "memory");
    return 1; /* not reached */
}
