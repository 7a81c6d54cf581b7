import type { PredictionStep, ValuePredictor } from '@gradus/value-based';

/** One episode as the methods saw it: states s₀ … s_T, and for each step its reward and ratio. */
export interface Recorded {
  readonly states: number[];
  readonly rewards: number[];
  readonly ratios: number[];
  terminated: boolean;
}

/** Lets `predictor` learn, and keeps what it was told. */
export function recordEpisodes(predictor: ValuePredictor): { episodes: Recorded[]; recorder: ValuePredictor } {
  const episodes: Recorded[] = [];
  const recorder: ValuePredictor = {
    begin(observation) {
      episodes.push({ states: [observation[0]], rewards: [], ratios: [], terminated: false });
      predictor.begin(observation);
    },
    update(step: PredictionStep) {
      const episode = episodes[episodes.length - 1];
      episode.states.push(step.observation[0]);
      episode.rewards.push(step.reward);
      episode.ratios.push(step.ratio);
      episode.terminated = step.terminated;
      predictor.update(step);
    },
  };
  return { episodes, recorder };
}

interface Reference {
  /** x(s) of each state. */
  readonly rows: readonly (readonly number[])[];
  readonly alpha: number;
  readonly gamma: number;
}

function product(x: readonly number[], w: readonly number[]): number {
  return x.reduce((sum, value, i) => sum + value * w[i], 0);
}

/** Semi-gradient n-step TD, written from its definition: each target is summed anew from the episode. */
export function referenceNStep(episodes: readonly Recorded[], n: number, { rows, alpha, gamma }: Reference): number[] {
  let w = rows[0].map(() => 0);
  for (const { states, rewards, ratios, terminated } of episodes) {
    const end = rewards.length;
    let lastValue: number | undefined;
    for (let time = 1; time <= end; time++) {
      // The steps whose n-th successor is s_time, or that have fewer when the episode ends there.
      if (time === end) lastValue = terminated ? 0 : product(rows[states[end]], w);
      for (let t = Math.max(0, time - n); t < time; t++) {
        if (t + n > time && time < end) continue;
        let target = 0;
        let ratio = 1;
        for (let k = t; k < time; k++) {
          target += gamma ** (k - t) * rewards[k];
          ratio *= ratios[k];
        }
        target += gamma ** (time - t) * (lastValue ?? product(rows[states[time]], w));
        const error = target - product(rows[states[t]], w);
        w = w.map((weight, i) => weight + alpha * ratio * error * rows[states[t]][i]);
      }
    }
  }
  return w;
}

/** Semi-gradient TD(λ) with a dense trace. */
export function referenceLambda(
  episodes: readonly Recorded[],
  lambda: number,
  { rows, alpha, gamma }: Reference,
): number[] {
  let w = rows[0].map(() => 0);
  for (const { states, rewards, ratios, terminated } of episodes) {
    let z = w.map(() => 0);
    rewards.forEach((reward, t) => {
      const isEnd = terminated && t === rewards.length - 1;
      const error = reward + (isEnd ? 0 : gamma * product(rows[states[t + 1]], w)) - product(rows[states[t]], w);
      z = z.map((trace, i) => ratios[t] * (gamma * lambda * trace + rows[states[t]][i]));
      w = w.map((weight, i) => weight + alpha * error * z[i]);
    });
  }
  return w;
}
