import {
  Box,
  CheckpointError,
  EnvError,
  NumpyRandom,
  anObject,
  checkOptions,
  checkValue,
  naturalNumber,
  numbersOf,
  optional,
  readNumber,
  readState,
  readString,
  restoreArray,
  type Env,
  type RandomSource,
  type RenderContext,
  type RenderFormat,
  type ResetOptions,
  type ResetResult,
  type SpaceValue,
  type StateDict,
  type Stateful,
  type StepResult,
} from '@gradus/core';
import { mujocoFormat, renderMujoco } from '../rendering/mujoco.ts';
import type { Data, Engine, Model } from './engine.ts';

/** An environment in terms of MuJoCo's simulation. */
export interface MujocoTask {
  readonly name: string;
  /** In MJCF. */
  readonly model: string;
  /** Simulated steps for each step of the environment. */
  readonly frameSkip: number;
  readonly maxControl: number;
  readonly maxEpisodeSteps: number;
  /** Whether MuJoCo is to compute forces of contacts (`cfrc_ext`), which it does only when asked. */
  readonly needsContactForces?: boolean;
  readonly view: 'side' | 'top';
  /** Puts the first state of an episode into `positions`, which are the model's own, and `velocities`, which are 0. */
  begin(positions: Float64Array, velocities: Float64Array, random: RandomSource): void;
  observe(data: Data): ArrayLike<number>;
  /** The x whose speed is paid for. */
  position(data: Data): number;
  /** What a step gives that came to `data`. `speed` is that of `position`, in m/s; `control` the action, within its bounds. */
  judge(data: Data, speed: number, control: Float64Array): { readonly reward: number; readonly terminated: boolean };
}

/** `mjMAXVAL`: of a state with larger numbers MuJoCo makes its first one, without an error. */
const LARGEST = 1e10;

/** Seconds on the clock at first: not 0, to which MuJoCo puts it back when it begins again by itself, be it in the first step. */
const START = 1000;

/** Models by their text: all simulations of a kind share one. */
const models = new Map<string, Model>();

/** A simulation that nobody has a use for any more is freed, for whoever forgets `close`. */
const forgotten = new FinalizationRegistry<Data>((data) => data.delete());

/** The environment of `task`. Its state is MuJoCo's own, which is exact to the bit. */
export function envFromTask(engine: Engine, task: MujocoTask): Env<SpaceValue> & Stateful {
  return new MujocoEnv(engine, task);
}

class MujocoEnv implements Env<SpaceValue>, Stateful {
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  readonly maxEpisodeSteps?: number;
  readonly renderFormat: RenderFormat;
  private readonly engine: Engine;
  private readonly task: MujocoTask;
  private readonly model: Model;
  private readonly secondsPerStep: number;
  private data: Data | undefined;
  private random: NumpyRandom | undefined;
  /** Where the task's position was after the last step. */
  private position = 0;
  /** Steps since reset, −1 while the environment waits for one. */
  private steps = -1;

  constructor(engine: Engine, task: MujocoTask) {
    this.engine = engine;
    this.task = task;
    const model = models.get(task.model) ?? engine.MjModel.from_xml_string(task.model);
    models.set(task.model, model);
    this.model = model;
    this.secondsPerStep = model.opt.timestep * task.frameSkip;
    this.renderFormat = { ...mujocoFormat, framesPerSecond: Math.round(1 / this.secondsPerStep) };
    this.data = new engine.MjData(model);
    forgotten.register(this, this.data, this);
    this.observationSpace = new Box(-Infinity, Infinity, [task.observe(this.data).length]);
    this.actionSpace = new Box(-task.maxControl, task.maxControl, [model.nu]);
    if (task.maxEpisodeSteps < Infinity) this.maxEpisodeSteps = task.maxEpisodeSteps;
  }

  reset(options: ResetOptions = {}): ResetResult<SpaceValue> {
    checkOptions('reset', options, { seed: optional(naturalNumber), options: optional(anObject) });
    const { engine, model, task } = this;
    const data = this.simulation();
    if (options.seed !== undefined) this.random = new NumpyRandom(options.seed);
    this.random ??= new NumpyRandom();
    engine.mj_resetData(model, data);
    const positions = Float64Array.from(model.qpos0);
    const velocities = new Float64Array(model.nv);
    task.begin(positions, velocities, this.random);
    data.time = START;
    data.qpos.set(positions);
    data.qvel.set(velocities);
    if (![...positions, ...velocities].every((value) => Math.abs(value) <= LARGEST)) {
      this.steps = -1;
      throw new EnvError(
        `${task.name}: expected first positions and velocities of at most ${LARGEST}, the noise is too large`,
      );
    }
    engine.mj_forward(model, data);
    this.position = task.position(data);
    this.steps = 0;
    return { observation: this.observe(data) };
  }

  step(action: SpaceValue): StepResult<SpaceValue> {
    if (this.steps < 0) {
      throw new EnvError('step: the episode is over or was never begun, expected a call of reset first');
    }
    // MuJoCo would take a control that is not finite for 0 in all motors.
    checkValue('action', this.actionSpace, action);
    const { engine, model, task } = this;
    const data = this.simulation();
    const { maxControl } = task;
    const control = Float64Array.from(numbersOf(this.actionSpace, action), (value) =>
      Math.min(Math.max(value, -maxControl), maxControl),
    );
    const { time } = data;
    data.ctrl.set(control);
    for (let frame = 0; frame < task.frameSkip; frame++) engine.mj_step(model, data);
    if (task.needsContactForces) engine.mj_rnePostConstraint(model, data);
    // MuJoCo begins again from its first state when numbers overflow, and says so by its clock alone.
    if (!(data.time > time)) {
      this.steps = -1;
      throw new EnvError(`${task.name}: the simulation has become unstable; what it was can be seen no more`);
    }
    this.steps++;
    const position = task.position(data);
    const { reward, terminated } = task.judge(data, (position - this.position) / this.secondsPerStep, control);
    this.position = position;
    const truncated = this.steps >= task.maxEpisodeSteps;
    if (terminated || truncated) this.steps = -1;
    return { observation: this.observe(data), reward, terminated, truncated };
  }

  render(context: RenderContext): void {
    if (!this.random) throw new EnvError('render: no episode was begun, expected a call of reset first');
    const { geom_type, geom_size } = this.model;
    const { geom_xpos, geom_xmat } = this.simulation();
    renderMujoco(context, {
      view: this.task.view,
      types: geom_type,
      sizes: geom_size,
      positions: geom_xpos,
      rotations: geom_xmat,
    });
  }

  /** Frees the simulation's memory, of which all of them together have 2 GB. */
  close(): void {
    if (this.data) forgotten.unregister(this);
    this.data?.delete();
    this.data = undefined;
    this.steps = -1;
  }

  getState(): StateDict {
    if (!this.random) throw new EnvError('getState: there is no state before the first reset');
    const { engine, model } = this;
    const parts = engine.mjtState.mjSTATE_INTEGRATION.value;
    const buffer = new engine.DoubleBuffer(engine.mj_stateSize(model, parts));
    engine.mj_getState(model, this.simulation(), buffer, parts);
    const physics = Float64Array.from(buffer.GetView());
    buffer.delete();
    const { position, steps } = this;
    return { task: this.task.name, physics, position, steps, random: this.random.getState() };
  }

  setState(state: StateDict): void {
    const { engine, model } = this;
    const data = this.simulation();
    const { name, maxEpisodeSteps } = this.task;
    const other = readString(state, 'task');
    if (other !== name) throw new CheckpointError(`state 'task': expected '${name}', got '${other}'`);
    const parts = engine.mjtState.mjSTATE_INTEGRATION.value;
    const physics = new Float64Array(engine.mj_stateSize(model, parts));
    restoreArray(state, 'physics', physics);
    if (!physics.every(Number.isFinite)) throw new CheckpointError("state 'physics': expected finite numbers");
    const position = readNumber(state, 'position');
    if (!Number.isFinite(position)) throw new CheckpointError("state 'position': expected a finite number");
    const steps = readNumber(state, 'steps');
    if (!Number.isInteger(steps) || steps < -1 || steps >= maxEpisodeSteps) {
      throw new CheckpointError(`state 'steps': expected an integer from -1 to ${maxEpisodeSteps - 1}, got ${steps}`);
    }
    const random = new NumpyRandom();
    random.setState(readState(state, 'random'));
    engine.mj_resetData(model, data);
    engine.mj_setState(model, data, [...physics], parts);
    // Places the shapes for pictures, and what of the state that changes is put back.
    engine.mj_forward(model, data);
    engine.mj_setState(model, data, [...physics], parts);
    this.position = position;
    this.steps = steps;
    this.random = random;
  }

  private simulation(): Data {
    if (!this.data) throw new EnvError(`${this.task.name}: the environment was closed`);
    return this.data;
  }

  private observe(data: Data): Float32Array {
    return Float32Array.from(this.task.observe(data));
  }
}
