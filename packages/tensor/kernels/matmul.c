/*
 * C[batch] = A[batch] B[batch], with an epilogue.
 *
 * C is computed tile by tile, a tile being up to TILE_ROWS rows by two vectors of columns that stay in registers. Panels
 * of B, two vectors wide, are read in place where they lie contiguously, and packed where they do not. Every element
 * of C is one chain of multiply-adds in the order of k, whatever the tiles, blocks and threads, so its bits depend on
 * the operands alone.
 */
#include "kernels.h"
#include "vector.h"

enum { PANEL = 2 * LANES };

/* How a tile reads A. */
enum { A_BY_ROWS = 0, A_BY_COLUMNS = 1 };

/* One tile: C[i, j] (+)= sum over p of A[i, p] B[p, j]. `last` is the number of columns in the last vector. */
typedef void Tile(const float *a, ptrdiff_t aStep, const float *b, ptrdiff_t bStep, float *c, ptrdiff_t cStep,
                  ptrdiff_t k, ptrdiff_t last, int accumulate);

INLINE void tile_of(int rows, int vectors, int form, const float *a, ptrdiff_t aStep, const float *b, ptrdiff_t bStep,
                    float *c, ptrdiff_t cStep, ptrdiff_t k, ptrdiff_t last, int accumulate) {
  Vector total[TILE_ROWS][2];
  if (accumulate) {
    UNROLL for (int i = 0; i < rows; i++) {
      UNROLL for (int v = 0; v < vectors; v++) {
        if (v == vectors - 1 && last < LANES) {
          union {
            Vector vector;
            float element[LANES];
          } part = {{0}};
          for (ptrdiff_t j = 0; j < last; j++) part.element[j] = c[i * cStep + v * LANES + j];
          total[i][v] = part.vector;
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
  for (ptrdiff_t p = 0; p < k; p++) {
    Vector right[2];
    UNROLL for (int v = 0; v < vectors; v++) right[v] = load(b + v * LANES);
    UNROLL for (int i = 0; i < rows; i++) {
      Vector left = splat(form == A_BY_COLUMNS ? a[i] : a[i * aStep]);
      UNROLL for (int v = 0; v < vectors; v++) total[i][v] = multiply_add(left, right[v], total[i][v]);
    }
    a += form == A_BY_COLUMNS ? aStep : 1;
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
  if (columns < width) fill_elements(out, 0.0f, depth * width);
  if (b.column == 1 && columns == PANEL) {
    for (ptrdiff_t p = 0; p < depth; p++) {
      UNROLL for (int v = 0; v < 2; v++) store(out + p * PANEL + v * LANES, load(source + p * b.row + v * LANES));
    }
  } else if (b.column == 1 || columns == 1) {
    for (ptrdiff_t p = 0; p < depth; p++) {
      for (ptrdiff_t j = 0; j < columns; j++) out[p * width + j] = source[p * b.row + j];
    }
  } else {
    transpose(out, width, source, b.column, depth, columns);
  }
}

/* Lays the `height` rows of a tile of A, which is stored by columns, out next to each other. */
static void pack_tile(float *out, ptrdiff_t height, const float *source, ptrdiff_t step, ptrdiff_t depth) {
  for (ptrdiff_t p = 0; p < depth; p++, out += height, source += step) {
    ptrdiff_t i = 0;
    for (; i + 4 <= height; i += 4) *(UnalignedQuad *)(out + i) = *(const UnalignedQuad *)(source + i);
    for (; i < height; i++) out[i] = source[i];
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

/* A B for `depth` steps of k and `width` columns: `a`, `b` and C's element `origin` are where the block starts (row 0).
 * The epilogue, where there is one, runs on groups of rows. */
static void multiply_block(const Matmul *matmul, Matrix a, Matrix b, ptrdiff_t origin, const Tiling *tiling,
                           ptrdiff_t width, ptrdiff_t depth, int accumulate, Scratch *scratch, Evaluation *epilogue) {
  ptrdiff_t n = matmul->n, panels = divide_up(width, PANEL), tail = width - (panels - 1) * PANEL;
  int form = a.column == 1 || matmul->k == 1 ? A_BY_ROWS : A_BY_COLUMNS;
  /* Rows far apart fall into few cache sets, and are brought close together if they will be read often enough. */
  int packsPanels = b.column != 1 || (b.row >= 16 * PANEL && tiling->rows >= 64);
  int packsTiles = form == A_BY_COLUMNS && a.column >= 32 * TILE_ROWS && panels >= 4;
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
    Operand left = {a.base + row * a.row, form == A_BY_ROWS ? a.row : a.column};
    if (packsTiles) {
      pack_tile(scratch->packedA, height, left.base, left.step, depth);
      left = (Operand){scratch->packedA, height};
    }
    float *out = matmul->c + origin + row * n;
    Tile *const(*tilesOfHeight)[2] = tiles[height - 1];
    for (ptrdiff_t j = 0; j < panels; j++) {
      ptrdiff_t columns = j == panels - 1 ? tail : PANEL;
      int vectors = columns > LANES ? 2 : 1;
      tilesOfHeight[vectors - 1][form](left.base, left.step, panel[j].base, panel[j].step, out + j * PANEL, n, depth,
                                       columns - (vectors - 1) * LANES, accumulate);
    }
    row = next;
    if (epilogue && ((row - pending) * width >= 4 * BLOCK || t == tiling->count - 1)) {
      run_epilogue(matmul, epilogue, origin + pending * n, row - pending, width);
      pending = row;
    }
  }
}

/* Rows [firstRow, lastRow) and columns [firstColumn, lastColumn) of one product, whose C starts at element `origin`. */
static void multiply(const Matmul *matmul, Matrix a, Matrix b, ptrdiff_t origin, ptrdiff_t firstRow, ptrdiff_t lastRow,
                     ptrdiff_t firstColumn, ptrdiff_t lastColumn, Scratch *scratch, Evaluation *epilogue) {
  ptrdiff_t k = matmul->k, depth = k <= MATMUL_DEPTH ? k : divide_up(k, divide_up(k, MATMUL_DEPTH));
  ptrdiff_t rows = lastRow - firstRow;
  Tiling tiling = {firstRow, rows, divide_up(rows, TILE_ROWS)};
  if (matmul->n == 1) b.column = 1;
  for (ptrdiff_t column = firstColumn; column < lastColumn; column += MATMUL_WIDTH) {
    ptrdiff_t p = 0;
    do { /* once at least: an empty sum is zero */
      ptrdiff_t steps = minimum(depth, k - p);
      Matrix left = {a.base + p * a.column, a.row, a.column};
      Matrix right = {b.base + p * b.row + column * b.column, b.row, b.column};
      multiply_block(matmul, left, right, origin + column, &tiling, minimum(MATMUL_WIDTH, lastColumn - column), steps,
                     p > 0, scratch, p + steps >= k ? epilogue : 0);
      p += steps;
    } while (p < k);
  }
}

static void matmul_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  const Matmul *matmul = argument;
  Evaluation evaluation;
  if (matmul->epilogue) {
    begin_evaluation(&evaluation, matmul->epilogue, minimum(BLOCK, matmul->epilogue->count), scratch);
  }
  for (ptrdiff_t piece = begin; piece < end; piece++) {
    ptrdiff_t rest = piece / matmul->columnPieces;
    ptrdiff_t firstColumn = (piece - rest * matmul->columnPieces) * matmul->columnPiece;
    ptrdiff_t batch = rest / matmul->rowPieces, firstRow = (rest - batch * matmul->rowPieces) * matmul->rowPiece;
    Matrix a = matmul->a, b = matmul->b;
    rest = batch;
    for (int d = matmul->rank - 1; d >= 0; d--) {
      ptrdiff_t index = rest % matmul->dims[d];
      rest /= matmul->dims[d];
      a.base += index * matmul->aStrides[d];
      b.base += index * matmul->bStrides[d];
    }
    multiply(matmul, a, b, batch * matmul->m * matmul->n, firstRow, minimum(firstRow + matmul->rowPiece, matmul->m),
             firstColumn, minimum(firstColumn + matmul->columnPiece, matmul->n), scratch,
             matmul->epilogue ? &evaluation : 0);
  }
}

static void run_matmul(const Context *context, const int32_t *code) {
  Matmul matmul = {.context = context, .m = code[0], .n = code[1], .k = code[2], .rank = code[3]};
  matmul.a = (Matrix){address_of(context, code[4], code[5]), code[6], code[7]};
  matmul.b = (Matrix){address_of(context, code[8], code[9]), code[10], code[11]};
  matmul.c = address_of(context, code[12], code[13]);
  int hasEpilogue = code[14];
  code += 15;
  matmul.dims = code, matmul.aStrides = code + matmul.rank, matmul.bStrides = code + 2 * matmul.rank;
  code += 3 * matmul.rank;
  Body body;
  if (hasEpilogue) parse_body(context, code, &body);
  matmul.epilogue = hasEpilogue ? &body : 0;
  ptrdiff_t batches = 1;
  for (int d = 0; d < matmul.rank; d++) batches *= matmul.dims[d];
  if (batches * matmul.m * matmul.n == 0) return;

  matmul.rowPiece = matmul.m, matmul.columnPiece = matmul.n;
  matmul.rowPieces = matmul.columnPieces = 1;
  ptrdiff_t grain = batches;
  double work = (double)batches * (double)matmul.m * (double)matmul.n * (double)matmul.k;
  if (context->threads > 1 && work > 2e6) {
    /* Pieces enough to even out threads that come late, large enough that packing B anew for each does not count. */
    ptrdiff_t wanted = minimum(4 * context->threads, (ptrdiff_t)(work / 1e6));
    grain = maximum(1, batches / wanted);
    if (batches < wanted) {
      ptrdiff_t pieces = divide_up(wanted, batches);
      if (matmul.m >= 4 * TILE_ROWS * context->threads || matmul.m >= matmul.n) {
        matmul.rowPiece = maximum(2 * TILE_ROWS, divide_up(divide_up(matmul.m, pieces), TILE_ROWS) * TILE_ROWS);
        matmul.rowPieces = divide_up(matmul.m, matmul.rowPiece);
      } else {
        matmul.columnPiece = maximum(2 * PANEL, divide_up(divide_up(matmul.n, pieces), PANEL) * PANEL);
        matmul.columnPieces = divide_up(matmul.n, matmul.columnPiece);
      }
    }
  }
  gradus_parallel(context->threads, batches * matmul.rowPieces * matmul.columnPieces, grain, matmul_task, &matmul,
                  context->scratch);
}
