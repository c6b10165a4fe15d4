/* Atomics of all sizes, by the functions that compilers call. */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

struct three { char bytes[3]; };
static _Atomic struct three whole;
static atomic_flag flag = ATOMIC_FLAG_INIT;
static volatile int old;

#define SIZE(type, bits)                                                                                                 \
    {                                                                                                                    \
        static _Atomic type a;                                                                                           \
        type expected = 5, wrong = 1;                                                                                    \
        atomic_store(&a, 3);                                                                                             \
        unsigned long long sum = atomic_fetch_add(&a, 5), is_equal;                                                      \
        sum = 10 * sum + atomic_fetch_sub(&a, 2);                                                                        \
        sum = 10 * sum + atomic_fetch_or(&a, 9);                                                                         \
        sum = 100 * sum + atomic_fetch_and(&a, 7);                                                                       \
        sum = 10 * sum + atomic_fetch_xor(&a, 2);                                                                        \
        is_equal = atomic_compare_exchange_strong(&a, &expected, 9);                                                     \
        is_equal = 10 * is_equal + atomic_compare_exchange_strong(&a, &wrong, 8);                                        \
        printf("%d: %llu %llu %d %d %d\n", bits, sum, is_equal, (int)wrong, (int)atomic_exchange(&a, 4),                 \
               (int)atomic_load(&a));                                                                                    \
    }

int main(void) {
    SIZE(uint8_t, 8)
    SIZE(uint16_t, 16)
    SIZE(uint32_t, 32)
    SIZE(uint64_t, 64)
    struct three from = {{1, 2, 3}};
    atomic_store(&whole, from);
    struct three to = atomic_load(&whole);
    printf("%d%d%d ", to.bytes[0], to.bytes[1], to.bytes[2]);
    printf("%d%d ", atomic_flag_test_and_set(&flag), atomic_flag_test_and_set(&flag));
    atomic_flag_clear(&flag);
    printf("%d ", atomic_flag_test_and_set(&flag));
    printf("%d ", __sync_fetch_and_add(&old, 2));
    printf("%d ", __sync_bool_compare_and_swap(&old, 2, 6));
    printf("%d ", __sync_lock_test_and_set(&old, 7));
    printf("%d\n", __sync_sub_and_fetch(&old, 3));
    return 0;
}
