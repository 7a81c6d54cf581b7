/*
 * Elementary functions of one float, without branches, so that loops over them become vector code. Each reduces its
 * argument to a small interval and evaluates a minimax polynomial there (fitted for this file in relative error).
 * Measured over dense samples: within 3.1 units in the last place, tanh and erf within 6; sine and cosine within 1.1e-7.
 */
#include "kernels.h"

#define LOG2_E 1.44269504f
/* ln 2 in two parts; the high one is short, so that its product with an exponent is exact. */
#define LN2_HIGH 0.6923828125f
#define LN2_LOW 0.000764368060f
#define INFINITE __builtin_inff()
#define NOT_A_NUMBER __builtin_nanf("")

INLINE float absolute(float x) { return __builtin_fabsf(x); }

INLINE float with_sign_of(float magnitude, float sign) {
  return float_of_bits(bits_of_float(magnitude) | (bits_of_float(sign) & 0x80000000u));
}

/* Comparisons with NaN are false, so that it passes through. */
INLINE float at_least(float x, float low) { return x < low ? low : x; }
INLINE float at_most(float x, float high) { return x > high ? high : x; }

/* x = 2 h ln 2 + r with an integer h and |r| <= ln 2: then e^x = scale (1 + p) scale. One factor would not do, as 2^2h
 * overflows before the result does, and underflows before subnormals end. */
typedef struct Exponential {
  float scale; /* 2^h */
  float p;     /* e^r - 1 */
} Exponential;

/* For -104 <= x <= 89. */
INLINE Exponential reduce_exponential(float x) {
  /* Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits of the sum; with the bias of the exponent
   * added too, shifting those bits into the exponent gives 2^h. */
  float rounder = 12582912.0f + 127.0f;
  float shifted = FUSED(x, 0.5f * LOG2_E, rounder);
  float h = shifted - rounder;
  float r = FUSED(h, -2.0f * LN2_HIGH, x);
  r = FUSED(h, -2.0f * LN2_LOW, r);
  float q = 2.51273304e-05f;
  q = FUSED(q, r, 0.000200976443f);
  q = FUSED(q, r, 0.00138876028f);
  q = FUSED(q, r, 0.00833261665f);
  q = FUSED(q, r, 0.0416666865f);
  q = FUSED(q, r, 0.166666716f);
  q = FUSED(q, r, 0.5f);
  return (Exponential){float_of_bits(bits_of_float(shifted) << 23), FUSED(q, r * r, r)};
}

INLINE float exponential_within(float x) {
  Exponential e = reduce_exponential(x);
  return (e.p + 1.0f) * e.scale * e.scale;
}

/* Beyond the bounds the result is zero, or infinite. WebAssembly has instructions that bound x; GCC compares and blends, which
 * takes fewer instructions, and the same bits, once the result is there. */
INLINE float exponential(float x) {
#if defined(__wasm__)
  return exponential_within(at_most(at_least(x, -104.0f), 89.0f));
#else
  float result = exponential_within(x);
  result = x < -104.0f ? 0.0f : result;
  return x > 89.0f ? INFINITE : result;
#endif
}

INLINE float exponential_minus_one(float x) {
  Exponential e = reduce_exponential(at_most(at_least(x, -30.0f), 89.0f));
  float inverse = float_of_bits((254u << 23) - bits_of_float(e.scale));
  /* scale^2 (1 + p) - 1, where nothing cancels: for small x scale is 1 and p alone is left. */
  float result = e.scale * FUSED(e.scale, e.p, e.scale - inverse);
  return x == 0.0f ? x : result; /* keeps the sign of zero */
}

INLINE float logarithm(float x) {
  float tiny = 1.17549435e-38f;
  float scaled = x < tiny ? x * 8388608.0f : x; /* subnormals have no exponent of their own */
  float exponentOffset = x < tiny ? -23.0f : 0.0f;
  /* x = 2^e m with m in [sqrt(1/2), sqrt(2)) */
  uint32_t bits = bits_of_float(scaled) - 0x3f3504f3u;
  float e = (float)((int32_t)bits >> 23) + exponentOffset;
  float f = float_of_bits((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  float p = -0.0786087364f;
  p = FUSED(p, f, 0.12883471f);
  p = FUSED(p, f, -0.131291136f);
  p = FUSED(p, f, 0.141809613f);
  p = FUSED(p, f, -0.166244984f);
  p = FUSED(p, f, 0.200022951f);
  p = FUSED(p, f, -0.250008106f);
  p = FUSED(p, f, 0.333333164f);
  float square = f * f;
  float rest = FUSED(p, f * square, e * LN2_LOW);
  rest = FUSED(square, -0.5f, rest);
  float result = FUSED(e, LN2_HIGH, f + rest);
  result = x < INFINITE ? result : x; /* infinity and NaN stay */
  result = x < 0.0f ? NOT_A_NUMBER : result;
  return x == 0.0f ? -INFINITE : result;
}

INLINE float logarithm_of_one_plus(float x) {
  float u = 1.0f + x;
  /* ln(1 + x) = ln u + (x - (u - 1)) / u to first order in what rounding 1 + x lost. */
  float lost = (x - (u - 1.0f)) / u;
  float result = logarithm(u) + ((u > 0.0f) & (u < INFINITE) ? lost : 0.0f);
  return x == 0.0f ? x : result;
}

INLINE float hyperbolic_tangent(float x) {
  /* x P(x^2) / Q(x^2), which costs less than going through e^x; from 9.02 on tanh rounds to 1. */
  float a = at_most(absolute(x), 9.02f), square = a * a;
  float p = 1.33172939e-08f;
  p = FUSED(p, square, 2.05823053e-05f);
  p = FUSED(p, square, 0.00349396747f);
  p = FUSED(p, square, 0.133796647f);
  p = FUSED(p, square, 1.0f);
  float q = 7.76131174e-07f;
  q = FUSED(q, square, 0.000328298076f);
  q = FUSED(q, square, 0.0258708242f);
  q = FUSED(q, square, 0.467129797f);
  q = FUSED(q, square, 1.0f);
  return with_sign_of(at_most(a * p / q, 1.0f), x);
}

INLINE float sigmoid(float x) {
  float e = exponential_within(at_least(-absolute(x), -104.0f));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

INLINE float softplus(float x) {
  return (x > 0.0f ? x : 0.0f) + logarithm_of_one_plus(exponential_within(at_least(-absolute(x), -104.0f)));
}

INLINE float error_function(float x) {
  /* Like the hyperbolic tangent; from 3.92 on erf rounds to 1. */
  float a = absolute(x), square = a * a;
  float p = 2.05009769e-06f;
  p = FUSED(p, square, 0.000284883019f);
  p = FUSED(p, square, 0.00376560376f);
  p = FUSED(p, square, 0.0527486801f);
  p = FUSED(p, square, 0.190406069f);
  p = FUSED(p, square, 1.12837911f);
  float q = 3.80918391e-05f;
  q = FUSED(q, square, 0.00116253342f);
  q = FUSED(q, square, 0.0149691887f);
  q = FUSED(q, square, 0.114108957f);
  q = FUSED(q, square, 0.502075732f);
  q = FUSED(q, square, 1.0f);
  float result = a * p / q;
  int isOne = (a >= 3.92f) | (result > 1.0f); /* neither for NaN, which stays */
  return with_sign_of(isOne ? 1.0f : result, x);
}

/* sin(r) in the first quadrant and on; |r| <= pi / 4 or a little more. */
INLINE float sine_in_quadrant(float r, uint32_t quadrant) {
  float square = r * r;
  float s = -0.000195166547f;
  s = FUSED(s, square, 0.00833217334f);
  s = FUSED(s, square, -0.166666552f);
  s = FUSED(s * square, r, r);
  float c = 2.44377279e-05f;
  c = FUSED(c, square, -0.00138873619f);
  c = FUSED(c, square, 0.0416666456f);
  c = FUSED(c, square, -0.5f);
  c = FUSED(c, square, 1.0f);
  float result = quadrant & 1 ? c : s;
  return float_of_bits(bits_of_float(result) ^ (quadrant & 2) << 30);
}

/* Up to here double precision has digits enough to take multiples of pi / 2 off. */
#define LARGE_ANGLE 1e9f

/* sin(x + quarter * pi / 2) for |x| <= LARGE_ANGLE; NaN beyond. The reduction is done in double, which is simple. */
INLINE float sine(float x, int32_t quarter) {
  double angle = absolute(x) <= LARGE_ANGLE ? x : NOT_A_NUMBER;
  double rounder = 6755399441055744.0; /* 1.5 * 2^52 */
  double shifted = angle * 0.63661977236758134308 + rounder;
  double turns = shifted - rounder;
  union {
    double value;
    uint64_t bits;
  } pun = {shifted};
  uint32_t quadrant = (uint32_t)pun.bits + (uint32_t)quarter;
  float r = (float)(angle - turns * 1.5707963267341256142 - turns * 6.0771005065061922493e-11);
  float result = sine_in_quadrant(r, quadrant);
  return (quarter == 0) & (x == 0.0f) ? x : result;
}

/* The same for LARGE_ANGLE < |x| < infinity: x is an integer m 2^e of which 2 / pi is multiplied with the bits that matter
 * (Payne and Hanek, 1983). */
static __attribute__((noinline)) float sine_of_large(float x, int32_t quarter) {
  static const uint32_t twoOverPi[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};
  uint32_t bits = bits_of_float(x), exponent = (bits >> 23 & 255) - 150, skipped = exponent - 2;
  uint64_t mantissa = (bits & 0x7fffff) | 0x800000, window[3];
  for (uint32_t i = 0; i < 3; i++) {
    const uint32_t *word = twoOverPi + skipped / 32 + i;
    window[i] = ((uint64_t)word[0] << 32 | word[1]) >> (32 - skipped % 32) & 0xffffffff;
  }
  /* |x| 2 / pi modulo 4, with 62 bits behind the point. */
  uint64_t turns = mantissa * (window[0] << 32 | window[1]) + (mantissa * window[2] >> 32);
  uint64_t nearest = (turns + ((uint64_t)1 << 61)) >> 62;
  float r = (float)((double)(int64_t)(turns - (nearest << 62)) * 3.40612158008655459e-19); /* pi / 2 * 2^-62 */
  uint32_t quadrant = (uint32_t)nearest;
  if (x < 0.0f) r = -r, quadrant = -quadrant;
  return sine_in_quadrant(r, quadrant + (uint32_t)quarter);
}

/* sin(a + quarter * pi / 2); out may be a. Large angles are rare: loops that meet none are vector code. Not inlined: what calls it
 * for every operation on every block needs no room on the stack then. */
static __attribute__((noinline)) void sines(float *out, const float *a, ptrdiff_t count, int32_t quarter) {
  int anyLarge = 0;
  for (ptrdiff_t i = 0; i < count; i++) anyLarge |= absolute(a[i]) > LARGE_ANGLE;
  if (anyLarge) {
    for (ptrdiff_t i = 0; i < count; i++) {
      int isLarge = absolute(a[i]) > LARGE_ANGLE && absolute(a[i]) < INFINITE;
      out[i] = isLarge ? sine_of_large(a[i], quarter) : sine(a[i], quarter);
    }
  } else {
    INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) out[i] = sine(a[i], quarter);
  }
}
