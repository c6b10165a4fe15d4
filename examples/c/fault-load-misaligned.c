/* Ends with LoadAddressMisaligned: a word load at an odd address (SPEC section 1). */
#include "fault.h"

int main(void) {
    ember_honest_work();
    static uint32_t words[2];
    uint32_t value;
    __asm__ volatile(FAULT_SITE "lw %0, 1(%1)" : "=r"(value) : "r"(words) : "memory");
    return (int)value; /* not reached */
}
