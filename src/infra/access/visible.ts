import { type Labels, hasLabels } from './labels.js';
import type { Principal } from './principal.js';

/** Whoever looks, as far as it matters for what he finds. */
export type Viewer = Pick<Principal, 'labels'>;

/** Whether every VM is there for somebody. */
export const seesAll = ({ labels }: Viewer): boolean => labels.length === 0;

/**
 * Whether a VM, and with it its records, is there for somebody. One that is not must be answered as one that does not exist.
 *
 * @param labels the VM's; undefined if there is no such VM
 */
export const sees = (viewer: Viewer, labels: Labels | undefined): boolean =>
  seesAll(viewer) || (labels !== undefined && hasLabels(labels, viewer.labels));

/** Whether every VM that is there for another is there for somebody too: he is limited by no label that the other is not. */
export const seesAsMuchAs = ({ labels }: Viewer, other: Viewer): boolean =>
  labels.every((label) => other.labels.includes(label));
