import type { Body, Fixture, FixtureOpt, Vec2Value, World } from 'planck';

/** Seconds of a step, and the iterations with which Gymnasium has Box2D solve it. */
const STEP = { seconds: 1 / 50, velocityIterations: 180, positionIterations: 60 };

/** Steps of both worlds a second. */
export const STEPS_PER_SECOND: number = 1 / STEP.seconds;

/** How moving parts collide: with the ground, not with each other. */
export const partFilter: FixtureOpt = { filterCategoryBits: 0x20, filterMaskBits: 0x1 };

/** The category of the ground, which all collide with. */
const GROUND = 0x1;

/** Moves the world on by 1/50 s. */
export function advanceWorld(world: World): void {
  world.step(STEP.seconds, STEP.velocityIterations, STEP.positionIterations);
}

/** Whether moving parts collide with it. */
export function isGround(fixture: Fixture): boolean {
  return (fixture.getFilterCategoryBits() & GROUND) !== 0;
}

/**
 * Of each body, how many things it touches right now. Counted rather than remembered as a flag, so that it does not matter in which order the events
 * of a step come: planck 1.5.0 tells of the newest body first, Box2D of the oldest.
 */
export class TouchCounter {
  private readonly counts = new Map<Body, number>();

  constructor(world: World) {
    world.on('begin-contact', (contact) => this.add(contact.getFixtureA(), contact.getFixtureB(), 1));
    world.on('end-contact', (contact) => this.add(contact.getFixtureA(), contact.getFixtureB(), -1));
  }

  isTouching(body: Body): boolean {
    return (this.counts.get(body) ?? 0) > 0;
  }

  /** Whether it ever touched anything, be it for a part of a step. */
  hasTouched(body: Body): boolean {
    return this.counts.has(body);
  }

  private add(a: Fixture, b: Fixture, change: number): void {
    for (const body of [a.getBody(), b.getBody()]) this.counts.set(body, (this.counts.get(body) ?? 0) + change);
  }
}

/** Where a body is, in metres (y up) and radians counter-clockwise. */
export function poseOf(body: Body): { x: number; y: number; angle: number } {
  const { x, y } = body.getPosition();
  return { x, y, angle: body.getAngle() };
}

/** Corners given in pixels of Gymnasium's pictures, in metres. */
export function metres(pixels: readonly (readonly [x: number, y: number])[], scale: number): Vec2Value[] {
  return pixels.map(([x, y]) => ({ x: x / scale, y: y / scale }));
}

/** The number nearest to `value` in ±`limit`. */
export function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
