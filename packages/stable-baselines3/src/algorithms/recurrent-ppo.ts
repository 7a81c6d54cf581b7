import type { AgentDescription, ImportedModel } from '../agent-description.ts';
import { ImportError } from '../errors.ts';
import type { Features } from '../features.ts';
import type { Tensor } from '../torch-file.ts';
import { Weights, outputsOf, tensorsOf, transpose, type Linear } from '../weights.ts';
import { networkOptions, readActorCritic } from './actor-critic.ts';
import { ppoOptions } from './ppo.ts';
import { fittingBatch } from './rollout-options.ts';

/** Steps of a sequence at most; see `sequenceLength` of `RecurrentPpo`. */
const LONGEST_SEQUENCE = 32;

/** RecurrentPPO of sb3-contrib, with an LSTM of one layer for each of actor and critic, or one for both. */
export function describeRecurrentPpo(model: ImportedModel): AgentDescription {
  const { data, subject } = model;
  const weights = new Weights(model.weights, subject);
  if (weights.has('lstm_actor.weight_ih_l1')) {
    throw new ImportError(`${subject}: n_lstm_layers: expected 1, got more`);
  }
  if (weights.has('critic.')) {
    throw new ImportError(`${subject}: expected a critic with an LSTM, of its own or the actor's, got one without`);
  }
  const networks = readActorCritic(model);
  const { actor, critic } = networks;
  const memories = [
    readLstm(weights, 'lstm_actor', actor.features),
    readLstm(weights, weights.has('lstm_critic.') ? 'lstm_critic' : 'lstm_actor', critic.features),
  ];
  const steps = data.number('n_steps') ?? 128;
  const sequenceLength = largestDivisor(steps, LONGEST_SEQUENCE);
  const look = ({ tensors, hidden }: Features): Tensor[] => [...tensors, ...tensorsOf(hidden)];
  const sizes = (layers: readonly Linear[]): number[] => layers.slice(0, -1).map(outputsOf);
  return {
    algorithm: 'recurrent-ppo',
    options: {
      ...networkOptions(networks),
      ...ppoOptions(model),
      hidden: sizes(actor.layers),
      criticHidden: sizes(critic.layers),
      steps,
      sequenceLength,
      batchSize: fittingBatch(model, sequenceLength),
      cellSize: memories[0][1].shape[0],
    },
    networks: {
      parameters: [
        ...look(actor.features),
        ...look(critic.features),
        ...memories.flat(),
        ...tensorsOf(actor.layers),
        ...tensorsOf(critic.layers),
        ...networks.logStd,
      ],
    },
  };
}

/** Weight, hidden weight, and bias, which is the sum of PyTorch's two. */
function readLstm(weights: Weights, prefix: string, { hidden, arrange }: Features): Tensor[] {
  const [first, second] = ['bias_ih_l0', 'bias_hh_l0'].map((name) => weights.tensor(`${prefix}.${name}`, 1));
  const bias = { shape: first.shape, data: Float32Array.from(first.data, (value, i) => value + second.data[i]) };
  const weight = transpose(weights.tensor(`${prefix}.weight_ih_l0`, 2));
  const seen = hidden.length > 0 ? { weight, bias } : arrange({ weight, bias });
  return [seen.weight, transpose(weights.tensor(`${prefix}.weight_hh_l0`, 2)), bias];
}

function largestDivisor(number: number, most: number): number {
  let divisor = Math.min(number, most);
  while (number % divisor !== 0) divisor--;
  return divisor;
}
