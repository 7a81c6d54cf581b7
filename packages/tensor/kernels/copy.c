/* Moving elements about: strided copies (transposes among them), fills, running sums. */
#include "kernels.h"
#include "vector.h"

enum { TRANSPOSE_TILE = 32 };

typedef struct Copy {
  int rank;
  ptrdiff_t dims[MAX_DIMS], from[MAX_DIMS], to[MAX_DIMS];
} Copy;

/* Two dimensions of which the source is contiguous in one and the destination in the other, a tile at a time, so that
 * the lines of both are used up while they are in the cache. */
static void copy_transposed(float *out, const float *source, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t fromRow,
                            ptrdiff_t fromColumn, ptrdiff_t toRow, ptrdiff_t toColumn) {
  for (ptrdiff_t r = 0; r < rows; r += TRANSPOSE_TILE) {
    ptrdiff_t lastRow = minimum(r + TRANSPOSE_TILE, rows);
    for (ptrdiff_t c = 0; c < columns; c += TRANSPOSE_TILE) {
      ptrdiff_t lastColumn = minimum(c + TRANSPOSE_TILE, columns);
      if (fromRow == 1 && toColumn == 1) {
        transpose(out + r * toRow + c, toRow, source + r + c * fromColumn, fromColumn, lastRow - r, lastColumn - c);
        continue;
      }
      for (ptrdiff_t i = r; i < lastRow; i++) {
        for (ptrdiff_t j = c; j < lastColumn; j++) out[i * toRow + j * toColumn] = source[i * fromRow + j * fromColumn];
      }
    }
  }
}

static void copy_plane(const Copy *copy, int d, float *out, const float *source) {
  ptrdiff_t rows = copy->dims[d], columns = copy->dims[d + 1];
  ptrdiff_t fromRow = copy->from[d], fromColumn = copy->from[d + 1], toRow = copy->to[d], toColumn = copy->to[d + 1];
  if (fromColumn == 1 && toColumn == 1) {
    for (ptrdiff_t i = 0; i < rows; i++) {
      float *row = out + i * toRow;
      const float *from = source + i * fromRow;
      if (columns >= 16) copy_elements(row, from, columns);
      else copy_few(row, from, columns);
    }
  } else if (fromColumn == 0 && toColumn == 1) {
    for (ptrdiff_t i = 0; i < rows; i++) fill_elements(out + i * toRow, source[i * fromRow], columns);
  } else {
    copy_transposed(out, source, rows, columns, fromRow, fromColumn, toRow, toColumn);
  }
}

static void copy_from(const Copy *copy, int d, float *out, const float *source) {
  if (d == copy->rank - 2) {
    copy_plane(copy, d, out, source);
    return;
  }
  for (ptrdiff_t i = 0; i < copy->dims[d]; i++) {
    copy_from(copy, d + 1, out + i * copy->to[d], source + i * copy->from[d]);
  }
}

static void run_copy(const Context *context, const int32_t *code) {
  int rank = code[0];
  const int32_t *dims = code + 1, *from = dims + rank, *to = from + 2 + rank;
  const float *source = address_of(context, from[0], from[1]);
  float *out = address_of(context, to[0], to[1]);
  from += 2, to += 2;
  /* Dimensions that are contiguous with each other on both sides become one. */
  Copy copy = {.rank = 0};
  for (int d = 0; d < rank; d++) {
    if (dims[d] == 0) return;
    if (dims[d] == 1) continue;
    int last = copy.rank - 1;
    if (last >= 0 && copy.from[last] == (ptrdiff_t)from[d] * dims[d] && copy.to[last] == (ptrdiff_t)to[d] * dims[d]) {
      copy.dims[last] *= dims[d];
    } else {
      last = copy.rank++;
      copy.dims[last] = dims[d];
    }
    copy.from[last] = from[d], copy.to[last] = to[d];
  }
  if (copy.rank < 2) { /* as a plane of one row */
    copy.dims[1] = copy.rank ? copy.dims[0] : 1;
    copy.from[1] = copy.rank ? copy.from[0] : 1;
    copy.to[1] = copy.rank ? copy.to[0] : 1;
    copy.dims[0] = 1, copy.from[0] = copy.to[0] = 0;
    copy.rank = 2;
  }
  copy_from(&copy, 0, out, source);
}

static void run_fill(const Context *context, const int32_t *code) {
  fill_elements(address_of(context, code[0], code[1]), float_of_bits((uint32_t)code[3]), code[2]);
}

static void run_cumulative_sum(const Context *context, const int32_t *code) {
  ptrdiff_t outer = code[0], n = code[1], inner = code[2];
  int reverse = code[3];
  const float *source = address_of(context, code[4], code[5]);
  float *out = address_of(context, code[6], code[7]);
  ptrdiff_t step = reverse ? -inner : inner;
  for (ptrdiff_t o = 0; o < outer && n > 0; o++) {
    ptrdiff_t row = (o * n + (reverse ? n - 1 : 0)) * inner;
    copy_elements(out + row, source + row, inner);
    for (ptrdiff_t j = 1; j < n; j++) {
      row += step;
      INDEPENDENT for (ptrdiff_t i = row; i < row + inner; i++) out[i] = out[i - step] + source[i];
    }
  }
}
