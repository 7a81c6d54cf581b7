import * as t from '@gradus/tensor';
import { checkPreferenceExamples, type PreferenceExample } from '../data/examples.ts';
import { aRewardModel, type RewardModel } from '../model/reward-model.ts';

/** How often a reward model prefers what people did; pairs that it cannot tell apart count half. Throws `RangeError` for no rows, or one that is too long. */
export function preferenceAccuracy(model: RewardModel, rows: readonly PreferenceExample[]): number {
  t.checkArguments('preferenceAccuracy', { model }, { model: aRewardModel });
  checkPreferenceExamples('preferenceAccuracy', rows, model.decoder.sizes.vocabulary);
  const [chosen, rejected] = (['chosen', 'rejected'] as const).map((name) =>
    model.score(rows.map((row) => [...Array.from(row.prompt), ...Array.from(row[name])])),
  );
  return chosen.reduce((sum, reward, i) => sum + (1 + Math.sign(reward - rejected[i])) / 2, 0) / rows.length;
}
