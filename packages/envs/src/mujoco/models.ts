import { body, capsule, element, floor, hinge, model, planarRoot, slide } from './mjcf.ts';

// Dimensions, masses and coefficients are those of Gymnasium's models of v5 (Towers et al., 2024), which go back to those of
// Todorov, Erez and Tassa (2012), Wawrzynski (2009, the cheetah), Coulom (2002, the swimmer) and Schulman et al. (2015, the ant).

const backwards = [0, -1, 0];
const around = [0, 1, 0];
const up = [0, 0, 1];

/** A leg of hopper and walker, from the hip down. */
function leg(suffix: string, foot: { length: number; halfLength: number; friction: number }): string {
  const { length, halfLength, friction } = foot;
  const middle = -length / 2;
  const toes = [middle - halfLength, 0, 0.1, middle + halfLength, 0, 0.1];
  const skin = { friction: 0.9 };
  return body(
    `thigh${suffix}`,
    [0, 0, -0.2],
    hinge(`thigh${suffix}_joint`, backwards, { range: [-150, 0] }),
    capsule(`thigh${suffix}`, [0, 0, 0, 0, 0, -0.45], 0.05, skin),
    body(
      `leg${suffix}`,
      [0, 0, -0.7],
      hinge(`leg${suffix}_joint`, backwards, { pos: [0, 0, 0.25], range: [-150, 0] }),
      capsule(`leg${suffix}`, [0, 0, 0.25, 0, 0, -0.25], 0.04, skin),
      body(
        `foot${suffix}`,
        [length, 0, -0.35],
        hinge(`foot${suffix}_joint`, backwards, { pos: [-length, 0, 0.1], range: [-45, 45] }),
        capsule(`foot${suffix}`, toes, 0.06, { friction }),
      ),
    ),
  );
}

const torso = capsule('torso', [0, 0, 0.2, 0, 0, -0.2], 0.05, { friction: 0.9 });
const legMotors = (suffix: string, gear: number): { joint: string; gear: number }[] =>
  ['thigh', 'leg', 'foot'].map((part) => ({ joint: `${part}${suffix}_joint`, gear }));

/** A leg with a torso. */
export const hopperModel: string = model({
  angle: 'degree',
  option: { integrator: 'RK4', timestep: 0.002 },
  joint: { armature: 1, damping: 1 },
  geom: { condim: 1, margin: 0.001, solimp: [0.8, 0.8, 0.01] },
  world: [
    floor(),
    body('torso', [0, 0, 1.25], planarRoot(1.25), torso, leg('', { length: 0.13, halfLength: 0.195, friction: 2 })),
  ],
  motors: legMotors('', 200),
});

const walkerFoot = { length: 0.2, halfLength: 0.1, friction: 1.9 };

/** A torso with two legs, which pass through each other. */
export const walker2dModel: string = model({
  angle: 'degree',
  option: { integrator: 'RK4', timestep: 0.002 },
  joint: { armature: 0.01, damping: 0.1 },
  geom: { conaffinity: 0, condim: 3, friction: [0.7, 0.1, 0.1] },
  world: [floor(), body('torso', [0, 0, 1.25], planarRoot(1.25), torso, leg('', walkerFoot), leg('_left', walkerFoot))],
  motors: [...legMotors('', 100), ...legMotors('_left', 100)],
});

/** A bone of the cheetah: where its joint is, how far the middle of the bone is from it, how it is tilted, and half its length. */
interface Bone {
  readonly name: string;
  readonly at: readonly number[];
  readonly middle: readonly number[];
  readonly tilt: number;
  readonly halfLength: number;
  readonly range: readonly number[];
  readonly stiffness: number;
  readonly damping: number;
}

const CHEETAH_RADIUS = 0.046;

function tilted(name: string, pos: readonly number[], tilt: number, halfLength: number): string {
  return element('geom', {
    name,
    type: 'capsule',
    pos,
    axisangle: [...around, tilt],
    size: [CHEETAH_RADIUS, halfLength],
  });
}

/** A leg of bones that hang on each other. */
function limb([bone, ...others]: readonly Bone[]): string {
  const { name, at, middle, tilt, halfLength, ...joint } = bone;
  const below = others.length === 0 ? [] : [limb(others)];
  return body(name, at, hinge(name, around, joint), tilted(name, middle, tilt, halfLength), ...below);
}

// prettier-ignore
const hindLeg: readonly Bone[] = [
  { name: 'bthigh', at: [-0.5, 0, 0], middle: [0.1, 0, -0.13], tilt: -3.8, halfLength: 0.145, range: [-0.52, 1.05], stiffness: 240, damping: 6 },
  { name: 'bshin', at: [0.16, 0, -0.25], middle: [-0.14, 0, -0.07], tilt: -2.03, halfLength: 0.15, range: [-0.785, 0.785], stiffness: 180, damping: 4.5 },
  { name: 'bfoot', at: [-0.28, 0, -0.14], middle: [0.03, 0, -0.097], tilt: -0.27, halfLength: 0.094, range: [-0.4, 0.785], stiffness: 120, damping: 3 },
];
// prettier-ignore
const foreLeg: readonly Bone[] = [
  { name: 'fthigh', at: [0.5, 0, 0], middle: [-0.07, 0, -0.12], tilt: 0.52, halfLength: 0.133, range: [-1, 0.7], stiffness: 180, damping: 4.5 },
  { name: 'fshin', at: [-0.14, 0, -0.24], middle: [0.065, 0, -0.09], tilt: -0.6, halfLength: 0.106, range: [-1.2, 0.87], stiffness: 120, damping: 3 },
  { name: 'ffoot', at: [0.13, 0, -0.18], middle: [0.045, 0, -0.07], tilt: -0.6, halfLength: 0.07, range: [-0.5, 0.5], stiffness: 60, damping: 1.5 },
];
const cheetahGears = [120, 90, 60, 120, 60, 30];

/** Half a cheetah: a fore leg and a hind leg, with springs in their joints. */
export const halfCheetahModel: string = model({
  angle: 'radian',
  totalMass: 14,
  option: { timestep: 0.01 },
  joint: { armature: 0.1, damping: 0.01, stiffness: 8, solimplimit: [0, 0.8, 0.03], solreflimit: [0.02, 1] },
  geom: { conaffinity: 0, condim: 3, friction: [0.4, 0.1, 0.1], solimp: [0, 0.8, 0.01], solref: [0.02, 1] },
  world: [
    floor(),
    body(
      'torso',
      [0, 0, 0.7],
      planarRoot(),
      capsule('torso', [-0.5, 0, 0, 0.5, 0, 0], CHEETAH_RADIUS),
      tilted('head', [0.6, 0, 0.1], 0.87, 0.15),
      limb(hindLeg),
      limb(foreLeg),
    ),
  ],
  motors: [...hindLeg, ...foreLeg].map(({ name }, i) => ({ joint: name, gear: cheetahGears[i] })),
});

const swimmerLink = (name: string): string => capsule(name, [0, 0, 0, -1, 0, 0], 0.1);

/** Three links in a viscous fluid. */
export const swimmerModel: string = model({
  angle: 'degree',
  option: { integrator: 'RK4', timestep: 0.01, density: 4000, viscosity: 0.1 },
  joint: { armature: 0.1 },
  geom: { conaffinity: 0, contype: 0, condim: 1 },
  world: [
    floor(-0.1, { conaffinity: 0 }),
    body(
      'torso',
      [0, 0, 0],
      slide('slider1', [1, 0, 0]),
      slide('slider2', around),
      hinge('free_body_rot', up),
      capsule('torso', [1.5, 0, 0, 0.5, 0, 0], 0.1),
      body(
        'mid',
        [0.5, 0, 0],
        hinge('motor1_rot', up, { range: [-100, 100] }),
        swimmerLink('mid'),
        body('back', [-1, 0, 0], hinge('motor2_rot', up, { range: [-100, 100] }), swimmerLink('back')),
      ),
    ),
  ],
  motors: [
    { joint: 'motor1_rot', gear: 150 },
    { joint: 'motor2_rot', gear: 150 },
  ],
});

/** A cart on a rail of 2 m, and what it carries. */
function cartOnRail(slider: Parameters<typeof slide>[2], load: string): string[] {
  return [
    capsule('rail', [-1, 0, 0, 1, 0, 0], 0.02),
    body(
      'cart',
      [0, 0, 0],
      slide('slider', [1, 0, 0], { range: [-1, 1], ...slider }),
      capsule('cart', [-0.1, 0, 0, 0.1, 0, 0], 0.1),
      load,
    ),
  ];
}

/** A pole on a cart, which leans a little. */
export const invertedPendulumModel: string = model({
  angle: 'degree',
  option: { integrator: 'RK4', timestep: 0.02 },
  joint: { armature: 0, damping: 1 },
  geom: { contype: 0, friction: [1, 0.1, 0.1] },
  world: cartOnRail(
    {},
    body(
      'pole',
      [0, 0, 0],
      hinge('hinge', around, { range: [-90, 90] }),
      capsule('pole', [0, 0, 0, 0.001, 0, 0.6], 0.049),
    ),
  ),
  motors: [{ joint: 'slider', gear: 100 }],
  maxControl: 3,
});

const pole = capsule('', [0, 0, 0, 0, 0, 0.6], 0.045).replace(' name=""', '');

/** Two poles on each other, on a cart, in gravity that is not quite straight. */
export const invertedDoublePendulumModel: string = model({
  angle: 'degree',
  option: { integrator: 'RK4', timestep: 0.01, gravity: [1e-5, 0, -9.81] },
  joint: { damping: 0.05 },
  geom: { contype: 0, friction: [1, 0.1, 0.1] },
  world: [
    floor(-3),
    ...cartOnRail(
      { margin: 0.01 },
      body(
        'pole',
        [0, 0, 0],
        hinge('hinge', around),
        pole,
        body('pole2', [0, 0, 0.6], hinge('hinge2', around), pole, element('site', { name: 'tip', pos: [0, 0, 0.6] })),
      ),
    ),
  ],
  motors: [{ joint: 'slider', gear: 500 }],
});

const reacherLink = (name: string): string => capsule(name, [0, 0, 0, 0.1, 0, 0], 0.01);
const ball = (name: string, radius: number, options = {}): string =>
  element('geom', { name, type: 'sphere', size: radius, contype: 0, ...options });

/** An arm of two links, and a target in its plane. */
export const reacherModel: string = model({
  angle: 'radian',
  option: { integrator: 'RK4', timestep: 0.01 },
  joint: { armature: 1, damping: 1 },
  geom: { contype: 0, friction: [1, 0.1, 0.1] },
  world: [
    body(
      'body0',
      [0, 0, 0.01],
      hinge('joint0', up),
      reacherLink('link0'),
      body(
        'body1',
        [0.1, 0, 0],
        hinge('joint1', up, { range: [-3, 3] }),
        reacherLink('link1'),
        body('fingertip', [0.11, 0, 0], ball('fingertip', 0.01)),
      ),
    ),
    body(
      'target',
      [0.1, -0.1, 0.01],
      slide('target_x', [1, 0, 0], { armature: 0, damping: 0, stiffness: 0, range: [-0.27, 0.27], ref: 0.1 }),
      slide('target_y', around, { armature: 0, damping: 0, stiffness: 0, range: [-0.27, 0.27], ref: -0.1 }),
      ball('target', 0.009, { conaffinity: 0 }),
    ),
  ],
  motors: [
    { joint: 'joint0', gear: 200 },
    { joint: 'joint1', gear: 200 },
  ],
});

/** A leg of the ant, in the direction (x, y) of which both are 1 or −1. */
function antLeg(i: number, x: number, y: number): string {
  const bone = (name: string, length: number): string =>
    capsule(`${name}${i}`, [0, 0, 0, x * length, y * length, 0], 0.08);
  const end = [0.2 * x, 0.2 * y, 0];
  // Ankles of legs 1 and 4 bend the other way round.
  const range = i === 1 || i === 4 ? [30, 70] : [-70, -30];
  return body(
    `leg${i}`,
    [0, 0, 0],
    bone('aux', 0.2),
    body(
      `thigh${i}`,
      end,
      hinge(`hip_${i}`, up, { range: [-30, 30] }),
      bone('thigh', 0.2),
      body(`shin${i}`, end, hinge(`ankle_${i}`, [i % 2 === 1 ? -1 : 1, 1, 0], { range }), bone('shin', 0.4)),
    ),
  );
}

/** Four legs around a ball. */
export const antModel: string = model({
  angle: 'degree',
  option: { integrator: 'RK4', timestep: 0.01 },
  joint: { armature: 1, damping: 1 },
  geom: { conaffinity: 0, condim: 3, density: 5, friction: [1, 0.5, 0.5], margin: 0.01 },
  world: [
    floor(),
    body(
      'torso',
      [0, 0, 0.75],
      element('joint', { name: 'root', type: 'free', armature: 0, damping: 0, limited: false, margin: 0.01 }),
      element('geom', { name: 'torso', type: 'sphere', size: 0.25 }),
      antLeg(1, 1, 1),
      antLeg(2, -1, 1),
      antLeg(3, -1, -1),
      antLeg(4, 1, -1),
    ),
  ],
  motors: [4, 1, 2, 3].flatMap((i) => [`hip_${i}`, `ankle_${i}`].map((joint) => ({ joint, gear: 150 }))),
});
