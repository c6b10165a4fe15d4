/* One source for every machine: `WORKLOAD { ... return checksum; }`. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

typedef __UINT8_TYPE__ uint8_t;
typedef __INT32_TYPE__ int32_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;

#if defined(__wasm__)
#define WORKLOAD __attribute__((export_name("run"))) uint32_t run(void)
#elif defined(POLKAVM)
/* polkavm's linker finds what is exported by these two sections: a name and the numbers of registers that go in
 * and out, then the address of both. */
__asm__(".pushsection .polkavm_metadata,\"\",@progbits\n"
        ".Lname: .ascii \"run\"\n"
        ".Lmetadata: .byte 1\n"
        ".4byte 0, 3\n"
        ".8byte .Lname\n"
        ".byte 0, 1\n"
        ".popsection\n"
        ".pushsection .polkavm_exports,\"R\",@note\n"
        ".byte 1\n"
        ".8byte .Lmetadata, run\n"
        ".popsection\n");
#define WORKLOAD uint32_t run(void)
#else
#define WORKLOAD uint32_t run(void)
#endif

/* The compiler may ask for these even in freestanding code. */
void *memset(void *to, int value, __SIZE_TYPE__ n);
void *memcpy(void *to, const void *from, __SIZE_TYPE__ n);

#endif
