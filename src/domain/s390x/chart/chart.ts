import { cmma } from './chart-cmma.js';
import { cmm, skeys } from './chart-keys.js';
import { cpuStateControl } from './chart-cpu-state.js';
import { lifecycle } from './chart-lifecycle.js';
import { migration } from './chart-migration.js';
import { aside, protection } from './chart-protection.js';
import { law } from './chart-setup.js';
import { vcpus } from './chart-vcpus.js';

/**
 * The law of an s390x VM: what is refused and what is recorded, by configuration. Each command's refusals stand in one
 * region, in the order in which KVM checks them; other regions only follow. Used through the pure `transition` alone.
 */
export const chart = law.createMachine({
  id: 's390x',
  type: 'parallel',
  states: { lifecycle, vcpus, cmma, migration, protection, aside, skeys, cmm, cpuStateControl },
});
