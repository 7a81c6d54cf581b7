import { Random } from '@gradus/core';
import { bipedalWalker, lunarLander } from '@gradus/envs/box2d';
import { RevoluteJoint } from 'planck';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LegJoint } from '../../src/box2d/leg-joint.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is seen and paid in 1500 steps at random, whose legs come to both limits and are held there and let go. */
function play(makeEnv: typeof lunarLander | typeof bipedalWalker): number[] {
  const env = makeEnv();
  const random = new Random(1);
  env.reset({ seed: 1 });
  return Array.from({ length: 1500 }, () => {
    const { observation, reward, terminated, truncated } = env.step(env.actionSpace.sample(random));
    if (terminated || truncated) env.reset();
    return [...(observation as Float32Array), reward];
  }).flat();
}

describe('joints of legs', () => {
  test.each([
    ['lander', lunarLander],
    ['walker', bipedalWalker],
  ])('move a %s to the same bits as those of planck', (_, makeEnv) => {
    const ours = play(makeEnv);
    const spies = [
      vi.spyOn(LegJoint.prototype, 'solveVelocityConstraints').mockImplementation(function (this: RevoluteJoint, step) {
        RevoluteJoint.prototype.solveVelocityConstraints.call(this, step as never);
      }),
      vi.spyOn(LegJoint.prototype, 'solvePositionConstraints').mockImplementation(function (this: RevoluteJoint) {
        return RevoluteJoint.prototype.solvePositionConstraints.call(this, undefined as never);
      }),
    ];
    expect(play(makeEnv).findIndex((value, i) => !Object.is(value, ours[i]))).toBe(-1);
    for (const spy of spies) expect(spy).toHaveBeenCalled();
  });
});
