/* What picolibc asks of the system below it.
 *
 * There are four descriptors and no files, one process, no clock and no randomness: whatever would need more of them fails as
 * POSIX says. All but the streams is weak: a program may bring its own.
 */
#include "ember.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define WEAK __attribute__((weak))
#define UNUSED __attribute__((unused))

extern char __heap_start[], *__memory_end; /* of start.s */

static int fail(int error) {
    errno = error;
    return -1;
}

/* --- The streams --- */

/* The console's lines: one ecall for each, not one for each character. */
static char line[256];
static uint32_t line_length;

static int flush(UNUSED FILE *stream) {
    if (line_length > 0) ember_write(EMBER_CONSOLE, line, line_length);
    line_length = 0;
    return 0;
}

static int put(char c, FILE *stream) {
    line[line_length++] = c;
    if (c == '\n' || line_length == sizeof line) flush(stream);
    return (unsigned char)c;
}

/* Errors are not held back. */
static int put_error(char c, UNUSED FILE *stream) {
    ember_write(EMBER_ERRORS, &c, 1);
    return (unsigned char)c;
}

/* The private input that stdin has asked for and not given out yet; `read` begins with it too. */
static uint8_t ahead[256];
static uint32_t ahead_at, ahead_end;

static int get(UNUSED FILE *stream) {
    if (ahead_at == ahead_end) {
        ahead_at = 0;
        ahead_end = ember_read_private(ahead, sizeof ahead);
        if (ahead_end == 0) return _FDEV_EOF;
    }
    return ahead[ahead_at++];
}

static FILE in = FDEV_SETUP_STREAM(NULL, get, NULL, _FDEV_SETUP_READ);
static FILE out = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
static FILE error = FDEV_SETUP_STREAM(put_error, NULL, NULL, _FDEV_SETUP_WRITE);

FILE *const stdin = &in;
FILE *const stdout = &out;
FILE *const stderr = &error;

/* picolibc 1.8 returns NULL, and so loses a last line that has no newline. */
WEAK char *fgets(char *text, int size, FILE *stream) {
    char *end = text;
    if (size < 1) return NULL;
    while (end < text + size - 1) {
        int c = getc(stream);
        if (c == EOF) {
            if (end == text || ferror(stream)) return NULL;
            break;
        }
        *end++ = (char)c;
        if (c == '\n') break;
    }
    *end = 0;
    return text;
}

/* --- Descriptors: 0 private input, 1 console, 2 error console, 3 journal --- */

static int is_open(int fd) { return fd >= EMBER_PRIVATE && fd <= EMBER_JOURNAL; }

WEAK ssize_t read(int fd, void *buffer, size_t length) {
    uint32_t n = ahead_end - ahead_at < length ? ahead_end - ahead_at : length;
    if (fd != EMBER_PRIVATE) return fail(EBADF);
    memcpy(buffer, ahead + ahead_at, n);
    ahead_at += n;
    return (ssize_t)(n + ember_read_private((uint8_t *)buffer + n, length - n));
}

WEAK ssize_t write(int fd, const void *bytes, size_t length) {
    if (!is_open(fd) || fd == EMBER_PRIVATE) return fail(EBADF);
    if (fd == EMBER_CONSOLE) flush(NULL);
    ember_write((uint32_t)fd, bytes, length);
    return (ssize_t)length;
}

WEAK int open(UNUSED const char *path, int flags, ...) { return fail(flags & O_CREAT ? EROFS : ENOENT); }

WEAK int close(int fd) { return is_open(fd) ? 0 : fail(EBADF); }

WEAK off_t lseek(int fd, UNUSED off_t offset, UNUSED int whence) { return fail(is_open(fd) ? ESPIPE : EBADF); }

WEAK int isatty(int fd) {
    errno = is_open(fd) ? ENOTTY : EBADF;
    return 0;
}

WEAK int fstat(int fd, struct stat *status) {
    if (!is_open(fd)) return fail(EBADF);
    memset(status, 0, sizeof *status);
    status->st_mode = S_IFIFO;
    return 0;
}

WEAK int stat(UNUSED const char *path, UNUSED struct stat *status) { return fail(ENOENT); }

WEAK int unlink(UNUSED const char *path) { return fail(ENOENT); }

/* --- The process --- */

WEAK void _exit(int code) {
    flush(NULL);
    ember_exit((uint32_t)code);
}

WEAK pid_t getpid(void) { return 1; }

/* A signal that nobody handles ends the run as it would end a process: a shell shows 128 and its number. abort and a failed
 * assert end here. */
WEAK int kill(pid_t process, int signal) {
    if (process != getpid()) return fail(ESRCH);
    if (signal < 0 || signal >= NSIG) return fail(EINVAL);
    if (signal != 0) _exit(128 + signal);
    return 0;
}

/* Nothing sends a signal but the program itself. */
WEAK int sigprocmask(UNUSED int how, UNUSED const sigset_t *set, sigset_t *old) {
    if (old) *old = 0;
    return 0;
}

/* The heap: all memory behind the program's variables. */
WEAK void *sbrk(ptrdiff_t increment) {
    static char *end;
    if (!end) end = __heap_start;
    if (increment > __memory_end - end || increment < __heap_start - end) {
        errno = ENOMEM;
        return (void *)-1;
    }
    end += increment;
    return end - increment;
}

/* --- Time: there is none, and `time` and `clock` return -1. ember_cycles says how much work was done --- */

WEAK int gettimeofday(UNUSED struct timeval *now, UNUSED void *zone) { return fail(ENOSYS); }

WEAK int clock_gettime(UNUSED clockid_t clock, UNUSED struct timespec *now) { return fail(ENOSYS); }

WEAK clock_t times(UNUSED struct tms *now) { return (clock_t)fail(ENOSYS); }
