import type { AgentDescription, ImportedModel } from '../agent-description.ts';
import { ImportError } from '../errors.ts';
import { readFeatures } from '../features.ts';
import { Weights, outputsOf, transpose, type Linear } from '../weights.ts';
import { readActivation } from './activation.ts';

/** ARS of sb3-contrib: linear policies and networks, whose actions, where they are real numbers, end with tanh. */
export function describeArs(model: ImportedModel): AgentDescription {
  const { data, action, observation, subject } = model;
  const weights = new Weights(model.weights, subject);
  const { arrange, tensors } = readFeatures(weights, 'features_extractor', observation);
  if (tensors.length > 0) throw new ImportError(`${subject}: expected a policy without convolutions`);
  const stack = weights.stack('action_net');
  const [first, ...others] = stack.length > 0 ? stack : [weights.linear('action_net')];
  const layers = [arrange(first), ...others];
  // A linear policy has no bias, and no tanh.
  const isLinear = !(weights.has('action_net.bias') || weights.has('action_net.0.bias'));
  const parameters = layers.flatMap((layer) => unitByUnit(layer, !isLinear));
  return {
    algorithm: 'ars',
    options: {
      hidden: layers.slice(0, -1).map(outputsOf),
      bias: !isLinear,
      activation: isLinear ? undefined : readActivation(data, 'relu'),
      squash: !isLinear && action.space.kind === 'box',
      directions: data.number('n_delta'),
      topDirections: data.number('n_top'),
      episodes: data.number('n_eval_episodes'),
      learningRate: readConstant(model, 'learning_rate'),
      deviation: readConstant(model, 'delta_std'),
    },
    networks: { parameters: [{ shape: [parameters.length], data: Float32Array.from(parameters) }] },
  };
}

/** A layer's numbers as `PolicyNetwork` has them: of each unit the weights of its inputs, then its bias. */
function unitByUnit(layer: Linear, hasBias: boolean): number[] {
  const { shape, data } = transpose(layer.weight);
  const [units, inputs] = shape;
  return Array.from({ length: units }, (_, unit) => [
    ...data.subarray(unit * inputs, (unit + 1) * inputs),
    ...(hasBias ? [layer.bias.data[unit]] : []),
  ]).flat();
}

/** Steps of a search have one size: of a schedule that goes down what it begins with. */
function readConstant({ data }: ImportedModel, name: string): number | undefined {
  const schedule = data.schedule(name);
  if (schedule === undefined || typeof schedule === 'number') return schedule;
  if (schedule.kind !== 'linear') return undefined;
  data.leftOut.push(`${name}: it changes from ${schedule.from} to ${schedule.to}; ${schedule.from} is taken`);
  return schedule.from;
}
