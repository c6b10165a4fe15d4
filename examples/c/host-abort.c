/* Calls the embedding: host_call 0x2001, the second of the numbers that belong to it (SPEC section 4).
 *
 * The arguments are a request and a buffer for the response; the result is the response's length. An
 * embedding that aborts the run ends it with HostAbort(code), for instance a contract's revert, and
 * so does a host that has no such call. Otherwise the response goes to the journal.
 */
#include "fault.h"

int main(void) {
    ember_honest_work();

    static const char request[] = "transfer 5 to bob";
    static uint8_t response[32];
    register uint32_t t0 __asm__("t0") = 0x2001;
    register uint32_t a0 __asm__("a0") = (uint32_t)request;
    register uint32_t a1 __asm__("a1") = sizeof request - 1;
    register uint32_t a2 __asm__("a2") = (uint32_t)response;
    register uint32_t a3 __asm__("a3") = sizeof response;
    __asm__ volatile(FAULT_SITE "ecall"
                     : "+r"(a0) : "r"(t0), "r"(a1), "r"(a2), "r"(a3) : "memory");
    ember_journal(response, a0);
    return 0;
}
