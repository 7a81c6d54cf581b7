import { policyOutputs } from '@gradus/core';
import type { Activation } from '@gradus/tensor';
import { ImportError } from '../errors.ts';
import { readFeatures, type Features } from '../features.ts';
import type { ImportedModel } from '../agent-description.ts';
import type { Tensor } from '../torch-file.ts';
import { Weights, outputsOf, tensorsOf, type Linear } from '../weights.ts';
import { readActivation } from './activation.ts';
import { refuseExpln, wholeDeviations } from './gaussian.ts';

/** Actor and critic of an `ActorCriticPolicy`. */
export interface ImportedActorCritic {
  readonly actor: ImportedNetwork;
  readonly critic: ImportedNetwork;
  /** log σ of real actions, for gSDE of the weights of their noise; none for other actions. */
  readonly logStd: readonly Tensor[];
  readonly activation: Activation;
}

/** What sees observations, and what follows it. */
export interface ImportedNetwork {
  readonly features: Features;
  /** Hidden layers, and the last one. */
  readonly layers: readonly Linear[];
}

/** The networks of PPO, A2C and TRPO, and of RecurrentPPO what is not its memory. */
export function readActorCritic(model: ImportedModel): ImportedActorCritic {
  const { weights: tensors, data, observation, action, subject } = model;
  const weights = new Weights(tensors, subject);
  // Where the two share an extractor, each gets its weights here.
  const prefix = (own: string): string => (weights.has(`${own}.`) ? own : 'features_extractor');
  const read = (own: string, net: string, head: string): ImportedNetwork => ({
    features: readFeatures(weights, prefix(own), observation),
    // Before Stable-Baselines3 1.8 both could share their first layers.
    layers: [
      ...weights.stack('mlp_extractor.shared_net'),
      ...weights.stack(`mlp_extractor.${net}`),
      weights.linear(head),
    ],
  });
  refuseExpln(model);
  const actor = read('pi_features_extractor', 'policy_net', 'action_net');
  const critic = read('vf_features_extractor', 'value_net', 'value_net');
  if (actionCount(actor) !== policyOutputs(action.space)) {
    const expected = `${policyOutputs(action.space)} outputs for ${action.space.toString()}`;
    throw new ImportError(`${subject}: action_net: expected ${expected}, got ${actionCount(actor)}`);
  }
  return {
    actor,
    critic,
    logStd: weights.has('log_std') ? [wholeDeviations(weights.tensor('log_std'), actionCount(actor))] : [],
    activation: activationOf([actor, critic], readActivation(data, 'tanh')),
  };
}

/** The one function that all hidden layers share: the one after NatureCNN has ReLU. */
function activationOf(networks: readonly ImportedNetwork[], given: Activation): Activation {
  const looks = networks.some(({ features }) => features.hidden.length > 0);
  if (!looks) return given;
  const hasHidden = networks.some(({ layers }) => layers.length > 1);
  if (hasHidden && given !== 'relu') {
    throw new ImportError(
      `activation_fn: expected ReLU for the layers of net_arch after NatureCNN, which has it, got ${given}`,
    );
  }
  return 'relu';
}

function actionCount({ layers }: ImportedNetwork): number {
  return outputsOf(layers[layers.length - 1]);
}

/** The tensors of a network, and the sizes of its hidden layers. */
export function flatten({ features, layers }: ImportedNetwork): {
  readonly tensors: Tensor[];
  readonly hidden: number[];
} {
  if (layers.length === 0) throw new ImportError('weights: expected layers, got none');
  const [first, ...others] = layers;
  // What comes before is a hidden layer, or the features themselves.
  const dense = [...features.hidden, features.arrange(first), ...others];
  return { tensors: [...features.tensors, ...tensorsOf(dense)], hidden: dense.slice(0, -1).map(outputsOf) };
}

/** Options about networks. */
export function networkOptions({ actor, critic, activation }: ImportedActorCritic): Record<string, unknown> {
  return {
    ...actor.features.layers,
    hidden: flatten(actor).hidden,
    criticHidden: flatten(critic).hidden,
    activation,
  };
}
