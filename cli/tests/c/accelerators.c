/* All accelerators on the public input, into the journal: the test does the same in Rust, in software. */
#include <ember.h>

static uint8_t bytes[512];

int main(void) {
    uint32_t length;
    const uint8_t *input = ember_input(&length);
    uint8_t digest[32];
    for (uint32_t i = 0; i < length; i++) bytes[i] = input[i];
    /* Lengths around the blocks', from addresses of every alignment, in two parts. */
    for (uint32_t n = 0; n <= 300; n += 7) {
        const uint8_t *from = bytes + n % 4;
        struct ember_sha256_state sha256;
        ember_sha256_init(&sha256);
        ember_sha256_update(&sha256, from, n / 3);
        ember_sha256_update(&sha256, from + n / 3, n - n / 3);
        ember_sha256_final(&sha256, digest);
        ember_journal(digest, 32);
        struct ember_keccak_state keccak;
        ember_keccak_init(&keccak);
        ember_keccak_update(&keccak, from, n / 3);
        ember_keccak_update(&keccak, from + n / 3, n - n / 3);
        ember_keccak256_final(&keccak, digest);
        ember_journal(digest, 32);
        ember_sha3_256(from, n, digest);
        ember_journal(digest, 32);
    }
    ember_sha256(bytes, 55, digest);
    ember_journal(digest, 32);
    ember_keccak256(bytes, 136, digest);
    ember_journal(digest, 32);

    static uint32_t words[128];
    for (int i = 0; i < 128; i++) words[i] = bytes[i] * 0x01010101u;
    uint32_t state[16], x[8], sum[5] = {0};
    for (int i = 0; i < 16; i++) state[i] = words[i];
    ember_poseidon2(state);
    ember_journal(state, sizeof state);
    ember_poseidon2_montgomery(state);
    ember_journal(state, sizeof state);
    for (int i = 0; i < 8; i++) x[i] = words[i];
    ember_mul_mod(x, words + 8, words + 16);
    ember_journal(x, sizeof x);
    static uint32_t a[1500][5], b[1500][5], c[1500];
    for (int i = 0; i < 1500; i++) {
        for (int j = 0; j < 5; j++) a[i][j] = words[(i + j) % 128], b[i][j] = words[(3 * i + j) % 128];
        c[i] = words[5 * i % 128];
    }
    ember_extension_dot(sum, (const uint32_t(*)[5])a, (const uint32_t(*)[5])b, 1500);
    ember_journal(sum, sizeof sum);
    ember_extension_dot_base(sum, (const uint32_t(*)[5])a, c, 1500);
    ember_journal(sum, sizeof sum);
    return 0;
}
