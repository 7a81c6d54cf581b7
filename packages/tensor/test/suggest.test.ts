import { expect, test } from 'vitest';
import { nearestNames, rejectUnknown, similarNames } from '../src/suggest.ts';

const ids = ['CartPole-v1', 'Acrobot-v1', 'Pendulum-v1', 'MountainCar-v0', 'MountainCarContinuous-v0'];

test.each([
  ['CartPole-v0', ['CartPole-v1']],
  ['cartpole', ['CartPole-v1']],
  ['Cartpoel-v1', ['CartPole-v1']],
  ['MountainCar', ['MountainCar-v0', 'MountainCarContinuous-v0']],
  ['Breakout', []],
  ['', []],
])('%s resembles %j', (name, expected) => {
  expect(similarNames(name, ids)).toEqual(expected);
  expect(similarNames(name, new Set(ids).values())).toEqual(expected);
});

test.each([
  ['ALE/Breakout-v5', ['MinAtar/Breakout-v1', 'MinAtar/Breakout-v0']],
  ['SpaceInvadersNoFrameskip-v4', ['MinAtar/SpaceInvaders-v1']],
  // What is similar comes first, and alone.
  ['MinAtar/Brekout-v1', ['MinAtar/Breakout-v1', 'MinAtar/Breakout-v0']],
  // The same environment's name, then those of which a word is the same.
  ['Car-of-the-mountain', ['MountainCar-v0', 'MountainCarContinuous-v0']],
  ['Pong-v5', []],
  ['', []],
])('%s comes near %j', (name, expected) => {
  const games = ['MinAtar/Breakout-v1', 'MinAtar/Breakout-v0', 'MinAtar/SpaceInvaders-v1'];
  expect(nearestNames(name, [...ids, ...games])).toEqual(expected);
});

test('short names resemble few', () => {
  expect(similarNames('a2c', ['ars', 'ppo', 'c51'])).toEqual([]);
  expect(similarNames('PPO', ['npg', 'ppo'])[0]).toBe('ppo');
});

test('rejectUnknown names the option and what was probably meant', () => {
  const defaults = { learningRate: 1, gamma: 1 };
  rejectUnknown('Dqn', { gamma: 2 }, defaults);
  expect(() => rejectUnknown('Dqn', { learningrate: 2 }, defaults)).toThrow(
    "Dqn: unknown option 'learningrate'; did you mean 'learningRate'?",
  );
  expect(() => rejectUnknown('Dqn', { stepOfLearning: 2 }, defaults)).toThrow("; did you mean 'learningRate'?");
  expect(() => rejectUnknown('Dqn', { color: 2 }, defaults)).toThrow("known are 'learningRate', 'gamma'");
  expect(() => rejectUnknown('Walk', { color: 2 }, {})).toThrow("Walk: unknown option 'color'; known are none");
});

const ppo = [
  'steps',
  'batchSize',
  'epochs',
  'learningRate',
  'clipRange',
  'entropyCoefficient',
  'valueCoefficient',
  'gaeLambda',
  'hidden',
];
const dqn = [
  'learningRate',
  'bufferSize',
  'learningStarts',
  'trainFrequency',
  'targetUpdateInterval',
  'epsilon',
  'nSteps',
];

const grpo = [
  'adamEpsilon',
  'batchSize',
  'minibatches',
  'maxNewTokens',
  'epochs',
  'groupSize',
  'aggregation',
  'clipRange',
  'beta',
];

test.each([
  ['eval_freq', ['env', 'interval', 'episodes'], 'interval'],
  ['n_eval_episodes', ['env', 'interval', 'episodes'], 'episodes'],
  ['save_path', ['folder', 'interval'], 'folder'],
  ['lr', ppo, 'learningRate'],
  ['ent_coef', ppo, 'entropyCoefficient'],
  ['vf_coef', ppo, 'valueCoefficient'],
  ['n_steps', ppo, 'steps'],
  ['batch_size', ppo, 'batchSize'],
  ['n_epochs', ppo, 'epochs'],
  ['clip_range', ppo, 'clipRange'],
  ['clip-coef', ppo, 'clipRange'],
  ['gae_lambda', ppo, 'gaeLambda'],
  ['net_arch', ppo, 'hidden'],
  ['n_steps', dqn, 'nSteps'],
  ['buffer_size', dqn, 'bufferSize'],
  ['learning_starts', dqn, 'learningStarts'],
  ['train_freq', dqn, 'trainFrequency'],
  ['target_update_interval', dqn, 'targetUpdateInterval'],
  ['target_network_frequency', dqn, 'targetUpdateInterval'],
  ['exploration_fraction', dqn, 'epsilon'],
  ['exploration_final_eps', dqn, 'epsilon'],
  ['lr', ['alpha', 'gamma'], 'alpha'],
  ['target_update_interval', ['tau', 'targetEntropy'], 'tau'],
  ['action_noise', ['noise'], 'noise'],
  ['training', ['statistics', 'update'], 'update'],
  ['num_generations', grpo, 'groupSize'],
  ['max_completion_length', grpo, 'maxNewTokens'],
  ['kl_coef', grpo, 'beta'],
  ['kl_coef', ['klCoefficient'], 'klCoefficient'],
  ['loss_type', grpo, 'aggregation'],
  ['num_iterations', grpo, 'epochs'],
  ['epsilon', grpo, 'clipRange'],
  ['num_mini_batches', grpo, 'minibatches'],
  ['gradient_accumulation_steps', grpo, 'batchSize'],
  ['beta', ['loss', 'batchSize'], 'loss'],
  ['r', ['rank', 'alpha', 'targets'], 'rank'],
  ['eos_token_id', ['maxPromptLength', 'endOfText'], 'endOfText'],
])('%s of other libraries is one of %j', (name, known, ours) => {
  expect(similarNames(name, known)[0]).toBe(ours);
  const defaults = Object.fromEntries(known.map((each) => [each, 0]));
  expect(() => rejectUnknown('Agent', { [name]: 1 }, defaults)).toThrow(
    `Agent: unknown option '${name}'; did you mean '${ours}'`,
  );
});

test('what is no option of an agent is not mistaken for one', () => {
  for (const name of ['total_timesteps', 'totalTimesteps', 'timesteps', 'n_timesteps']) {
    expect(() => rejectUnknown('Ppo', { [name]: 1 }, { steps: 1 })).toThrow(
      `Ppo: unknown option '${name}'; how long to train is \`steps\` of learn, as in \`learn({ steps: 1000 })\``,
    );
  }
  expect(() => rejectUnknown('Ppo', { verbose: 1 }, { steps: 1 })).toThrow(
    "Ppo: unknown option 'verbose'; training prints nothing by itself: consoleProgress among the callbacks of train does",
  );
  expect(() => rejectUnknown('SftTrainer', { num_train_epochs: 3 }, { batchSize: 1 })).toThrow(
    '; how long to train is',
  );
  expect(() => rejectUnknown('SftTrainer', { lr_scheduler_type: 'cosine' }, { learningRate: 1 })).toThrow('a schedule');
  expect(() => rejectUnknown('Sac', { n_envs: 4 }, { steps: 1 })).toThrow('makeVectorEnv(id, n)');
});

test('what there is an option for is no remark', () => {
  expect(() => rejectUnknown('--set', { n_envs: 4 }, { numEnvs: 1 })).toThrow("did you mean 'numEnvs'?");
  expect(() => rejectUnknown('CrossQ', { warmup_steps: 4 }, { warmUpSteps: 1 })).toThrow("did you mean 'warmUpSteps'?");
});
