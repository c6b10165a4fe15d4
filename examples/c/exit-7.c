/* Ends with Halt(7): an exit code other than 0 is an ending like any other, and as provable. */
#include "fault.h"

int main(void) {
    ember_honest_work();
    return 7;
}
