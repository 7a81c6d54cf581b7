/*
 * Elementary functions of one float, without branches, so that loops over them become vector code. Each reduces its
 * argument to a small interval and evaluates a minimax polynomial there (fitted for this file in relative error).
 * Measured over dense samples, all are within 4 units in the last place; see test/kernels.test.ts.
 */
#include "kernels.h"

/* Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, which then also sits in the low bits of the sum. */
#define ROUNDER 12582912.0f
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

/* 2^n for a normal result. */
INLINE float power_of_two(int32_t n) { return float_of_bits((uint32_t)(n + 127) << 23); }

/* Both comparisons are false for NaN, which therefore passes through. */
INLINE float clamp(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

/* x = n ln 2 + r with |r| <= ln 2 / 2; returns e^r - 1. */
INLINE float reduced_exponential(float x, int32_t *n) {
  float shifted = FUSED(x, LOG2_E, ROUNDER);
  float rounded = shifted - ROUNDER;
  *n = (int32_t)(bits_of_float(shifted) - bits_of_float(ROUNDER));
  float r = FUSED(rounded, -LN2_HIGH, x);
  r = FUSED(rounded, -LN2_LOW, r);
  float p = 0.00139466673f;
  p = FUSED(p, r, 0.00836671051f);
  p = FUSED(p, r, 0.0416662805f);
  p = FUSED(p, r, 0.16666542f);
  p = FUSED(p, r, 0.5f);
  return FUSED(p, r * r, r);
}

INLINE float exponential(float x) {
  int32_t n;
  float p = 1.0f + reduced_exponential(clamp(x, -104.0f, 89.0f), &n);
  /* Two factors, because 2^n itself overflows before the result does, and underflows before subnormals end. */
  int32_t half = n >> 1;
  return p * power_of_two(half) * power_of_two(n - half);
}

INLINE float exponential_minus_one(float x) {
  int32_t n;
  float p = reduced_exponential(clamp(x, -30.0f, 89.0f), &n);
  float scale = power_of_two(n - 1); /* half of 2^n, which may overflow */
  float result = 2.0f * FUSED(scale, p, scale - 0.5f);
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
  /* tanh |x| = (e^2|x| - 1) / (e^2|x| + 1); from 10 on it rounds to 1. */
  float e = exponential_minus_one(2.0f * clamp(absolute(x), 0.0f, 10.0f));
  return with_sign_of(e / (e + 2.0f), x);
}

INLINE float sigmoid(float x) {
  float e = exponential(-absolute(x)); /* never overflows */
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

INLINE float softplus(float x) {
  return (x > 0.0f ? x : 0.0f) + logarithm_of_one_plus(exponential(-absolute(x)));
}

INLINE float error_function(float x) {
  float a = absolute(x), square = x * x;
  float p = 7.85385491e-05f;
  p = FUSED(p, square, -0.000801019196f);
  p = FUSED(p, square, 0.00518832728f);
  p = FUSED(p, square, -0.026853811f);
  p = FUSED(p, square, 0.112835854f);
  p = FUSED(p, square, -0.37612626f);
  p = FUSED(p, square, 0.128379167f);
  float small = FUSED(p, x, x);
  /* erfc(a) = e^(-a q(a)); from 4 on erf rounds to 1. */
  float t = clamp(a, 0.0f, 4.0f);
  float q = 1.33455569e-05f;
  q = FUSED(q, t, -0.00034422669f);
  q = FUSED(q, t, 0.00373073108f);
  q = FUSED(q, t, -0.0239514671f);
  q = FUSED(q, t, 0.106460206f);
  q = FUSED(q, t, 0.635013998f);
  q = FUSED(q, t, 1.12868285f);
  float large = with_sign_of(1.0f - exponential(-t * q), x);
  return a < 1.0f ? small : large;
}

/* sin(x + quarter * pi / 2). The reduction is done in double, which is simple and holds for |x| up to 1e9; beyond, where
 * neighbouring floats are many periods apart, the angle is taken as 0. */
INLINE float sine(float x, int32_t quarter) {
  double angle = absolute(x) < 1e9f ? x : x - x; /* infinity becomes NaN */
  double rounder = 6755399441055744.0;           /* 1.5 * 2^52 */
  double shifted = angle * 0.63661977236758134308 + rounder;
  double turns = shifted - rounder;
  union {
    double value;
    uint64_t bits;
  } pun = {shifted};
  uint32_t quadrant = (uint32_t)pun.bits + (uint32_t)quarter;
  float r = (float)(angle - turns * 1.5707963267341256142 - turns * 6.0771005065061922493e-11);
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
  result = float_of_bits(bits_of_float(result) ^ (quadrant & 2) << 30);
  return (quarter == 0) & (x == 0.0f) ? x : result;
}
