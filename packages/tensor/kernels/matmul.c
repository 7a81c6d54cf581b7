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

typedef struct Panel {
  const float *base;
  ptrdiff_t step;
} Panel;

/* Lays columns [0, columns) of a block of B out as a panel `width` wide, zero beyond. */
static void pack_panel(float *out, ptrdiff_t width, const float *source, ptrdiff_t row, ptrdiff_t column, ptrdiff_t depth,
                       ptrdiff_t columns) {
  if (columns < width) fill_elements(out, 0.0f, depth * width);
  if (column == 1 && columns == PANEL) {
    for (ptrdiff_t p = 0; p < depth; p++) {
      UNROLL for (int v = 0; v < 2; v++) store(out + p * PANEL + v * LANES, load(source + p * row + v * LANES));
    }
  } else if (column == 1 || columns == 1) {
    for (ptrdiff_t p = 0; p < depth; p++) {
      for (ptrdiff_t j = 0; j < columns; j++) out[p * width + j] = source[p * row + j];
    }
  } else {
    transpose(out, width, source, column, depth, columns);
  }
}

/* Lays `height` columns of A's transpose out next to each other. */
static void pack_rows(float *out, ptrdiff_t height, const float *source, ptrdiff_t step, ptrdiff_t depth) {
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

/* Rows [firstRow, lastRow) and columns [firstColumn, lastColumn) of one product, whose C starts at element `origin`. */
static void multiply(const Matmul *matmul, Matrix a, Matrix b, ptrdiff_t origin, ptrdiff_t firstRow, ptrdiff_t lastRow,
                     ptrdiff_t firstColumn, ptrdiff_t lastColumn, Scratch *scratch, Evaluation *evaluation) {
  ptrdiff_t k = matmul->k, n = matmul->n, rows = lastRow - firstRow;
  int form = a.column == 1 || k == 1 ? A_BY_ROWS : A_BY_COLUMNS;
  ptrdiff_t aStep = form == A_BY_ROWS ? a.row : a.column;
  int transposed = b.column != 1 && n != 1;
  ptrdiff_t depth = k <= MATMUL_DEPTH ? k : divide_up(k, divide_up(k, MATMUL_DEPTH));
  /* Tiles of even height: 13 rows are 7 + 6 rather than 12 + 1. */
  ptrdiff_t tileCount = divide_up(rows, TILE_ROWS);

  for (ptrdiff_t column = firstColumn; column < lastColumn; column += MATMUL_WIDTH) {
    ptrdiff_t width = minimum(MATMUL_WIDTH, lastColumn - column), panels = divide_up(width, PANEL);
    ptrdiff_t p = 0;
    do {
      ptrdiff_t steps = minimum(depth, k - p), tail = width - (panels - 1) * PANEL;
      const float *block = b.base + p * b.row + column * b.column;
      int isLast = p + steps >= k;
      int packs = transposed || (rows >= PACKROWS && b.row >= PACKBSTRIDE && n > LANES);
      int packsA = form == A_BY_COLUMNS && panels >= PACKAPANELS && aStep >= PACKASTEP;
      Panel panel[MATMUL_WIDTH / PANEL];
      for (ptrdiff_t j = 0; j < panels; j++) {
        ptrdiff_t columns = j == panels - 1 ? tail : PANEL;
        const float *source = block + j * PANEL * b.column;
        if (packs || columns % LANES != 0) {
          ptrdiff_t packedWidth = divide_up(columns, LANES) * LANES;
          float *packed = scratch->packedB + j * PANEL * steps;
          pack_panel(packed, packedWidth, source, b.row, b.column, steps, columns);
          panel[j] = (Panel){packed, packedWidth};
        } else {
          panel[j] = (Panel){source, b.row};
        }
      }
      ptrdiff_t pending = firstRow; /* the first row whose epilogue has not run */
      for (ptrdiff_t t = 0, row = firstRow; t < tileCount; t++) {
        ptrdiff_t next = firstRow + (t + 1) * rows / tileCount, height = next - row;
        const float *left = a.base + row * a.row + p * a.column;
        float *out = matmul->c + origin + row * n + column;
        ptrdiff_t leftStep = aStep;
        if (packsA) {
          pack_rows(scratch->packedA, height, left, aStep, steps);
          left = scratch->packedA;
          leftStep = height;
        }
        Tile *const(*tilesOfHeight)[2] = tiles[height - 1];
        for (ptrdiff_t j = 0; j < panels; j++) {
          ptrdiff_t columns = j == panels - 1 ? tail : PANEL;
          int vectors = columns > LANES ? 2 : 1;
          tilesOfHeight[vectors - 1][form](left, leftStep, panel[j].base, panel[j].step, out + j * PANEL, n, steps,
                                           columns - (vectors - 1) * LANES, p > 0);
        }
        row = next;
        if (isLast && evaluation && ((row - pending) * width >= 4 * BLOCK || row == lastRow)) {
          run_epilogue(matmul, evaluation, origin + pending * n + column, row - pending, width);
          pending = row;
        }
      }
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
