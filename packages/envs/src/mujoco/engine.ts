/** Of `@mujoco/mujoco`, whose own types say `any` for every array, what is used here. Arrays are views of memory that moves when another simulation is made. */
export interface Engine {
  readonly MjModel: { from_xml_string(xml: string): Model };
  readonly MjData: new (model: Model) => Data;
  readonly DoubleBuffer: new (length: number) => DoubleBuffer;
  readonly mjtState: { readonly mjSTATE_INTEGRATION: { readonly value: number } };
  mj_resetData(model: Model, data: Data): void;
  mj_forward(model: Model, data: Data): void;
  mj_step(model: Model, data: Data): void;
  mj_rnePostConstraint(model: Model, data: Data): void;
  mj_stateSize(model: Model, parts: number): number;
  mj_getState(model: Model, data: Data, state: DoubleBuffer, parts: number): void;
  mj_setState(model: Model, data: Data, state: readonly number[], parts: number): void;
}

/** What of a model does not change. */
export interface Model {
  readonly nq: number;
  readonly nv: number;
  readonly nu: number;
  readonly ngeom: number;
  readonly opt: { readonly timestep: number };
  readonly qpos0: Float64Array;
  readonly geom_type: Int32Array;
  readonly geom_size: Float64Array;
}

/** One simulation. */
export interface Data {
  time: number;
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly ctrl: Float64Array;
  readonly xpos: Float64Array;
  readonly site_xpos: Float64Array;
  readonly geom_xpos: Float64Array;
  readonly geom_xmat: Float64Array;
  readonly cfrc_ext: Float64Array;
  readonly qfrc_constraint: Float64Array;
  delete(): void;
}

/** Where MuJoCo writes what it is asked for: it leaves an array of JavaScript as it is, without an error (3.14.0). */
interface DoubleBuffer {
  GetView(): Float64Array;
  delete(): void;
}

let engine: Promise<Engine> | undefined;

/**
 * MuJoCo itself, once for all. Throws `Error`, saying what to install, where it is not there.
 */
export function loadEngine(): Promise<Engine> {
  engine ??= importEngine();
  return engine;
}

async function importEngine(): Promise<Engine> {
  try {
    const { default: create } = await import('@mujoco/mujoco');
    // An object of its own: MuJoCo keeps things in it.
    return (await create({})) as unknown as Engine;
  } catch (error) {
    engine = undefined;
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      `the package @mujoco/mujoco is needed for its environments and cannot be loaded; npm install @mujoco/mujoco@3.14.0 (${reason})`,
      { cause: error },
    );
  }
}
