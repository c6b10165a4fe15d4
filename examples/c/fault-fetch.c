/* Ends with InstructionAccessFault. The jump is fine; what faults is the fetch of its target, two
 * good instructions that lie in data. Nothing that a program can write can be run (SPEC section 2). */
#include "fault.h"

uint32_t not_code[2] = {0x00000513, 0x00008067}; /* li a0, 0; ret */

int main(void) {
    ember_honest_work();
    __asm__ volatile(FAULT_SITE "jalr ra, 0(%0)" : : "r"(not_code) : "ra", "memory");
    return 1; /* not reached */
}
