import { ImportError } from './errors.ts';
import { pythonText } from './python.ts';
import { readStateDict, type Tensor, type TorchFileOptions } from './torch-file.ts';

type Tensors = ReadonlyMap<string, Tensor>;

/** An agent of CleanRL, its weights under the names that Stable-Baselines3 has for them, and the attribute by which its algorithm is found. */
export interface CleanRlModel {
  readonly weights: Tensors;
  readonly attribute: string;
}

/**
 * What a `.cleanrl_model` has: a state dict of PPO or DQN, or several in a list, of DDPG's and TD3's actor and critics. Throws {@link ImportError} for another
 * object.
 */
export function readCleanRl(value: unknown, options: TorchFileOptions): CleanRlModel {
  const { subject } = options;
  if (Array.isArray(value)) return readActorAndCritics(value as unknown[], options);
  const tensors = readStateDict(value, options);
  const has = (name: string): boolean => tensors.has(name);
  if (has('actor_mean.0.weight')) return { weights: readPpo(tensors, 'actor_mean'), attribute: 'n_epochs' };
  if (has('actor.0.weight') && has('critic.0.weight'))
    return { weights: readPpo(tensors, 'actor'), attribute: 'n_epochs' };
  const isPicture = tensors.get('network.0.weight')?.shape.length === 4;
  if (isPicture && has('actor.weight') && has('critic.weight')) {
    const heads = { actor: 'action_net', critic: 'value_net' };
    return { weights: rename(tensors, { ...look('features_extractor'), ...heads }), attribute: 'n_epochs' };
  }
  if (has('network.0.weight')) {
    const online = rename(
      tensors,
      isPicture ? { ...look('q_net.features_extractor'), 'network.9': 'q_net.q_net.0' } : { network: 'q_net.q_net' },
    );
    const target = [...online].map(([name, tensor]): [string, Tensor] => [
      name.replace('q_net.', 'q_net_target.'),
      tensor,
    ]);
    return { weights: new Map([...online, ...target]), attribute: 'exploration_fraction' };
  }
  const names = [...tensors.keys()].slice(0, 5).join(', ');
  throw new ImportError(
    `${subject}: expected weights of PPO, DQN, DDPG or TD3 of CleanRL, got ${names || pythonText(value)}`,
  );
}

/** The convolutions of NatureCNN, and the layer after them. */
function look(prefix: string): Record<string, string> {
  const convolutions = [0, 2, 4].map((number) => [`network.${number}`, `${prefix}.cnn.${number}`]);
  return { ...Object.fromEntries(convolutions), 'network.7': `${prefix}.linear.0` } as Record<string, string>;
}

/** The tensors whose names begin with one of `names`, which takes another. */
function rename(tensors: Tensors, names: Readonly<Record<string, string>>): Map<string, Tensor> {
  const renamed = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const found = Object.entries(names).find(([before]) => name.startsWith(`${before}.`));
    if (found !== undefined) renamed.set(`${found[1]}${name.slice(found[0].length)}`, tensor);
  }
  return renamed;
}

/** Hidden layers, and the last one, of actor and critic. */
function readPpo(tensors: Tensors, actor: string): Map<string, Tensor> {
  const names: Record<string, string> = {};
  for (const [owner, hidden, head] of [
    [actor, 'policy_net', 'action_net'],
    ['critic', 'value_net', 'value_net'],
  ]) {
    const numbers = [...tensors.keys()].flatMap((name) => {
      const [, number] = new RegExp(`^${owner}\\.(\\d+)\\.weight$`).exec(name) ?? [];
      return number === undefined ? [] : [Number(number)];
    });
    const last = Math.max(...numbers);
    for (const number of numbers) {
      names[`${owner}.${number}`] = number === last ? head : `mlp_extractor.${hidden}.${number}`;
    }
  }
  const renamed = rename(tensors, names);
  const logStd = tensors.get('actor_logstd');
  if (logStd) renamed.set('log_std', { ...logStd, shape: [logStd.data.length] });
  return renamed;
}

/** Actor and critics of DDPG, or of TD3 where there are two, with targets that are the same. */
function readActorAndCritics(dicts: readonly unknown[], { subject, maxBytes }: TorchFileOptions): CleanRlModel {
  const [actor, ...critics] = dicts
    .slice(0, 3)
    .map((dict, i) => readStateDict(dict, { subject: `${subject}: [${i}]`, maxBytes }));
  if (dicts.length < 2 || dicts.length > 3 || !actor.has('fc_mu.weight')) {
    throw new ImportError(
      `${subject}: expected the actor and one or two critics of DDPG or TD3 of CleanRL, got ${pythonText(dicts)}`,
    );
  }
  const scale = actor.get('action_scale')?.data;
  const bias = actor.get('action_bias')?.data;
  if (scale === undefined || bias === undefined) {
    throw new ImportError(`${subject}: expected action_scale and action_bias of the actor`);
  }
  const weights = new Map<string, Tensor>();
  const add = (tensors: Tensors): void => {
    for (const [name, tensor] of tensors) {
      weights.set(name, tensor);
      weights.set(name.replace(/^(actor|critic)\./, '$1_target.'), tensor);
    }
  };
  add(rename(actor, { fc1: 'actor.mu.0', fc2: 'actor.mu.2', fc_mu: 'actor.mu.4' }));
  critics.forEach((critic, i) => {
    const named = { fc1: `critic.qf${i}.0`, fc2: `critic.qf${i}.2`, fc3: `critic.qf${i}.4` };
    add(rename(ofUnitActions(critic, scale, bias, subject), named));
  });
  return { weights, attribute: 'policy_delay' };
}

/** A critic of actions between −1 and 1, of one that saw them as the environment does: a = scale · unit + bias, in the last columns. */
function ofUnitActions(critic: Tensors, scale: Tensor['data'], bias: Tensor['data'], subject: string): Tensors {
  const [weight, offset] = ['fc1.weight', 'fc1.bias'].map((name) => critic.get(name));
  const [units, inputs] = weight?.shape ?? [];
  if (weight === undefined || offset?.data.length !== units || inputs <= scale.length || bias.length !== scale.length) {
    throw new ImportError(`${subject}: expected critics whose layer fc1 sees ${scale.length} numbers of an action`);
  }
  const data = Float32Array.from(weight.data);
  const moved = Float32Array.from(offset.data);
  for (let unit = 0; unit < units; unit++) {
    for (let i = 0; i < scale.length; i++) {
      const at = (unit + 1) * inputs - scale.length + i;
      moved[unit] += data[at] * bias[i];
      data[at] *= scale[i];
    }
  }
  return new Map([...critic, ['fc1.weight', { ...weight, data }], ['fc1.bias', { ...offset, data: moved }]]);
}
