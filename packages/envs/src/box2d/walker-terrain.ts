import type { RandomSource } from '@gradus/core';

/** Lengths in metres, or numbers of steps of the path. */
export const TERRAIN: Readonly<Record<'step' | 'length' | 'height' | 'grass' | 'startPad', number>> = {
  /** From one corner of the ground to the next. */
  step: 14 / 30,
  /** Steps of the whole path. */
  length: 200,
  /** Height at which the path begins, and to which it tends. */
  height: 400 / 30 / 4,
  /** Steps between obstacles, at most, and from the goal to the end of the path. */
  grass: 10,
  /** Flat steps at the start. */
  startPad: 20,
};

/** A point of the terrain. */
interface TerrainPoint {
  readonly x: number;
  readonly y: number;
}

/** What a walker walks through. */
export interface Terrain {
  /** Height of the ground at every step. */
  readonly heights: readonly number[];
  /** Corners of what stands on the ground or holds the sides of a pit. */
  readonly obstacles: readonly (readonly TerrainPoint[])[];
  /** Corners of the clouds. */
  readonly clouds: readonly (readonly TerrainPoint[])[];
}

const { step: STEP } = TERRAIN;
/** How much the slope may change at a step. */
const ROUGHNESS = 1 / 30;
const PIT_DEPTH = 4 * STEP;
const STAIR_WIDTH = 4;
const kinds = ['grass', 'stump', 'stairs', 'pit'] as const;
const CLOUD = { count: TERRAIN.length / 20, corners: 5, width: 15 * STEP, height: 5 * STEP, above: (400 / 30) * 0.75 };

/**
 * The terrain of a new episode as Gymnasium makes it, draw by draw: grass whose slope wanders, in sections of 5 to 9 steps; if `hardcore`, a
 * stump, stairs or a pit between two of them.
 */
export function createTerrain(random: RandomSource, hardcore: boolean): Terrain {
  const heights: number[] = [];
  const obstacles: TerrainPoint[][] = [];
  let kind: (typeof kinds)[number] = 'grass';
  let begins = false;
  /** Steps that are left of the section. */
  let left = TERRAIN.startPad;
  let y = TERRAIN.height;
  let slope = 0;
  /** Height at which the last obstacle began. */
  let base = y;
  let stairs = { count: 0, direction: 1 };

  for (let i = 0; i < TERRAIN.length; i++) {
    const x = i * STEP;
    if (kind === 'grass' && !begins) {
      slope = 0.8 * slope + 0.01 * Math.sign(TERRAIN.height - y);
      if (i > TERRAIN.startPad) slope += ROUGHNESS * random.uniform(-1, 1);
      y += slope;
    } else if (kind === 'stump' && begins) {
      left = 1 + random.integer(2);
      obstacles.push(block(x, y, left * STEP, left * STEP));
    } else if (kind === 'stairs' && begins) {
      stairs = { direction: random.nextFloat() > 0.5 ? 1 : -1, count: 3 + random.integer(2) };
      left = stairs.count * STAIR_WIDTH;
      base = y;
      for (let stair = 0; stair < stairs.count; stair++) {
        const top = y + stair * stairs.direction * STEP;
        obstacles.push(block(x + stair * STAIR_WIDTH * STEP, top - STEP, STAIR_WIDTH * STEP, STEP));
      }
    } else if (kind === 'stairs') {
      // The ground climbs steadily beneath the stairs.
      const climbed = (stairs.count * STAIR_WIDTH - left - stairs.direction) / STAIR_WIDTH;
      y = base + climbed * stairs.direction * STEP;
    } else if (kind === 'pit' && begins) {
      left = 3 + random.integer(2);
      base = y;
      for (const side of [x, x + left * STEP]) obstacles.push(block(side, y - PIT_DEPTH, STEP, PIT_DEPTH));
      left += 2;
    } else if (kind === 'pit') {
      y = left > 1 ? base - PIT_DEPTH : base;
    }
    heights.push(y);
    begins = false;
    if (--left > 0) continue;
    left = TERRAIN.grass / 2 + random.integer(TERRAIN.grass / 2);
    kind = kind === 'grass' && hardcore ? kinds[1 + random.integer(3)] : 'grass';
    begins = true;
  }
  return { heights, obstacles, clouds: Array.from({ length: CLOUD.count }, () => createCloud(random)) };
}

/** Corners of the block whose lower left one is (x, y). */
function block(x: number, y: number, width: number, height: number): TerrainPoint[] {
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
}

function createCloud(random: RandomSource): TerrainPoint[] {
  const x = random.uniform(0, TERRAIN.length) * STEP;
  return Array.from({ length: CLOUD.corners }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / CLOUD.corners;
    return {
      x: x + CLOUD.width * Math.sin(angle) + random.uniform(0, CLOUD.height),
      y: CLOUD.above + CLOUD.height * Math.cos(angle) + random.uniform(0, CLOUD.height),
    };
  });
}
