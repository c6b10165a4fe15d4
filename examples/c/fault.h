/* What the programs have in common that end on purpose. */
#include <ember.h>

/* Put in front of the one instruction that ends the program: tests find its pc by this symbol. */
#define FAULT_SITE ".globl fault_site\nfault_site: "

/* What each of them does first, so that its journal shows that the honest part counts. */
static inline void ember_honest_work(void) { ember_journal("before", 6); }
