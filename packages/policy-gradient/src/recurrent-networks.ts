import {
  Box,
  createActorCritic,
  featureCount,
  observationFeatures,
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
 * New networks for the spaces of `env`: an actor and a critic, each with a recurrent layer of its own, which sees the observations, and
 * hidden layers after it (the networks of `createActorCritic`, which see what the layer puts out). Throws `RangeError` as that does.
 */
export function createRecurrentActorCritic(
  { observationSpace, actionSpace }: Pick<VectorEnv, 'observationSpace' | 'actionSpace'>,
  options: RecurrentActorCriticOptions,
  random: Random,
): RecurrentActorCritic {
  const { cell, cellSize } = options;
  const input = featureCount(observationSpace);
  const [actor, critic] = [0, 1].map(() => layers[cell]({ input, hidden: cellSize, random }));
  const heads = createActorCritic({ observationSpace: new Box(-1, 1, [cellSize]), actionSpace }, options, random);
  const parameters = t.joinParameters({
    actorMemory: actor.parameters,
    criticMemory: critic.parameters,
    heads: heads.parameters,
  });
  return {
    parameters,
    memorySize: actor.stateSize + critic.stateSize,
    unroll: (observations, memories, { episodeStarts, actionMasks } = {}) => {
      const [batch] = memories.shape;
      const [rows] = observations.shape;
      const time = rows / batch;
      const x = t.reshape(observationFeatures(observationSpace, observations), [batch, time, input]);
      const starts = episodeStarts && t.reshape(episodeStarts, [batch, time]);
      const [actorState, criticState] = t.split(memories, 2);
      const acting = actor(x, actorState, starts);
      const valuing = critic(x, criticState, starts);
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
