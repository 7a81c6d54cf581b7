import { describe, expect, it } from 'vitest';
import { findSettings, override } from '../../src/catalog/settings.ts';

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

describe('override', () => {
  it('replaces values, JSON or words', () => {
    const schedule = { kind: 'linear', from: 1, to: 0, until: 1 };
    const { numEnvs, steps, options } = override(zoo, 'ppo', [
      'numEnvs=3',
      `clipRange=${JSON.stringify(schedule)}`,
      'normalizeObservation=true',
      'activation=relu',
      'hidden=[1,2]',
    ]);
    expect({ numEnvs, steps }).toEqual({ numEnvs: 3, steps: 100_000 });
    expect(options).toEqual({
      ...zoo.options,
      clipRange: schedule,
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
