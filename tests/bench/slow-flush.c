/* A disk whose flushes take longer: loaded before the C library (LD_PRELOAD) into the server that is measured.
   Every fdatasync and fsync waits 10 ms more, or as many as SLOW_FLUSH_MS says. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_longer(void)
{
    const char *told = getenv("SLOW_FLUSH_MS");
    long ms = told ? atol(told) : 10;
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static int flush(const char *name, int file)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    wait_longer();
    return real(file);
}

int fdatasync(int file)
{
    return flush("fdatasync", file);
}

int fsync(int file)
{
    return flush("fsync", file);
}
