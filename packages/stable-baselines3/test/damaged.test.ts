import { Box, Discrete, Random } from '@gradus/core';
import { ImportError, importAgent, importCleanRl } from '@gradus/stable-baselines3';
import { unzipSync, zipSync, type Zippable } from 'fflate';
import { describe, expect, test } from 'vitest';
import { findAlgorithm } from '../src/find-algorithm.ts';
import { ModelData, type ModelFile } from '../src/model-file.ts';
import { fixture } from './fixtures.ts';

/** `bytes` with some changes: other bytes, or an end that is missing. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  if (random.nextFloat() < 0.1) return bytes.slice(0, random.integer(bytes.length));
  const changed = bytes.slice();
  for (let i = 1 + random.integer(4); i > 0; i--) changed[random.integer(changed.length)] = random.integer(256);
  return changed;
}

/** The archive with other content in one of its files, and checksums that are right. */
function withFile(name: string, file: string, change: (content: Uint8Array) => Uint8Array): Uint8Array {
  const files: Zippable = { ...unzipSync(fixture(name)) };
  files[file] = change(files[file] as Uint8Array);
  return zipSync(files, { level: 0 });
}

function withData(name: string, changes: Readonly<Record<string, unknown>>): Uint8Array {
  return withFile(name, 'data', (content) => {
    const data = JSON.parse(new TextDecoder().decode(content)) as object;
    return new TextEncoder().encode(JSON.stringify({ ...data, ...changes }));
  });
}

/** What `python3 -c "import base64, pickle; …"` makes of such values. */
function pickled(...bytes: (string | number)[]): object {
  const text = bytes.map((each) => (typeof each === 'number' ? String.fromCharCode(each) : each)).join('');
  return { ':type:': 'something', ':serialized:': btoa(text) };
}

const names = ['ppo-choices', 'dqn', 'tqc', 'trpo-real', 'ars-linear', 'sac-moments'];
/** What an archive has, and what changes in turn. */
const parts = ['policy.pth', 'data', 'pytorch_variables.pth', 'actor.optimizer.pth', 'critic.optimizer.pth'];

test('a changed archive is an error in words or the same agent', async () => {
  const random = new Random(1);
  let same = 0;
  for (let i = 0; i < 300; i++) {
    const name = `${names[i % names.length]}.zip`;
    const attempt = importAgent(mutate(fixture(name), random));
    try {
      const { agent } = await attempt;
      const { agent: original } = await importAgent(fixture(name));
      expect(agent.checkpoint({ saveReplay: false })).toEqual(original.checkpoint({ saveReplay: false }));
      same++;
    } catch (error) {
      expect(error).toBeInstanceOf(ImportError);
    }
  }
  // What no checksum covers, such as the time of a file, may be anything.
  expect(same).toBeLessThan(100);
});

test('changed files with right checksums are errors in words, or some agent', async () => {
  const random = new Random(2);
  const messages = new Set<string>();
  for (let i = 0; i < 300; i++) {
    const part = i % 7;
    // The last two are in one archive alone.
    const name = part > 2 ? 'sac-moments.zip' : `${names[Math.floor(i / 7) % names.length]}.zip`;
    const file = parts[part % parts.length];
    const changed = withFile(name, file, (content) => mutate(content, random));
    try {
      await importAgent(changed);
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      expect(error.message).toMatch(/^archive: /);
      messages.add(error.message.replaceAll(/\d+/g, '#'));
    }
  }
  expect(messages.size).toBeGreaterThan(10);
});

test('a changed model of CleanRL is an error in words, or some agent', async () => {
  const random = new Random(4);
  const observationSpace = new Box(-Infinity, Infinity, [3]);
  const models = [
    ['ppo', new Discrete(4)],
    ['dqn', new Discrete(4)],
    ['ppo-continuous', new Box(-1, 1, [2])],
    ['td3', new Box([-1, -1], [3, 0])],
  ] as const;
  for (let i = 0; i < 200; i++) {
    const [name, actionSpace] = models[i % models.length];
    try {
      await importCleanRl(mutate(fixture(`${name}.cleanrl_model`), random), {
        spaces: { observationSpace, actionSpace },
      });
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      expect(error.message).toMatch(/^model: /);
    }
  }
});

test('a changed vecnormalize.pkl is an error in words, or some agent', async () => {
  const random = new Random(3);
  for (let i = 0; i < 200; i++) {
    const vecNormalize = mutate(fixture('vecnormalize.pkl'), random);
    try {
      await importAgent(fixture('ppo-real.zip'), { vecNormalize });
    } catch (error) {
      expect(error).toBeInstanceOf(ImportError);
    }
  }
});

describe('what cannot be imported is refused in words', () => {
  const cases: readonly [string, () => Uint8Array, string][] = [
    ['no archive', () => fixture('vecnormalize.pkl'), 'archive: no zip archive, or a damaged one'],
    ['nothing', () => new Uint8Array(0), 'archive: no zip archive, or a damaged one'],
    [
      'another archive',
      () => zipSync({ 'readme.txt': Uint8Array.of(1) }),
      'expected an archive of Stable-Baselines3 with data and policy.pth, data is missing',
    ],
    ['a model of PyTorch alone', () => unzipSync(fixture('dqn.zip'))['policy.pth'], 'data is missing'],
    [
      'data that is no JSON',
      () => withFile('dqn.zip', 'data', () => Uint8Array.of(1)),
      'archive: damaged: data is no JSON',
    ],
    ['an end that is missing', () => fixture('dqn.zip').slice(0, 4000), 'archive: no zip archive, or a damaged one'],
    [
      'weights of another file',
      () => withFile('dqn.zip', 'policy.pth', () => unzipSync(fixture('sac.zip'))['policy.pth']),
      'expected',
    ],
    [
      'weights that are none',
      () => withFile('dqn.zip', 'policy.pth', () => Uint8Array.of(0x4e, 0x2e)),
      'archive: policy.pth: expected a file of PyTorch, got another pickle',
    ],
    [
      'no space',
      () => withData('dqn.zip', { observation_space: null }),
      'archive: observation_space: expected a Box, Discrete, MultiDiscrete, MultiBinary or a Dict of these, of gym or gymnasium, got null',
    ],
    [
      'a space of somebody else',
      () => withData('dqn.zip', { action_space: pickled('cmy.own\nSpace\n)R.') }),
      'archive: action_space: expected a Box, Discrete, MultiDiscrete, MultiBinary or a Dict of these, of gym or gymnasium, got a my.own.Space',
    ],
    [
      'a step size below 0',
      () => withData('dqn.zip', { learning_rate: -1 }),
      'archive: no agent can be made of it: Dqn: expected learningRate',
    ],
    [
      'copies without number',
      () => withData('dqn.zip', { n_envs: 1e12 }),
      'archive: n_envs: expected a positive integer, not too large, got 1000000000000',
    ],
    [
      'rounds without end',
      () => withData('ppo-choices.zip', { n_steps: 1e15 }),
      'archive: expected rounds (n_steps × n_envs) and batch_size of up to 16777216',
    ],
    [
      'an activation that Gradus has not',
      () => withData('qrdqn.zip', { policy_kwargs: pickled("(dS'activation_fn'\nctorch.nn\nMish\ns.") }),
      'activation_fn: expected one of ReLU',
    ],
    [
      'squashed actions of PPO',
      () => withData('ppo-noise.zip', { policy_kwargs: { squash_output: true } }),
      'archive: squash_output: expected false',
    ],
    [
      'deviations that are no exponentials',
      () => withData('ppo-noise.zip', { policy_kwargs: { use_expln: true } }),
      'archive: use_expln: expected false, got true',
    ],
    [
      'means with another limit',
      () => withData('sac-noise.zip', { policy_kwargs: { clip_mean: 3 } }),
      'archive: clip_mean: expected 2, got 3',
    ],
  ];
  test.each(cases)('%s', async (_, make, message) => {
    const attempt = importAgent(make());
    await expect(attempt).rejects.toThrow(ImportError);
    await expect(attempt).rejects.toThrow(message);
  });

  test('algorithms that Gradus has otherwise, or not at all', () => {
    const model = (...names: string[]): ModelFile => ({
      version: undefined,
      data: new ModelData(
        new TextEncoder().encode(JSON.stringify({ policy_class: pickled('cmy.own\nPolicy\n.') })),
        'it',
      ),
      weights: new Map(names.map((name) => [name, { shape: [1], data: new Float32Array(1) }])),
      firstNames: new Map(),
      variables: new Map(),
      optimizers: new Map(),
    });
    expect(() => findAlgorithm(model('policy.weight'), 'it')).toThrow(
      'it: expected an agent of PPO, A2C, DQN, QR-DQN, TRPO, ARS, DDPG, TD3, SAC, TQC, RecurrentPPO or MaskablePPO, got one of my.own.Policy',
    );
    expect(() => findAlgorithm(model('actor.latent_pi.0.ra_mean'), 'it')).toThrow('got one of CrossQ, with its batch');
  });

  test('with the names of files that are given', async () => {
    const named = { name: 'runs/agent.zip', vecNormalizeName: 'runs/statistics.pkl' };
    const cut = withFile('dqn-pictures.zip', 'policy.pth', () => unzipSync(fixture('ppo-pictures.zip'))['policy.pth']);
    await expect(importAgent(fixture('dqn.zip').slice(9), named)).rejects.toThrow(/^runs\/agent\.zip: no zip archive/);
    await expect(importAgent(cut, named)).rejects.toThrow(/^runs\/agent\.zip: /);
    const vecNormalize = fixture('vecnormalize.pkl').slice(0, 99);
    await expect(importAgent(fixture('ppo-real.zip'), { ...named, vecNormalize })).rejects.toThrow(
      /^runs\/statistics\.pkl: no pickle, or a damaged one/,
    );
  });

  test('more bytes than are allowed, before they are inflated', async () => {
    const zeros = new Uint8Array(5_000_000);
    const bomb = zipSync({ ...unzipSync(fixture('dqn.zip')), 'policy.pth': zeros }, { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    await expect(importAgent(bomb, { maxBytes: 1_000_000 })).rejects.toThrow(
      'archive: too large: its files have more than 1000000 bytes together (maxBytes)',
    );
  });

  test('more numbers than are allowed, of few that are named again and again', async () => {
    const tensor =
      "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI1000\ntQI0\n(I1000\nt(I1\ntI00\nNtRq\x05";
    const names = Array.from({ length: 20 }, (_, i) => `S'${i}'\nh\x05`).join('');
    const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const policy = zipSync({
      'archive/data.pkl': bytes(`${tensor}0}(${names}u.`),
      'archive/data/0': new Uint8Array(4000),
    });
    const tensors = importAgent(
      withFile('dqn.zip', 'policy.pth', () => policy),
      { maxBytes: 60_000 },
    );
    await expect(tensors).rejects.toThrow(
      'archive: policy.pth: too large: its tensors have more than 60000 bytes together (maxBytes)',
    );
    const box = (name: string): string => `S'${name}'\nh\x05`;
    const parts = Array.from({ length: 40 }, (_, i) => box(String(i))).join('');
    const space = `(dS'n'\nI65536\ns`;
    const dict = `cgymnasium.spaces.dict\nDict\n)R(dS'spaces'\ncgymnasium.spaces.discrete\nDiscrete\n)R${space}bq\x050(d(${parts}usb.`;
    await expect(importAgent(withData('dqn.zip', { observation_space: pickled(dict) }))).rejects.toThrow(
      'archive: observation_space: expected spaces of at most 1048576 numbers together',
    );
  });

  test('a tensor that is a parameter of itself', async () => {
    const cycle = "}S'w'\nctorch._utils\n_rebuild_parameter\n]q\x01Rq\x020h\x01h\x02a0h\x02s.";
    const policy = zipSync({ 'archive/data.pkl': Uint8Array.from(cycle, (letter) => letter.charCodeAt(0)) });
    const attempt = importAgent(withFile('dqn.zip', 'policy.pth', () => policy));
    await expect(attempt).rejects.toThrow(ImportError);
  });

  test('environments with other spaces', async () => {
    const env = {
      observationSpace: new Box(-1, 1, [4]),
      actionSpace: new Discrete(4),
      reset: () => ({ observation: new Float32Array(4), info: {} }),
      step: () => ({ observation: new Float32Array(4), reward: 0, terminated: true, truncated: false, info: {} }),
    };
    await expect(importAgent(fixture('dqn.zip'), { env })).rejects.toThrow(
      'environment: expected observations of Box(-1, 1, [3]), as in archive, got Box(-1, 1, [4])',
    );
  });
});

test('what was left out is said', async () => {
  const { leftOut, version, numEnvs } = await importAgent(fixture('ppo-real.zip'));
  expect(leftOut).toEqual([
    "clip_range_vf: a Python function, of which Gradus' default takes the place",
    'batch_size: 48, which does not divide the 128 steps of a round as is needed; 32 takes its place',
  ]);
  expect([version, numEnvs]).toEqual(['1.0rc0', 2]);
});
