/* Convolution as matmul: images to rows of patches and back. Images are NHWC, so that one row of a patch,
 * [kernelWidth, channels], is one run of memory. */
#include "kernels.h"

typedef struct Patches {
  ptrdiff_t batch, height, width, channels, kernelHeight, kernelWidth, strideY, strideX, padTop, padLeft, outHeight,
      outWidth;
  float *source, *out;
} Patches;

static Patches parse_patches(const Context *context, const int32_t *code) {
  return (Patches){code[0], code[1], code[2], code[3], code[4], code[5], code[6], code[7], code[8], code[9], code[10],
                   code[11], address_of(context, code[12], code[13]), address_of(context, code[14], code[15])};
}

/* Visits the image rows [begin, end) of [batch, outHeight]; each row of each patch is a run of which the part
 * [before, before + inside) lies in the image. */
#define FOR_EACH_RUN(STATEMENT)                                                                     \
  for (ptrdiff_t row = begin; row < end; row++) {                                                   \
    ptrdiff_t image = row / p->outHeight, top = row % p->outHeight * p->strideY - p->padTop;        \
    for (ptrdiff_t x = 0; x < p->outWidth; x++) {                                                   \
      ptrdiff_t left = x * p->strideX - p->padLeft;                                                 \
      ptrdiff_t skipped = minimum(maximum(0, -left), p->kernelWidth);                               \
      ptrdiff_t stop = maximum(skipped, minimum(p->kernelWidth, p->width - left));                  \
      for (ptrdiff_t ky = 0; ky < p->kernelHeight; ky++) {                                          \
        ptrdiff_t y = top + ky;                                                                     \
        ptrdiff_t patch = (((row * p->outWidth + x) * p->kernelHeight + ky) * p->kernelWidth) * p->channels; \
        ptrdiff_t before = skipped * p->channels, run = p->kernelWidth * p->channels;               \
        ptrdiff_t inside = y < 0 || y >= p->height ? 0 : (stop - skipped) * p->channels;            \
        ptrdiff_t pixel = ((image * p->height + y) * p->width + left + skipped) * p->channels;      \
        STATEMENT                                                                                   \
      }                                                                                             \
    }                                                                                               \
  }

static void im2col_task(void *argument, ptrdiff_t begin, ptrdiff_t end, Scratch *scratch) {
  (void)scratch;
  const Patches *p = argument;
  FOR_EACH_RUN({
    float *out = p->out + patch;
    if (inside == 0) before = run;
    for (ptrdiff_t i = 0; i < before; i++) out[i] = 0.0f;
    if (inside >= 16) copy_elements(out + before, p->source + pixel, inside);
    else copy_few(out + before, p->source + pixel, inside);
    for (ptrdiff_t i = before + inside; i < run; i++) out[i] = 0.0f;
  })
}

/* The range counts images: patches of one image overlap, so that one thread must add them up. */
static void col2im_task(void *argument, ptrdiff_t firstImage, ptrdiff_t lastImage, Scratch *scratch) {
  (void)scratch;
  const Patches *p = argument;
  ptrdiff_t size = p->height * p->width * p->channels;
  fill_elements(p->out + firstImage * size, 0.0f, (lastImage - firstImage) * size);
  ptrdiff_t begin = firstImage * p->outHeight, end = lastImage * p->outHeight;
  FOR_EACH_RUN({
    (void)run;
    float *out = p->out + pixel;
    const float *from = p->source + patch + before;
    INDEPENDENT for (ptrdiff_t i = 0; i < inside; i++) out[i] += from[i];
  })
}

static void run_im2col(const Context *context, const int32_t *code) {
  Patches patches = parse_patches(context, code);
  ptrdiff_t rows = patches.batch * patches.outHeight;
  ptrdiff_t work = patches.outWidth * patches.kernelHeight * patches.kernelWidth * patches.channels;
  parallel(context, rows, 1, work, im2col_task, &patches);
}

static void run_col2im(const Context *context, const int32_t *code) {
  Patches patches = parse_patches(context, code);
  ptrdiff_t work = patches.outHeight * patches.outWidth * patches.kernelHeight * patches.kernelWidth * patches.channels;
  parallel(context, patches.batch, 1, work, col2im_task, &patches);
}
