export type { Attributes, Tensor, TensorLike } from './tensor.ts';
export type { DType, TensorData } from './dtype.ts';
export type { Shape } from './shape.ts';
export { shapeText, sizeOf } from './shape.ts';
export type { VariableOptions } from './variable.ts';
export { Variable, variable } from './variable.ts';
export { assign } from './ops/assign.ts';
export type { Evaluated, InputSpec, Program, ProgramOptions } from './program.ts';
export { evaluate, program, traceProgram } from './program.ts';
export { applyGraph } from './apply-graph.ts';
export { grad } from './grad.ts';

export type { Device, Executable, Graph } from './device/device.ts';
export type { Storage } from './device/storage.ts';
export type { DeviceName, DeviceOptions } from './device/default-device.ts';
export { defaultDevice, device, setDefaultDevice } from './device/default-device.ts';
export { lazyDevice } from './device/lazy-device.ts';
export { EmbeddedDevice } from './device/embedded-device.ts';

export { asTensor, constant, scalar, scalarValue } from './ops/constant.ts';
export {
  abs,
  add,
  clip,
  cos,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gelu,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  reciprocal,
  relu,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  stopGradient,
  sub,
  tanh,
  where,
  withGradient,
} from './ops/map.ts';
export { cast } from './ops/cast.ts';
export type { AxisOptions } from './ops/axes.ts';
export { argmax, cumulativeSum, logSoftmax, logSumExp, max, mean, min, softmax, variance } from './ops/reduce.ts';
export { sum } from './ops/broadcast.ts';
export { matmul } from './ops/matmul.ts';
export { attention, causalAttention, type AttentionOptions } from './ops/attention.ts';
export type { Conv2dOptions } from './ops/conv.ts';
export { conv2d } from './ops/conv.ts';
export { embedding, gather, oneHot, range, scatterAdd, sliceAt, updateAt } from './ops/index-ops.ts';
export { broadcastTo, full } from './ops/broadcast.ts';
export { concat, expandDims, pad, reshape, slice, split, squeeze, stack, transpose } from './ops/shape.ts';
export { randomCategorical, randomNormal, randomUniform } from './ops/random.ts';
export type { NormOptions } from './ops/norm.ts';
export { layerNorm, rmsNorm } from './ops/norm.ts';

export type { Initializer, RandomSource } from './initializers.ts';
export {
  constantValue,
  fanInUniform,
  glorotUniform,
  heUniform,
  normalInitializer,
  orthogonal,
  zeros,
} from './initializers.ts';
export type {
  Activation,
  ConvolutionOptions,
  InitializerName,
  Layer,
  LinearOptions,
  MlpOptions,
  Module,
  Parameters,
} from './modules.ts';
export {
  activate,
  activationNames,
  convolution,
  copyParameters,
  disposeParameters,
  embeddingTable,
  flatten,
  joinParameters,
  layerNormalization,
  linear,
  mlp,
  module,
  outputShape,
  parameter,
  rmsNormalization,
  sequential,
} from './modules.ts';
export type { AdamOptions, MinimizeOptions, Optimizer, RmsPropOptions, SgdOptions } from './optimizers.ts';
export { adam, adamW, globalNorm, polyakUpdate, rAdam, rmsProp, sgd } from './optimizers.ts';
export type { RecurrentLayer, RecurrentOptions, Unrolled } from './recurrent.ts';
export { gru, lstm } from './recurrent.ts';
export type { StoredTensor } from './safetensors.ts';
export { SafetensorsError, decodeSafetensors, encodeSafetensors } from './safetensors.ts';
export type { LoadedParameters, LoadParametersOptions } from './parameter-files.ts';
export { loadParameters, saveParameters } from './parameter-files.ts';

export {
  checkArguments,
  checkOptions,
  finiteNumber,
  flag,
  fraction,
  layerSizes,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  oneOf,
  optional,
  positiveInteger,
  positiveNumber,
  valueText,
  type OptionCheck,
} from './check-options.ts';
export { nearestNames, rejectUnknown, similarNames } from './suggest.ts';
