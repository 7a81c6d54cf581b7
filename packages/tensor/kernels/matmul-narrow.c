/*
 * Narrow products: C has very few columns (policy and value heads and their gradients), or few rows and a B that would
 * have to be transposed first. Tiles would leave most of a vector empty.
 */
#include "kernels.h"
#include "vector.h"

enum {
  /* The most columns of C; from there on a vector of them is full enough for tiles. */
  NARROW = LANES >= 8 ? LANES / 4 : 2,
  FEW_ROWS = 4
};

/* out[i * outX + j * outY] = x[i] . y[j] for i < count <= 4 rows of x and `columns` <= 2 rows of y. */
INLINE void dots_of(int columns, const float *x, ptrdiff_t xStep, const float *y, ptrdiff_t yStep, ptrdiff_t k,
                    float *out, ptrdiff_t outX, ptrdiff_t outY, ptrdiff_t count) {
  const float *rows[4];
  UNROLL for (int i = 0; i < 4; i++) rows[i] = x + (i < count ? i : 0) * xStep;
  Vector total[2][4];
  UNROLL for (int j = 0; j < columns; j++) {
    UNROLL for (int i = 0; i < 4; i++) total[j][i] = (Vector){0};
  }
  ptrdiff_t p = 0;
  for (; p + LANES <= k; p += LANES) {
    UNROLL for (int j = 0; j < columns; j++) {
      Vector right = load(y + j * yStep + p);
      UNROLL for (int i = 0; i < 4; i++) total[j][i] = multiply_add(load(rows[i] + p), right, total[j][i]);
    }
  }
  if (p < k) {
    UNROLL for (int j = 0; j < columns; j++) {
      Vector right = load_part(y + j * yStep + p, k - p);
      UNROLL for (int i = 0; i < 4; i++) {
        total[j][i] = multiply_add(load_part(rows[i] + p, k - p), right, total[j][i]);
      }
    }
  }
  UNROLL for (int j = 0; j < columns; j++) {
    union {
      Quad quad;
      float element[4];
    } sum = {sums(fold(total[j][0]), fold(total[j][1]), fold(total[j][2]), fold(total[j][3]))};
    for (ptrdiff_t i = 0; i < count; i++) out[i * outX + j * outY] = sum.element[i];
  }
}

/* out[i * outX + j * outY] = x[i] . y[j], all rows contiguous in k. */
static void dots(const float *x, ptrdiff_t xStep, ptrdiff_t xRows, const float *y, ptrdiff_t yStep, ptrdiff_t yRows,
                 ptrdiff_t k, float *out, ptrdiff_t outX, ptrdiff_t outY) {
  for (ptrdiff_t i = 0; i < xRows; i += 4, x += 4 * xStep, out += 4 * outX) {
    ptrdiff_t count = minimum(4, xRows - i), j = 0;
    for (; j + 2 <= yRows; j += 2) {
      dots_of(2, x, xStep, y + j * yStep, yStep, k, out + j * outY, outX, outY, count);
    }
    if (j < yRows) dots_of(1, x, xStep, y + j * yStep, yStep, k, out + j * outY, outX, outY, count);
  }
}

/* A narrow C = A B where A lies by columns: its transpose is B's transpose times rows that lie as they are needed. */
static void multiply_by_columns(const Matmul *matmul, Matrix a, Matrix b, Region region, Scratch *scratch) {
  ptrdiff_t n = matmul->n;
  Matmul swapped = {.k = matmul->k, .c = scratch->partial};
  for (ptrdiff_t row = region.firstRow; row < region.lastRow; row += swapped.n) {
    swapped.n = minimum(PARTIAL_SUMS / n, region.lastRow - row);
    Matrix left = {b.base, b.column, b.row}, right = {a.base + row * a.row, a.column, a.row};
    float *out = matmul->c + region.origin + row * n;
    if (n == 1) swapped.c = out;
    multiply(&swapped, left, right, (Region){0, 0, n, 0, swapped.n}, scratch, 0);
    if (n == 1) continue;
    for (ptrdiff_t i = 0; i < swapped.n; i++) {
      for (ptrdiff_t j = 0; j < n; j++) out[i * n + j] = swapped.c[j * swapped.n + i];
    }
  }
}

/* Whether the product was narrow, and is done. Depends on the operands' shape and strides alone. */
static int multiply_narrow(const Matmul *matmul, Matrix a, Matrix b, Region region, Scratch *scratch,
                           Evaluation *epilogue) {
  ptrdiff_t m = matmul->m, n = matmul->n, k = matmul->k;
  float *out = matmul->c + region.origin;
  ptrdiff_t rows = region.lastRow - region.firstRow, columns = region.lastColumn - region.firstColumn;
  if (m <= FEW_ROWS && n > 1 && b.row == 1 && a.column == 1) {
    dots(b.base + region.firstColumn * b.column, b.column, columns, a.base + region.firstRow * a.row, a.row, rows, k,
         out + region.firstRow * n + region.firstColumn, 1, n);
  } else if (n <= NARROW && a.column != 1 && m > 1 && k > 1) {
    multiply_by_columns(matmul, a, b, region, scratch);
  } else if (n <= NARROW && a.column == 1 && n * k <= MATMUL_DEPTH * MATMUL_WIDTH) {
    const float *y = b.base;
    ptrdiff_t yStep = b.column;
    if (b.row != 1 && k > 1) {
      for (ptrdiff_t p = 0; p < k; p++) {
        for (ptrdiff_t j = 0; j < n; j++) scratch->packedB[j * k + p] = b.base[p * b.row + j * b.column];
      }
      y = scratch->packedB;
      yStep = k;
    }
    dots(a.base + region.firstRow * a.row, a.row, rows, y, yStep, n, k, out + region.firstRow * n, n, 1);
  } else {
    return 0;
  }
  if (epilogue) {
    run_epilogue(matmul, epilogue, region.origin + region.firstRow * n + region.firstColumn, rows, columns);
  }
  return 1;
}
