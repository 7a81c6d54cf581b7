/*
 * Reductions over the middle of [outer, n, inner], fused with the BODY that computes what is reduced.
 *
 * The order in which a result's elements are combined depends on the shape alone: not on the number of threads, nor on
 * the instruction set, since partial results are always kept in sixteen lanes.
 */
#include "kernels.h"

enum { SUM_LANES = 16, LONG_ROW = 32768 };

typedef float FloatLanes __attribute__((vector_size(64)));
typedef int32_t IntLanes __attribute__((vector_size(64)));
typedef float HalfFloatLanes __attribute__((vector_size(32)));
typedef int32_t HalfIntLanes __attribute__((vector_size(32)));
typedef float QuarterFloatLanes __attribute__((vector_size(16)));
typedef int32_t QuarterIntLanes __attribute__((vector_size(16)));
typedef int32_t UnalignedIntLanes __attribute__((vector_size(64), aligned(4), may_alias));

typedef struct Reduction {
  const Context *context;
  const Body *body;
  int32_t kind, source; /* the register that is reduced */
  float scale;
  ptrdiff_t outer, n, inner;
  float *out;
  /* How many elements may be evaluated at once: as many as one likes where there is nothing to compute. */
  ptrdiff_t longestBlock;
  /* Of one long row that is cut into chunks. */
  ptrdiff_t row, chunk;
} Reduction;

static int32_t identity_of(int32_t kind) {
  switch (kind) {
    case REDUCE_MAX:
    case REDUCE_ARGMAX: return (int32_t)bits_of_float(-INFINITE);
    case REDUCE_MIN: return (int32_t)bits_of_float(INFINITE);
    case REDUCE_MAX_INT: return INT32_MIN;
    case REDUCE_MIN_INT: return INT32_MAX;
    default: return 0;
  }
}

/* Elements travel as their bits, so that one function serves floats and integers. */
INLINE int32_t combine(int32_t kind, int32_t total, int32_t element) {
  float a = float_of_bits((uint32_t)total), x = float_of_bits((uint32_t)element);
  switch (kind) {
    case REDUCE_SUM: return (int32_t)bits_of_float(a + x);
    case REDUCE_MAX:
    case REDUCE_ARGMAX: return (x > a) | (x != x) ? element : total;
    case REDUCE_MIN: return (x < a) | (x != x) ? element : total;
    case REDUCE_SUM_INT: return total + element;
    case REDUCE_MAX_INT: return element > total ? element : total;
    default: return element < total ? element : total;
  }
}

/* The same for vectors of them. */
#define COMBINE_VECTORS(NAME, INTEGERS, FLOATS)                                                         \
  INLINE INTEGERS NAME(int32_t kind, INTEGERS total, INTEGERS element) {                                \
    FLOATS a = (FLOATS)total, x = (FLOATS)element;                                                      \
    INTEGERS better = kind == REDUCE_MAX       ? (x > a) | (x != x)                                     \
                      : kind == REDUCE_MIN     ? (x < a) | (x != x)                                     \
                      : kind == REDUCE_MAX_INT ? element > total                                        \
                                               : element < total;                                       \
    if (kind == REDUCE_SUM) return (INTEGERS)(a + x);                                                   \
    if (kind == REDUCE_SUM_INT) return total + element;                                                 \
    return (element & better) | (total & ~better);                                                      \
  }
COMBINE_VECTORS(combine_16, IntLanes, FloatLanes)
COMBINE_VECTORS(combine_8, HalfIntLanes, HalfFloatLanes)
COMBINE_VECTORS(combine_4, QuarterIntLanes, QuarterFloatLanes)

/* A row under way. Pieces may be added one after another as long as all but the last are multiples of 32 elements. */
typedef struct Total {
  IntLanes even, odd;
  int32_t rest;
} Total;

INLINE void start_total(Total *total, int32_t kind) {
  int32_t identity = identity_of(kind);
  total->even = total->odd = identity - (IntLanes){0};
  total->rest = identity;
}

INLINE void add_to_total_of(int32_t kind, Total *total, const int32_t *x, ptrdiff_t count) {
  IntLanes even = total->even, odd = total->odd;
  int32_t rest = total->rest;
  ptrdiff_t i = 0;
  for (; i + 2 * SUM_LANES <= count; i += 2 * SUM_LANES) {
    even = combine_16(kind, even, *(const UnalignedIntLanes *)(x + i));
    odd = combine_16(kind, odd, *(const UnalignedIntLanes *)(x + i + SUM_LANES));
  }
  if (i + SUM_LANES <= count) {
    even = combine_16(kind, even, *(const UnalignedIntLanes *)(x + i));
    i += SUM_LANES;
  }
  FEW_TIMES for (; i < count; i++) rest = combine(kind, rest, x[i]);
  total->even = even, total->odd = odd, total->rest = rest;
}

INLINE int32_t finish_total_of(int32_t kind, const Total *total) {
  union {
    IntLanes lanes;
    HalfIntLanes half[2];
  } sixteen = {combine_16(kind, total->even, total->odd)};
  union {
    HalfIntLanes lanes;
    QuarterIntLanes half[2];
  } eight = {combine_8(kind, sixteen.half[0], sixteen.half[1])};
  union {
    QuarterIntLanes lanes;
    int32_t element[4];
  } four = {combine_4(kind, eight.half[0], eight.half[1])};
  int32_t even = combine(kind, four.element[0], four.element[2]), odd = combine(kind, four.element[1], four.element[3]);
  return combine(kind, combine(kind, even, odd), total->rest);
}

/* Turns a kind known at run time into one known at compile time. */
#define FOR_KIND(KIND, STATEMENT)                            \
  switch (KIND) {                                            \
    case REDUCE_SUM: { enum { kind = REDUCE_SUM }; STATEMENT; break; }         \
    case REDUCE_MAX:                                         \
    case REDUCE_ARGMAX: { enum { kind = REDUCE_MAX }; STATEMENT; break; }      \
    case REDUCE_MIN: { enum { kind = REDUCE_MIN }; STATEMENT; break; }         \
    case REDUCE_SUM_INT: { enum { kind = REDUCE_SUM_INT }; STATEMENT; break; } \
    case REDUCE_MAX_INT: { enum { kind = REDUCE_MAX_INT }; STATEMENT; break; } \
    case REDUCE_MIN_INT: { enum { kind = REDUCE_MIN_INT }; STATEMENT; break; } \
  }

static void add_to_total(int32_t anyKind, Total *total, const void *x, ptrdiff_t count) {
  FOR_KIND(anyKind, add_to_total_of(kind, total, x, count))
}

static int32_t finish_total(int32_t anyKind, const Total *total) {
  int32_t result = 0;
  FOR_KIND(anyKind, result = finish_total_of(kind, total))
  return result;
}

/* Reduces several whole rows that lie one after another. */
static void reduce_short_rows(int32_t anyKind, const int32_t *x, ptrdiff_t rows, ptrdiff_t n, int32_t *out) {
  if (n < SUM_LANES) {
    FOR_KIND(anyKind, for (ptrdiff_t row = 0; row < rows; row++) {
      int32_t total = identity_of(kind);
      FEW_TIMES for (ptrdiff_t i = 0; i < n; i++) total = combine(kind, total, x[row * n + i]);
      out[row] = total;
    })
  } else {
    FOR_KIND(anyKind, for (ptrdiff_t row = 0; row < rows; row++) {
      Total total;
      start_total(&total, kind);
      add_to_total_of(kind, &total, x + row * n, n);
      out[row] = finish_total_of(kind, &total);
    })
  }
}

INLINE int32_t scaled(const Reduction *reduction, int32_t total) {
  if (reduction->kind != REDUCE_SUM) return total;
  return (int32_t)bits_of_float(float_of_bits((uint32_t)total) * reduction->scale);
}

/* The first maximum seen so far, where NaN is above everything. */
typedef struct Best {
  float value;
  int32_t index;
} Best;

static void improve(Best *best, const float *x, ptrdiff_t count, ptrdiff_t firstIndex) {
  if (count < SUM_LANES) {
    for (ptrdiff_t i = 0; i < count; i++) {
      int better = best->index < 0 || x[i] > best->value || (x[i] != x[i] && best->value == best->value);
      if (better) *best = (Best){x[i], (int32_t)(firstIndex + i)};
    }
    return;
  }
  Total total;
  start_total(&total, REDUCE_MAX);
  add_to_total_of(REDUCE_MAX, &total, (const int32_t *)x, count);
  float value = float_of_bits((uint32_t)finish_total_of(REDUCE_MAX, &total));
  int isNaN = value != value;
  /* -1 marks an empty search, for a row of nothing but minus infinities has a first maximum too. */
  if (best->index >= 0 && (best->value != best->value || !(value > best->value || isNaN))) return;
  ptrdiff_t i = 0;
  while (i < count - 1 && !(isNaN ? x[i] != x[i] : x[i] == value)) i++;
  *best = (Best){value, (int32_t)(firstIndex + i)};
}

/* inner = 1 */
static void row_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  const Reduction *reduction = argument;
  int32_t kind = reduction->kind, source = reduction->source, *out = (int32_t *)reduction->out;
  ptrdiff_t n = reduction->n, longest = reduction->longestBlock;
  Evaluation evaluation;
  begin_evaluation(&evaluation, reduction->body, minimum(BLOCK, (end - begin) * n), scratch);
  if (n <= longest) {
    ptrdiff_t rowsPerBlock = maximum(1, longest / maximum(1, n));
    for (ptrdiff_t row = begin; row < end; row += rowsPerBlock) {
      ptrdiff_t rows = minimum(rowsPerBlock, end - row);
      evaluate(&evaluation, row * n, rows * n);
      const float *x = evaluation.at[source];
      if (kind != REDUCE_ARGMAX) {
        reduce_short_rows(kind, (const int32_t *)x, rows, n, out + row);
        continue;
      }
      for (ptrdiff_t r = 0; r < rows; r++) {
        Best best = {-INFINITE, -1};
        improve(&best, x + r * n, n, 0);
        out[row + r] = best.index;
      }
    }
    if (kind == REDUCE_SUM && reduction->scale != 1.0f) {
      for (ptrdiff_t row = begin; row < end; row++) out[row] = scaled(reduction, out[row]);
    }
    return;
  }
  for (ptrdiff_t row = begin; row < end; row++) {
    Best best = {-INFINITE, -1};
    Total total;
    start_total(&total, kind);
    for (ptrdiff_t i = 0; i < n; i += longest) {
      ptrdiff_t count = minimum(longest, n - i);
      evaluate(&evaluation, row * n + i, count);
      if (kind == REDUCE_ARGMAX) improve(&best, evaluation.at[source], count, i);
      else add_to_total(kind, &total, evaluation.at[source], count);
    }
    out[row] = kind == REDUCE_ARGMAX ? best.index : scaled(reduction, finish_total(kind, &total));
  }
}

/* One row so long that its chunks are reduced on their own; what each gives is left in `out`. */
static void chunk_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  const Reduction *reduction = argument;
  int32_t *out = (int32_t *)reduction->out;
  Evaluation evaluation;
  begin_evaluation(&evaluation, reduction->body, BLOCK, scratch);
  for (ptrdiff_t c = begin; c < end; c++) {
    Total total;
    start_total(&total, reduction->kind);
    ptrdiff_t stop = minimum((c + 1) * reduction->chunk, reduction->n);
    for (ptrdiff_t i = c * reduction->chunk; i < stop; i += reduction->longestBlock) {
      ptrdiff_t count = minimum(reduction->longestBlock, stop - i);
      evaluate(&evaluation, reduction->row * reduction->n + i, count);
      add_to_total(reduction->kind, &total, evaluation.at[reduction->source], count);
    }
    out[c] = finish_total(reduction->kind, &total);
  }
}

static void reduce_long_rows(const Reduction *reduction) {
  const Context *context = reduction->context;
  Reduction part = *reduction;
  part.out = context->scratch->partial;
  part.chunk = maximum(LONG_ROW / 2, divide_up(divide_up(part.n, PARTIAL_SUMS), BLOCK) * BLOCK);
  ptrdiff_t chunks = divide_up(part.n, part.chunk);
  for (part.row = 0; part.row < part.outer; part.row++) {
    gradus_parallel(context->threads, chunks, 1, chunk_task, &part, context->scratch);
    Total total;
    start_total(&total, part.kind);
    add_to_total(part.kind, &total, part.out, chunks);
    ((int32_t *)reduction->out)[part.row] = scaled(reduction, finish_total(part.kind, &total));
  }
}

INLINE void combine_rows(int32_t anyKind, int32_t *totals, const int32_t *x, ptrdiff_t width) {
  FOR_KIND(anyKind, INDEPENDENT for (ptrdiff_t i = 0; i < width; i++) totals[i] = combine(kind, totals[i], x[i]))
}

/* 1 < inner <= BLOCK */
static void column_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  const Reduction *reduction = argument;
  int32_t kind = reduction->kind, *totals = (int32_t *)scratch->partial;
  ptrdiff_t n = reduction->n, inner = reduction->inner;
  Evaluation evaluation;
  begin_evaluation(&evaluation, reduction->body, minimum(BLOCK, n * inner), scratch);
  /* Narrow rows are taken several at a time as one wide row, or vectors would stay half empty. */
  ptrdiff_t fold = maximum(1, 128 / inner), width = fold * inner;
  ptrdiff_t rowsPerBlock = maximum(1, BLOCK / width) * fold;
  for (ptrdiff_t o = begin; o < end; o++) {
    for (ptrdiff_t i = 0; i < width; i++) totals[i] = identity_of(kind);
    for (ptrdiff_t row = 0; row < n; row += rowsPerBlock) {
      ptrdiff_t count = minimum(rowsPerBlock, n - row) * inner;
      evaluate(&evaluation, (o * n + row) * inner, count);
      const int32_t *x = (const int32_t *)evaluation.at[reduction->source];
      for (ptrdiff_t i = 0; i < count; i += width) combine_rows(kind, totals, x + i, minimum(width, count - i));
    }
    for (ptrdiff_t f = 1; f < fold; f++) combine_rows(kind, totals, totals + f * inner, inner);
    int32_t *out = (int32_t *)reduction->out + o * inner;
    for (ptrdiff_t i = 0; i < inner; i++) out[i] = scaled(reduction, totals[i]);
  }
}

/* inner > BLOCK, or ARGMAX: the range is [outer, segments of BLOCK columns]. */
static void segment_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  const Reduction *reduction = argument;
  ptrdiff_t n = reduction->n, inner = reduction->inner, segments = divide_up(inner, BLOCK);
  int32_t kind = reduction->kind, *totals = (int32_t *)scratch->partial, *indices = totals + BLOCK;
  Evaluation evaluation;
  begin_evaluation(&evaluation, reduction->body, minimum(BLOCK, inner), scratch);
  for (ptrdiff_t segment = begin; segment < end; segment++) {
    ptrdiff_t o = segment / segments, column = segment % segments * BLOCK, width = minimum(BLOCK, inner - column);
    for (ptrdiff_t i = 0; i < width; i++) totals[i] = identity_of(kind), indices[i] = 0;
    for (ptrdiff_t j = 0; j < n; j++) {
      evaluate(&evaluation, (o * n + j) * inner + column, width);
      const float *x = evaluation.at[reduction->source];
      if (kind != REDUCE_ARGMAX) {
        combine_rows(kind, totals, (const int32_t *)x, width);
        continue;
      }
      float *best = (float *)totals;
      INDEPENDENT for (ptrdiff_t i = 0; i < width; i++) {
        int better = (x[i] > best[i]) | ((x[i] != x[i]) & (best[i] == best[i]));
        indices[i] = better ? (int32_t)j : indices[i];
        best[i] = better ? x[i] : best[i];
      }
    }
    int32_t *out = (int32_t *)reduction->out + o * inner + column;
    const int32_t *result = kind == REDUCE_ARGMAX ? indices : totals;
    for (ptrdiff_t i = 0; i < width; i++) out[i] = scaled(reduction, result[i]);
  }
}

static void run_reduce(const Context *context, const int32_t *code) {
  Body body;
  Reduction reduction = {.context = context, .body = &body, .kind = code[0], .outer = code[1], .n = code[2],
                         .inner = code[3], .out = address_of(context, code[4], code[5]), .source = code[6],
                         .scale = float_of_bits((uint32_t)code[7])};
  if (reduction.n == 0) { /* of nothing */
    ptrdiff_t results = reduction.outer * reduction.inner;
    int32_t nothing = reduction.kind == REDUCE_ARGMAX ? 0 : identity_of(reduction.kind);
    for (ptrdiff_t i = 0; i < results; i++) ((int32_t *)reduction.out)[i] = nothing;
  }
  if (reduction.outer * reduction.n * reduction.inner == 0) return;
  parse_body(context, code + 8, &body);
  int inPlace = body.operationCount == 0 && body.inputs[reduction.source].kind == INPUT_CONTIGUOUS;
  reduction.longestBlock = inPlace && body.inputCount == 1 ? LONG_ROW : BLOCK;
  ptrdiff_t cost = 1 + body.operationCount;

  if (reduction.inner > BLOCK || (reduction.inner > 1 && reduction.kind == REDUCE_ARGMAX)) {
    ptrdiff_t width = minimum(reduction.inner, BLOCK), segments = divide_up(reduction.inner, BLOCK);
    parallel(context, reduction.outer * segments, 1, reduction.n * width * cost, segment_task, &reduction);
  } else if (reduction.inner > 1) {
    parallel(context, reduction.outer, 1, reduction.n * reduction.inner * cost, column_task, &reduction);
  } else if (reduction.n > LONG_ROW && reduction.kind != REDUCE_ARGMAX) {
    reduce_long_rows(&reduction);
  } else {
    parallel(context, reduction.outer, 1, reduction.n * cost, row_task, &reduction);
  }
}
