import {
  Box,
  Discrete,
  flag,
  nonNegativeNumber,
  type Env,
  type RandomSource,
  type RenderContext,
  type SpaceValue,
  type Stateful,
} from '@gradus/core';
import { Box as BoxShape, Edge, Polygon, World, type Body } from 'planck';
import { envOptions } from '../env-options.ts';
import { lunarLanderFormat, renderLunarLander } from '../rendering/lunar-lander.ts';
import { STEPS_PER_SECOND, TouchCounter, advanceWorld, clip, metres, partFilter, poseOf } from './physics.ts';
import { LegJoint } from './leg-joint.ts';
import { envFromSimulation, type SimulatedEpisode, type Simulation } from './simulation.ts';

/** What may be changed about the lander. */
export interface LunarLanderOptions {
  /** Engines with throttles instead of switches. Default false; true in LunarLanderContinuous-v3. */
  readonly continuous?: boolean | undefined;
  /** Vertical acceleration in m/s², between −12 and 0. Default −10. */
  readonly gravity?: number | undefined;
  /** Whether wind blows while no leg is down. Default false. */
  readonly enableWind?: boolean | undefined;
  /** The largest force of the wind, in N, at least 0; Gymnasium recommends at most 20. Default 15. */
  readonly windPower?: number | undefined;
  /** The largest torque of the wind, in N m, at least 0; Gymnasium recommends at most 2. Default 1.5. */
  readonly turbulencePower?: number | undefined;
  /** Steps after which an episode is truncated. Default 1000 (LunarLander-v3). */
  readonly maxEpisodeSteps?: number | undefined;
}

/** Lengths are those of Gymnasium's pictures in pixels, over this. */
const SCALE = 30;
const WIDTH = 600 / SCALE;
const HEIGHT = 400 / SCALE;
const PAD_HEIGHT = HEIGHT / 4;
/** Corners of the ground. The pad is the fifth to the seventh, and the two beside it are as high. */
const CORNERS = 11;
const PAD_CORNERS = { first: 3, last: 7 };

const HULL = metres(
  [
    [-14, 17],
    [-17, 0],
    [-17, -10],
    [17, -10],
    [17, 0],
    [14, 17],
  ],
  SCALE,
);
const LEG = {
  away: 20 / SCALE,
  down: 18 / SCALE,
  halfWidth: 2 / SCALE,
  halfHeight: 8 / SCALE,
  springTorque: 40,
  springSpeed: 0.3,
};
const INITIAL_FORCE = 1000;
const MAIN_ENGINE = { power: 13, down: 4 / SCALE, cost: 0.3 };
/** A side engine's push is felt further up the hull's axis, by other lengths in x and in y: Gymnasium's numbers. */
const SIDE_ENGINE = { power: 0.6, away: 12 / SCALE, upX: 17 / SCALE, upY: 14 / SCALE, cost: 0.03 };

const limitsOfSpace = [2.5, 2.5, 10, 10, 2 * Math.PI, 10];
const observationSpace = new Box([...limitsOfSpace.map((limit) => -limit), 0, 0], [...limitsOfSpace, 1, 1]);

/**
 * LunarLander-v3 of Gymnasium: land between the flags, softly, upright and with little fuel. Actions: nothing, the left engine (which pushes right), the
 * main engine, the right engine. If `continuous`: the main engine's throttle (off up to 0, above it from half to full power) and the side engines' (right
 * below −0.5, left above 0.5), clipped to ±1. Observation: position from the pad in half widths and heights of the picture, velocity in fiftieths of them
 * a step, angle, 0.4 × angular velocity, and 1 for each leg that is down. A lander that flies away leaves the space's bounds, as Gymnasium's does.
 * The potential
 *
 *     Φ = −100 ‖position‖ − 100 ‖velocity‖ − 100 |angle| + 10 · (legs that are down)
 *
 * pays Φ(s') − Φ(s), less 0.3 × the main engine's power and 0.03 × a side engine's. Touching the ground with more than the legs and leaving sideways pay
 * −100 instead, coming to rest +100, and end the episode. Its numbers, of planck 1.5.0 in float64, stay within 10⁻⁴ of Gymnasium's over a whole landing.
 * Throws `RangeError` for options out of range.
 */
export function lunarLander(options: LunarLanderOptions = {}): Env<SpaceValue> & Stateful {
  return envFromSimulation(lunarLanderSimulation(options));
}

/** What `lunarLander` plays: tests begin its episodes with recorded random numbers. */
export function lunarLanderSimulation(options: LunarLanderOptions = {}): Simulation {
  const {
    continuous = false,
    gravity = -10,
    enableWind = false,
    windPower = 15,
    turbulencePower = 1.5,
    maxEpisodeSteps = 1000,
  } = envOptions('lunarLander', options, {
    continuous: flag,
    gravity: {
      expected: 'a number between -12 and 0',
      accepts: (value) => typeof value === 'number' && value > -12 && value < 0,
    },
    enableWind: flag,
    windPower: nonNegativeNumber,
    turbulencePower: nonNegativeNumber,
  });
  return {
    observationSpace,
    actionSpace: continuous ? new Box(-1, 1, [2]) : new Discrete(4),
    maxEpisodeSteps,
    renderFormat: lunarLanderFormat,
    description: `lunarLander ${JSON.stringify({ continuous, gravity, enableWind, windPower, turbulencePower })}`,
    begin: (random) => {
      const wind = { force: windPower, torque: turbulencePower };
      return new LunarLanderEpisode(random, { continuous, gravity, wind: enableWind ? wind : undefined });
    },
  };
}

interface EpisodeOptions {
  readonly continuous: boolean;
  readonly gravity: number;
  readonly wind: { readonly force: number; readonly torque: number } | undefined;
}

class LunarLanderEpisode implements SimulatedEpisode {
  private readonly random: RandomSource;
  private readonly options: EpisodeOptions;
  private readonly world: World;
  private readonly touches: TouchCounter;
  private readonly ground: number[];
  private readonly lander: Body;
  private readonly legs: readonly Body[];
  /** Where in their patterns the wind and its turbulence are. */
  private readonly windTime = { force: 0, torque: 0 };
  private potential: number | undefined;
  /** Powers of the engines in the last step, for the picture. */
  private engines = { main: 0, side: 0 };

  constructor(random: RandomSource, options: EpisodeOptions) {
    this.random = random;
    this.options = options;
    this.world = new World({ gravity: { x: 0, y: options.gravity } });
    this.touches = new TouchCounter(this.world);
    this.ground = this.createGround();
    this.lander = this.createLander();
    if (options.wind) {
      this.windTime.force = random.integer(19_998) - 9_999;
      this.windTime.torque = random.integer(19_998) - 9_999;
    }
    this.legs = [-1, 1].map((side) => this.createLeg(side));
    // Gymnasium begins with a step in which nothing is done.
    this.step(options.continuous ? [0, 0] : [0]);
  }

  step(action: readonly number[]): { reward: number; terminated: boolean } {
    this.blow();
    const [main, side] = this.options.continuous ? throttles(action[0], action[1]) : switches(action[0]);
    this.engines = { main, side };
    this.fire(main, side);
    advanceWorld(this.world);

    const [x, y, speedX, speedY, angle, , leftDown, rightDown] = this.observe();
    const previous = this.potential;
    this.potential =
      -100 * Math.hypot(x, y) - 100 * Math.hypot(speedX, speedY) - 100 * Math.abs(angle) + 10 * (leftDown + rightDown);
    let reward = previous === undefined ? 0 : this.potential - previous;
    reward -= MAIN_ENGINE.cost * main + SIDE_ENGINE.cost * Math.abs(side);
    if (this.touches.hasTouched(this.lander) || Math.abs(x) >= 1) return { reward: -100, terminated: true };
    if (!this.lander.isAwake()) return { reward: 100, terminated: true };
    return { reward, terminated: false };
  }

  observe(): Float32Array {
    const { x, y } = this.lander.getPosition();
    const velocity = this.lander.getLinearVelocity();
    return Float32Array.of(
      (x - WIDTH / 2) / (WIDTH / 2),
      (y - (PAD_HEIGHT + LEG.down)) / (HEIGHT / 2),
      (velocity.x * (WIDTH / 2)) / STEPS_PER_SECOND,
      (velocity.y * (HEIGHT / 2)) / STEPS_PER_SECOND,
      this.lander.getAngle(),
      (20 * this.lander.getAngularVelocity()) / STEPS_PER_SECOND,
      this.touches.isTouching(this.legs[0]) ? 1 : 0,
      this.touches.isTouching(this.legs[1]) ? 1 : 0,
    );
  }

  render(context: RenderContext): void {
    renderLunarLander(context, {
      width: WIDTH,
      ground: this.ground,
      padHeight: PAD_HEIGHT,
      hull: HULL,
      leg: LEG,
      lander: poseOf(this.lander),
      legs: this.legs.map(poseOf),
      engines: this.engines,
    });
  }

  /** Heights of the ground's corners: smoothed random ones, and the pad. */
  private createGround(): number[] {
    const drawn = Array.from({ length: CORNERS + 1 }, () => this.random.uniform(0, HEIGHT / 2));
    drawn.fill(PAD_HEIGHT, PAD_CORNERS.first, PAD_CORNERS.last + 1);
    // Before the first comes the last, which is why one more is drawn than there are corners; and it is 0.33, not a third.
    const heights = Array.from(
      { length: CORNERS },
      (_, i) => 0.33 * (drawn[(i + CORNERS) % (CORNERS + 1)] + drawn[i] + drawn[i + 1]),
    );
    const moon = this.world.createBody();
    moon.createFixture({ shape: new Edge({ x: 0, y: 0 }, { x: WIDTH, y: 0 }) });
    for (let i = 0; i + 1 < CORNERS; i++) {
      const shape = new Edge({ x: cornerX(i), y: heights[i] }, { x: cornerX(i + 1), y: heights[i + 1] });
      moon.createFixture({ shape, friction: 0.1 });
    }
    return heights;
  }

  private createLander(): Body {
    const lander = this.world.createDynamicBody({ x: WIDTH / 2, y: HEIGHT });
    lander.createFixture({ shape: new Polygon(HULL), density: 5, friction: 0.1, restitution: 0, ...partFilter });
    const force = {
      x: this.random.uniform(-INITIAL_FORCE, INITIAL_FORCE),
      y: this.random.uniform(-INITIAL_FORCE, INITIAL_FORCE),
    };
    lander.applyForceToCenter(force, true);
    return lander;
  }

  /** Leg −1, which is on the right, or 1. A motor pushes it outwards like a spring. */
  private createLeg(side: number): Body {
    const leg = this.world.createDynamicBody({
      position: { x: WIDTH / 2 - side * LEG.away, y: HEIGHT },
      angle: side * 0.05,
    });
    leg.createFixture({
      shape: new BoxShape(LEG.halfWidth, LEG.halfHeight),
      density: 1,
      restitution: 0,
      ...partFilter,
    });
    // Without a reference angle planck takes the one between the bodies, as pybox2d does.
    const joint = new LegJoint({
      bodyA: this.lander,
      bodyB: leg,
      localAnchorA: { x: 0, y: 0 },
      localAnchorB: { x: side * LEG.away, y: LEG.down },
      maxMotorTorque: LEG.springTorque,
      motorSpeed: LEG.springSpeed * side,
      lowerAngle: side === -1 ? 0.9 - 0.5 : -0.9,
      upperAngle: side === -1 ? 0.9 : -0.9 + 0.5,
    });
    this.world.createJoint(joint);
    return leg;
  }

  private blow(): void {
    const { wind } = this.options;
    if (!wind || this.legs.some((leg) => this.touches.isTouching(leg))) return;
    this.lander.applyForceToCenter({ x: gust(this.windTime.force++) * wind.force, y: 0 }, true);
    this.lander.applyTorque(gust(this.windTime.torque++) * wind.torque, true);
  }

  /** Pushes with the engines' powers, scattered a little. `side` is −1 for the left engine at full power, 1 for the right one. */
  private fire(main: number, side: number): void {
    const sine = Math.sin(this.lander.getAngle());
    const cosine = Math.cos(this.lander.getAngle());
    // Drawn in every step, whether an engine fires or not.
    const scatterA = this.random.uniform(-1, 1) / SCALE;
    const scatterB = this.random.uniform(-1, 1) / SCALE;
    const { x, y } = this.lander.getPosition();
    if (main > 0) {
      const down = MAIN_ENGINE.down + 2 * scatterA;
      const push = { x: sine * down - cosine * scatterB, y: -cosine * down - sine * scatterB };
      const strength = -MAIN_ENGINE.power * main;
      this.lander.applyLinearImpulse({ x: push.x * strength, y: push.y * strength }, { x: x + push.x, y: y + push.y });
    }
    if (side !== 0) {
      const away = 3 * scatterB + Math.sign(side) * SIDE_ENGINE.away;
      const push = { x: sine * scatterA - cosine * away, y: -cosine * scatterA - sine * away };
      const strength = -SIDE_ENGINE.power * Math.abs(side);
      this.lander.applyLinearImpulse(
        { x: push.x * strength, y: push.y * strength },
        { x: x + push.x - sine * SIDE_ENGINE.upX, y: y + push.y + cosine * SIDE_ENGINE.upY },
      );
    }
  }
}

/** Powers of the main engine (0 or 1) and the side engines (−1, 0 or 1) by the number of an action. */
function switches(action: number): [main: number, side: number] {
  return [action === 2 ? 1 : 0, action === 1 ? -1 : action === 3 ? 1 : 0];
}

/** The same by throttles, of which engines take no less than half of their power. */
function throttles(main: number, side: number): [main: number, side: number] {
  const mainThrottle = clip(main, 1);
  const sideThrottle = clip(side, 1);
  return [mainThrottle > 0 ? 0.5 * (mainThrottle + 1) : 0, Math.abs(sideThrottle) > 0.5 ? sideThrottle : 0];
}

/** Between −1 and 1, never repeating itself (Gymnasium's formula). */
function gust(time: number): number {
  return Math.tanh(Math.sin(0.02 * time) + Math.sin(Math.PI * 0.01 * time));
}

function cornerX(i: number): number {
  return (WIDTH / (CORNERS - 1)) * i;
}
