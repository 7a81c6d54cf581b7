/*
 * The vectors of each instruction set, and how large a tile of C matmul keeps in registers with them: as many
 * accumulators as leave room for two vectors of B and one element of A.
 */
#ifndef GRADUS_VECTOR_H
#define GRADUS_VECTOR_H

#include "kernels.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#define INSTRUCTION_SET "avx512"
enum { LANES = 16, TILE_ROWS = 12 };
#elif defined(__AVX2__)
#include <immintrin.h>
#define INSTRUCTION_SET "avx2"
enum { LANES = 8, TILE_ROWS = 6 };
#elif defined(__aarch64__)
#include <arm_neon.h>
#define INSTRUCTION_SET "neon"
enum { LANES = 4, TILE_ROWS = 12 };
#elif defined(__wasm__)
#define INSTRUCTION_SET "simd128"
enum { LANES = 4, TILE_ROWS = 4 };
#else
#define INSTRUCTION_SET "generic"
enum { LANES = 4, TILE_ROWS = 6 };
#endif

typedef float Vector __attribute__((vector_size(4 * LANES)));
typedef float UnalignedVector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE Vector load(const float *source) { return *(const UnalignedVector *)source; }
INLINE void store(float *out, Vector vector) { *(UnalignedVector *)out = vector; }
INLINE Vector splat(float value) { return value - (Vector){0}; }

/* a * b + c */
INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#elif defined(__aarch64__)
  return vfmaq_f32(c, a, b);
#elif defined(__wasm__)
  /* What loads the module may fuse the two: the nop, which no compiler writes, marks them (src/device/relax.ts). */
  Vector sum;
  __asm__("local.get %1\n local.get %2\n f32x4.mul\n local.get %3\n nop\n f32x4.add\n local.set %0"
          : "=r"(sum)
          : "r"(a), "r"(b), "r"(c));
  return sum;
#else
  return a * b + c;
#endif
}

#if defined(__AVX2__) && !defined(__AVX512F__)
INLINE __m256i first_lanes(ptrdiff_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
#endif

/* Pages load the code of WebAssembly, and what is seldom run need not be there for every tile. */
#ifdef __wasm__
#define PART static __attribute__((noinline))
#else
#define PART INLINE
#endif

/* The first `count` lanes from memory, zero beyond. */
PART Vector load_part(const float *source, ptrdiff_t count) {
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), source);
#elif defined(__AVX2__)
  return _mm256_maskload_ps(source, first_lanes(count));
#else
  union {
    Vector vector;
    float element[LANES];
  } all = {{0}};
  for (ptrdiff_t i = 0; i < count; i++) all.element[i] = source[i];
  return all.vector;
#endif
}

/* Stores the first `count` lanes. */
PART void store_part(float *out, Vector vector, ptrdiff_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(out, (__mmask16)((1u << count) - 1), vector);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(out, first_lanes(count), vector);
#else
  union {
    Vector vector;
    float element[LANES];
  } all = {vector};
  for (ptrdiff_t i = 0; i < count; i++) out[i] = all.element[i];
#endif
}

/* Four lanes exist everywhere; transposing is done in squares of four. */
typedef float Quad __attribute__((vector_size(16)));
typedef float UnalignedQuad __attribute__((vector_size(16), aligned(4), may_alias));
#ifdef __clang__
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int32_t QuadIndex __attribute__((vector_size(16)));
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (QuadIndex){i, j, k, l})
#endif

/* Four sums that add up to the sum of all lanes. */
INLINE Quad fold(Vector vector) {
#if defined(__AVX512F__)
  __m256 half = _mm256_add_ps(_mm512_castps512_ps256(vector), _mm512_extractf32x8_ps(vector, 1));
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
#elif defined(__AVX2__)
  return _mm_add_ps(_mm256_castps256_ps128(vector), _mm256_extractf128_ps(vector, 1));
#else
  return vector;
#endif
}

/* The sums of the lanes of four vectors. */
INLINE Quad sums(Quad a, Quad b, Quad c, Quad d) {
  Quad ab = SHUFFLE(a, b, 0, 4, 1, 5) + SHUFFLE(a, b, 2, 6, 3, 7);
  Quad cd = SHUFFLE(c, d, 0, 4, 1, 5) + SHUFFLE(c, d, 2, 6, 3, 7);
  return SHUFFLE(ab, cd, 0, 1, 4, 5) + SHUFFLE(ab, cd, 2, 3, 6, 7);
}

/* out[i * outRow + j] = source[j * sourceRow + i] for i, j < 4 */
INLINE void transpose_quads(float *out, ptrdiff_t outRow, const float *source, ptrdiff_t sourceRow) {
  Quad a = *(const UnalignedQuad *)source, b = *(const UnalignedQuad *)(source + sourceRow);
  Quad c = *(const UnalignedQuad *)(source + 2 * sourceRow), d = *(const UnalignedQuad *)(source + 3 * sourceRow);
  Quad ab = SHUFFLE(a, b, 0, 4, 1, 5), cd = SHUFFLE(c, d, 0, 4, 1, 5);
  Quad abHigh = SHUFFLE(a, b, 2, 6, 3, 7), cdHigh = SHUFFLE(c, d, 2, 6, 3, 7);
  *(UnalignedQuad *)out = SHUFFLE(ab, cd, 0, 1, 4, 5);
  *(UnalignedQuad *)(out + outRow) = SHUFFLE(ab, cd, 2, 3, 6, 7);
  *(UnalignedQuad *)(out + 2 * outRow) = SHUFFLE(abHigh, cdHigh, 0, 1, 4, 5);
  *(UnalignedQuad *)(out + 3 * outRow) = SHUFFLE(abHigh, cdHigh, 2, 3, 6, 7);
}

/* out[i * outRow + j] = source[j * sourceRow + i] for i < rows, j < columns */
static void transpose(float *out, ptrdiff_t outRow, const float *source, ptrdiff_t sourceRow, ptrdiff_t rows,
                      ptrdiff_t columns) {
  ptrdiff_t wholeRows = rows & ~(ptrdiff_t)3, wholeColumns = columns & ~(ptrdiff_t)3;
  for (ptrdiff_t j = 0; j < wholeColumns; j += 4) {
    for (ptrdiff_t i = 0; i < wholeRows; i += 4) {
      transpose_quads(out + i * outRow + j, outRow, source + j * sourceRow + i, sourceRow);
    }
  }
  for (ptrdiff_t j = 0; j < columns; j++) {
    for (ptrdiff_t i = j < wholeColumns ? wholeRows : 0; i < rows; i++) {
      out[i * outRow + j] = source[j * sourceRow + i];
    }
  }
}

#endif
