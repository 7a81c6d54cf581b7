import { diagonal, inverseRoot, times } from './small-matrices.ts';

/**
 * One CMA-ES update at a time, straight from the tutorial's summary (figure 6 and table 1 of arXiv:1604.00772v2): full matrices, C^(−½) anew in each
 * iteration and without eigenvectors. Learns from the candidates that it is given.
 */
export class ReferenceCma {
  mean: Float64Array;
  sigma: number;
  matrix: Float64Array;
  private stepSizePath: Float64Array;
  private covariancePath: Float64Array;
  private generation = 0;

  constructor(initial: Float64Array, sigma: number) {
    this.mean = initial.slice();
    this.sigma = sigma;
    this.matrix = diagonal(initial.map(() => 1));
    this.stepSizePath = new Float64Array(initial.length);
    this.covariancePath = new Float64Array(initial.length);
  }

  tell(candidates: Float64Array, utilities: readonly number[]): void {
    const n = this.mean.length;
    const lambda = utilities.length;
    const mu = Math.floor(lambda / 2);
    const raw = utilities.map((_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1));
    const muEff = total(raw.slice(0, mu)) ** 2 / total(raw.slice(0, mu).map((w) => w * w));
    const muEffMinus = total(raw.slice(mu)) ** 2 / total(raw.slice(mu).map((w) => w * w));
    const c1 = 2 / ((n + 1.3) ** 2 + muEff);
    const cMu = Math.min(1 - c1, (2 * (1 / 4 + muEff + 1 / muEff - 2)) / ((n + 2) ** 2 + (2 * muEff) / 2));
    const cc = (4 + muEff / n) / (n + 4 + (2 * muEff) / n);
    const cSigma = (muEff + 2) / (n + muEff + 5);
    const dSigma = 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma;
    const negative = Math.min(1 + c1 / cMu, 1 + (2 * muEffMinus) / (muEff + 2), (1 - c1 - cMu) / (n * cMu));
    const positiveSum = total(raw.filter((w) => w > 0));
    const negativeSum = -total(raw.filter((w) => w < 0));
    const weights = raw.map((w) => (w >= 0 ? w / positiveSum : (negative * w) / negativeSum));
    const chi = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n ** 2));

    const order = utilities.map((_, k) => k).sort((a, b) => utilities[b] - utilities[a]);
    const steps = order.map((k) => this.mean.map((value, i) => (candidates[k * n + i] - value) / this.sigma));
    const meanStep = this.mean.map((_, i) => total(steps.slice(0, mu).map((y, rank) => weights[rank] * y[i])));
    const root = inverseRoot(this.matrix, n);
    const whitened = times(root, meanStep);
    const gain = Math.sqrt(cSigma * (2 - cSigma) * muEff);
    this.stepSizePath = this.stepSizePath.map((p, i) => (1 - cSigma) * p + gain * whitened[i]);
    const length = Math.sqrt(total([...this.stepSizePath].map((p) => p * p)));
    const bound = (1.4 + 2 / (n + 1)) * chi * Math.sqrt(1 - (1 - cSigma) ** (2 * (this.generation + 1)));
    const h = length < bound ? 1 : 0;
    const pathGain = h * Math.sqrt(cc * (2 - cc) * muEff);
    this.covariancePath = this.covariancePath.map((p, i) => (1 - cc) * p + pathGain * meanStep[i]);
    const pc = this.covariancePath;
    const adjusted = weights.map((w, rank) => {
      if (w >= 0) return w;
      return (w * n) / total([...times(root, steps[rank])].map((z) => z * z));
    });
    const kept = 1 + c1 * (1 - h) * cc * (2 - cc) - c1 - cMu * total(weights);
    this.matrix = this.matrix.map((value, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      const rankMu = total(steps.map((y, rank) => adjusted[rank] * y[i] * y[j]));
      return kept * value + c1 * pc[i] * pc[j] + cMu * rankMu;
    });
    this.mean = this.mean.map((value, i) => value + this.sigma * meanStep[i]);
    this.sigma *= Math.exp((cSigma / dSigma) * (length / chi - 1));
    this.generation++;
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
