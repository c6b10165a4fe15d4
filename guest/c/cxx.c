/* What compilers expect of a C++ library beneath the language: memory, and a function in the place of pure virtual ones. There
 * are no exceptions, so `new` without memory ends the run. */
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

/* The functions' names in C++, where a size_t is an unsigned int. A program may define its own. */
#define NAME(name) __asm__(name) __attribute__((weak))

static void *or_abort(void *memory) {
    if (!memory) abort();
    return memory;
}

/* C++ wants an address even where there is nothing to hold. */
static size_t at_least_one(size_t size) { return size ? size : 1; }

void *new_one(size_t) NAME("_Znwj");
void *new_one(size_t size) { return or_abort(malloc(at_least_one(size))); }
void *new_array(size_t) NAME("_Znaj");
void *new_array(size_t size) { return or_abort(malloc(at_least_one(size))); }
void *new_aligned(size_t, size_t) NAME("_ZnwjSt11align_val_t");
void *new_aligned(size_t size, size_t align) { return or_abort(memalign(align, at_least_one(size))); }
void *new_aligned_array(size_t, size_t) NAME("_ZnajSt11align_val_t");
void *new_aligned_array(size_t size, size_t align) { return or_abort(memalign(align, at_least_one(size))); }

void delete_one(void *) NAME("_ZdlPv");
void delete_one(void *memory) { free(memory); }
void delete_array(void *) NAME("_ZdaPv");
void delete_array(void *memory) { free(memory); }
void delete_sized(void *, size_t) NAME("_ZdlPvj");
void delete_sized(void *memory, size_t size) { (void)size, free(memory); }
void delete_sized_array(void *, size_t) NAME("_ZdaPvj");
void delete_sized_array(void *memory, size_t size) { (void)size, free(memory); }
void delete_aligned(void *, size_t) NAME("_ZdlPvSt11align_val_t");
void delete_aligned(void *memory, size_t align) { (void)align, free(memory); }
void delete_aligned_array(void *, size_t) NAME("_ZdaPvSt11align_val_t");
void delete_aligned_array(void *memory, size_t align) { (void)align, free(memory); }
void delete_sized_aligned(void *, size_t, size_t) NAME("_ZdlPvjSt11align_val_t");
void delete_sized_aligned(void *memory, size_t size, size_t align) { (void)size, (void)align, free(memory); }
void delete_sized_aligned_array(void *, size_t, size_t) NAME("_ZdaPvjSt11align_val_t");
void delete_sized_aligned_array(void *memory, size_t size, size_t align) { (void)size, (void)align, free(memory); }

void __cxa_pure_virtual(void);
void __cxa_pure_virtual(void) { abort(); }
void __cxa_deleted_virtual(void);
void __cxa_deleted_virtual(void) { abort(); }

/* The program as a whole, for destructors of what it never unloads. */
__attribute__((weak)) void *__dso_handle;
