/*
 * A small pool of threads, made when first wanted, for the native addon.
 *
 * The caller works too, and takes whatever pieces the others leave, so a worker that the system does not schedule
 * delays nothing but the piece it holds. Workers look for the next job for a moment, since instructions follow each
 * other within microseconds, then sleep: an idle process costs nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "kernels.h"

enum { MAX_WORKERS = 63, SPIN_NANOSECONDS = 20000 };

typedef struct Job {
  Task *task;
  void *argument;
  ptrdiff_t count, grain, pieces;
} Job;

static struct {
  atomic_flag taken; /* one job at a time; a second caller (a worker_threads Worker) runs its job alone */
  Job job;
  atomic_long remaining; /* pieces nobody has claimed; a claim makes `job` safe to read until the piece is done */
  atomic_long done;
  atomic_int sleepers, callerSleeps;
  int workers;
  pthread_mutex_t mutex;
  pthread_cond_t wake, finished;
} pool = {.taken = ATOMIC_FLAG_INIT,
          .mutex = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .finished = PTHREAD_COND_INITIALIZER};

static long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000L + now.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int job_waits(void) { return atomic_load(&pool.remaining) > 0; }
static int job_is_done(void) { return atomic_load(&pool.done) == pool.job.pieces; }

/* Whether `condition` came true before the time was up. */
static int spin(int (*condition)(void)) {
  long deadline = nanoseconds() + SPIN_NANOSECONDS;
  do {
    for (int i = 0; i < 32; i++) {
      if (condition()) return 1;
      relax();
    }
  } while (nanoseconds() < deadline);
  return 0;
}

static void work(Scratch *scratch) {
  long left = atomic_load(&pool.remaining);
  while (left > 0) {
    if (!atomic_compare_exchange_weak(&pool.remaining, &left, left - 1)) continue;
    Job job = pool.job;
    ptrdiff_t begin = (job.pieces - left) * job.grain;
    job.task(job.argument, begin, minimum(begin + job.grain, job.count), scratch);
    if (atomic_fetch_add(&pool.done, 1) + 1 == job.pieces && atomic_load(&pool.callerSleeps)) {
      pthread_mutex_lock(&pool.mutex);
      pthread_cond_signal(&pool.finished);
      pthread_mutex_unlock(&pool.mutex);
    }
    left = atomic_load(&pool.remaining);
  }
}

static void *worker_main(void *scratch) {
  for (;;) {
    if (!spin(job_waits)) {
      pthread_mutex_lock(&pool.mutex);
      atomic_fetch_add(&pool.sleepers, 1);
      while (!job_waits()) pthread_cond_wait(&pool.wake, &pool.mutex);
      atomic_fetch_sub(&pool.sleepers, 1);
      pthread_mutex_unlock(&pool.mutex);
    }
    work(scratch);
  }
  return 0;
}

static void add_workers(int wanted) {
  if (pool.workers == 0) {
    /* The workers run this library's code for as long as the process lives: it must never be unloaded. */
    Dl_info library;
    if (dladdr((void *)&pool, &library)) dlopen(library.dli_fname, RTLD_NOW | RTLD_NODELETE);
  }
  while (pool.workers < wanted && pool.workers < MAX_WORKERS) {
    void *scratch = aligned_alloc(64, sizeof(Scratch));
    pthread_t thread;
    if (!scratch || pthread_create(&thread, 0, worker_main, scratch)) {
      free(scratch);
      return;
    }
    pthread_detach(thread);
    pool.workers++;
  }
}

void gradus_parallel(int threads, ptrdiff_t count, ptrdiff_t grain, Task *task, void *argument, Scratch *scratch) {
  ptrdiff_t pieces = divide_up(count, grain);
  if (threads <= 1 || pieces <= 1 || atomic_flag_test_and_set(&pool.taken)) {
    if (count > 0) task(argument, 0, count, scratch);
    return;
  }
  add_workers(threads - 1);
  pool.job = (Job){task, argument, count, grain, pieces};
  atomic_store(&pool.done, 0);
  atomic_store(&pool.remaining, pieces);
  if (atomic_load(&pool.sleepers) > 0) {
    pthread_mutex_lock(&pool.mutex);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.mutex);
  }
  work(scratch);
  if (!spin(job_is_done)) {
    /* Sleeping also frees this core for a worker that was put aside in the middle of its piece. */
    pthread_mutex_lock(&pool.mutex);
    atomic_store(&pool.callerSleeps, 1);
    while (!job_is_done()) pthread_cond_wait(&pool.finished, &pool.mutex);
    atomic_store(&pool.callerSleeps, 0);
    pthread_mutex_unlock(&pool.mutex);
  }
  atomic_flag_clear(&pool.taken);
}
