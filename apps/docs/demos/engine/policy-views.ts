import type { ActionDistribution, Agent, Observation } from '@gradus/core';
import type { View } from '../demo.ts';

/** What agents may tell about what they see; each tells some of it. */
interface Telling {
  readonly actionDistribution?: (observation: Observation) => ActionDistribution;
  readonly actionValues?: (observation: Observation) => ArrayLike<number>;
  readonly stateValue?: (observation: Observation) => ArrayLike<number>;
}

/** What an agent makes of an observation: action values, action probabilities, the value of the state. `actions`: what the actions are called. */
export function policyViews(agent: Agent & Telling, observation: Observation, actions: readonly string[]): View[] {
  const views: View[] = [];
  const bars = (values: ArrayLike<number>) => actions.map((label, i) => ({ label, value: values[i] }));
  if (agent.actionDistribution) {
    const told = agent.actionDistribution(observation);
    if ('probabilities' in told) {
      views.push({ title: 'Action probabilities', kind: 'probabilities', bars: bars(told.probabilities) });
    } else {
      views.push({ title: 'Mean of the action', kind: 'values', bars: bars(told.mean) });
      views.push({ title: 'Deviation of the action', kind: 'values', bars: bars(told.deviation) });
    }
  }
  if (agent.actionValues) {
    views.push({ title: 'Action values', kind: 'values', bars: bars(agent.actionValues(observation)) });
  }
  if (agent.stateValue) {
    const [value] = Array.from(agent.stateValue(observation));
    views.push({ title: 'Value of the state', kind: 'values', bars: [{ label: 'value', value }] });
  }
  return views;
}
