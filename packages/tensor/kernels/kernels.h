/*
 * What every family of kernels shares. All families are compiled as one translation unit (kernels.c), once per
 * instruction set, so that everything but `run_program` is static. There is no libc here: the same source becomes a
 * WebAssembly module.
 */
#ifndef GRADUS_KERNELS_H
#define GRADUS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "program.h"

#define INLINE static inline __attribute__((always_inline))

/* Elementwise loops read and write either the very same element or disjoint memory, which the compiler cannot know. */
#ifdef __clang__
#ifdef __wasm__ /* Two vectors in a turn: V8's turns have many instructions beside the arithmetic. */
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave_count(2)")
#else
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#endif
#define UNROLL _Pragma("clang loop unroll(full)")
#define FEW_TIMES _Pragma("clang loop vectorize(disable) unroll(disable)") /* and its code is for pages to load */
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#define UNROLL _Pragma("GCC unroll 32")
#define FEW_TIMES
#endif

/* Multiply-adds are fused where the instruction set can, and only where written: the compiler is told not to contract
 * expressions on its own, so that an element gets the same bits in a vector loop and in its remainder. */
#if defined(__FMA__) || defined(__aarch64__)
#define FUSED(a, b, c) __builtin_fmaf(a, b, c)
#else
#define FUSED(a, b, c) ((a) * (b) + (c))
#endif

enum {
  /* Depth and width of the block of B that matmul packs: 512 KB, half of a usual L2 cache. */
  MATMUL_DEPTH = 256,
  MATMUL_WIDTH = 512,
  MATMUL_ROWS = 16, /* no tile has more */
  PARTIAL_SUMS = 4096,
  /* Elements of a memory-bound loop that take some ten microseconds: the least worth handing to another thread. */
  PIECE = 1 << 17,
  /* Padding keeps equal positions in different registers off the same cache set. */
  REGISTER_STRIDE = BLOCK + 16
};

/* Memory that one thread needs while it runs an instruction; nothing in it outlives the instruction. */
typedef struct Scratch {
  float inputs[MAX_REGISTERS][REGISTER_STRIDE];
  float registers[MAX_REGISTERS][REGISTER_STRIDE];
  float packedA[MATMUL_ROWS * MATMUL_DEPTH];
  float packedB[MATMUL_DEPTH * MATMUL_WIDTH];
  float partial[PARTIAL_SUMS];
} Scratch __attribute__((aligned(64)));

/* Why a program stopped: the instruction, the index it read, and the number of valid indices. */
typedef struct Failure {
  int32_t opcode, index, limit;
} Failure;

typedef struct Context {
  char *const *buffers;
  Scratch *scratch;
  Failure *failure;
  int threads;
} Context;

/* Work on [begin, end) of some range; whichever thread runs it lends its scratch. */
typedef void Task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch);

#ifdef GRADUS_THREADS
/* Covers [0, count) by calls of `task` on pieces of `grain` elements (the last may be shorter), on up to `threads`
 * threads, and returns when all are done. Chance decides which thread runs a piece: results must not depend on it. */
void gradus_parallel(int threads, ptrdiff_t count, ptrdiff_t grain, Task *task, void *argument, Scratch *scratch);
#else
static inline void gradus_parallel(int threads, ptrdiff_t count, ptrdiff_t grain, Task *task, void *argument,
                                   Scratch *scratch) {
  (void)threads, (void)grain;
  task(argument, 0, count, scratch);
}
#endif

typedef int32_t RunProgram(char *const *buffers, const int32_t *code, ptrdiff_t words, int threads, Scratch *scratch,
                           Failure *failure);

INLINE float *address_of(const Context *context, int32_t buffer, int32_t offset) {
  return (float *)context->buffers[buffer] + (uint32_t)offset;
}

INLINE float float_of_bits(uint32_t bits) {
  union {
    uint32_t bits;
    float value;
  } pun = {bits};
  return pun.value;
}

INLINE uint32_t bits_of_float(float value) {
  union {
    float value;
    uint32_t bits;
  } pun = {value};
  return pun.bits;
}

INLINE ptrdiff_t minimum(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t maximum(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
INLINE ptrdiff_t divide_up(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b; }

/* Shares `count` elements out among threads if there is work enough: about `cost` vector operations for every sixteen
 * elements. Pieces are multiples of `unit`, large enough to repay waking a thread, and enough to even out late ones. */
INLINE void parallel(const Context *context, ptrdiff_t count, ptrdiff_t unit, ptrdiff_t cost, Task *task,
                     void *argument) {
  ptrdiff_t worthwhile = maximum(1, PIECE / maximum(1, cost));
  if (context->threads <= 1 || count <= 2 * worthwhile) {
    if (count > 0) task(argument, 0, count, context->scratch);
    return;
  }
  ptrdiff_t grain = maximum(worthwhile, count / (4 * context->threads));
  gradus_parallel(context->threads, count, divide_up(grain, unit) * unit, task, argument, context->scratch);
}

INLINE void copy_elements(float *out, const float *source, ptrdiff_t count) {
  __builtin_memcpy(out, source, (size_t)count * sizeof(float));
}

/* The same for few: a call would cost more than the copying. The last four elements may be copied twice. */
INLINE void copy_few(float *out, const float *source, ptrdiff_t count) {
  if (count >= 4) {
    for (ptrdiff_t i = 0; i + 4 < count; i += 4) __builtin_memcpy(out + i, source + i, 4 * sizeof(float));
    __builtin_memcpy(out + count - 4, source + count - 4, 4 * sizeof(float));
  } else {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = source[i];
  }
}

INLINE void fill_elements(float *out, float value, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) out[i] = value;
}

#endif
