import {
  Box,
  flag,
  type Env,
  type RandomSource,
  type RenderContext,
  type SpaceValue,
  type Stateful,
} from '@gradus/core';
import { Box as BoxShape, Edge, Polygon, World, type Body, type FixtureDef, type RevoluteJoint } from 'planck';
import { envOptions } from '../env-options.ts';
import { bipedalWalkerFormat, renderBipedalWalker } from '../rendering/bipedal-walker.ts';
import { STEPS_PER_SECOND, TouchCounter, advanceWorld, clip, isGround, metres, partFilter, poseOf } from './physics.ts';
import { LegJoint } from './leg-joint.ts';
import { envFromSimulation, type SimulatedEpisode } from './simulation.ts';
import { TERRAIN, createTerrain, type Terrain } from './walker-terrain.ts';

/** What may be changed about the walker. */
export interface BipedalWalkerOptions {
  /** Stumps, stairs and pits on the way. Default false; true in BipedalWalkerHardcore-v3. */
  readonly hardcore?: boolean | undefined;
  /** Steps after which an episode is truncated. Default 1600 (BipedalWalker-v3), with `hardcore` 2000. */
  readonly maxEpisodeSteps?: number | undefined;
}

/** Lengths are those of Gymnasium's pictures in pixels, over this. */
const SCALE = 30;
const WIDTH = 600 / SCALE;
const HEIGHT = 400 / SCALE;

const HULL = metres(
  [
    [-30, 9],
    [6, 9],
    [34, 1],
    [34, -8],
    [-30, -8],
  ],
  SCALE,
);
const LEG = { width: 8 / SCALE, lowerWidth: 6.4 / SCALE, height: 34 / SCALE, hipHeight: -8 / SCALE };
const MOTOR = { torque: 80, hipSpeed: 4, kneeSpeed: 6, cost: 0.00035 };
const LIDAR = { rays: 10, range: 160 / SCALE };
const INITIAL_FORCE = 5;

const START = { x: (TERRAIN.step * TERRAIN.startPad) / 2, y: TERRAIN.height + 2 * LEG.height };
const GOAL = (TERRAIN.length - TERRAIN.grass) * TERRAIN.step;

/** Gymnasium's but for the angle, ±π there: a walker that turns over goes on counting. */
const bodyLimits = [Infinity, 5, 5, 5];
const legLimits = [Math.PI, 5, Math.PI, 5];
const rays = new Array<number>(LIDAR.rays).fill(1);
const negative = (limits: readonly number[]): number[] => limits.map((limit) => -limit);
const observationSpace = new Box(
  [...negative(bodyLimits), ...negative(legLimits), 0, ...negative(legLimits), 0, ...negative(rays)],
  [...bodyLimits, ...legLimits, 5, ...legLimits, 5, ...rays],
);

/**
 * BipedalWalker-v3 of Gymnasium: walk to the end of a rough path on two legs. Action: for the hip and knee of each leg the direction of its motor and how
 * much of its torque it may use, clipped to ±1. Observation: the hull's angle, 0.04 × angular velocity, velocity (0.12 × its x, 0.08 × its y part); for
 * each leg the angles and speeds of hip and knee (speed of a motor is 1, knees are bent by angle − 1) and 1 if it stands on the ground; how far ten rays
 * reach, from straight down to almost ahead, 1 where they hit nothing within 5.3 m. The hull's angle has no bounds: Gymnasium's space has ±π, which a walker that
 * turns over leaves there, too: with hopping actions in most episodes, with random ones somewhere within 10⁶ steps. The potential
 *
 *     Φ = 130 x / 30 − 5 |angle|
 *
 * pays Φ(s') − Φ(s), less 0.028 × the torque used. Touching the ground with the hull and going back behind the start pay −100 instead and end the
 * episode, as does the end of the path. On planck 1.5.0 in float64. Its first observation is Gymnasium's within 10⁻⁶; what follows is alike only on average, since the walker starts with both feet on a corner of the ground, where what happens depends on the order of contacts.
 * Throws `RangeError` for options out of range.
 */
export function bipedalWalker(options: BipedalWalkerOptions = {}): Env<SpaceValue> & Stateful {
  const { hardcore = false } = envOptions('bipedalWalker', options, { hardcore: flag });
  const { maxEpisodeSteps = hardcore ? 2000 : 1600 } = options;
  return envFromSimulation({
    observationSpace,
    actionSpace: new Box(-1, 1, [4]),
    maxEpisodeSteps,
    renderFormat: bipedalWalkerFormat,
    description: `bipedalWalker ${JSON.stringify({ hardcore })}`,
    begin: (random) => new BipedalWalkerEpisode(random, createTerrain(random, hardcore)),
  });
}

interface Leg {
  readonly hip: RevoluteJoint;
  readonly knee: RevoluteJoint;
  readonly upper: Body;
  readonly lower: Body;
}

class BipedalWalkerEpisode implements SimulatedEpisode {
  private readonly world = new World({ gravity: { x: 0, y: -10 } });
  private readonly touches = new TouchCounter(this.world);
  private readonly terrain: Terrain;
  private readonly hull: Body;
  private readonly legs: readonly Leg[];
  private readonly reaches = new Float64Array(LIDAR.rays);
  private potential: number | undefined;

  constructor(random: RandomSource, terrain: Terrain) {
    this.terrain = terrain;
    this.createGround();
    this.hull = this.createPart(START, 0, {
      shape: new Polygon(HULL),
      density: 5,
      friction: 0.1,
    });
    this.hull.applyForceToCenter({ x: random.uniform(-INITIAL_FORCE, INITIAL_FORCE), y: 0 }, true);
    this.legs = [-1, 1].map((side) => this.createLeg(side));
    // Gymnasium begins with a step in which nothing is done.
    this.step([0, 0, 0, 0]);
  }

  step(action: readonly number[]): { reward: number; terminated: boolean } {
    this.legs.forEach(({ hip, knee }, i) => {
      drive(hip, action[2 * i], MOTOR.hipSpeed);
      drive(knee, action[2 * i + 1], MOTOR.kneeSpeed);
    });
    advanceWorld(this.world);
    this.look();

    const { x } = this.hull.getPosition();
    const previous = this.potential;
    this.potential = (130 * x) / SCALE - 5 * Math.abs(this.hull.getAngle());
    let reward = previous === undefined ? 0 : this.potential - previous;
    for (const power of action) reward -= MOTOR.cost * MOTOR.torque * Math.min(Math.abs(power), 1);
    if (this.touches.hasTouched(this.hull) || x < 0) return { reward: -100, terminated: true };
    return { reward, terminated: x > GOAL };
  }

  observe(): Float32Array {
    const { hull, legs } = this;
    const velocity = hull.getLinearVelocity();
    const observation = new Float32Array(observationSpace.size);
    observation[0] = hull.getAngle();
    observation[1] = (2 * hull.getAngularVelocity()) / STEPS_PER_SECOND;
    observation[2] = (0.3 * velocity.x * WIDTH) / STEPS_PER_SECOND;
    observation[3] = (0.3 * velocity.y * HEIGHT) / STEPS_PER_SECOND;
    legs.forEach(({ hip, knee, lower }, i) => {
      const start = 4 + 5 * i;
      observation[start] = hip.getJointAngle();
      observation[start + 1] = hip.getJointSpeed() / MOTOR.hipSpeed;
      observation[start + 2] = knee.getJointAngle() + 1;
      observation[start + 3] = knee.getJointSpeed() / MOTOR.kneeSpeed;
      observation[start + 4] = this.touches.isTouching(lower) ? 1 : 0;
    });
    observation.set(this.reaches, 14);
    return observation;
  }

  render(context: RenderContext): void {
    renderBipedalWalker(context, {
      width: WIDTH,
      step: TERRAIN.step,
      goal: GOAL,
      terrain: this.terrain,
      hull: { corners: HULL, pose: poseOf(this.hull) },
      legs: this.legs.flatMap(({ upper, lower }) => [
        { pose: poseOf(upper), width: LEG.width, height: LEG.height },
        { pose: poseOf(lower), width: LEG.lowerWidth, height: LEG.height },
      ]),
      rays: Array.from(this.reaches, (reach, i) => rayEnd(i, reach)),
    });
  }

  private createGround(): void {
    const { heights, obstacles } = this.terrain;
    const friction = 2.5;
    // One body, of which planck looks at each in every step. Gymnasium has one for each fixture, which leads to the same.
    const ground = this.world.createBody();
    for (const corners of obstacles) ground.createFixture({ shape: new Polygon([...corners]), friction });
    for (let i = 0; i + 1 < heights.length; i++) {
      const shape = new Edge({ x: i * TERRAIN.step, y: heights[i] }, { x: (i + 1) * TERRAIN.step, y: heights[i + 1] });
      ground.createFixture({ shape, friction });
    }
  }

  private createPart(position: { x: number; y: number }, angle: number, fixture: FixtureDef): Body {
    const part = this.world.createDynamicBody({ position, angle });
    part.createFixture({ restitution: 0, ...fixture, ...partFilter });
    return part;
  }

  private createLeg(side: number): Leg {
    const angle = side * 0.05;
    const y = START.y - LEG.hipHeight;
    const part = (width: number, legHeights: number): Body =>
      this.createPart({ x: START.x, y: y - legHeights * LEG.height }, angle, {
        shape: new BoxShape(width / 2, LEG.height / 2),
        density: 1,
      });
    const upper = part(LEG.width, 0.5);
    const hip = this.createJoint(this.hull, upper, LEG.hipHeight, side, [-0.8, 1.1]);
    const lower = part(LEG.lowerWidth, 1.5);
    const knee = this.createJoint(upper, lower, -LEG.height / 2, 1, [-1.6, -0.1]);
    return { hip, knee, upper, lower };
  }

  /** Hangs the upper end of `bodyB` on `bodyA`, at `anchor` above its origin. */
  private createJoint(
    bodyA: Body,
    bodyB: Body,
    anchor: number,
    motorSpeed: number,
    [lowerAngle, upperAngle]: readonly [number, number],
  ): RevoluteJoint {
    // Without a reference angle planck takes the one between the bodies, as pybox2d does.
    const joint = new LegJoint({
      bodyA,
      bodyB,
      localAnchorA: { x: 0, y: anchor },
      localAnchorB: { x: 0, y: LEG.height / 2 },
      maxMotorTorque: MOTOR.torque,
      motorSpeed,
      lowerAngle,
      upperAngle,
    });
    this.world.createJoint(joint);
    return joint;
  }

  /** Measures how much of each ray is free. */
  private look(): void {
    const from = this.hull.getPosition();
    for (let i = 0; i < LIDAR.rays; i++) {
      const ray = rayEnd(i, 1);
      let reach = 1;
      this.world.rayCast(from, { x: from.x + ray.x, y: from.y + ray.y }, (fixture, _point, _normal, fraction) => {
        // −1: the ray goes through the walker itself. A fraction: it is no longer than this.
        if (!isGround(fixture)) return -1;
        reach = fraction;
        return fraction;
      });
      this.reaches[i] = reach;
    }
  }
}

function drive(joint: RevoluteJoint, action: number, speed: number): void {
  joint.setMotorSpeed(speed * Math.sign(action));
  joint.setMaxMotorTorque(MOTOR.torque * Math.abs(clip(action, 1)));
}

/** Where the ray number `i`, of which `reach` is left, ends from where it begins. */
function rayEnd(i: number, reach: number): { x: number; y: number } {
  const angle = (1.5 * i) / LIDAR.rays;
  return { x: Math.sin(angle) * LIDAR.range * reach, y: -Math.cos(angle) * LIDAR.range * reach };
}
