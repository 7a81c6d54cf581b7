/* Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011). Element i depends on the key, the stream and i alone, so they may be drawn in any order. */
#include "kernels.h"

#define ROTATE(x, bits) ((x) << (bits) | (x) >> (32 - (bits)))
#define ROUND(bits) x0 += x1, x1 = ROTATE(x1, bits), x1 ^= x0;
#define ROUNDS(a, b, c, d) ROUND(a) ROUND(b) ROUND(c) ROUND(d)
#define INJECT(i, ka, kb) x0 += ka, x1 += kb + i;

/* The upper 24 bits, all that a float in [0, 1) can hold evenly. */
INLINE float unit_float(uint32_t word) { return (float)(int32_t)(word >> 8) * 5.9604644775390625e-8f; }

typedef struct RandomTask {
  uint32_t key0, key1, stream;
  float *out;
  ptrdiff_t count;
} RandomTask;

/* The range counts pairs of elements. */
static void random_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  const RandomTask *task = argument;
  uint32_t k0 = task->key0, k1 = task->key1, k2 = k0 ^ k1 ^ 0x1bd11bdau, stream = task->stream;
  float *even = scratch->registers[0], *odd = scratch->registers[1];
  for (ptrdiff_t first = begin; first < end; first += BLOCK) {
    ptrdiff_t pairs = minimum(BLOCK, end - first);
    INDEPENDENT for (ptrdiff_t i = 0; i < pairs; i++) {
      uint32_t x0 = (uint32_t)(first + i) + k0, x1 = stream + k1;
      ROUNDS(13, 15, 26, 6) INJECT(1, k1, k2)
      ROUNDS(17, 29, 16, 24) INJECT(2, k2, k0)
      ROUNDS(13, 15, 26, 6) INJECT(3, k0, k1)
      ROUNDS(17, 29, 16, 24) INJECT(4, k1, k2)
      ROUNDS(13, 15, 26, 6) INJECT(5, k2, k0)
      even[i] = unit_float(x0);
      odd[i] = unit_float(x1);
    }
    float *out = task->out + 2 * first;
    ptrdiff_t whole = minimum(pairs, (task->count - 2 * first) / 2);
    INDEPENDENT for (ptrdiff_t i = 0; i < whole; i++) out[2 * i] = even[i], out[2 * i + 1] = odd[i];
    if (whole < pairs) out[2 * whole] = even[whole];
  }
}

static void run_random(const Context *context, const int32_t *code) {
  const uint32_t *key = (const uint32_t *)address_of(context, code[2], code[3]);
  RandomTask task = {key[0], key[1], (uint32_t)code[1], address_of(context, code[4], code[5]), code[0]};
  ptrdiff_t pairs = divide_up(task.count, 2);
  parallel(context, pairs, BLOCK, 16, random_task, &task);
}
