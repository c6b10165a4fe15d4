/* The library's system: descriptors, no files, no time, one process, no arguments. Each line that is printed is a surprise. */
#include <ember.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXPECT(condition)                                                                                                \
    do {                                                                                                                 \
        errno = 0;                                                                                                       \
        if (!(condition)) printf("%s (errno %d)\n", #condition, errno);                                                  \
    } while (0)

static volatile int handled;
static void handler(int signal) { handled = signal; }

int main(int argc, char **argv, char **envp) {
    char buffer[16];
    struct stat status;
    EXPECT(argc == 1 && argv[0][0] == 0 && argv[1] == NULL && envp[0] == NULL);
    EXPECT(getenv("HOME") == NULL);
    EXPECT(strtoul("99999999999999", NULL, 10) == 0xffffffff && errno == ERANGE);
    EXPECT(fopen("file", "r") == NULL && errno == ENOENT);
    EXPECT(fopen("file", "w") == NULL && errno == EROFS);
    EXPECT(open("file", O_RDONLY) == -1 && errno == ENOENT);
    EXPECT(stat("file", &status) == -1 && errno == ENOENT);
    EXPECT(remove("file") == -1 && errno == ENOENT);
    EXPECT(fstat(0, &status) == 0 && S_ISFIFO(status.st_mode));
    EXPECT(lseek(0, 0, SEEK_SET) == -1 && errno == ESPIPE);
    EXPECT(!isatty(1) && close(1) == 0);
    EXPECT(close(4) == -1 && errno == EBADF);
    EXPECT(read(1, buffer, 1) == -1 && errno == EBADF);
    EXPECT(write(0, buffer, 1) == -1 && errno == EBADF);
    EXPECT(time(NULL) == (time_t)-1);
    EXPECT(clock() == (clock_t)-1);
    EXPECT(getpid() == 1 && kill(2, SIGTERM) == -1 && errno == ESRCH);
    EXPECT(kill(getpid(), 0) == 0);
    signal(SIGUSR1, handler);
    EXPECT(raise(SIGUSR1) == 0 && handled == SIGUSR1);
    /* Lines of the private input, the last without a newline; then what `read` gets of it. */
    EXPECT(read(0, buffer, 4) == 4 && memcmp(buffer, "0123", 4) == 0);
    EXPECT(fgets(buffer, sizeof buffer, stdin) && strcmp(buffer, "4567\n") == 0);
    EXPECT(fgets(buffer, 3, stdin) && strcmp(buffer, "li") == 0);
    EXPECT(read(0, buffer, 3) == 3 && memcmp(buffer, "ne\n", 3) == 0);
    EXPECT(fgets(buffer, sizeof buffer, stdin) && strcmp(buffer, "last") == 0);
    EXPECT(fgets(buffer, sizeof buffer, stdin) == NULL && feof(stdin));
    EXPECT(read(0, buffer, 1) == 0);
    printf("in ");
    EXPECT(write(1, "order\n", 6) == 6);
    EXPECT(write(3, "journal", 7) == 7);
    raise(SIGTERM);
    return 1;
}
