/* A disk that can be full: while the file that BIMO_FULL_DISK names is there, nothing more is written to a library, as where
   there is no room. Loaded before the system's own library, in place of whose calls these are. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_full(int file) {
    const char *mark = getenv("BIMO_FULL_DISK");
    char link[64], path[4096];
    if (!mark || access(mark, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return strstr(path, "/library.sqlite") != NULL;
}

#define PUT(name, offset_type) \
    ssize_t name(int file, const void *bytes, size_t count, offset_type offset) { \
        static ssize_t (*real)(int, const void *, size_t, offset_type); \
        if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name); \
        if (is_full(file)) { errno = ENOSPC; return -1; } \
        return real(file, bytes, count, offset); \
    }

PUT(pwrite, off_t)
PUT(pwrite64, off64_t)
