/*
 * Matrix products with an epilogue.
 *
 * C is computed tile by tile, a tile being up to TILE_ROWS rows by two vectors of columns that stay in registers.
 * Panels of B, two vectors wide, are read in place where they lie contiguously, and packed where they do not. Every
 * element of C is one chain of multiply-adds in the order of k, whatever the tiles, blocks and threads, so its bits
 * depend on the operands alone.
 */
#include "kernels.h"
#include "vector.h"

enum { PANEL = 2 * LANES };

/* How a tile reads A. */
enum { A_BY_ROWS = 0, A_BY_COLUMNS = 1 };

/* One tile: C[i, j] (+)= sum over p of A[i, p] B[p, j]. `last` is the number of columns in the last vector. */
typedef void Tile(const float *a, ptrdiff_t aStep, const float *b, ptrdiff_t bStep, float *c, ptrdiff_t cStep,
                  ptrdiff_t k, ptrdiff_t last, int accumulate);

/* total[i, v] += A[i, p] B[p, v], `a` and `b` being where step p begins. */
INLINE void add_step(int rows, int vectors, int form, const float *a, ptrdiff_t aStep, const float *b,
                     Vector total[][2]) {
  Vector right[2];
  UNROLL for (int v = 0; v < vectors; v++) right[v] = load(b + v * LANES);
  UNROLL for (int i = 0; i < rows; i++) {
    Vector left = splat(form == A_BY_COLUMNS ? a[i] : a[i * aStep]);
    UNROLL for (int v = 0; v < vectors; v++) total[i][v] = multiply_add(left, right[v], total[i][v]);
  }
}

INLINE void tile_of(int rows, int vectors, int form, const float *a, ptrdiff_t aStep, const float *b, ptrdiff_t bStep,
                    float *c, ptrdiff_t cStep, ptrdiff_t k, ptrdiff_t last, int accumulate) {
  Vector total[TILE_ROWS][2];
  /* C comes into the cache while the sums are made. */
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int v = 0; v < vectors; v++) __builtin_prefetch(c + i * cStep + v * LANES, 1);
  }
  if (accumulate) {
    UNROLL for (int i = 0; i < rows; i++) {
      UNROLL for (int v = 0; v < vectors; v++) {
        if (v == vectors - 1 && last < LANES) {
          total[i][v] = load_part(c + i * cStep + v * LANES, last);
        } else {
          total[i][v] = load(c + i * cStep + v * LANES);
        }
      }
    }
  } else {
    UNROLL for (int i = 0; i < rows; i++) {
      UNROLL for (int v = 0; v < vectors; v++) total[i][v] = (Vector){0};
    }
  }
  ptrdiff_t aNext = form == A_BY_COLUMNS ? aStep : 1;
  for (ptrdiff_t p = 0; p < k; p++) {
    add_step(rows, vectors, form, a, aStep, b, total);
#if defined(__wasm__)
    /* Two steps in a turn, each a block of its own: V8 loads what a block needs at its beginning, and what two steps need
     * does not fit in the registers. */
    if (++p == k) break;
    add_step(rows, vectors, form, a + aNext, aStep, b + bStep, total);
    a += aNext;
    b += bStep;
#endif
    a += aNext;
    b += bStep;
  }
  UNROLL for (int i = 0; i < rows; i++) {
    UNROLL for (int v = 0; v < vectors; v++) {
      if (v == vectors - 1 && last < LANES) store_part(c + i * cStep + v * LANES, total[i][v], last);
      else store(c + i * cStep + v * LANES, total[i][v]);
    }
  }
}

#define TILE(rows, vectors, form)                                                                                  \
  static void tile_##rows##_##vectors##_##form(const float *a, ptrdiff_t aStep, const float *b, ptrdiff_t bStep,   \
                                               float *c, ptrdiff_t cStep, ptrdiff_t k, ptrdiff_t last,             \
                                               int accumulate) {                                                   \
    tile_of(rows, vectors, form, a, aStep, b, bStep, c, cStep, k, last, accumulate);                               \
  }
#define TILES(rows) TILE(rows, 1, 0) TILE(rows, 1, 1) TILE(rows, 2, 0) TILE(rows, 2, 1)
#define ENTRY(rows) {{tile_##rows##_1_0, tile_##rows##_1_1}, {tile_##rows##_2_0, tile_##rows##_2_1}}

TILES(1) TILES(2) TILES(3) TILES(4)
#if !defined(__wasm__)
TILES(5) TILES(6)
#endif
#if defined(__AVX512F__) || defined(__aarch64__)
TILES(7) TILES(8) TILES(9) TILES(10) TILES(11) TILES(12)
#endif

/* By rows - 1, vectors - 1, form. */
static Tile *const tiles[TILE_ROWS][2][2] = {
    ENTRY(1), ENTRY(2), ENTRY(3), ENTRY(4),
#if !defined(__wasm__)
    ENTRY(5), ENTRY(6),
#endif
#if defined(__AVX512F__) || defined(__aarch64__)
    ENTRY(7), ENTRY(8), ENTRY(9), ENTRY(10), ENTRY(11), ENTRY(12),
#endif
};

typedef struct Matrix {
  const float *base;
  ptrdiff_t row, column; /* strides */
} Matrix;

typedef struct Matmul {
  const Context *context;
  ptrdiff_t m, n, k;
  Matrix a, b;
  float *c;
  int accumulates; /* whether C has values already, to which the product is added */
  const Body *epilogue; /* or null */
  int rank;
  const int32_t *dims, *aStrides, *bStrides; /* of the batch */
  ptrdiff_t rowPiece, rowPieces, columnPiece, columnPieces;
} Matmul;

/* Where tiles read a panel of B, or the rows of a tile of A. */
typedef struct Operand {
  const float *base;
  ptrdiff_t step;
} Operand;

/* Rows [firstRow, firstRow + rows) of C, cut into tiles of about equal height: 13 rows are 7 + 6 rather than 12 + 1. */
typedef struct Tiling {
  ptrdiff_t firstRow, rows, count;
} Tiling;

INLINE ptrdiff_t tile_row(const Tiling *tiling, ptrdiff_t tile) {
  return tiling->firstRow + tile * tiling->rows / tiling->count;
}

/* Lays columns [0, columns) of a block of B out as a panel `width` wide, zero beyond. */
static void pack_panel(float *out, ptrdiff_t width, const float *source, Matrix b, ptrdiff_t depth, ptrdiff_t columns) {
  if (b.column == 1 || columns == 1) {
    ptrdiff_t whole = columns / LANES * LANES;
    for (ptrdiff_t p = 0; p < depth; p++, out += width, source += b.row) {
      for (ptrdiff_t j = 0; j < whole; j += LANES) store(out + j, load(source + j));
      if (whole < width) store(out + whole, load_part(source + whole, columns - whole));
    }
  } else {
    if (columns < width) fill_elements(out, 0.0f, depth * width);
    transpose(out, width, source, b.column, depth, columns);
  }
}

/* Lays the `height` rows of a tile of A out next to each other, step by step. */
static void pack_tile(float *out, ptrdiff_t height, const float *source, ptrdiff_t step, int form, ptrdiff_t depth) {
  if (form == A_BY_ROWS) {
    transpose(out, height, source, step, depth, height);
    return;
  }
  for (ptrdiff_t p = 0; p < depth; p++, out += height, source += step) {
#if defined(__AVX2__)
    store_part(out, load_part(source, height), height);
#else
    ptrdiff_t i = 0;
    for (; i + 4 <= height; i += 4) *(UnalignedQuad *)(out + i) = *(const UnalignedQuad *)(source + i);
    for (; i < height; i++) out[i] = source[i];
#endif
  }
}

static void run_epilogue(const Matmul *matmul, Evaluation *evaluation, ptrdiff_t first, ptrdiff_t rows,
                         ptrdiff_t columns) {
  if (columns == matmul->n) {
    run_body(matmul->context, evaluation, first, first + rows * columns);
  } else {
    for (ptrdiff_t i = 0; i < rows; i++, first += matmul->n) {
      run_body(matmul->context, evaluation, first, first + columns);
    }
  }
}

/* `width` columns of C from `column` on, and `depth` steps of k from `step` on. */
typedef struct Block {
  ptrdiff_t column, width, step, depth;
} Block;

/* A B for a block, whose first step `a` and `b` start at, and `b` and C's element `origin` (row 0) at its first column.
 * The epilogue, where there is one, runs on groups of rows. */
static void multiply_block(const Matmul *matmul, Matrix a, Matrix b, ptrdiff_t origin, const Tiling *tiling,
                           const Block *block, Scratch *scratch, Evaluation *epilogue) {
  ptrdiff_t width = block->width, depth = block->depth;
  ptrdiff_t n = matmul->n, panels = divide_up(width, PANEL), tail = width - (panels - 1) * PANEL;
  int form = a.column == 1 || matmul->k == 1 ? A_BY_ROWS : A_BY_COLUMNS;
  ptrdiff_t aStep = form == A_BY_ROWS ? a.row : a.column;
  /* Rows of memory far apart fall into few cache sets: they are brought together if they will be read often enough. */
  int packsPanels = b.column != 1 || (b.row >= 16 * PANEL && tiling->rows >= 64);
#if defined(__wasm__)
  ptrdiff_t farStep = 32 * TILE_ROWS, manyPanels = 4;
#else
  ptrdiff_t farStep = 1024, manyPanels = 16; /* a column of A is a line or two of the cache, wherever the next one is */
#endif
  int packsTiles = form == A_BY_ROWS ? aStep >= 512 && panels >= 8 : aStep >= farStep && panels >= manyPanels;
  /* What processors do not guess, asked for while other tiles, or this one, are made: an A read by columns that no second-level
   * cache holds, and what the epilogue of a large product reads. */
  int fetchesNext = form == A_BY_COLUMNS && matmul->k * aStep >= 1 << 19;
  int fetchesInputs = epilogue && matmul->m * n >= 1 << 14;
  int tileForm = packsTiles ? A_BY_COLUMNS : form;
  Operand panel[MATMUL_WIDTH / PANEL];
  for (ptrdiff_t j = 0; j < panels; j++) {
    ptrdiff_t columns = j == panels - 1 ? tail : PANEL;
    panel[j] = (Operand){b.base + j * PANEL * b.column, b.row};
    if (packsPanels || columns % LANES != 0) {
      float *packed = scratch->packedB + j * PANEL * depth;
      ptrdiff_t packedWidth = divide_up(columns, LANES) * LANES;
      pack_panel(packed, packedWidth, panel[j].base, b, depth, columns);
      panel[j] = (Operand){packed, packedWidth};
    }
  }
  ptrdiff_t pending = tiling->firstRow; /* the first row whose epilogue has not run */
  for (ptrdiff_t t = 0, row = tiling->firstRow; t < tiling->count; t++) {
    ptrdiff_t next = tile_row(tiling, t + 1), height = next - row;
    Operand left = {a.base + row * a.row, aStep};
    if (packsTiles) {
      pack_tile(scratch->packedA, height, left.base, aStep, form, depth);
      left = (Operand){scratch->packedA, height};
    }
    if (fetchesNext && t + 1 < tiling->count) {
      const float *last = a.base + (tile_row(tiling, t + 2) - 1) * a.row;
      for (ptrdiff_t p = 0; p < depth; p++) __builtin_prefetch(last + p * aStep, 0, 2);
    }
    if (fetchesInputs) {
      for (ptrdiff_t i = row; i < next; i++) prefetch_inputs(matmul->epilogue, origin + i * n, width);
    }
    float *out = matmul->c + origin + row * n;
    Tile *const(*tilesOfHeight)[2] = tiles[height - 1];
    for (ptrdiff_t j = 0; j < panels; j++) {
      ptrdiff_t columns = j == panels - 1 ? tail : PANEL;
      int vectors = columns > LANES ? 2 : 1;
      Tile *tile = tilesOfHeight[vectors - 1][tileForm];
      tile(left.base, left.step, panel[j].base, panel[j].step, out + j * PANEL, n, depth,
           columns - (vectors - 1) * LANES, matmul->accumulates || block->step > 0);
    }
    row = next;
    if (epilogue && ((row - pending) * width >= 4 * BLOCK || t == tiling->count - 1)) {
      run_epilogue(matmul, epilogue, origin + pending * n, row - pending, width);
      pending = row;
    }
  }
}

/* The part of C that one thread computes at a time, in a product whose C starts at element `origin`. */
typedef struct Region {
  ptrdiff_t origin, firstRow, lastRow, firstColumn, lastColumn;
} Region;

static void multiply(const Matmul *matmul, Matrix a, Matrix b, Region region, Scratch *scratch, Evaluation *epilogue) {
  ptrdiff_t k = matmul->k, rows = region.lastRow - region.firstRow;
  ptrdiff_t depth = divide_up(k, maximum(1, divide_up(k, MATMUL_DEPTH)));
  Tiling tiling = {region.firstRow, rows, divide_up(rows, TILE_ROWS)};
  for (ptrdiff_t column = region.firstColumn; column < region.lastColumn; column += MATMUL_WIDTH) {
    Block block = {column, minimum(MATMUL_WIDTH, region.lastColumn - column), 0, 0};
    do { /* once at least: an empty sum is zero */
      block.depth = minimum(depth, k - block.step);
      Matrix left = {a.base + block.step * a.column, a.row, a.column};
      Matrix right = {b.base + block.step * b.row + column * b.column, b.row, b.column};
      ptrdiff_t next = block.step + block.depth;
      multiply_block(matmul, left, right, region.origin + column, &tiling, &block, scratch, next >= k ? epilogue : 0);
      block.step = next;
    } while (block.step < k);
  }
}

