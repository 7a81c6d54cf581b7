/* OP_MATMUL: reads the instruction, and shares the products out among threads. */
#include "kernels.h"

static void matmul_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  const Matmul *matmul = argument;
  Evaluation evaluation;
  if (matmul->epilogue) {
    begin_evaluation(&evaluation, matmul->epilogue, minimum(BLOCK, matmul->epilogue->count), scratch);
  }
  for (ptrdiff_t piece = begin; piece < end; piece++) {
    ptrdiff_t rest = piece / matmul->columnPieces;
    ptrdiff_t firstColumn = (piece - rest * matmul->columnPieces) * matmul->columnPiece;
    ptrdiff_t batch = rest / matmul->rowPieces, rows = rest - batch * matmul->rowPieces;
    ptrdiff_t firstRow = rows * matmul->rowPiece;
    Matrix a = matmul->a, b = matmul->b;
    rest = batch;
    for (int d = matmul->rank - 1; d >= 0; d--) {
      ptrdiff_t index = rest % matmul->dims[d];
      rest /= matmul->dims[d];
      a.base += index * matmul->aStrides[d];
      b.base += index * matmul->bStrides[d];
    }
    Region region = {batch * matmul->m * matmul->n, firstRow, minimum(firstRow + matmul->rowPiece, matmul->m),
                     firstColumn, minimum(firstColumn + matmul->columnPiece, matmul->n)};
    Evaluation *epilogue = matmul->epilogue ? &evaluation : 0;
    if (!multiply_narrow(matmul, a, b, region, scratch, epilogue)) multiply(matmul, a, b, region, scratch, epilogue);
  }
}

static void run_matmul(const Context *context, const int32_t *code) {
  Matmul matmul = {.context = context, .m = code[0], .n = code[1], .k = code[2]};
  matmul.rank = code[3];
  matmul.a = (Matrix){address_of(context, code[4], code[5]), code[6], code[7]};
  matmul.b = (Matrix){address_of(context, code[8], code[9]), code[10], code[11]};
  matmul.c = address_of(context, code[12], code[13]);
  int hasEpilogue = code[14];
  code += 15;
  matmul.dims = code, matmul.aStrides = code + matmul.rank, matmul.bStrides = code + 2 * matmul.rank;
  code += 3 * matmul.rank;
  /* A batch that shares B is one taller product. */
  while (matmul.rank > 0 && matmul.bStrides[matmul.rank - 1] == 0 &&
         matmul.aStrides[matmul.rank - 1] == matmul.m * matmul.a.row && matmul.a.column == 1) {
    matmul.m *= matmul.dims[--matmul.rank];
  }
  ptrdiff_t batches = 1;
  for (int d = 0; d < matmul.rank; d++) batches *= matmul.dims[d];
  if (batches * matmul.m * matmul.n == 0) return;
  Body body;
  if (hasEpilogue) parse_body(context, code, &body);
  matmul.epilogue = hasEpilogue ? &body : 0;

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
      /* A panel of B serves all rows of a piece, so few rows are left together: columns are split instead. */
      if (matmul.m >= matmul.n || matmul.n < 2 * PANEL * context->threads) {
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
