/* Ends with Halt(7): an exit code other than 0 is an ending like any other, and as provable. */
#include "ember.h"

int main(const uint8_t *input, uint32_t length) {
    (void)input, (void)length;
    ember_honest_work();
    return 7;
}
