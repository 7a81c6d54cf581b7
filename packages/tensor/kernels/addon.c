/* The native addon: picks the instruction set and hands programs to it. Built by scripts/build-kernels.mjs. */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "kernels.h"

#if defined(__x86_64__)
RunProgram gradus_run_generic, gradus_run_avx2, gradus_run_avx512;
#elif defined(__aarch64__)
RunProgram gradus_run_neon;
#else
RunProgram gradus_run_generic;
#endif

/* What one environment (the main thread, or a Worker) owns. */
typedef struct Instance {
  Scratch *scratch;
  Failure failure;
  RunProgram *run;
  const char *instructionSet;
} Instance;

static void choose_instruction_set(Instance *instance) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  instance->run = avx512 ? gradus_run_avx512 : avx2 ? gradus_run_avx2 : gradus_run_generic;
  instance->instructionSet = avx512 ? "avx512" : avx2 ? "avx2" : "generic";
  /* For tests and measurements: a lesser set than the best. */
  const char *wanted = getenv("GRADUS_INSTRUCTION_SET");
  if (wanted && strcmp(wanted, "avx2") == 0 && avx2) {
    instance->run = gradus_run_avx2, instance->instructionSet = "avx2";
  } else if (wanted && strcmp(wanted, "generic") == 0) {
    instance->run = gradus_run_generic, instance->instructionSet = "generic";
  }
#elif defined(__aarch64__)
  instance->run = gradus_run_neon, instance->instructionSet = "neon";
#else
  instance->run = gradus_run_generic, instance->instructionSet = "generic";
#endif
}

/* Asks for large pages where a buffer is large: fewer addresses to translate. */
static void ask_for_huge_pages(char *start, size_t bytes) {
#if defined(__linux__)
  size_t page = (size_t)2 << 20;
  char *first = (char *)(((uintptr_t)start + page - 1) & ~(uintptr_t)(page - 1));
  char *last = (char *)((uintptr_t)(start + bytes) & ~(uintptr_t)(page - 1));
  if (first < last) madvise(first, (size_t)(last - first), MADV_HUGEPAGE);
#else
  (void)start, (void)bytes;
#endif
}

/* address(buffer: ArrayBuffer): number; called before the buffer is first written to */
static napi_value address(napi_env env, napi_callback_info info) {
  size_t count = 1, bytes;
  napi_value argument, result = 0;
  void *start;
  napi_get_cb_info(env, info, &count, &argument, 0, 0);
  if (napi_get_arraybuffer_info(env, argument, &start, &bytes) != napi_ok) {
    napi_throw_type_error(env, 0, "address: expected an ArrayBuffer");
    return 0;
  }
  ask_for_huge_pages(start, bytes);
  napi_create_double(env, (double)(uintptr_t)start, &result);
  return result;
}

/* run(table: address, code: address, words: number, threads: number): 0 or the opcode that failed */
static napi_value run(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4], result = 0;
  void *data;
  double table, code;
  int32_t words, threads;
  napi_get_cb_info(env, info, &count, arguments, 0, &data);
  if (count < 4 || napi_get_value_double(env, arguments[0], &table) != napi_ok ||
      napi_get_value_double(env, arguments[1], &code) != napi_ok ||
      napi_get_value_int32(env, arguments[2], &words) != napi_ok ||
      napi_get_value_int32(env, arguments[3], &threads) != napi_ok) {
    napi_throw_type_error(env, 0, "run: expected four numbers");
    return 0;
  }
  Instance *instance = data;
  int32_t failed = instance->run((char *const *)(uintptr_t)table, (const int32_t *)(uintptr_t)code, words, threads,
                                 instance->scratch, &instance->failure);
  if (failed) napi_create_int32(env, failed, &result); /* undefined otherwise, which costs nothing to make */
  return result;
}

/* failure(): [index, limit] of the last failure */
static napi_value failure(napi_env env, napi_callback_info info) {
  void *data;
  napi_value result = 0, element;
  napi_get_cb_info(env, info, 0, 0, 0, &data);
  Instance *instance = data;
  napi_create_array_with_length(env, 2, &result);
  napi_create_int32(env, instance->failure.index, &element);
  napi_set_element(env, result, 0, element);
  napi_create_int32(env, instance->failure.limit, &element);
  napi_set_element(env, result, 1, element);
  return result;
}

static void free_instance(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  Instance *instance = data;
  free(instance->scratch);
  free(instance);
}

NAPI_MODULE_INIT() {
  Instance *instance = calloc(1, sizeof(Instance));
  if (instance) instance->scratch = aligned_alloc(64, sizeof(Scratch));
  if (!instance || !instance->scratch) {
    free(instance);
    napi_throw_error(env, 0, "not enough memory for the kernels' scratch space");
    return 0;
  }
  choose_instruction_set(instance);
  napi_set_instance_data(env, instance, free_instance, 0);
  napi_value version, name;
  napi_create_int32(env, PROGRAM_VERSION, &version);
  napi_create_string_utf8(env, instance->instructionSet, NAPI_AUTO_LENGTH, &name);
  napi_property_descriptor properties[] = {
      {"address", 0, address, 0, 0, 0, napi_enumerable, 0},
      {"run", 0, run, 0, 0, 0, napi_enumerable, instance},
      {"failure", 0, failure, 0, 0, 0, napi_enumerable, instance},
      {"version", 0, 0, 0, 0, version, napi_enumerable, 0},
      {"instructionSet", 0, 0, 0, 0, name, napi_enumerable, 0},
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
