/* Instructions that read an index: gathering and scattering rows, and slices at a position known at run time. */
#include "kernels.h"

INLINE int32_t fail(const Context *context, int32_t opcode, int32_t index, ptrdiff_t limit) {
  *context->failure = (Failure){opcode, index, (int32_t)limit};
  return opcode;
}

static int32_t run_gather(const Context *context, const int32_t *code) {
  int32_t rows = code[0];
  ptrdiff_t width = code[1], n = code[2], step = code[3];
  const float *table = address_of(context, code[4], code[5]);
  const int32_t *index = (const int32_t *)address_of(context, code[6], code[7]);
  float *out = address_of(context, code[8], code[9]);
  for (ptrdiff_t i = 0; i < n; i++) {
    if ((uint32_t)index[i] >= (uint32_t)rows) return fail(context, OP_GATHER, index[i], rows);
    const float *row = table + (i * step + index[i]) * width;
    if (width == 1) out[i] = *row;
    else copy_elements(out + i * width, row, width);
  }
  return 0;
}

static int32_t run_scatter_add(const Context *context, const int32_t *code) {
  int32_t rows = code[0];
  ptrdiff_t width = code[1], n = code[2], step = code[3];
  const float *updates = address_of(context, code[4], code[5]);
  const int32_t *index = (const int32_t *)address_of(context, code[6], code[7]);
  float *out = address_of(context, code[8], code[9]);
  fill_elements(out, 0.0f, (step ? n * step : rows) * width);
  for (ptrdiff_t i = 0; i < n; i++) {
    if ((uint32_t)index[i] >= (uint32_t)rows) return fail(context, OP_SCATTER_ADD, index[i], rows);
    float *row = out + (i * step + index[i]) * width;
    const float *update = updates + i * width;
    INDEPENDENT for (ptrdiff_t j = 0; j < width; j++) row[j] += update[j];
  }
  return 0;
}

/* Both directions of a slice [outer, size, inner] at `index`, `length` long, to or from [outer, length, inner]. */
static int32_t run_slice(const Context *context, const int32_t *code, int32_t opcode) {
  ptrdiff_t outer = code[0], size = code[1], length = code[2], inner = code[3];
  int32_t index = *(const int32_t *)address_of(context, code[4], code[5]);
  float *source = address_of(context, code[6], code[7]), *out = address_of(context, code[8], code[9]);
  if (index < 0 || index > size - length) return fail(context, opcode, index, size - length + 1);
  ptrdiff_t run = length * inner;
  for (ptrdiff_t o = 0; o < outer; o++) {
    ptrdiff_t whole = (o * size + index) * inner, part = o * run;
    if (opcode == OP_SLICE_AT) copy_elements(out + part, source + whole, run);
    else copy_elements(out + whole, source + part, run);
  }
  return 0;
}
