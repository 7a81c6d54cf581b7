import type { Space } from '@gradus/core';
import { mujocoIds } from '@gradus/envs/mujoco';
import { listEnvs, loadEnvironments, makeEnv } from '../catalog/environments.ts';
import { EmbeddedDevice } from '@gradus/tensor';
import type { Command } from 'commander';
import { algorithms, settingsSources } from '../catalog/algorithms.ts';
import { deviceNames, openDevice } from '../catalog/devices.ts';
import { count, table } from '../runs/results.ts';
import { supportedSpaces } from '../catalog/supported-spaces.ts';
import { messageOf } from '../user-error.ts';
import { descriptions } from './descriptions.ts';

interface Listing {
  readonly algorithms: readonly string[];
  /** Of each what it can learn in, where that is known, and whose settings there are. */
  readonly supported: readonly { algorithm: string; observations: string; actions: string; settings: string }[];
  readonly environments: readonly { id: string; observations: string; actions: string }[];
  readonly settings: readonly { algorithm: string; environment: string; settings: string; steps: number }[];
  readonly devices: readonly { device: string; available: boolean; detail: string }[];
}

/** Adds `gradus list` to the command. */
export function addList(gradus: Command): void {
  gradus
    .command('list')
    .description(descriptions.list)
    .option('--json', 'print everything as one line of JSON', false)
    .action(async ({ json }: { readonly json: boolean }) => {
      const listing = await collect();
      console.log(json ? JSON.stringify(listing) : tables(listing));
    });
}

async function collect(): Promise<Listing> {
  await loadEnvironments(mujocoIds);
  return {
    algorithms: Object.keys(algorithms),
    supported: Object.entries(algorithms).map(([algorithm, { settings }]) => {
      const { observations, actions } = Object.hasOwn(supportedSpaces, algorithm)
        ? supportedSpaces[algorithm]
        : { observations: '?', actions: '?' };
      const sources = settingsSources.filter((source) => Object.keys(settings[source] ?? {}).length > 0);
      return { algorithm, observations, actions, settings: [...sources, 'default'].join(', ') };
    }),
    environments: listEnvs().map((id) => {
      const { observationSpace, actionSpace } = makeEnv(id);
      return { id, observations: spaceText(observationSpace), actions: spaceText(actionSpace) };
    }),
    settings: Object.entries(algorithms).flatMap(([algorithm, { settings }]) =>
      settingsSources.flatMap((source) =>
        Object.entries(settings[source] ?? {}).map(([environment, { steps }]) => {
          return { algorithm, environment, settings: source, steps };
        }),
      ),
    ),
    devices: await Promise.all(deviceNames.map(describeDevice)),
  };
}

/** A space without the bounds of its numbers, which may be many. */
function spaceText(space: Space): string {
  return space.kind === 'box' ? `Box([${space.shape.join(', ')}])` : space.toString();
}

async function describeDevice(name: (typeof deviceNames)[number]): Promise<Listing['devices'][number]> {
  try {
    const opened = await openDevice(name);
    return {
      device: name,
      available: true,
      detail: opened instanceof EmbeddedDevice ? opened.instructionSet : 'TensorFlow',
    };
  } catch (error) {
    const reason = messageOf(error).replace(`--device ${name}: `, '');
    return { device: name, available: false, detail: reason };
  }
}

function tables(listing: Listing): string {
  const { environments, supported, settings, devices } = listing;
  return [
    table(
      ['algorithm', 'observations', 'actions', '--settings'],
      supported.map((each) => [each.algorithm, each.observations, each.actions, each.settings]),
    ),
    table(
      ['environment', 'observations', 'actions'],
      environments.map(({ id, observations, actions }) => [id, observations, actions]),
    ),
    table(
      ['algorithm', 'environment', '--settings', 'steps'],
      settings.map((each) => [each.algorithm, each.environment, each.settings, count(each.steps)]),
    ),
    ...devices.map(({ device, available, detail }) => `${device}: ${available ? `available, ${detail}` : detail}`),
  ].join('\n');
}
