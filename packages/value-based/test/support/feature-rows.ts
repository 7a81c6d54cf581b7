import { createFeatureVector, type Features } from '@gradus/value-based';

/** x(s) with its zeros, [d]. */
export function featuresOf(features: Features, observation: ArrayLike<number>): number[] {
  const vector = createFeatureVector(features);
  features.write(Float32Array.from(observation), 0, vector);
  const row = new Array<number>(features.count).fill(0);
  for (let k = 0; k < vector.length; k++) row[vector.indices[k]] += vector.values[k];
  return row;
}
