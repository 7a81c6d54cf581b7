import {
  CheckpointError,
  EnvError,
  evaluate,
  linear,
  loadAgent,
  type Agent,
  type Checkpoint,
  type Env,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { defaultDevice } from '@gradus/tensor';
import { GradientBandit, Ppo, RecurrentPpo, Reinforce, Trpo, type PpoOptions } from '@gradus/policy-gradient';
import { describe, expect, test, vi } from 'vitest';

const options: Partial<PpoOptions> = {
  hidden: [8],
  steps: 32,
  batchSize: 32,
  epochs: 2,
  normalizeObservation: true,
  normalizeReward: true,
};

function trained(copies = 2): Ppo {
  const agent = new Ppo(makeVectorEnv('CartPole-v1', copies), options);
  Array.from(agent.learn({ steps: 128 }));
  return agent;
}

const rounds = { steps: 32, batchSize: 32, hidden: [4] };

const observations = Float32Array.from({ length: 4 * 20 }, (_, i) => Math.sin(i) / 10);

function actionsOf(agent: Pick<Ppo, 'actBatch'>): number[] {
  const actions = new Int32Array(20);
  agent.actBatch(observations, actions);
  return [...actions];
}

describe('without an environment', () => {
  test('it acts as it did, and is evaluated', () => {
    const agent = trained();
    const loaded = Ppo.load(agent.checkpoint());
    expect(actionsOf(loaded)).toEqual(actionsOf(agent));
    const [here, there] = [agent, loaded].map((each) =>
      evaluate(each, makeEnv('CartPole-v1'), { episodes: 3, seed: 1 }),
    );
    expect(there).toEqual(here);
    expect(loaded.step).toBe(128);
  });

  test('it cannot learn, and says what it needs', () => {
    expect(() => Array.from(Ppo.load(trained().checkpoint()).learn({ moreSteps: 64 }))).toThrow(
      new EnvError(
        'learn: expected an environment to learn in, which the agent was loaded without: load(checkpoint, { env })',
      ),
    );
  });

  test('whatever the algorithm, of several classes', () => {
    const classes = [Ppo, RecurrentPpo, Reinforce, Trpo, GradientBandit];
    expect(loadAgent(trained().checkpoint(), classes)).toBeInstanceOf(Ppo);
    const masked = new Trpo(makeEnv('LectureGrid-v0'), { steps: 16, batchSize: 16, hidden: [4] });
    expect(loadAgent(masked.checkpoint(), classes)).toBeInstanceOf(Trpo);
    expect(() => loadAgent({ ...trained().checkpoint(), algorithm: 'sac' }, [Ppo, Trpo])).toThrow(
      new CheckpointError("checkpoint: expected one of the algorithms 'ppo', 'trpo', got 'sac'"),
    );
  });

  test('an environment in the place of options is told to be one of them', () => {
    const env = makeVectorEnv('CartPole-v1', 2) as never;
    const message = (subject: string): RegExp =>
      new RegExp(`^${subject}: expected options to be options, the environment among them: { env }, got .*by itself$`);
    expect(() => Ppo.load(trained().checkpoint(), env)).toThrow(message('load'));
    expect(() => loadAgent(trained().checkpoint(), [Ppo], env)).toThrow(message('loadAgent'));
  });
});

test.each<[string, () => Agent, (checkpoint: Checkpoint, options: { readonly steps?: number }) => Agent]>([
  ['Ppo', () => new Ppo(makeEnv('CartPole-v1'), rounds), (...saved) => Ppo.load(...saved)],
  ['Trpo', () => new Trpo(makeEnv('CartPole-v1'), rounds), (...saved) => Trpo.load(...saved)],
  [
    'RecurrentPpo',
    () => new RecurrentPpo(makeEnv('CartPole-v1'), { ...rounds, cellSize: 3 }),
    (...saved) => RecurrentPpo.load(...saved),
  ],
  ['Reinforce', () => new Reinforce(makeEnv('CartPole-v1'), { hidden: [4] }), (saved) => Reinforce.load(saved)],
])('%s compiles nothing but what acts, and keeps no round, where it only acts', (_, create, load) => {
  const agent = create();
  const compile = vi.spyOn(defaultDevice(), 'compile');
  // A round of 10¹³ steps would not fit into any memory.
  const loaded = load(agent.checkpoint(), { steps: 32 * 10 ** 12 });
  expect(compile).not.toHaveBeenCalled();
  loaded.act([0, 0, 0, 0]);
  expect(compile).toHaveBeenCalledOnce();
  expect(loaded.checkpoint().files).toEqual(agent.checkpoint().files);
  loaded.dispose();
  expect(compile).toHaveBeenCalledOnce();
  compile.mockRestore();
});

describe('with an environment', () => {
  const withoutState = (): Env => {
    const env = makeEnv('CartPole-v1');
    return {
      observationSpace: env.observationSpace,
      actionSpace: env.actionSpace,
      reset: (how) => env.reset(how),
      step: (action) => env.step(action),
    };
  };

  test('as many copies go on exactly, others and those without getState with new episodes', () => {
    const checkpoint = trained().checkpoint();
    const exactly = Ppo.load(checkpoint, { env: makeVectorEnv('CartPole-v1', 2) });
    expect(exactly.resumed).toBe('exactly');
    const others = [makeEnv('CartPole-v1'), makeVectorEnv('CartPole-v1', 4)].map((env) =>
      Ppo.load(checkpoint, { env }),
    );
    const single = new Ppo(withoutState(), options);
    Array.from(single.learn({ steps: 64 }));
    others.push(Ppo.restore(single.checkpoint(), withoutState()));
    for (const agent of others) {
      expect(agent.resumed).toBe('with new episodes');
      const { step } = agent;
      const rounds = Array.from(agent.learn({ moreSteps: 256 }));
      expect(rounds.at(-1)?.step).toBe(step + 256);
      expect(Number.isFinite(rounds.at(-1)?.metrics['train/policy_loss'])).toBe(true);
    }
  });

  test('a memory begins anew with the episodes', () => {
    const small = { steps: 8, batchSize: 8, sequenceLength: 4, epochs: 1, cellSize: 3, hidden: [4] };
    const agent = new RecurrentPpo(makeVectorEnv('CartPole-v1', 2), small);
    Array.from(agent.learn({ steps: 32 }));
    const loaded = RecurrentPpo.load(agent.checkpoint(), { env: makeVectorEnv('CartPole-v1', 3) });
    expect(Array.from(loaded.learn({ moreSteps: 24 })).at(-1)?.step).toBe(32 + 24);
  });

  test('minibatches must divide the rounds of as many copies', () => {
    expect(() => Ppo.load(trained().checkpoint(), { env: makeVectorEnv('CartPole-v1', 1), batchSize: 24 })).toThrow(
      new RangeError('Ppo: expected batchSize to be a divisor of 32 (steps × copies), got 24'),
    );
  });
});

describe('other spaces', () => {
  test.each([
    [
      'Pendulum-v1',
      /^load: what was saved does not fit with observations Box\(.*\[3\]\), which were Box\(.*\[4\]\) or actions Box\(.*\[1\]\), which were Discrete\(2\): /,
    ],
    [
      'Acrobot-v1',
      /^load: what was saved does not fit with observations Box\(.*\[6\]\), which were Box\(.*\[4\]\) or actions Discrete\(3\), which were Discrete\(2\): /,
    ],
  ])('than it was trained in are named: %s', (id, message) => {
    const checkpoint = trained().checkpoint();
    expect(() => Ppo.load(checkpoint, { env: makeEnv(id) })).toThrow(CheckpointError);
    expect(() => Ppo.load(checkpoint, { env: makeEnv(id) })).toThrow(message);
  });
});

describe('options', () => {
  test('are others where they are given', () => {
    const env = makeVectorEnv('CartPole-v1', 2);
    const loaded = Ppo.load(trained().checkpoint(), { env, learningRate: linear(1e-2, 0), epochs: 3 });
    expect(loaded.options).toMatchObject({ learningRate: linear(1e-2, 0), epochs: 3, hidden: [8] });
    const [first] = loaded.learn({ steps: 256 });
    expect(first.metrics['train/learning_rate']).toBeCloseTo(1e-2 / 2, 12);
  });

  test('such as the penalty of divergence, which goes on from where it was where none is given', () => {
    const env = (): Env => makeEnv('CartPole-v1');
    const coefficient = (agent: Ppo): number | undefined =>
      Array.from(agent.learn({ moreSteps: 32 })).at(-1)?.metrics['train/kl_coefficient'];
    const constant = new Ppo(env(), { ...rounds, klCoefficient: 0.5 });
    expect(coefficient(Ppo.load(constant.checkpoint(), { env: env() }))).toBe(0.5);
    expect(coefficient(Ppo.load(constant.checkpoint(), { env: env(), klCoefficient: 0.25 }))).toBe(0.25);
    // No divergence comes near to this one, so that β is halved after each round.
    const adapted = new Ppo(env(), { ...rounds, klCoefficient: 4, klTarget: 1e3 });
    expect([coefficient(adapted), coefficient(adapted)]).toEqual([4, 2]);
    expect(coefficient(Ppo.load(adapted.checkpoint(), { env: env() }))).toBe(1);
    expect(coefficient(Ppo.load(adapted.checkpoint(), { env: env(), klCoefficient: 8 }))).toBe(8);
    expect(coefficient(Ppo.load(adapted.checkpoint(), { env: env(), klTarget: null }))).toBe(4);
  });

  test.each<[Partial<PpoOptions>, string]>([
    [{ hidden: [9] }, 'hidden'],
    [{ normalizeReward: false, hidden: [8, 8] }, 'normalizeReward or hidden'],
  ])('that give weights other shapes are refused by name: %o', (changes, names) => {
    const load = () => Ppo.load(trained().checkpoint(), changes);
    expect(load).toThrow(CheckpointError);
    expect(load).toThrow(/^load: what was saved does not fit with another /);
    for (const name of names.split(' or ')) expect(load).toThrow(name);
  });

  test('are checked', () => {
    expect(() => Ppo.load(trained().checkpoint(), { gamma: 7 })).toThrow(
      new RangeError('Ppo: expected gamma to be a number in [0, 1], got 7'),
    );
  });
});

describe('learn', () => {
  test('steps count from the first one, moreSteps from the present one', () => {
    const [once, twice] = [trained(), trained()];
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(Array.from(once.learn({ steps: 128 }))).toEqual([]);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
    Array.from(once.learn({ steps: 192 }));
    Array.from(twice.learn({ moreSteps: 64 }));
    expect(twice.checkpoint()).toStrictEqual(once.checkpoint());
  });

  test.each<[object, string]>([
    [{}, 'learn: expected steps to be a positive integer, got undefined'],
    [{ moreSteps: 0 }, 'learn: expected moreSteps to be a positive integer, got 0'],
    [{ steps: 1, moreSteps: 1 }, 'learn: expected steps or moreSteps, got both'],
  ])('%j is refused', (how, message) => {
    expect(() =>
      trained()
        .learn(how as { steps: number })
        .next(),
    ).toThrow(message);
  });
});
