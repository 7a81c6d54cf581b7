import { Box, Dict, Discrete, type Env } from '@gradus/core';

/** What a {@link textGame} is like. */
interface TextGameOptions {
  readonly vocabulary: number;
  readonly maxActions: number;
  readonly maxWords: number;
  /** Whether observations say what actions are made of: the first of two templates, with the word as its noun. */
  readonly hasTemplates?: boolean;
}

/**
 * Identity in words: what is seen is one of the words 1 … n, the actions are the same words, turned round by chance, and the one that was seen is right, worth 1.
 * Episodes have ten steps.
 */
export function textGame({
  vocabulary,
  maxActions,
  maxWords,
  hasTemplates = false,
}: TextGameOptions): Env<Float32Array, number> {
  const words = (...shape: number[]): Box => new Box(0, vocabulary - 1, shape, { dtype: 'uint16' });
  const space = new Dict({
    actions: words(maxActions, maxWords),
    look: words(maxWords),
    score: new Box(-Infinity, Infinity, [1]),
    ...(hasTemplates && {
      templates: new Box(
        0,
        Array.from({ length: maxActions }, () => [2, maxActions, maxActions]).flat(),
        [maxActions, 3],
        {
          dtype: 'uint16',
        },
      ),
    }),
  });
  let [draws, seen, turn, steps] = [0, 0, 0, 0];
  const observe = (): Float32Array => {
    // A Weyl sequence: as good as chance here, and easily put back.
    draws++;
    seen = Math.floor(((draws * 0.6180339887) % 1) * maxActions);
    turn = Math.floor(((draws * 0.7548776662) % 1) * maxActions);
    const actions = new Float32Array(maxActions * maxWords);
    for (let i = 0; i < maxActions; i++) actions[i * maxWords] = 1 + ((i + turn) % maxActions);
    const templates = Array.from({ length: maxActions }, (_, i) => [1, actions[i * maxWords], 0]).flat();
    const look = [1 + seen, ...new Array<number>(maxWords - 1).fill(0)];
    return space.flatten({ actions, look, score: [0], ...(hasTemplates && { templates }) });
  };
  return {
    observationSpace: space,
    actionSpace: new Discrete(maxActions),
    maxEpisodeSteps: 10,
    reset(options) {
      if (options?.seed !== undefined) draws = options.seed % 1000;
      steps = 0;
      return { observation: observe() };
    },
    step(action) {
      const reward = (action + turn) % maxActions === seen ? 1 : 0;
      return { observation: observe(), reward, terminated: false, truncated: ++steps === 10 };
    },
    actionMask: () => new Uint8Array(maxActions).fill(1),
    getState: () => ({ draws, seen, turn, steps }),
    setState(state) {
      [draws, seen, turn, steps] = [state.draws, state.seen, state.turn, state.steps].map(Number);
    },
  };
}
