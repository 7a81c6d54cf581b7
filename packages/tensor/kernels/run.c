/* The loop that runs a program. */
#include "kernels.h"

/* One kernel function per instruction set: gradus_run_avx512, gradus_run_avx2, ... */
#ifndef GRADUS_RUN
#define GRADUS_RUN gradus_run
#endif

/* Returns 0, or the opcode of the instruction that stopped the program, with `failure` saying why. */
int32_t GRADUS_RUN(char *const *buffers, const int32_t *code, ptrdiff_t words, int threads, Scratch *scratch,
                   Failure *failure) {
  Context context = {buffers, scratch, failure, threads};
  int32_t failed = 0;
  for (const int32_t *end = code + words; code < end && !failed; code += code[1]) {
    const int32_t *operands = code + 2;
    switch (code[0]) {
      case OP_MAP: run_map(&context, operands); break;
      case OP_REDUCE: run_reduce(&context, operands); break;
      case OP_MATMUL: run_matmul(&context, operands); break;
      case OP_COPY: run_copy(&context, operands); break;
      case OP_FILL: run_fill(&context, operands); break;
      case OP_GATHER: failed = run_gather(&context, operands); break;
      case OP_SCATTER_ADD: failed = run_scatter_add(&context, operands); break;
      case OP_CUMULATIVE_SUM: run_cumulative_sum(&context, operands); break;
      case OP_RANDOM: run_random(&context, operands); break;
      case OP_IM2COL: run_im2col(&context, operands); break;
      case OP_COL2IM: run_col2im(&context, operands); break;
      case OP_ATTENTION: run_attention(&context, operands, 0); break;
      case OP_ATTENTION_GRADIENT: run_attention(&context, operands, 1); break;
      case OP_SLICE_AT:
      case OP_UPDATE_AT: failed = run_slice(&context, operands, code[0]); break;
      default: *failure = (Failure){code[0], 0, 0}; failed = code[0];
    }
  }
  return failed;
}
