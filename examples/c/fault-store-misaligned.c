/* Ends with StoreAddressMisaligned: a half-word store at an odd address (SPEC section 1). */
#include "ember.h"

int main(const uint8_t *input, uint32_t length) {
    (void)input, (void)length;
    ember_honest_work();
    static uint32_t words[2];
    __asm__ volatile(FAULT_SITE "sh zero, 1(%0)" : : "r"(words) : "memory");
    return 1; /* not reached */
}
