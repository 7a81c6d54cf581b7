/** Points that a curve may have; beyond them every second one is dropped, since nobody sees more. */
const MOST_POINTS = 300;

/** A curve that is added to for as long as one likes. */
export class GrowingCurve {
  readonly points: (readonly [x: number, y: number])[] = [];
  /** Of so many points that come one is kept. */
  private interval = 1;
  private come = 0;

  add(x: number, y: number): void {
    if (!Number.isFinite(y)) return;
    if (this.come++ % this.interval !== 0) return;
    this.points.push([x, y]);
    if (this.points.length < MOST_POINTS) return;
    const kept = this.points.filter((_, i) => i % 2 === 0);
    this.points.splice(0, Infinity, ...kept);
    this.interval *= 2;
  }
}
