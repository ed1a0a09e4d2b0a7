import { and, setup } from 'xstate';
import { arrows, sayings } from '../../vm/law/chart-arrows.js';
import { type ChartEvent, type GuardName, guards } from './chart-guards.js';

/** What the chart is made of: commands as events, named guards, and actions that do nothing but say what comes of the command. */
export const law = setup({ types: { events: {} as ChartEvent }, guards, actions: sayings });

export const arrow = arrows((when: readonly GuardName[]) => and(['live', ...when]));
