/*
 * The instruction set: how a compiled program looks to the kernels.
 *
 * A program is a flat array of 32-bit words (`code`) and a table of addresses (`buffers`). An instruction is
 *
 *     opcode, words, operands...          `words` counts the whole instruction, opcode included
 *
 * A buffer is named by its index in the table; offsets and strides count elements. Every element of every tensor is
 * 32 bits wide: float32, int32, or bool as an int32 that is 0 or 1. Floats inside the code are stored as their bits.
 *
 * A BODY is a chain of elementwise operations over one iteration space of `count` elements (row-major, `dims`):
 *
 *     count, ndim, inputs, operations, outputs,
 *     dims[ndim],
 *     inputs     x (kind, buffer, offset, strides[ndim])
 *     operations x (map opcode, destination, a, b, c)      registers; unused ones are 0
 *     outputs    x (register, buffer, offset, direct)      contiguous, `count` elements
 *
 * Input i is register i. A register holds one block of consecutive elements. `direct` = 1 promises that the block may
 * be written straight to the output while the operations run: no later operation reads memory that it overwrites.
 */
#ifndef GRADUS_PROGRAM_H
#define GRADUS_PROGRAM_H

/* Goes up with every change to what follows, so that kernels built earlier are not handed programs they would misread. */
enum { PROGRAM_VERSION = 4 };

enum { MAX_DIMS = 8, MAX_REGISTERS = 48, BLOCK = 512 };

enum InputKind {
  INPUT_CONTIGUOUS = 0, /* element i of the space is element offset + i of the buffer */
  INPUT_SCALAR = 1,     /* every element is element offset of the buffer */
  INPUT_STRIDED = 2,    /* offset + sum over d of index[d] * strides[d] (strides may be 0 or negative) */
  INPUT_CONSTANT = 3    /* `buffer` holds the bits of a constant; offset is 0 */
};

enum Opcode {
  /* BODY */
  OP_MAP = 1,
  /* kind, outer, n, inner, buffer, offset, register, scale, BODY: the space is [outer, n, inner], reduced over n into
   * [outer, inner]; `register` is what is reduced; `scale` (float bits) multiplies a REDUCE_SUM; BODY has no outputs. */
  OP_REDUCE = 2,
  /* m, n, k, batchDims, A (buffer, offset, rowStride, columnStride), B (same), C (buffer, offset),
   * hasEpilogue, dims[batchDims], aStrides[batchDims], bStrides[batchDims], [BODY]: C[batch] = A[batch] B[batch], C
   * contiguous. One of A's two strides is 1 (or its extent is 1), likewise B's. The epilogue's space is all of C; it runs
   * on each group of rows as soon as that group is complete, and may overwrite C in place. */
  OP_MATMUL = 3,
  /* ndim, dims[ndim], source (buffer, offset, strides[ndim]), destination (buffer, offset, strides[ndim]) */
  OP_COPY = 4,
  /* buffer, offset, count, bits */
  OP_FILL = 5,
  /* rows, width, n, step, table (buffer, offset), index (buffer, offset), out (buffer, offset):
   * out[i] = table[i * step + index[i]]; a step of 0 is one table for all, one of `rows` a table for each */
  OP_GATHER = 6,
  /* rows, width, n, step, updates (buffer, offset), index (buffer, offset), out (buffer, offset): out = 0, then in order
   * of i: out[i * step + index[i]] += updates[i]. Both OP_GATHER and OP_SCATTER_ADD fail on an index outside [0, rows). */
  OP_SCATTER_ADD = 7,
  /* outer, n, inner, reverse, source (buffer, offset), out (buffer, offset): running sums over n (float) */
  OP_CUMULATIVE_SUM = 8,
  /* count, stream, key (buffer, offset: two int32), out (buffer, offset): uniform floats in [0, 1), element i is
   * (word >> 8) * 2^-24 of Threefry-2x32-20 with that key at counter (i >> 1, stream), word i & 1 */
  OP_RANDOM = 9,
  /* batch, height, width, channels, kernelHeight, kernelWidth, strideY, strideX, padTop, padLeft, outHeight, outWidth,
   * source (buffer, offset), out (buffer, offset): NHWC image to [batch, outHeight, outWidth, kh, kw, channels],
   * zero outside; OP_COL2IM is its transpose (patches summed back into an image, zeroed first) */
  OP_IM2COL = 10,
  OP_COL2IM = 11,
  /* outer, size, length, inner, index (buffer, offset), source (buffer, offset), out (buffer, offset):
   * out[o, j, i] = source[o, index + j, i], j < length, source [outer, size, inner]. Fails unless 0 <= index <= size - length */
  OP_SLICE_AT = 12,
  /* outer, size, length, inner, index (buffer, offset), update (buffer, offset), out (buffer, offset):
   * out[o, index + j, i] = update[o, j, i]; the rest of out is left as it is. Fails likewise */
  OP_UPDATE_AT = 13,
  /* queries, keys, size, width, isCausal, hasMask, rank, dims[rank], then tensors, each (buffer, offset,
   * step between rows, strides[rank]): q [queries, size], k [keys, size], v [keys, width], mask (one row of keys; only if
   * hasMask), out [queries, width]. For each index of dims: out = softmax(q k' / sqrt(size)) v, over keys whose mask is not 0 and,
   * where isCausal, whose number is not larger than the query's, which is i + keys - queries. A query without such keys gets zeros. */
  OP_ATTENTION = 14,
  /* The same with out as an input, followed by gradient [queries, width], with respect to out, and three results: the
   * gradients with respect to q, k and v. Nothing that a query does not see is multiplied, in either of both. */
  OP_ATTENTION_GRADIENT = 15
};

enum ReduceKind {
  REDUCE_SUM = 0,
  REDUCE_MAX = 1, /* NaN wins */
  REDUCE_MIN = 2,
  REDUCE_ARGMAX = 3, /* index of the first maximum, int32 */
  REDUCE_SUM_INT = 4,
  REDUCE_MAX_INT = 5,
  REDUCE_MIN_INT = 6
};

/* Elementwise operations. Those named _INT work on int32; comparisons give 0 or 1. */
enum MapOpcode {
  MAP_COPY = 0,
  MAP_NEGATE = 1,
  MAP_ABS = 2,
  MAP_SIGN = 3, /* -1, 0, 1; NaN stays */
  MAP_EXP = 4,
  MAP_LOG = 5,
  MAP_LOG1P = 6,
  MAP_TANH = 7,
  MAP_SIGMOID = 8,
  MAP_RELU = 9, /* NaN stays */
  MAP_SOFTPLUS = 10,
  MAP_SQUARE = 11,
  MAP_SQRT = 12,
  MAP_RECIPROCAL = 13,
  MAP_SIN = 14,
  MAP_COS = 15,
  MAP_ERF = 16,
  MAP_FLOOR = 17,
  MAP_EXPM1 = 18,
  MAP_ADD = 20,
  MAP_SUB = 21,
  MAP_MUL = 22,
  MAP_DIV = 23,
  MAP_MIN = 24, /* NaN wins */
  MAP_MAX = 25,
  MAP_LESS = 26,
  MAP_LESS_EQUAL = 27,
  MAP_EQUAL = 28,
  MAP_NOT_EQUAL = 29,
  MAP_WHERE = 30,   /* a is the condition (int32), b where it is not 0, else c */
  MAP_MUL_ADD = 31, /* a * b + c */
  MAP_INT_TO_FLOAT = 40,
  MAP_FLOAT_TO_INT = 41, /* towards zero, the nearer end where it does not fit, NaN to 0 */
  MAP_FLOAT_TO_BOOL = 42,
  MAP_INT_TO_BOOL = 43,
  MAP_NEGATE_INT = 44,
  MAP_ADD_INT = 45,
  MAP_SUB_INT = 46,
  MAP_MUL_INT = 47,
  MAP_MIN_INT = 48,
  MAP_MAX_INT = 49,
  MAP_LESS_INT = 50,
  MAP_LESS_EQUAL_INT = 51,
  MAP_EQUAL_INT = 52,
  MAP_NOT_EQUAL_INT = 53,
  MAP_AND = 54, /* of bools */
  MAP_OR = 55,
  MAP_NOT = 56
};

#endif
