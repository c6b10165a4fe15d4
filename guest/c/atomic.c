/* Atomics. The machine has no instructions for them, so compilers call functions of a library that they do not bring. There
 * is one hart and nothing interrupts it: a plain access is an atomic one, in whatever order the caller asks for. */
#include <stddef.h>
#include <stdint.h>

/* Compilers know these names, and want to define the functions themselves: so they have others here. */
#define NAME(name) __asm__(#name)

#define OPERATION(bits, n, name, expression)                                                                             \
    uint##bits##_t fetch_##name##n(volatile void *, uint##bits##_t, int) NAME(__atomic_fetch_##name##_##n);               \
    uint##bits##_t fetch_##name##n(volatile void *at, uint##bits##_t y, int order) {                                      \
        uint##bits##_t x = *(volatile uint##bits##_t *)at;                                                                \
        (void)order;                                                                                                     \
        *(volatile uint##bits##_t *)at = (uint##bits##_t)(expression);                                                    \
        return x;                                                                                                        \
    }                                                                                                                    \
    uint##bits##_t name##_fetch##n(volatile void *, uint##bits##_t, int) NAME(__atomic_##name##_fetch_##n);               \
    uint##bits##_t name##_fetch##n(volatile void *at, uint##bits##_t y, int order) {                                      \
        uint##bits##_t x = fetch_##name##n(at, y, order);                                                                 \
        return (uint##bits##_t)(expression);                                                                              \
    }                                                                                                                    \
    uint##bits##_t sync_fetch_##name##n(volatile void *, uint##bits##_t) NAME(__sync_fetch_and_##name##_##n);             \
    uint##bits##_t sync_fetch_##name##n(volatile void *at, uint##bits##_t y) { return fetch_##name##n(at, y, 0); }        \
    uint##bits##_t sync_##name##_fetch##n(volatile void *, uint##bits##_t) NAME(__sync_##name##_and_fetch_##n);           \
    uint##bits##_t sync_##name##_fetch##n(volatile void *at, uint##bits##_t y) { return name##_fetch##n(at, y, 0); }

#define WIDTH(bits, n)                                                                                                   \
    uint##bits##_t load##n(const volatile void *, int) NAME(__atomic_load_##n);                                          \
    uint##bits##_t load##n(const volatile void *at, int order) {                                                         \
        (void)order;                                                                                                     \
        return *(const volatile uint##bits##_t *)at;                                                                     \
    }                                                                                                                    \
    void store##n(volatile void *, uint##bits##_t, int) NAME(__atomic_store_##n);                                        \
    void store##n(volatile void *at, uint##bits##_t y, int order) {                                                      \
        (void)order;                                                                                                     \
        *(volatile uint##bits##_t *)at = y;                                                                              \
    }                                                                                                                    \
    uint##bits##_t exchange##n(volatile void *, uint##bits##_t, int) NAME(__atomic_exchange_##n);                        \
    uint##bits##_t exchange##n(volatile void *at, uint##bits##_t y, int order) {                                         \
        uint##bits##_t x = load##n(at, order);                                                                           \
        store##n(at, y, order);                                                                                          \
        return x;                                                                                                        \
    }                                                                                                                    \
    _Bool compare##n(volatile void *, void *, uint##bits##_t, int, int) NAME(__atomic_compare_exchange_##n);             \
    _Bool compare##n(volatile void *at, void *expected, uint##bits##_t y, int order, int failure) {                      \
        uint##bits##_t x = load##n(at, order);                                                                           \
        (void)failure;                                                                                                   \
        if (x == *(uint##bits##_t *)expected) {                                                                          \
            store##n(at, y, order);                                                                                      \
            return 1;                                                                                                    \
        }                                                                                                                \
        *(uint##bits##_t *)expected = x;                                                                                 \
        return 0;                                                                                                        \
    }                                                                                                                    \
    uint##bits##_t sync_val##n(volatile void *, uint##bits##_t, uint##bits##_t) NAME(__sync_val_compare_and_swap_##n);   \
    uint##bits##_t sync_val##n(volatile void *at, uint##bits##_t expected, uint##bits##_t y) {                           \
        compare##n(at, &expected, y, 0, 0);                                                                              \
        return expected;                                                                                                 \
    }                                                                                                                    \
    _Bool sync_bool##n(volatile void *, uint##bits##_t, uint##bits##_t) NAME(__sync_bool_compare_and_swap_##n);          \
    _Bool sync_bool##n(volatile void *at, uint##bits##_t expected, uint##bits##_t y) {                                   \
        return compare##n(at, &expected, y, 0, 0);                                                                       \
    }                                                                                                                    \
    uint##bits##_t sync_test##n(volatile void *, uint##bits##_t) NAME(__sync_lock_test_and_set_##n);                     \
    uint##bits##_t sync_test##n(volatile void *at, uint##bits##_t y) { return exchange##n(at, y, 0); }                   \
    void sync_release##n(volatile void *) NAME(__sync_lock_release_##n);                                                 \
    void sync_release##n(volatile void *at) { store##n(at, 0, 0); }                                                      \
    OPERATION(bits, n, add, x + y)                                                                                       \
    OPERATION(bits, n, sub, x - y)                                                                                       \
    OPERATION(bits, n, and, x & y)                                                                                       \
    OPERATION(bits, n, or, x | y)                                                                                        \
    OPERATION(bits, n, xor, x ^ y)                                                                                       \
    OPERATION(bits, n, nand, ~(x & y))

WIDTH(8, 1)
WIDTH(16, 2)
WIDTH(32, 4)
WIDTH(64, 8)

/* Of any size. */

static void copy(size_t size, volatile void *to, const volatile void *from) {
    for (size_t i = 0; i < size; i++) ((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
}

void load(size_t, const volatile void *, void *, int) NAME(__atomic_load);
void load(size_t size, const volatile void *at, void *to, int order) {
    (void)order;
    copy(size, to, at);
}

void store(size_t, volatile void *, const void *, int) NAME(__atomic_store);
void store(size_t size, volatile void *at, const void *from, int order) {
    (void)order;
    copy(size, at, from);
}

void exchange(size_t, volatile void *, const void *, void *, int) NAME(__atomic_exchange);
void exchange(size_t size, volatile void *at, const void *from, void *to, int order) {
    (void)order;
    for (size_t i = 0; i < size; i++) {
        uint8_t x = ((volatile uint8_t *)at)[i];
        ((volatile uint8_t *)at)[i] = ((const uint8_t *)from)[i]; /* `from` and `to` may be one object. */
        ((uint8_t *)to)[i] = x;
    }
}

_Bool compare(size_t, volatile void *, void *, const void *, int, int) NAME(__atomic_compare_exchange);
_Bool compare(size_t size, volatile void *at, void *expected, const void *from, int order, int failure) {
    (void)order, (void)failure;
    for (size_t i = 0; i < size; i++) {
        if (((volatile uint8_t *)at)[i] != ((uint8_t *)expected)[i]) {
            copy(size, expected, at);
            return 0;
        }
    }
    copy(size, at, from);
    return 1;
}

_Bool test(volatile void *, int) NAME(__atomic_test_and_set);
_Bool test(volatile void *at, int order) { return exchange1(at, 1, order); }

void clear(volatile void *, int) NAME(__atomic_clear);
void clear(volatile void *at, int order) { store1(at, 0, order); }

_Bool is_lock_free(size_t, const volatile void *) NAME(__atomic_is_lock_free);
_Bool is_lock_free(size_t size, const volatile void *at) {
    (void)size, (void)at;
    return 1;
}
