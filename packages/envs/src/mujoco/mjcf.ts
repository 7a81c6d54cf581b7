/** Attributes of an element of MuJoCo's models: numbers side by side where there are several. */
type Attributes = Readonly<Record<string, string | number | boolean | readonly number[]>>;

/** An element of MJCF, MuJoCo's language for models, with what is in it. */
export function element(tag: string, attributes: Attributes = {}, ...content: readonly string[]): string {
  const text = Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${Array.isArray(value) ? value.join(' ') : String(value)}"`)
    .join('');
  return content.length === 0 ? `<${tag}${text}/>` : `<${tag}${text}>${content.join('')}</${tag}>`;
}

/** What a model is made of. */
export interface ModelParts {
  readonly angle: 'degree' | 'radian';
  /** Kilograms to which all masses are scaled together. */
  readonly totalMass?: number;
  readonly option: Attributes;
  readonly joint: Attributes;
  readonly geom: Attributes;
  readonly world: readonly string[];
  /** Names of the joints with motors, in the order of actions. */
  readonly motors: readonly { readonly joint: string; readonly gear: number }[];
  /** Largest control of a motor. Default 1. */
  readonly maxControl?: number;
}

/**
 * The model of these parts. It says how much memory a simulation needs, since MuJoCo would take 13 MB for each, of the 2 GB that all of them share.
 */
export function model({ angle, totalMass, option, joint, geom, world, motors, maxControl = 1 }: ModelParts): string {
  const total = totalMass === undefined ? {} : { settotalmass: totalMass };
  return element(
    'mujoco',
    {},
    element('compiler', { angle, inertiafromgeom: true, ...total }),
    element('option', option),
    element('size', { memory: '256K' }),
    element('default', {}, element('joint', joint), element('geom', geom)),
    element('worldbody', {}, ...world),
    element(
      'actuator',
      {},
      ...motors.map((motor) => element('motor', { ...motor, ctrllimited: true, ctrlrange: [-maxControl, maxControl] })),
    ),
  );
}

/** A part that moves against what it is in. */
export function body(name: string, pos: readonly number[], ...content: readonly string[]): string {
  return element('body', { name, pos }, ...content);
}

/** A hinge at `pos` of its body that turns around `axis`, within `range`, in the model's angles, if there is one. */
export function hinge(name: string, axis: readonly number[], options: Attributes = {}): string {
  return element('joint', { name, type: 'hinge', axis, limited: 'range' in options, ...options });
}

/** A joint that slides along `axis`. */
export function slide(name: string, axis: readonly number[], options: Attributes = {}): string {
  return element('joint', { name, type: 'slide', axis, limited: 'range' in options, ...options });
}

/** Joints of a body that moves freely in the plane of x and z. `height`: where it is when its z is that. */
export function planarRoot(height?: number): string {
  const free = { armature: 0, damping: 0, stiffness: 0 };
  const at = height === undefined ? {} : { pos: [0, 0, -height] };
  return [
    slide('rootx', [1, 0, 0], { ...free, ...at }),
    slide('rootz', [0, 0, 1], { ...free, ...at, ...(height === undefined ? {} : { ref: height }) }),
    hinge('rooty', [0, 1, 0], free),
  ].join('');
}

/** A cylinder from one point of its body to another, with round ends. */
export function capsule(name: string, fromto: readonly number[], radius: number, options: Attributes = {}): string {
  return element('geom', { name, type: 'capsule', fromto, size: radius, ...options });
}

/** The ground: a plane at `height`. */
export function floor(height = 0, options: Attributes = {}): string {
  return element('geom', {
    name: 'floor',
    type: 'plane',
    pos: [0, 0, height],
    size: [40, 40, 40],
    condim: 3,
    conaffinity: 1,
    ...options,
  });
}
