/* The one translation unit that is compiled, once per instruction set. */
#include "kernels.h"
#include "vector.h"

#include "elementary.c"
#include "map.c"
#include "reduce.c"
#include "matmul-tiles.c"
#include "matmul-narrow.c"
#include "matmul.c"
#include "attention.c"
#include "copy.c"
#include "index.c"
#include "convolution.c"
#include "random.c"
#include "run.c"

#ifdef __wasm__
#include "threads-wasm.c"

static Scratch scratch;
static Failure failure;

/* What the module exports. A pointer into its memory is a byte offset. */
__attribute__((export_name("run"))) int32_t run(char *const *buffers, const int32_t *code, int32_t words,
                                                 int32_t threads) {
  return gradus_run(buffers, code, words, threads, &scratch, &failure);
}

__attribute__((export_name("version"))) int32_t version(void) { return PROGRAM_VERSION; }

__attribute__((export_name("failure"))) Failure *failure_address(void) { return &failure; }
#endif
