/*
 * Threads in WebAssembly: workers that have an instance of this module each, all on one shared memory (see
 * src/device/wasm-threads.ts). As in threads.c, of which this is the short form: the caller works too, and takes whatever
 * pieces the others leave. Then it sleeps until the last is done, which a page's main thread may not: that looks on.
 */
#include "kernels.h"

enum { LOOKS = 1 << 13 }; /* how often one looks before one sleeps: some ten microseconds */

typedef struct Job {
  Task *task;
  void *argument;
  ptrdiff_t count, grain, pieces;
} Job;

static struct {
  Job job;
  int32_t remaining; /* pieces nobody has claimed; a claim makes `job` safe to read until the piece is done */
  int32_t done, jobs, sleepers, workers, callerSleeps;
} pool;

INLINE int32_t value_of(int32_t *place) { return __atomic_load_n(place, __ATOMIC_SEQ_CST); }
INLINE int32_t add_to(int32_t *place, int32_t amount) { return __atomic_fetch_add(place, amount, __ATOMIC_SEQ_CST); }

static void work(Scratch *scratch) {
  int32_t left = value_of(&pool.remaining);
  while (left > 0) {
    if (!__atomic_compare_exchange_n(&pool.remaining, &left, left - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) continue;
    Job job = pool.job;
    ptrdiff_t begin = (job.pieces - left) * job.grain;
    job.task(job.argument, begin, minimum(begin + job.grain, job.count), scratch);
    if (add_to(&pool.done, 1) + 1 == job.pieces && value_of(&pool.callerSleeps)) {
      __builtin_wasm_memory_atomic_notify((int *)&pool.done, 1);
    }
    left = value_of(&pool.remaining);
  }
}

void gradus_parallel(int threads, ptrdiff_t count, ptrdiff_t grain, Task *task, void *argument, Scratch *scratch) {
  ptrdiff_t pieces = divide_up(count, grain);
  if (threads <= 1 || pieces <= 1 || value_of(&pool.workers) == 0) {
    if (count > 0) task(argument, 0, count, scratch);
    return;
  }
  pool.job = (Job){task, argument, count, grain, pieces};
  __atomic_store_n(&pool.done, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&pool.remaining, (int32_t)pieces, __ATOMIC_SEQ_CST);
  add_to(&pool.jobs, 1);
  if (value_of(&pool.sleepers) > 0) __builtin_wasm_memory_atomic_notify(&pool.jobs, ~0u);
  work(scratch);
  int looks = 0;
  for (int32_t done; (done = value_of(&pool.done)) < pieces;) {
    if (value_of(&pool.callerSleeps) && ++looks > LOOKS) __builtin_wasm_memory_atomic_wait32((int *)&pool.done, done, -1);
  }
}

/* Says that the thread that calls may sleep. */
__attribute__((export_name("letCallerSleep"))) void let_caller_sleep(void) { pool.callerSleeps = 1; }

/* What a worker does for as long as it lives. */
__attribute__((export_name("serve"))) void serve(Scratch *scratch) {
  add_to(&pool.workers, 1);
  for (;;) {
    int32_t jobs = value_of(&pool.jobs);
    work(scratch);
    for (int i = 0; i < LOOKS && value_of(&pool.jobs) == jobs; i++) continue;
    add_to(&pool.sleepers, 1);
    /* Returns at once where a job has come meanwhile. */
    if (value_of(&pool.jobs) == jobs) __builtin_wasm_memory_atomic_wait32(&pool.jobs, jobs, -1);
    add_to(&pool.sleepers, -1);
  }
}

__attribute__((export_name("workers"))) int32_t workers(void) { return value_of(&pool.workers); }

__attribute__((export_name("scratchBytes"))) int32_t scratch_bytes(void) { return sizeof(Scratch); }
