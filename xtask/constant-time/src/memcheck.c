#include <stddef.h>
#include <valgrind/memcheck.h>

int memcheck_watches(void) { return RUNNING_ON_VALGRIND; }

unsigned long memcheck_reports(void) { return VALGRIND_COUNT_ERRORS; }

/* A set bit is one that nobody may branch on. */
void memcheck_hide(const void *at, const unsigned char *bits, size_t octets) {
    (void)VALGRIND_SET_VBITS(at, bits, octets);
}

void memcheck_hidden(const void *at, unsigned char *bits, size_t octets) {
    (void)VALGRIND_GET_VBITS(at, bits, octets);
}
