import type { Tensor } from '@gradus/tensor';
import {
  add,
  asTensor,
  clip,
  full,
  matmul,
  module,
  mul,
  sigmoid,
  slice,
  split,
  squeeze,
  stack,
  sub,
  tanh,
} from '@gradus/tensor';
import type * as tf from '@tensorflow/tfjs';
import { parameterOf, unsupported, type ImportLayer } from './layer-weights.ts';

type Gate = (x: Tensor) => Tensor;

/** What gates end with; `hardSigmoid`, which is the default there, is a line between 0 and 1. */
const gates: Readonly<Record<string, Gate>> = {
  sigmoid,
  hardSigmoid: (x) => clip(add(mul(x, 0.2), 0.5), 0, 1),
};

/** One step: from x W + b, [batch, gates], and the parts of the state to its new parts, h first; `u` is U. */
type Cell = (x: Tensor, state: readonly Tensor[], gate: Gate, u: Tensor) => readonly Tensor[];

/** i, f, c, o */
const lstmCell: Cell = (x, [h, c], gate, u) => {
  const [i, f, g, o] = split(add(x, matmul(h, u)), 4);
  const cell = add(mul(gate(f), c), mul(gate(i), tanh(g)));
  return [mul(gate(o), tanh(cell)), cell];
};

/** z, r, candidate; the reset gate acts before the product with U. */
const gruCell: Cell = (x, [h], gate, u) => {
  const [z, r, n] = split(x, 3);
  const [uz, ur, un] = split(u, 3);
  const update = gate(add(z, matmul(h, uz)));
  const reset = gate(add(r, matmul(h, ur)));
  const candidate = tanh(add(n, matmul(mul(reset, h), un)));
  return [add(mul(update, h), mul(sub(1, update), candidate))];
};

/** A layer that goes through [batch, time, size] from zeros: the last h, or with `returnSequences` all. */
const recurrent =
  (cell: Cell, parts: number): ImportLayer =>
  (layer, config) => {
    const { returnSequences, recurrentActivation, units } = config;
    checkPlain(layer, config);
    const gate = gates[recurrentActivation as string];
    const weight = parameterOf(layer, 'kernel', 'weight');
    const hiddenWeight = parameterOf(layer, 'recurrent_kernel', 'hiddenWeight');
    const bias = config.useBias === false ? undefined : parameterOf(layer, 'bias', 'bias');
    return module({ weight, hiddenWeight, ...(bias && { bias }) }, (sequences) => {
      const x = asTensor(sequences);
      const [batch, time] = x.shape;
      const projected = add(matmul(x, weight), bias ?? 0);
      const u = asTensor(hiddenWeight);
      let state: readonly Tensor[] = Array.from({ length: parts }, () => full([batch, units as number], 0));
      const outputs: Tensor[] = [];
      for (let step = 0; step < time; step++) {
        state = cell(squeeze(slice(projected, [0, step, 0], [batch, 1, -1]), 1), state, gate, u);
        outputs.push(state[0]);
      }
      return returnSequences === true ? stack(outputs, 1) : state[0];
    });
  };

/** @throws TypeError for what goes through sequences otherwise. */
function checkPlain(layer: tf.layers.Layer, config: Readonly<Record<string, unknown>>): void {
  const flags = ['returnState', 'goBackwards', 'stateful', 'resetAfter'].filter((name) => config[name] === true);
  if (flags.length > 0) throw unsupported(layer, `expected no ${flags.join(', ')}`);
  if (config.activation !== 'tanh' || !Object.hasOwn(gates, config.recurrentActivation as string)) {
    throw unsupported(
      layer,
      `expected activation tanh and recurrentActivation of ${Object.keys(gates).join(', ')}, got ${JSON.stringify(config.activation)} and ${JSON.stringify(config.recurrentActivation)}`,
    );
  }
}

/** Layers by the names of their classes. */
export const importedRecurrent: Readonly<Record<string, ImportLayer>> = {
  LSTM: recurrent(lstmCell, 2),
  GRU: recurrent(gruCell, 1),
};
