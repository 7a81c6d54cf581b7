import { c51 } from './c51.ts';
import type { Distribution } from './distribution.ts';
import { expectedValues } from './expected-values.ts';
import { qrDqn } from './qr-dqn.ts';
import type { ValueHead } from './value-head.ts';

/** The head for a distribution; `loss` is that of expectations. */
export function chooseValueHead(distribution: Distribution, loss: 'squared' | 'huber'): ValueHead {
  if (distribution === null) return expectedValues(loss);
  return distribution.kind === 'categorical' ? c51(distribution) : qrDqn(distribution);
}
