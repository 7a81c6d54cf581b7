import { describe, expect, it } from 'vitest';
import { chooseSettings, findSettings, override, settingsText } from '../../src/catalog/settings.ts';

const zoo = findSettings('zoo', 'ppo', 'CartPole-v1');

describe('findSettings', () => {
  it('finds published settings', () => {
    expect(zoo).toMatchObject({ numEnvs: 8, steps: 100_000, options: { gaeLambda: 0.8 } });
    expect(findSettings('cleanrl', 'dqn', 'CartPole-v1').options).toMatchObject({ hidden: [120, 84] });
  });

  it('says who has settings, if another', () => {
    expect(() => findSettings('zoo', 'pqn', 'CartPole-v1')).toThrow(
      "--settings zoo: there are none for pqn in CartPole-v1; 'cleanrl' has some, 'default' has the algorithm's defaults",
    );
  });

  it('falls back on defaults only when told to', () => {
    expect(findSettings('default', 'ppo', 'IdentityBox-v0').options).toEqual({});
    expect(() => findSettings('zoo', 'ppo', 'IdentityBox-v0')).toThrow(/none for ppo in IdentityBox-v0.*CartPole-v1/);
  });
});

describe('chooseSettings', () => {
  it.each([
    [undefined, 'ppo', 'CartPole-v1', 'zoo'],
    [undefined, 'ppo', 'IdentityBox-v0', 'default'],
    [undefined, 'pqn', 'CartPole-v1', 'default'],
    [undefined, 'd4pg', 'Pendulum-v1', 'gradus'],
    ['defaults', 'ppo', 'CartPole-v1', 'default'],
    ['none', 'ppo', 'CartPole-v1', 'default'],
    ['default', 'ppo', 'CartPole-v1', 'default'],
    ['cleanrl', 'dqn', 'CartPole-v1', 'cleanrl'],
  ] as const)('%s for %s in %s are %s', (choice, algorithm, environment, name) => {
    expect(chooseSettings(choice, algorithm, environment)).toBe(name);
  });

  it('is said in words', () => {
    expect(settingsText('zoo', 'ppo', 'CartPole-v1')).toBe('settings: zoo, published for ppo in CartPole-v1');
    expect(settingsText('gradus', 'd4pg', 'Pendulum-v1')).toBe('settings: gradus, ours for d4pg in Pendulum-v1');
    expect(settingsText('default', 'pqn', 'CartPole-v1')).toBe(
      'settings: the defaults of pqn; for CartPole-v1 published are those of cleanrl',
    );
    expect(settingsText('default', 'ppo', 'IdentityBox-v0')).toBe(
      'settings: the defaults of ppo; for IdentityBox-v0 none are published',
    );
  });
});

describe('override', () => {
  it('replaces values, JSON or words', () => {
    const schedule = { kind: 'linear', from: 1, to: 0, until: 1 };
    const { numEnvs, steps, options } = override(zoo, 'ppo', [
      'numEnvs=3',
      `clipRange=${JSON.stringify(schedule)}`,
      'learningRate=linear(1, 0)',
      'normalizeObservation=true',
      'activation=relu',
      'hidden=[1,2]',
    ]);
    expect({ numEnvs, steps }).toEqual({ numEnvs: 3, steps: 100_000 });
    expect(options).toEqual({
      ...zoo.options,
      clipRange: schedule,
      learningRate: schedule,
      normalizeObservation: true,
      activation: 'relu',
      hidden: [1, 2],
    });
  });

  it.each([
    ['learningrate=1', "--set learningrate=1: unknown option 'learningrate'; did you mean 'learningRate'?"],
    ['learningRate', '--set learningRate: expected name=value'],
    ['numEnvs=1.5', '--set numEnvs=1.5: expected an integer of at least 1'],
    ['seed=1', '--set seed=1: use --seed'],
  ])('rejects %s', (assignment, message) => {
    expect(() => override(zoo, 'ppo', [assignment])).toThrow(message);
  });
});
