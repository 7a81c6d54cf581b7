import { execFileSync } from 'node:child_process';
import { Random, createActions, vectorize, type Env, type StateDict, type VectorEnv } from '@gradus/core';
import { vectorizeInThreads, type ThreadsOptions } from '@gradus/core/node';
import { afterEach, describe, expect, test, vi } from 'vitest';
// @ts-expect-error it is JavaScript, as users' modules are
import * as fixtures from './fixtures/thread-envs.mjs';

const { walk, masked } = fixtures as unknown as Readonly<Record<'walk' | 'masked', (options?: object) => Env>>;
const module = new URL('./fixtures/thread-envs.mjs', import.meta.url);
/** Threads run what was built, which needs nothing that tests need. */
const execArgv: string[] = [];

const open: VectorEnv[] = [];
afterEach(() => {
  for (const env of open.splice(0)) env.close();
});

async function inThreads(
  name: string,
  n: number,
  options: ThreadsOptions = {},
  args: unknown[] = [],
): Promise<VectorEnv> {
  const env = await vectorizeInThreads({ module, name, args }, n, { execArgv, ...options });
  open.push(env);
  return env;
}

/** All that some steps lead to, with actions of a seed. */
function play(env: VectorEnv, steps: number, seed = 1): unknown[] {
  const random = new Random(seed);
  return Array.from({ length: steps }, () => {
    const actions = createActions(env.actionSpace, env.numEnvs);
    for (let i = 0; i < env.numEnvs; i++) actions.set([env.actionSpace.sample(random)].flat() as never, i);
    env.step(actions);
    const { observations, finalObservations, rewards, terminated, truncated, episodeReturns, episodeLengths } = env;
    const over = Array.from(terminated, (flag, i) => flag === 1 || truncated[i] === 1);
    return [observations, rewards, terminated, truncated, episodeReturns, episodeLengths, env.actionMasks]
      .map((rows) => rows && [...rows])
      .concat(over.map((isOver, i) => (isOver ? [...finalObservations.subarray(2 * i, 2 * i + 2)] : [])));
  });
}

describe('the same numbers as vectorize, for any number of threads', () => {
  test.each([1, 2, 3, 5])('%i', async (threads) => {
    const expected = vectorize(() => walk({ maxEpisodeSteps: 20 }), 5);
    const env = await inThreads('walk', 5, { threads }, [{ maxEpisodeSteps: 20 }]);
    expect(env).toMatchObject({ numEnvs: 5, maxEpisodeSteps: 20 });
    expect(env.observationSpace.toJSON()).toEqual(expected.observationSpace.toJSON());
    expected.reset({ seed: 11 });
    env.reset({ seed: 11 });
    expect([...env.observations]).toEqual([...expected.observations]);
    expect(play(env, 60)).toEqual(play(expected, 60));
    env.reset({ seed: [5, 5, 5, 6, 7] });
    expected.reset({ seed: [5, 5, 5, 6, 7] });
    expect(play(env, 10)).toEqual(play(expected, 10));
    // Streams go on.
    env.reset();
    expected.reset();
    expect(play(env, 10)).toEqual(play(expected, 10));
  });

  test('over many steps, of which the answer to one may come while the next is asked for', async () => {
    const env = await inThreads('walk', 4, { threads: 2 });
    const expected = vectorize(() => walk(), 4);
    env.reset({ seed: 1 });
    expected.reset({ seed: 1 });
    expect(play(env, 5000)).toEqual(play(expected, 5000));
  });

  test('where a thread is woken for a call that it has answered already, since it saw it before', async () => {
    const env = await inThreads('walk', 4, { threads: 2 });
    const expected = vectorize(() => walk(), 4);
    for (const each of [env, expected]) each.reset({ seed: 1 });
    const notify = Atomics.notify.bind(Atomics);
    const late = vi.spyOn(Atomics, 'notify').mockImplementation((signals, index) => {
      notify(signals, index);
      // Once more when it waits for the next one.
      while (notify(signals, index) === 0);
      return 1;
    });
    expect(play(env, 50)).toEqual(play(expected, 50));
    late.mockRestore();
  });

  test('of environments that take a promise to make', async () => {
    const env = await inThreads('promised', 3, { threads: 2 });
    env.reset({ seed: 4 });
    const expected = vectorize(() => walk(), 3);
    expected.reset({ seed: 4 });
    expect(play(env, 5)).toEqual(play(expected, 5));
  });

  test('with masks and choices', async () => {
    const expected = vectorize(() => masked(), 3);
    const env = await inThreads('masked', 3, { threads: 2 });
    expected.reset();
    env.reset();
    expect([...env.actionMasks!]).toEqual([...expected.actionMasks!]);
    expect(play(env, 7)).toEqual(play(expected, 7));
  });
});

test('a state of threads is one of vectorize, and of other numbers of threads', async () => {
  const one = vectorize(() => walk(), 4);
  const two = await inThreads('walk', 4, { threads: 2 });
  const three = await inThreads('walk', 4, { threads: 3 });
  one.reset({ seed: 2 });
  play(one, 13);
  two.setState(one.getState());
  expect([...two.observations]).toEqual([...one.observations]);
  expect(play(two, 30, 3)).toEqual(play(one, 30, 3));
  three.setState(two.getState());
  expect(three.getState()).toEqual(one.getState());
  expect(play(three, 30, 4)).toEqual(play(one, 30, 4));
  expect(() => three.setState({})).toThrow("state 'envs'");
});

describe('functions are called in threads', () => {
  test('with the copies there, which are stepped meanwhile', async () => {
    const env = await inThreads('walk', 5, { threads: 2 });
    const expected = vectorize(() => walk(), 5);
    for (const each of [env, expected]) each.reset({ seed: 3 });
    expect(env.envThreads?.starts).toEqual([0, 2]);
    const answers = env.envThreads?.call(module.href, 'steps', (thread) => ({ times: 2 * thread, action: 0.5 }));
    expect(answers).toEqual([
      { copies: 2, lengths: [0, 0] },
      { copies: 3, lengths: [2, 2, 2] },
    ]);
    expect([...env.episodeLengths]).toEqual([0, 0, 2, 2, 2]);
    const actions = new Float32Array(5).fill(0.5);
    for (let i = 0; i < 2; i++) expected.step(actions);
    expect([...env.observations.subarray(4)]).toEqual([...expected.observations.subarray(4)]);
    // And all goes on from where they are, as they may be saved, too.
    const one = vectorize(() => walk(), 5);
    one.setState(env.getState());
    expect(play(env, 30, 5)).toEqual(play(one, 30, 5));
  });

  test('over memory that all see', async () => {
    const env = await inThreads('walk', 5, { threads: 3 });
    const memory = new Int32Array(new SharedArrayBuffer(4));
    env.envThreads?.call(module.href, 'counts', () => memory);
    expect(memory[0]).toBe(5);
  });

  test('and what goes wrong there is said', async () => {
    const env = await inThreads('walk', 4, { threads: 2 }, [{ exitAt: 3 }]);
    env.reset({ seed: 1 });
    const call = (name: string, argument: unknown) => () => env.envThreads?.call(module.href, name, () => argument);
    expect(call('step', {})).toThrow(/environments 0 to 1: .* exports .*; expected the function step among it/);
    expect(call('steps', { wrong: 'range' })).toThrow(new RangeError('environments 0 to 1: environment 1 is too far'));
    expect(call('steps', { wrong: 'result' })).toThrow('could not be cloned');
    expect(call('steps', () => 1)).toThrow('could not be cloned');
    expect(() => env.envThreads?.call('file:///not-there.mjs', 'steps', () => 1)).toThrow('not-there.mjs');
    // Answers still belong to their questions.
    expect(call('steps', { times: 2, action: 0 })()).toEqual(
      Array.from({ length: 2 }, () => ({ copies: 2, lengths: [2, 2] })),
    );
    expect(call('steps', { times: 1, action: 0 })).toThrow('environments 0 to 1: their thread has ended');
    open.pop();
  });
});

describe('what goes wrong is said', () => {
  test('by who cannot be made', async () => {
    const make = (name: string, args: unknown[] = []) => inThreads(name, 4, { threads: 2 }, args);
    await expect(make('nothing')).rejects.toThrow(
      /environments 0 to 1: .* exports counts, hangs, masked, number, promised, steps, unlike, walk; expected/,
    );
    await expect(make('number')).rejects.toThrow('expected the function number among it');
    await expect(make('unlike')).rejects.toThrow('expected the spaces of environment 0 in all');
    const missing = vectorizeInThreads({ module: new URL('./not-there.mjs', module), name: 'walk' }, 2, { execArgv });
    await expect(missing).rejects.toThrow('not-there.mjs');
    // Busy meanwhile, so that the end of the threads is seen together with what they said last.
    const unheard = make('nothing');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    await expect(unheard).rejects.toThrow('expected the function nothing among it');
    for (const wrong of ['./walk.mjs', { href: './walk.mjs' }, { href: 5 as unknown as string }]) {
      await expect(vectorizeInThreads({ module: wrong, name: 'walk' }, 2)).rejects.toThrow('absolute URL');
    }
    const noUrl = { href: new URL('./not-there.mjs', module).href };
    await expect(vectorizeInThreads({ module: noUrl, name: 'walk' }, 2, { execArgv })).rejects.toThrow('not-there');
    await expect(vectorizeInThreads({ module, name: 'walk' }, 0)).rejects.toThrow('positive integer');
    await expect(inThreads('walk', 2, { threads: 1.5 })).rejects.toThrow('threads');
  });

  test('by a step that fails, after which the others go on', async () => {
    const env = await inThreads('walk', 4, { threads: 2 }, [{ failAt: 3 }]);
    const actions = new Float32Array(4);
    expect(() => env.step(actions)).toThrow('expected a call of reset first');
    env.reset({ seed: 1 });
    expect(() => env.step(new Float32Array(3))).toThrow('expected Float32Array(4)');
    env.step(actions);
    env.step(actions);
    expect(() => env.step(actions)).toThrow('environments 0 to 1: the walk is closed');
    env.reset({ seed: 1 });
    env.step(actions);
    expect(() => env.step(Float32Array.of(0, 0, 0, NaN))).toThrow('action of environment 3');
    const state = env.getState();
    const spoilt = { ...state, envs: [...(state.envs as StateDict[]).slice(0, 3), { steps: () => 1 }] };
    expect(() => env.setState(spoilt as unknown as StateDict)).toThrow('could not be cloned');
    // Nobody was asked, and answers still belong to their questions.
    env.step(actions);
    expect([...env.episodeLengths]).toEqual([2, 2, 2, 2]);
  });

  test('by a thread that ends, at once', async () => {
    const env = await inThreads('walk', 4, { threads: 2 }, [{ exitAt: 2 }]);
    env.reset({ seed: 1 });
    const actions = new Float32Array(4);
    env.step(actions);
    expect(() => env.step(actions)).toThrow('environments 0 to 1: their thread has ended');
    // At once again, and not after the time that a call may take.
    expect(() => env.step(actions)).toThrow('environments 0 to 1: their thread has ended');
    expect(() => env.close()).toThrow('their thread has ended');
    env.close();
  });

  test('by one that is never made', async () => {
    await expect(inThreads('hangs', 2, { threads: 2, timeout: 2 })).rejects.toThrow('were not made within 2 s');
  });

  test('by a closed one', async () => {
    const env = await inThreads('walk', 2, { threads: 2 });
    env.close();
    env.close();
    expect(() => env.reset()).toThrow('the environments were closed');
  });
});

test('a process ends though its threads were not closed', () => {
  const script = `${import.meta.dirname}/fixtures/forgets-to-close.mjs`;
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8' })).toBe('2\n');
});
