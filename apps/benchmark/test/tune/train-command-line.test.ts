import { describe, expect, it } from 'vitest';
import { trainCommandLine } from '../../src/tune/train-command-line.ts';

describe('trainCommandLine', () => {
  it('has what all trials share and what this one drew, as a shell takes it', () => {
    const space = {
      name: 'mine',
      description: '',
      source: 'space.json',
      algorithm: 'ppo',
      environment: 'CartPole-v1',
      settings: 'zoo' as const,
      options: { hidden: [8, 8], gamma: 0.9 },
      numEnvs: 4,
      steps: 1000,
      parameters: {},
      trials: 1,
      seeds: 1,
      seed: 0,
      strategy: 'random' as const,
      eta: 3,
      episodes: 100,
      evaluationEpisodes: 20,
    };
    expect(trainCommandLine(space, { learningRate: 0.0003, activation: 'relu', numEnvs: 8, gamma: 0.95 })).toBe(
      'gradus train ppo CartPole-v1 --settings zoo --steps 1000 --set numEnvs=8 ' +
        "--set 'hidden=[8,8]' --set gamma=0.95 --set learningRate=0.0003 --set 'activation=\"relu\"'",
    );
  });
});
