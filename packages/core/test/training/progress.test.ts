import { expect, test } from 'vitest';
import { ProgressRecorder } from '../../src/training/progress.ts';

/** A step of two environments in which the first ends with this return after `length` steps, if given. */
function outcome(episodeReturn?: number, length = 1) {
  return {
    numEnvs: 2,
    terminated: Uint8Array.of(episodeReturn === undefined ? 0 : 1, 0),
    truncated: Uint8Array.of(0, 0),
    episodeReturns: Float64Array.of(episodeReturn ?? -1, -1),
    episodeLengths: Int32Array.of(length, 9),
  };
}

test('counts steps over all copies and reports the episodes since the last record', () => {
  const recorder = new ProgressRecorder();
  recorder.start(10);
  recorder.record(outcome());
  expect(recorder.progress({})).toMatchObject({ step: 2, totalSteps: 10, episodes: 0, episodeReturn: NaN });
  recorder.record(outcome(5, 2));
  recorder.record(outcome(7, 3));
  const progress = recorder.progress({ 'train/loss': 0.5 });
  expect(progress).toMatchObject({ step: 6, episodes: 2, episodeReturn: 6, episodeLength: 2.5 });
  expect(progress.finishedEpisodes).toEqual([
    { step: 4, return: 5, length: 2 },
    { step: 6, return: 7, length: 3 },
  ]);
  expect(progress.metrics).toMatchObject({
    'rollout/episode_return': 6,
    'rollout/episode_length': 2.5,
    'train/loss': 0.5,
  });
  expect(progress.metrics['time/steps_per_second']).toBeGreaterThan(0);
  expect(recorder.progress({}).finishedEpisodes).toEqual([]);
});

test('steps that nobody recorded count, and episodes that ended in them', () => {
  const recorder = new ProgressRecorder();
  recorder.start(10);
  recorder.record(outcome(5, 2));
  const episodes = [
    { step: 3, return: 7, length: 3 },
    { step: 6, return: 9, length: 4 },
  ];
  recorder.recordUntil(8, episodes);
  recorder.record(outcome());
  const progress = recorder.progress({});
  expect(progress).toMatchObject({ step: 10, episodes: 3, episodeReturn: 7, episodeLength: 3 });
  expect(progress.finishedEpisodes).toEqual([{ step: 2, return: 5, length: 2 }, ...episodes]);
});

test('averages the last 100 episodes', () => {
  const recorder = new ProgressRecorder();
  recorder.start(1000);
  for (let k = 1; k <= 250; k++) recorder.record(outcome(k));
  expect(recorder.progress({}).episodeReturn).toBe((151 + 250) / 2);
});

test('goes on exactly from a saved state', () => {
  const recorder = new ProgressRecorder();
  recorder.start(1000);
  for (let k = 1; k <= 130; k++) recorder.record(outcome(k));
  recorder.progress({});
  const restored = new ProgressRecorder();
  restored.setState(recorder.getState());
  restored.start(1000);
  for (const each of [recorder, restored]) each.record(outcome(1000));
  // All but the speed.
  const after = { ...restored.progress({}), metrics: {} };
  expect(after).toEqual({ ...recorder.progress({}), metrics: {} });
});
