/*
 * OP_ATTENTION and OP_ATTENTION_GRADIENT: softmax(scale q k' + mask) v and its gradients, a block of queries at a time
 * against a chunk of keys, so that the matrix of scores is never written (Dao et al., 2022).
 *
 * A block of scores lies transposed, a row for each key with QUERIES queries side by side: what a softmax does is then the
 * same for all lanes of a vector, and neither keys nor values need be transposed. The backward pass computes scores again.
 */
#include "kernels.h"

enum { QUERIES = 32, KEYS = 512 };

/* Called from several places, and large enough that pages should load it once. */
#define SHARED static __attribute__((noinline))

/* A tensor [dims..., rows, columns] whose rows are contiguous, or one matrix of it. */
typedef struct Heads {
  float *base;
  ptrdiff_t step; /* between rows */
  const int32_t *strides; /* of dims */
} Heads;

typedef struct Attention {
  int rank, isCausal, hasMask, hasGradient;
  const int32_t *dims;
  ptrdiff_t queries, keys, size, width;
  float scale;
  Heads q, k, v, out, gradient, toQ, toK, toV;
  Heads mask; /* a row of int32 for each head */
} Attention;

/* By which weights are less where the sum of so many of the largest numbers shall not be infinite before it is divided. */
static const float SMALLER = 0x1p-24f;

/* A block of queries meets a chunk of keys. `isExact`: what a query does not see is not multiplied by zero, but left out. That
 * makes a difference where it is infinite or not a number, and then zero times it is seen in the results: they are made
 * again, for these heads alone, and where they are still infinite, once more with smaller weights (`isSmall`). */
typedef struct Meeting {
  const Attention *attention;
  Scratch *scratch;
  const int32_t *visible; /* or null */
  int isExact, isSmall;
  ptrdiff_t query, queries, key, keys;
  float *weights; /* [keys, QUERIES] */
} Meeting;

/* Of each query: its largest score so far, and the sum of all exponentials of the distances from it. */
typedef struct Sums {
  float largest[QUERIES] __attribute__((aligned(64)));
  float total[QUERIES] __attribute__((aligned(64)));
} Sums;

static Heads read_heads(const Context *context, const int32_t **code, int rank) {
  const int32_t *words = *code;
  *code += 3 + rank;
  return (Heads){address_of(context, words[0], words[1]), words[2], words + 3};
}

static Heads head_of(const Attention *attention, Heads all, ptrdiff_t head) {
  for (int d = attention->rank - 1; d >= 0; d--) {
    all.base += head % attention->dims[d] * all.strides[d];
    head /= attention->dims[d];
  }
  return all;
}

INLINE Matrix rows_of(Heads heads, ptrdiff_t row) { return (Matrix){heads.base + row * heads.step, heads.step, 1}; }
INLINE Matrix columns_of(Heads heads, ptrdiff_t row) { return (Matrix){heads.base + row * heads.step, 1, heads.step}; }

SHARED int is_finite(Heads heads, ptrdiff_t rows, ptrdiff_t columns) {
  uint32_t isWrong = 0;
  for (ptrdiff_t i = 0; i < rows; i++) {
    const uint32_t *row = (const uint32_t *)(heads.base + i * heads.step);
    for (ptrdiff_t j = 0; j < columns; j++) isWrong |= (row[j] & 0x7f800000u) == 0x7f800000u;
  }
  return !isWrong;
}

/* C (+)= A B, [rows, depth] by [depth, columns]. */
SHARED void product_of(Scratch *scratch, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, Matrix a, Matrix b, float *c,
                       ptrdiff_t cStep, int accumulate) {
  Matmul matmul = {.m = rows, .n = cStep, .k = depth, .c = c, .accumulates = accumulate};
  multiply(&matmul, a, b, (Region){0, 0, rows, 0, columns}, scratch, 0);
}

INLINE int is_hidden(const Meeting *meeting, ptrdiff_t key) { return meeting->visible && !meeting->visible[key]; }

/* The last key that a query sees where attention is causal: queries are the last of those that keys are of. */
INLINE ptrdiff_t own_key(const Attention *attention, ptrdiff_t query) { return query + attention->keys - attention->queries; }

/* The first query of the block that sees this key of the chunk, if it is not hidden. */
INLINE ptrdiff_t first_query(const Meeting *meeting, ptrdiff_t j) {
  const Attention *attention = meeting->attention;
  return attention->isCausal ? maximum(0, meeting->key + j - own_key(attention, meeting->query)) : 0;
}

/* weights = x[key] . y[query] for each of both, x [keys, depth] and y [queries, depth]. */
SHARED void scores_of(const Meeting *meeting, Heads x, Heads y, ptrdiff_t depth, float *out) {
  product_of(meeting->scratch, meeting->keys, meeting->queries, depth, rows_of(x, meeting->key), columns_of(y, meeting->query),
             out, QUERIES, 0);
}

SHARED void hide(const Meeting *meeting) {
  for (ptrdiff_t j = 0; j < meeting->keys; j++) {
    float *row = meeting->weights + j * QUERIES;
    fill_elements(row, -INFINITE, is_hidden(meeting, meeting->key + j) ? QUERIES : first_query(meeting, j));
  }
}

/* e^x for x <= 0, and 0 for what is less than the smallest normal number: others would take far longer. */
INLINE float vanishing_exponential(float x) {
  float result = exponential_within(at_least(x, -87.0f));
  return x < -87.0f ? 0.0f : result;
}

SHARED void exponentials(const Meeting *meeting, const float *largest) {
  float scale = meeting->attention->scale, *weights = meeting->weights, origin[QUERIES] __attribute__((aligned(64)));
  /* A query that so far has seen nothing, or scores of -Infinity alone, has no largest one. */
  for (int l = 0; l < QUERIES; l++) origin[l] = largest[l] == -INFINITE ? 0.0f : largest[l];
  for (ptrdiff_t j = 0; j < meeting->keys; j++) {
    float *row = weights + j * QUERIES;
    INDEPENDENT for (int l = 0; l < QUERIES; l++) row[l] = vanishing_exponential((row[l] - origin[l]) * scale);
  }
}

/* Turns scores into weights whose sum is still to be divided by. `decay` is by how much those of earlier chunks have become less. */
SHARED void add_to_sums(const Meeting *meeting, Sums *sums, float *decay) {
  float *weights = meeting->weights, before[QUERIES];
  IntLanes *largest = (IntLanes *)sums->largest, low = largest[0], high = largest[1];
  copy_elements(before, sums->largest, QUERIES);
  for (ptrdiff_t j = 0; j < meeting->keys; j++) {
    const UnalignedIntLanes *row = (const UnalignedIntLanes *)(weights + j * QUERIES);
    low = combine_16(REDUCE_MAX, low, row[0]), high = combine_16(REDUCE_MAX, high, row[1]);
  }
  largest[0] = low, largest[1] = high;
  for (int l = 0; l < QUERIES; l++) {
    float isFirst = before[l] == -INFINITE;
    decay[l] = isFirst ? 0.0f : vanishing_exponential((before[l] - sums->largest[l]) * meeting->attention->scale);
    sums->total[l] *= decay[l];
  }
  exponentials(meeting, sums->largest);
  IntLanes *total = (IntLanes *)sums->total;
  low = total[0], high = total[1];
  for (ptrdiff_t j = 0; j < meeting->keys; j++) {
    const UnalignedIntLanes *row = (const UnalignedIntLanes *)(weights + j * QUERIES);
    low = combine_16(REDUCE_SUM, low, row[0]), high = combine_16(REDUCE_SUM, high, row[1]);
  }
  total[0] = low, total[1] = high;
}

SHARED void start_sums(Sums *sums) {
  for (int l = 0; l < QUERIES; l++) sums->largest[l] = -INFINITE, sums->total[l] = 0.0f;
}

/* Of a query that sees nothing, 0; of one whose scores are all -Infinity, though nothing is hidden, not a number, as of a softmax. */
INLINE float inverse_of(const Meeting *meeting, float total) {
  if (total == 0.0f) return meeting->visible ? 0.0f : __builtin_nanf("");
  return 1.0f / total;
}

/* For each query the rows of b, one for each key, times its weights: [queries, columns]. */
SHARED void by_query(const Meeting *meeting, const float *weights, Heads b, ptrdiff_t columns, Heads out, int accumulate) {
  Matrix a = {weights, 1, QUERIES};
  float *c = out.base + meeting->query * out.step;
  if (!meeting->isExact) {
    product_of(meeting->scratch, meeting->queries, columns, meeting->keys, a, rows_of(b, meeting->key), c, out.step, accumulate);
    return;
  }
  for (ptrdiff_t l = 0; l < meeting->queries; l++, a.base++, c += out.step) {
    if (!accumulate) fill_elements(c, 0.0f, columns);
    for (ptrdiff_t j = 0; j < meeting->keys && first_query(meeting, j) <= l; j++) {
      if (is_hidden(meeting, meeting->key + j)) continue;
      Matrix one = {a.base + j * QUERIES, 1, QUERIES};
      product_of(meeting->scratch, 1, columns, 1, one, rows_of(b, meeting->key + j), c, out.step, 1);
    }
  }
}

/* For each key the rows of b, one for each query, times its weights, added to [keys, columns]. */
SHARED void by_key(const Meeting *meeting, const float *weights, Heads b, ptrdiff_t columns, Heads out) {
  float *c = out.base + meeting->key * out.step;
  if (!meeting->isExact) {
    Matrix a = {weights, QUERIES, 1};
    product_of(meeting->scratch, meeting->keys, columns, meeting->queries, a, rows_of(b, meeting->query), c, out.step, 1);
    return;
  }
  for (ptrdiff_t j = 0; j < meeting->keys; j++, c += out.step) {
    ptrdiff_t first = first_query(meeting, j);
    if (first >= meeting->queries || is_hidden(meeting, meeting->key + j)) continue;
    Matrix one = {weights + j * QUERIES + first, QUERIES, 1};
    product_of(meeting->scratch, 1, columns, meeting->queries - first, one, rows_of(b, meeting->query + first), c, out.step, 1);
  }
}

SHARED void scale_rows(Heads heads, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t columns, const float *factors) {
  for (ptrdiff_t i = 0; i < rows; i++) {
    float *row = heads.base + (first + i) * heads.step, factor = factors[i];
    INDEPENDENT for (ptrdiff_t j = 0; j < columns; j++) row[j] *= factor;
  }
}

static float dot_of(const float *a, const float *b, ptrdiff_t count) {
  Vector total = {0};
  ptrdiff_t i = 0;
  for (; i + LANES <= count; i += LANES) total = multiply_add(load(a + i), load(b + i), total);
  if (i < count) total = multiply_add(load_part(a + i, count - i), load_part(b + i, count - i), total);
  Quad four = fold(total);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

/* Keys that any query of the block sees. */
INLINE ptrdiff_t last_key(const Attention *attention, ptrdiff_t query, ptrdiff_t queries) {
  return attention->isCausal ? minimum(attention->keys, own_key(attention, query) + queries) : attention->keys;
}

static void attend(Meeting *meeting, const Attention *head) {
  float decay[QUERIES];
  for (ptrdiff_t query = 0; query < head->queries; query += QUERIES) {
    ptrdiff_t queries = minimum(QUERIES, head->queries - query), keys = last_key(head, query, queries);
    Sums sums;
    start_sums(&sums);
    meeting->query = query, meeting->queries = queries;
    for (ptrdiff_t key = 0; key < keys; key += KEYS) {
      meeting->key = key, meeting->keys = minimum(KEYS, keys - key);
      scores_of(meeting, head->k, head->q, head->size, meeting->weights);
      hide(meeting);
      add_to_sums(meeting, &sums, decay);
      for (ptrdiff_t i = 0; meeting->isSmall && i < meeting->keys * QUERIES; i++) meeting->weights[i] *= SMALLER;
      if (key > 0) scale_rows(head->out, query, queries, head->width, decay);
      by_query(meeting, meeting->weights, head->v, head->width, head->out, key > 0);
    }
    for (int l = 0; l < QUERIES; l++) decay[l] = inverse_of(meeting, sums.total[l]) / (meeting->isSmall ? SMALLER : 1.0f);
    scale_rows(head->out, query, queries, head->width, decay);
  }
}

static void attend_backwards(Meeting *meeting, const Attention *head) {
  float decay[QUERIES], mean[QUERIES] __attribute__((aligned(64))), inverse[QUERIES] __attribute__((aligned(64)));
  float *gradients = (float *)meeting->scratch->registers, scale = head->scale;
  for (ptrdiff_t j = 0; j < head->keys; j++) {
    fill_elements(head->toK.base + j * head->toK.step, 0.0f, head->size);
    fill_elements(head->toV.base + j * head->toV.step, 0.0f, head->width);
  }
  for (int l = 0; l < QUERIES; l++) mean[l] = 0.0f;
  for (ptrdiff_t query = 0; query < head->queries; query += QUERIES) {
    ptrdiff_t queries = minimum(QUERIES, head->queries - query), keys = last_key(head, query, queries);
    Sums sums;
    start_sums(&sums);
    meeting->query = query, meeting->queries = queries;
    for (ptrdiff_t key = 0; key < keys; key += KEYS) {
      meeting->key = key, meeting->keys = minimum(KEYS, keys - key);
      scores_of(meeting, head->k, head->q, head->size, meeting->weights);
      hide(meeting);
      add_to_sums(meeting, &sums, decay);
    }
    for (int l = 0; l < QUERIES; l++) inverse[l] = inverse_of(meeting, sums.total[l]);
    /* The sum over keys of weight times gradient of the weight is that over columns of result times its gradient. */
    for (ptrdiff_t l = 0; l < queries; l++) {
      mean[l] = dot_of(rows_of(head->out, query + l).base, rows_of(head->gradient, query + l).base, head->width);
    }
    for (ptrdiff_t key = 0; key < keys; key += KEYS) {
      if (keys > KEYS) { /* otherwise the weights are still there */
        meeting->key = key, meeting->keys = minimum(KEYS, keys - key);
        scores_of(meeting, head->k, head->q, head->size, meeting->weights);
        hide(meeting);
        exponentials(meeting, sums.largest);
      }
      scores_of(meeting, head->v, head->gradient, head->width, gradients);
      for (ptrdiff_t j = 0; j < meeting->keys; j++) {
        float *weight = meeting->weights + j * QUERIES, *gradient = gradients + j * QUERIES;
        INDEPENDENT for (int l = 0; l < QUERIES; l++) {
          weight[l] *= inverse[l];
          gradient[l] = scale * weight[l] * (gradient[l] - mean[l]);
        }
      }
      by_key(meeting, meeting->weights, head->gradient, head->width, head->toV);
      by_query(meeting, gradients, head->k, head->size, head->toQ, key > 0);
      by_key(meeting, gradients, head->q, head->size, head->toK);
    }
  }
}

static void attention_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  for (ptrdiff_t h = begin; h < end; h++) {
    Attention head = *(const Attention *)argument;
    Heads *all[] = {&head.q, &head.k, &head.v, &head.out, &head.gradient, &head.toQ, &head.toK, &head.toV, &head.mask};
    for (int i = 0; i < 9; i++) {
      if (all[i]->strides) *all[i] = head_of(&head, *all[i], h);
    }
    Meeting meeting = {.attention = &head, .scratch = scratch, .weights = (float *)scratch->inputs,
                       .visible = head.hasMask ? (const int32_t *)head.mask.base : 0};
    if (head.hasGradient) attend_backwards(&meeting, &head);
    else attend(&meeting, &head);
    int isFinite = head.hasGradient ? is_finite(head.toQ, head.queries, head.size) && is_finite(head.toK, head.keys, head.size) &&
                                          is_finite(head.toV, head.keys, head.width)
                                    : is_finite(head.out, head.queries, head.width);
    if (isFinite) continue;
    meeting.isExact = 1;
    if (head.hasGradient) {
      attend_backwards(&meeting, &head);
      continue;
    }
    attend(&meeting, &head);
    if (is_finite(head.out, head.queries, head.width)) continue;
    meeting.isSmall = 1;
    attend(&meeting, &head);
  }
}

static void run_attention(const Context *context, const int32_t *code, int hasGradient) {
  Attention attention = {.queries = code[0], .keys = code[1], .size = code[2], .width = code[3],
                         .isCausal = code[4], .hasMask = code[5], .hasGradient = hasGradient, .rank = code[6],
                         .dims = code + 7};
  int rank = attention.rank;
  attention.scale = 1.0f / __builtin_sqrtf((float)attention.size);
  code += 7 + rank;
  attention.q = read_heads(context, &code, rank);
  attention.k = read_heads(context, &code, rank);
  attention.v = read_heads(context, &code, rank);
  if (attention.hasMask) attention.mask = read_heads(context, &code, rank);
  attention.out = read_heads(context, &code, rank);
  if (hasGradient) {
    attention.gradient = read_heads(context, &code, rank);
    attention.toQ = read_heads(context, &code, rank);
    attention.toK = read_heads(context, &code, rank);
    attention.toV = read_heads(context, &code, rank);
  }
  ptrdiff_t heads = 1;
  for (int d = 0; d < rank; d++) heads *= attention.dims[d];
  ptrdiff_t cost = attention.queries * attention.keys * (attention.size + attention.width);
  parallel(context, heads, 1, cost, attention_task, &attention);
}
