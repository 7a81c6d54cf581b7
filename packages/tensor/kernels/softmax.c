/* OP_CAUSAL_SOFTMAX: position i looks at positions 0 to i alone. */
#include "kernels.h"

typedef struct CausalSoftmax {
  ptrdiff_t rows, columns;
  const float *source;
  float *out;
} CausalSoftmax;

enum { EDGE = 2 * SUM_LANES };

/* The largest of `count` elements, a multiple of EDGE, and of those at `edge`. NaN may be passed over. */
INLINE float largest_of(const float *x, ptrdiff_t count, const float *edge) {
  float largest[EDGE] __attribute__((aligned(64)));
  for (int l = 0; l < EDGE; l++) largest[l] = edge[l];
  for (ptrdiff_t i = 0; i < count; i += EDGE) {
    for (int l = 0; l < EDGE; l++) largest[l] = x[i + l] > largest[l] ? x[i + l] : largest[l];
  }
  UNROLL for (int half = EDGE / 2; half > 0; half /= 2) {
    for (int l = 0; l < half; l++) largest[l] = largest[l + half] > largest[l] ? largest[l + half] : largest[l];
  }
  return largest[0];
}

/* e^x for x <= 0, and 0 for what is less than the smallest normal number: others would take far longer. */
INLINE float vanishing_exponential(float x) {
  float result = exponential_within(at_least(x, -87.0f));
  return x < -87.0f ? 0.0f : result;
}

/* out = softmax of the first `length` elements of x. The last of them, at most EDGE, are brought to a place of their own
 * and filled up with what counts for nothing, so that all loops run over whole vectors. */
static void softmax_of(const float *x, float *out, ptrdiff_t length) {
  ptrdiff_t whole = (length - 1) / EDGE * EDGE;
  int32_t rest = (int32_t)(length - whole);
  float edge[EDGE] __attribute__((aligned(64)));
  INDEPENDENT for (int32_t j = 0; j < EDGE; j++) edge[j] = j < rest ? x[whole + j] : -INFINITE;
  float largest = largest_of(x, whole, edge);
  INDEPENDENT for (ptrdiff_t j = 0; j < whole; j++) out[j] = vanishing_exponential(x[j] - largest);
  INDEPENDENT for (int32_t j = 0; j < EDGE; j++) edge[j] = vanishing_exponential(edge[j] - largest);
  Total total;
  start_total(&total, REDUCE_SUM);
  add_to_total_of(REDUCE_SUM, &total, (const int32_t *)out, whole);
  add_to_total_of(REDUCE_SUM, &total, (const int32_t *)edge, EDGE);
  float inverse = 1.0f / float_of_bits((uint32_t)finish_total_of(REDUCE_SUM, &total));
  INDEPENDENT for (ptrdiff_t j = 0; j < whole; j++) out[j] *= inverse;
  INDEPENDENT for (int32_t j = 0; j < EDGE; j++) {
    if (j < rest) out[whole + j] = edge[j] * inverse;
  }
}

static void causal_softmax_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  (void)scratch;
  const CausalSoftmax *softmax = argument;
  ptrdiff_t columns = softmax->columns;
  for (ptrdiff_t row = begin; row < end; row++) {
    ptrdiff_t length = minimum(row % softmax->rows + 1, columns);
    float *out = softmax->out + row * columns;
    softmax_of(softmax->source + row * columns, out, length);
    fill_elements(out + length, 0.0f, columns - length);
  }
}

static void run_causal_softmax(const Context *context, const int32_t *code) {
  CausalSoftmax softmax = {code[1], code[2], address_of(context, code[3], code[4]), address_of(context, code[5], code[6])};
  parallel(context, code[0] * softmax.rows, 1, 16 * softmax.columns, causal_softmax_task, &softmax);
}
