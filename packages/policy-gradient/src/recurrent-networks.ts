import {
  Box,
  createActorCritic,
  denseLayers,
  featureLayers,
  observationFeatures,
  pictureLayers,
  reluLayers,
  type ActorCriticOptions,
  type Random,
  type RecurrentActorCritic,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';

/** Recurrent layers by name. */
export type RecurrentCell = 'lstm' | 'gru';

const layers = { lstm: t.lstm, gru: t.gru };

/** Names of the recurrent layers. */
export const recurrentCells: readonly RecurrentCell[] = ['lstm', 'gru'];

/** The networks of a recurrent algorithm with an actor and a critic. */
export interface RecurrentActorCriticOptions extends ActorCriticOptions {
  readonly cell: RecurrentCell;
  /** Numbers in the output of each recurrent layer. */
  readonly cellSize: number;
}

/**
 * New networks for the spaces of `env`: an actor and a critic, each with a recurrent layer of its own, which sees what `featureLayers` make of observations
 * (with NatureCNN's and MinAtar's also the layer that comes after them), and hidden layers after it (the networks of `createActorCritic`, which see what the
 * recurrent layer puts out). Throws `RangeError` as these do.
 */
export function createRecurrentActorCritic(
  { observationSpace, actionSpace }: Pick<VectorEnv, 'observationSpace' | 'actionSpace'>,
  options: RecurrentActorCriticOptions,
  random: Random,
): RecurrentActorCritic {
  const { cell, cellSize, convolutions = null, partLayers = null, orthogonalInitialization = true } = options;
  const make = reluLayers(orthogonalInitialization, random);
  const dense = pictureLayers(observationSpace, convolutions)?.hidden ?? [];
  const create = () => {
    const [first, size] = featureLayers(observationSpace, { convolutions, partLayers }, make);
    const features = t.sequential([...first, ...denseLayers(size, dense, make)]);
    return { features, memory: layers[cell]({ input: dense.at(-1) ?? size, hidden: cellSize, random }) };
  };
  const [actor, critic] = [create(), create()];
  const remembered = { observationSpace: new Box(-1, 1, [cellSize]), actionSpace };
  const heads = createActorCritic(remembered, { ...options, convolutions: [], partLayers: null }, random);
  const parameters = t.joinParameters({
    actorFeatures: actor.features.parameters,
    criticFeatures: critic.features.parameters,
    actorMemory: actor.memory.parameters,
    criticMemory: critic.memory.parameters,
    heads: heads.parameters,
  });
  return {
    parameters,
    memorySize: actor.memory.stateSize + critic.memory.stateSize,
    unroll: (observations, memories, { episodeStarts, actionMasks } = {}) => {
      const [batch] = memories.shape;
      const [rows] = observations.shape;
      const time = rows / batch;
      const x = observationFeatures(observationSpace, observations);
      const starts = episodeStarts && t.reshape(episodeStarts, [batch, time]);
      const remember = ({ features, memory }: typeof actor, state: t.Tensor): t.Unrolled =>
        memory(t.reshape(features(x), [batch, time, -1]), state, starts);
      const [actorState, criticState] = t.split(memories, 2);
      const acting = remember(actor, actorState);
      const valuing = remember(critic, criticState);
      return {
        policy: heads.policy(t.reshape(acting.outputs, [rows, cellSize]), actionMasks),
        values: heads.value(t.reshape(valuing.outputs, [rows, cellSize])),
        memories: t.concat([acting.state, valuing.state]),
      };
    },
    dispose: () => {
      t.disposeParameters(parameters);
      heads.dispose();
    },
  };
}
