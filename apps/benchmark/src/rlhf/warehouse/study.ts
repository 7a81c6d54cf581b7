import { linear, Random } from '@gradus/core';
import {
  copyDecoder,
  createDecoder,
  EpisodePlayer,
  GrpoTrainer,
  PpoTrainer,
  RlooTrainer,
  SftTrainer,
  type CompletionExample,
  type Decoder,
  type EnvironmentInputs,
  type Episode,
  type TextEnvironment,
} from '@gradus/llm-rlhf';
import { demonstrateAll } from './demonstrations.ts';
import { Team } from './team.ts';
import { drawQuestions, Warehouse, type Question } from './warehouse.ts';
import { endOfText, tokenizer, VOCABULARY } from './words.ts';

/** Tokens of the longest question, of a call, and of what it is answered with. */
const [QUESTION, CALL, RESULT] = [6, 4, 3];
/** Three calls and an answer. */
const TURNS = 4;

const inWarehouse = {
  maxTurns: TURNS,
  maxNewTokens: CALL,
  maxLength: QUESTION + (TURNS - 1) * (CALL + RESULT) + CALL,
} as const;

/** How long episodes are of somebody who does all alone, and of two who share the work. */
const sizes = {
  alone: inWarehouse,
  planner: { maxTurns: 1, maxNewTokens: 6, maxLength: QUESTION + 6 },
  worker: inWarehouse,
} as const;

type Role = keyof typeof sizes;

/** Ways to learn from rewards. */
export const methods = ['rloo', 'grpo', 'ppo'] as const;

/** One of them. */
type Method = (typeof methods)[number];

/** What all training begins with. */
interface Prepared {
  readonly seed: number;
  readonly questions: readonly Question[];
  readonly heldOut: readonly Question[];
  /** Fine-tuned on demonstrations. */
  readonly agents: Readonly<Record<Role, Decoder>>;
}

/** How much is learned from. */
interface StudySizes {
  readonly demonstrations: number;
  /** Passes of supervised fine-tuning over them. */
  readonly passes: number;
  readonly heldOut: number;
  /** Episodes of each method. */
  readonly episodes: number;
}

/** Those of the experiment. */
export const studySizes: StudySizes = { demonstrations: 4000, passes: 8, heldOut: 1000, episodes: 9600 };

const BATCH = 64;

/** Fine-tunes an agent that does all alone, a planner and a worker, each on demonstrations of people who make mistakes. */
export async function prepare(
  seed: number,
  { demonstrations, passes, heldOut }: StudySizes = studySizes,
): Promise<Prepared> {
  const random = new Random(seed);
  const shown = await demonstrateAll(drawQuestions(demonstrations, seed, 0), random);
  const tune = (role: Role): Decoder => {
    const model = createModel(role, random.fork(role));
    const rows: readonly CompletionExample[] = shown[role];
    const tuning = new SftTrainer({ model, rows }, { seed, learningRate: linear(3e-3, 0), batchSize: BATCH });
    const learning = tuning.learn({ steps: passes * rows.length });
    while (learning.next().done !== true);
    tuning.dispose();
    return model;
  };
  return {
    seed,
    questions: drawQuestions(demonstrations, seed, 1),
    heldOut: drawQuestions(heldOut, seed, 2),
    agents: { alone: tune('alone'), planner: tune('planner'), worker: tune('worker') },
  };
}

/** 28 thousand weights: two layers of two heads. */
function createModel(role: Role, random: Random): Decoder {
  return createDecoder(
    {
      ...{ model_type: 'gpt2', vocab_size: VOCABULARY, n_positions: sizes[role].maxLength },
      ...{ n_embd: 32, n_layer: 2, n_head: 2, n_inner: null, activation_function: 'gelu' },
      ...{ layer_norm_epsilon: 1e-5, tie_word_embeddings: true, initializer_range: 0.05 },
    },
    random,
  );
}

/** Who plays: somebody alone, or a pair. */
export type Players = Readonly<Record<'alone', Decoder>> | Readonly<Record<'planner' | 'worker', Decoder>>;

/** Looks at players after so many episodes. */
export type Look = (episodes: number, players: Players) => Promise<void>;

/** Trains the agent that does all alone from rewards; it is looked at so many times on the way. */
export async function trainAlone(
  method: Method,
  { agents, questions, seed }: Prepared,
  episodes: number,
  looks: number,
  look: Look,
): Promise<void> {
  const model = copyDecoder(agents.alone);
  const trainer = createTrainer(method, model, 'alone', () => new Warehouse(), questions, seed);
  let next = 1;
  for await (const { step } of trainer.learn({ steps: episodes })) {
    if (step < (next * episodes) / looks) continue;
    next++;
    await look(step, { alone: model });
  }
  trainer.dispose();
}

/** Trains a planner and a worker together: both play the same episodes, each learns from its own tokens, and both are paid what the pair has earned. */
export async function trainPair(
  method: Method,
  { agents, questions, seed }: Prepared,
  episodes: number,
  looks: number,
  look: Look,
): Promise<void> {
  const [planner, worker] = [copyDecoder(agents.planner), copyDecoder(agents.worker)];
  const team = new Team();
  const trainers = [
    createTrainer(method, planner, 'planner', team.planner, questions, seed),
    createTrainer(method, worker, 'worker', team.worker, questions, seed),
  ];
  const learning = trainers.map((trainer) => trainer.learn({ steps: episodes }));
  let next = 1;
  for (;;) {
    const [{ value }] = await Promise.all(learning.map((rounds) => rounds.next()));
    if (value === undefined) break;
    if (value.step < (next * episodes) / looks) continue;
    next++;
    await look(value.step, { planner, worker });
  }
  for (const trainer of trainers) trainer.dispose();
}

function createTrainer(
  method: Method,
  model: Decoder,
  role: Role,
  environment: () => TextEnvironment,
  rows: readonly Question[],
  seed: number,
) {
  const { maxNewTokens, maxLength, maxTurns } = sizes[role];
  const inputs: EnvironmentInputs = { model, environment, rows, tokenizer, endOfText, maxLength, maxTurns };
  const common = { seed, batchSize: BATCH, maxNewTokens, learningRate: linear(1e-3, 0), epochs: 2 };
  switch (method) {
    case 'rloo':
      return new RlooTrainer(inputs, { ...common, groupSize: 4, klCoefficient: 0.02 });
    case 'grpo':
      return new GrpoTrainer(inputs, { ...common, groupSize: 8, beta: 0.02 });
    case 'ppo':
      return new PpoTrainer(inputs, { ...common, klCoefficient: 0.02 });
  }
}

/** How an agent does, or a pair. */
export interface Score {
  /** Part of the questions that are answered rightly. */
  readonly success: number;
  /** With what calls cost taken off. */
  readonly reward: number;
  readonly calls: number;
}

/** Plays the held-out questions, each once, at temperature 1. */
export async function score(players: Players, { heldOut, seed }: Pick<Prepared, 'heldOut' | 'seed'>): Promise<Score> {
  const play = async (model: Decoder, role: Role, environment: () => TextEnvironment): Promise<Episode[]> => {
    const options = { ...sizes[role], rows: heldOut.length, stopTokens: [endOfText] };
    const player = new EpisodePlayer(model, tokenizer, options);
    const starts = heldOut.map((row) => ({ environment: environment(), row }));
    const episodes = await player.play(starts, { random: new Random(seed) });
    player.dispose();
    return episodes;
  };
  const playAsPair = async (planner: Decoder, worker: Decoder): Promise<Episode[]> => {
    const team = new Team();
    const [, episodes] = await Promise.all([
      play(planner, 'planner', team.planner),
      play(worker, 'worker', team.worker),
    ]);
    return episodes;
  };
  const episodes =
    'alone' in players
      ? await play(players.alone, 'alone', () => new Warehouse())
      : await playAsPair(players.planner, players.worker);
  const mean = (of: (episode: Episode) => number): number =>
    episodes.reduce((sum, episode) => sum + of(episode), 0) / episodes.length;
  return {
    // Turns cost, and a right answer is worth 1.
    success: mean(({ reward, turnRewards }) => Math.round(reward - turnRewards.reduce((sum, each) => sum + each, 0))),
    reward: mean(({ reward }) => reward),
    calls: mean(({ calls }) => calls),
  };
}
