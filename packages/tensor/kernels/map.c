/*
 * BODY: a chain of elementwise operations, run block by block so that everything between its inputs and its outputs
 * stays in the first-level cache.
 */
#include "kernels.h"

/* A strided input after merging dimensions that are contiguous with each other; the last dimension is a "run". */
typedef struct Input {
  const float *base;
  int32_t kind;
  float constant;
  int rank;
  ptrdiff_t dims[MAX_DIMS], strides[MAX_DIMS];
} Input;

typedef struct Body {
  ptrdiff_t count;
  int inputCount, operationCount, outputCount;
  /* Elements evaluated at a time: BLOCK, or a little less, so that blocks end where the rows of strided inputs do. */
  ptrdiff_t block;
  const int32_t *operations; /* five words each */
  const int32_t *outputs;    /* four words each */
  Input inputs[MAX_REGISTERS];
  /* The operation that writes a register's last value straight to an output, or -1, and that output. */
  int32_t directOperation[MAX_REGISTERS];
  float *direct[MAX_REGISTERS];
} Body;

/* One thread's state while it runs a body. */
typedef struct Evaluation {
  const Body *body;
  Scratch *scratch;
  float *at[MAX_REGISTERS]; /* where each register's current block is */
  ptrdiff_t steady[MAX_REGISTERS]; /* length to which a periodic input has been laid out; it then fits every block */
} Evaluation;

enum { OPERATION_WORDS = 5, OUTPUT_WORDS = 4 };

static void parse_strided(Input *input, const int32_t *dims, const int32_t *strides, int rank) {
  int merged = 0; /* collected from the innermost dimension outwards, reversed below */
  ptrdiff_t sizes[MAX_DIMS], steps[MAX_DIMS];
  for (int d = rank - 1; d >= 0; d--) {
    if (dims[d] == 1) continue;
    if (merged > 0 && strides[d] == steps[merged - 1] * sizes[merged - 1]) {
      sizes[merged - 1] *= dims[d];
    } else {
      sizes[merged] = dims[d];
      steps[merged++] = strides[d];
    }
  }
  if (merged == 0 || (merged == 1 && steps[0] == 0)) input->kind = INPUT_SCALAR;
  if (merged == 1 && steps[0] == 1) input->kind = INPUT_CONTIGUOUS;
  input->rank = merged;
  for (int d = 0; d < merged; d++) {
    input->dims[d] = sizes[merged - 1 - d];
    input->strides[d] = steps[merged - 1 - d];
  }
}

/* Reads a BODY and returns what follows it. */
static const int32_t *parse_body(const Context *context, const int32_t *code, Body *body) {
  body->count = code[0];
  int rank = code[1];
  body->inputCount = code[2], body->operationCount = code[3], body->outputCount = code[4];
  const int32_t *dims = code + 5;
  code = dims + rank;
  body->block = BLOCK;
  for (int i = 0; i < body->inputCount; i++, code += 3 + rank) {
    Input *input = &body->inputs[i];
    input->kind = code[0];
    if (input->kind == INPUT_CONSTANT) {
      input->constant = float_of_bits((uint32_t)code[1]);
      input->base = &input->constant;
      input->kind = INPUT_SCALAR;
    } else {
      input->base = address_of(context, code[1], code[2]);
      if (input->kind == INPUT_STRIDED) parse_strided(input, dims, code + 3, rank);
      if (input->kind == INPUT_STRIDED && input->dims[input->rank - 1] <= BLOCK) {
        ptrdiff_t run = input->dims[input->rank - 1];
        body->block = BLOCK / run * run;
      }
    }
  }
  body->operations = code;
  code += OPERATION_WORDS * body->operationCount;
  body->outputs = code;
  for (int i = 0; i < body->operationCount; i++) body->directOperation[body->operations[OPERATION_WORDS * i + 1]] = -1;
  for (int o = 0; o < body->outputCount; o++, code += OUTPUT_WORDS) {
    if (!code[3]) continue;
    int i = body->operationCount - 1; /* a register may have held other values before its last one */
    while (i >= 0 && body->operations[OPERATION_WORDS * i + 1] != code[0]) i--;
    if (i < 0) continue; /* an input; there is nothing to redirect */
    body->directOperation[code[0]] = i;
    body->direct[code[0]] = address_of(context, code[1], code[2]);
  }
  return code;
}

static void begin_evaluation(Evaluation *evaluation, const Body *body, ptrdiff_t longestBlock, Scratch *scratch) {
  evaluation->body = body;
  evaluation->scratch = scratch;
  for (int i = 0; i < body->inputCount; i++) {
    evaluation->steady[i] = 0;
    if (body->inputs[i].kind == INPUT_SCALAR) {
      fill_elements(scratch->inputs[i], *body->inputs[i].base, longestBlock);
    }
  }
}

/* Each of `rows` values, which are `step` apart, `run` times. */
INLINE float *repeat_each_of(ptrdiff_t run, float *out, const float *source, ptrdiff_t step, ptrdiff_t rows) {
  for (ptrdiff_t row = 0; row < rows; row++, source += step) {
    float value = *source;
    for (ptrdiff_t i = 0; i < run; i++) *out++ = value;
  }
  return out;
}

static float *repeat_each(ptrdiff_t run, float *out, const float *source, ptrdiff_t step, ptrdiff_t rows) {
  switch (run) { /* short rows, such as one number per action, are dominated by loop overhead unless unrolled */
    case 2: return repeat_each_of(2, out, source, step, rows);
    case 3: return repeat_each_of(3, out, source, step, rows);
    case 4: return repeat_each_of(4, out, source, step, rows);
    default: return repeat_each_of(run, out, source, step, rows);
  }
}

/* One row again and again: what has been written is doubled until there is enough. */
static void repeat_row(ptrdiff_t run, float *out, const float *source, ptrdiff_t count) {
  ptrdiff_t length = minimum(run, count);
  copy_elements(out, source, length);
  while (length < count) {
    ptrdiff_t more = minimum(length, count - length);
    copy_elements(out + length, out, more);
    length += more;
  }
}

INLINE float *copy_run(float *out, const float *source, ptrdiff_t step, ptrdiff_t length) {
  if (step == 1 && length >= 16) copy_elements(out, source, length);
  else if (step == 1) copy_few(out, source, length);
  else if (step == 0) fill_elements(out, *source, length);
  else for (ptrdiff_t i = 0; i < length; i++) out[i] = source[i * step];
  return out + length;
}

/* Lays out elements [start, start + count) of a strided input, and says where they are. */
static float *strided_block(const Input *input, ptrdiff_t start, ptrdiff_t count, float *out) {
  int last = input->rank - 1;
  ptrdiff_t index[MAX_DIMS], run = input->dims[last], step = input->strides[last];
  ptrdiff_t rest = start / run, position = start - rest * run;
  if (input->rank == 2 && position == 0 && count % run == 0) {
    const float *row = input->base + rest * input->strides[0];
    if (step == 0) {
      repeat_each(run, out, row, input->strides[0], count / run);
      return out;
    }
    if (step == 1 && input->strides[0] == 0) {
      repeat_row(run, out, row, count);
      return out;
    }
  }
  const float *row = input->base; /* the element at index 0 of the current run */
  for (int d = last - 1; d >= 0; d--) {
    ptrdiff_t outer = d == 0 ? 0 : rest / input->dims[d];
    index[d] = rest - outer * input->dims[d];
    row += index[d] * input->strides[d];
    rest = outer;
  }
  if (step == 1 && position + count <= run) return (float *)row + position;
  float *next = out, *end = out + count;
  for (;;) {
    next = copy_run(next, row + position * step, step, minimum(run - position, end - next));
    if (next == end) return out;
    position = 0;
    for (int d = last - 1; d >= 0; d--) {
      row += input->strides[d];
      if (++index[d] < input->dims[d]) break;
      row -= input->strides[d] * input->dims[d];
      index[d] = 0;
    }
  }
}

/* A row repeated over and over, such as a bias, need be laid out only once. */
INLINE int is_periodic(const Input *input) { return input->rank == 2 && input->strides[0] == 0; }

static void locate_inputs(Evaluation *evaluation, ptrdiff_t start, ptrdiff_t count) {
  const Body *body = evaluation->body;
  for (int i = 0; i < body->inputCount; i++) {
    const Input *input = &body->inputs[i];
    float *own = evaluation->scratch->inputs[i];
    if (input->kind == INPUT_CONTIGUOUS) {
      evaluation->at[i] = (float *)input->base + start;
    } else if (input->kind == INPUT_SCALAR) {
      evaluation->at[i] = own;
    } else if (is_periodic(input) && start % input->dims[1] == 0) {
      if (evaluation->steady[i] < count || evaluation->at[i] != own) {
        evaluation->at[i] = strided_block(input, start, count, own);
        evaluation->steady[i] = evaluation->at[i] == own ? count : 0;
      }
    } else {
      evaluation->steady[i] = 0;
      evaluation->at[i] = strided_block(input, start, count, own);
    }
  }
}

#define EACH(TYPE, EXPRESSION)                                   \
  {                                                              \
    const TYPE *a = pa, *b = pb, *c = pc;                        \
    (void)a, (void)b, (void)c;                                   \
    INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) EXPRESSION; \
    break;                                                       \
  }
#define FLOATS(EXPRESSION) EACH(float, ((float *)out)[i] = (EXPRESSION))
#define INTEGERS(EXPRESSION) EACH(int32_t, ((int32_t *)out)[i] = (EXPRESSION))
#define COMPARISON(EXPRESSION) EACH(float, ((int32_t *)out)[i] = (EXPRESSION))

/* Towards zero; what does not fit, about which the instruction sets disagree, becomes the nearer end. NaN becomes 0. */
INLINE int32_t to_integer(float x) {
  int32_t within = (int32_t)(x == x ? at_most(at_least(x, -2147483648.0f), 2147483520.0f) : 0.0f);
  return x >= 2147483648.0f ? INT32_MAX : within;
}

/* Not inlined: its vector code is large and is wanted once. */
static __attribute__((noinline)) void apply_operation(int32_t opcode, void *out, const void *pa, const void *pb,
                                                      const void *pc, ptrdiff_t count) {
  switch (opcode) {
    case MAP_COPY: FLOATS(a[i])
    case MAP_NEGATE: FLOATS(-a[i])
    case MAP_ABS: FLOATS(absolute(a[i]))
    case MAP_SIGN: FLOATS(a[i] > 0.0f ? 1.0f : a[i] < 0.0f ? -1.0f : a[i])
    case MAP_EXP: FLOATS(exponential(a[i]))
    case MAP_LOG: FLOATS(logarithm(a[i]))
    case MAP_LOG1P: FLOATS(logarithm_of_one_plus(a[i]))
    case MAP_TANH: FLOATS(hyperbolic_tangent(a[i]))
    case MAP_SIGMOID: FLOATS(sigmoid(a[i]))
    case MAP_RELU: FLOATS(a[i] < 0.0f ? 0.0f : a[i])
    case MAP_SOFTPLUS: FLOATS(softplus(a[i]))
    case MAP_SQUARE: FLOATS(a[i] * a[i])
    case MAP_SQRT: FLOATS(__builtin_sqrtf(a[i]))
    case MAP_RECIPROCAL: FLOATS(1.0f / a[i])
    case MAP_SIN: sines(out, pa, count, 0); return;
    case MAP_COS: sines(out, pa, count, 1); return;
    case MAP_ERF: FLOATS(error_function(a[i]))
    case MAP_FLOOR: FLOATS(__builtin_floorf(a[i]))
    case MAP_EXPM1: FLOATS(exponential_minus_one(a[i]))
    case MAP_ADD: FLOATS(a[i] + b[i])
    case MAP_SUB: FLOATS(a[i] - b[i])
    case MAP_MUL: FLOATS(a[i] * b[i])
    case MAP_DIV: FLOATS(a[i] / b[i])
    /* Written so that a NaN on either side is the result. */
    case MAP_MIN: FLOATS((a[i] < b[i]) | (a[i] != a[i]) ? a[i] : b[i])
    case MAP_MAX: FLOATS((a[i] > b[i]) | (a[i] != a[i]) ? a[i] : b[i])
    case MAP_LESS: COMPARISON(a[i] < b[i])
    case MAP_LESS_EQUAL: COMPARISON(a[i] <= b[i])
    case MAP_EQUAL: COMPARISON(a[i] == b[i])
    case MAP_NOT_EQUAL: COMPARISON(a[i] != b[i])
    case MAP_WHERE: INTEGERS(a[i] != 0 ? b[i] : c[i])
    case MAP_MUL_ADD: FLOATS(FUSED(a[i], b[i], c[i]))
    case MAP_INT_TO_FLOAT: EACH(int32_t, ((float *)out)[i] = (float)a[i])
    case MAP_FLOAT_TO_INT: EACH(float, ((int32_t *)out)[i] = to_integer(a[i]))
    case MAP_FLOAT_TO_BOOL: COMPARISON(a[i] != 0.0f)
    case MAP_INT_TO_BOOL: INTEGERS(a[i] != 0)
    case MAP_NEGATE_INT: INTEGERS(-a[i])
    case MAP_ADD_INT: INTEGERS(a[i] + b[i])
    case MAP_SUB_INT: INTEGERS(a[i] - b[i])
    case MAP_MUL_INT: INTEGERS(a[i] * b[i])
    case MAP_MIN_INT: INTEGERS(a[i] < b[i] ? a[i] : b[i])
    case MAP_MAX_INT: INTEGERS(a[i] > b[i] ? a[i] : b[i])
    case MAP_LESS_INT: INTEGERS(a[i] < b[i])
    case MAP_LESS_EQUAL_INT: INTEGERS(a[i] <= b[i])
    case MAP_EQUAL_INT: INTEGERS(a[i] == b[i])
    case MAP_NOT_EQUAL_INT: INTEGERS(a[i] != b[i])
    case MAP_AND: INTEGERS(a[i] & b[i])
    case MAP_OR: INTEGERS(a[i] | b[i])
    case MAP_NOT: INTEGERS(a[i] == 0)
  }
}

/* Computes elements [start, start + count), count <= BLOCK; afterwards `at` says where each register's block is. */
static void evaluate(Evaluation *evaluation, ptrdiff_t start, ptrdiff_t count) {
  const Body *body = evaluation->body;
  float **at = evaluation->at;
  locate_inputs(evaluation, start, count);
  const int32_t *operation = body->operations;
  for (int i = 0; i < body->operationCount; i++, operation += OPERATION_WORDS) {
    int32_t destination = operation[1];
    float *out = body->directOperation[destination] == i ? body->direct[destination] + start
                                                         : evaluation->scratch->registers[destination];
    apply_operation(operation[0], out, at[operation[2]], at[operation[3]], at[operation[4]], count);
    at[destination] = out;
  }
}

/* Runs a body over elements [start, end) and writes its outputs. */
static void run_body(const Context *context, Evaluation *evaluation, ptrdiff_t start, ptrdiff_t end) {
  const Body *body = evaluation->body;
  for (ptrdiff_t block = start; block < end; block += body->block) {
    ptrdiff_t count = minimum(body->block, end - block);
    evaluate(evaluation, block, count);
    const int32_t *output = body->outputs;
    for (int o = 0; o < body->outputCount; o++, output += OUTPUT_WORDS) {
      float *out = address_of(context, output[1], output[2]) + block;
      if (evaluation->at[output[0]] != out) copy_elements(out, evaluation->at[output[0]], count);
    }
  }
}

/* Brings what a body will read at elements [start, start + count) into the second-level cache. */
static void prefetch_inputs(const Body *body, ptrdiff_t start, ptrdiff_t count) {
  enum { LINE = 16 };
  for (int i = 0; i < body->inputCount; i++) {
    if (body->inputs[i].kind != INPUT_CONTIGUOUS) continue;
    const float *input = body->inputs[i].base + start;
    for (ptrdiff_t j = 0; j < count; j += LINE) __builtin_prefetch(input + j, 0, 2);
  }
}

typedef struct MapTask {
  const Context *context;
  const Body *body;
} MapTask;

static void map_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  const MapTask *task = argument;
  Evaluation evaluation;
  begin_evaluation(&evaluation, task->body, minimum(BLOCK, end - begin), scratch);
  run_body(task->context, &evaluation, begin, end);
}

static void run_map(const Context *context, const int32_t *code) {
  if (code[0] == 0) return; /* nothing to compute; how to cut it into blocks would be to divide by zero */
  Body body;
  parse_body(context, code, &body);
  MapTask task = {context, &body};
  parallel(context, body.count, body.block, body.operationCount, map_task, &task);
}
