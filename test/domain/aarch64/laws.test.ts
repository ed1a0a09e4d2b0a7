import fc from 'fast-check';
import { type Divergence, type Reruns, reexecute } from '../../../src/domain/audit/reexecute.js';
import type { Aarch64Vm } from '../../../src/domain/vm/state.js';
import { arbitraryAarch64Life } from '../support/arbitrary-aarch64.js';
import { Ledger } from '../support/ledger.js';
import { digester } from '../support/test-digester.js';

const RUNS = { numRuns: 150 };

describe('over any sequence of commands on an aarch64 VM', () => {
  it('no command throws, and re-execution and the fold of the facts reproduce every record', () => {
    fc.assert(
      fc.property(arbitraryAarch64Life, (commands) => {
        const ledger = new Ledger();
        for (const command of commands) ledger.submit(command);
        let reruns: Reruns = new Map();
        const all: Divergence[] = [];
        for (const record of ledger.records) {
          const step = reexecute(reruns, record, undefined, digester);
          reruns = step.reruns;
          all.push(...step.divergences);
        }
        expect(all).toEqual([]);
      }),
      RUNS,
    );
  });

  it('what had to be chosen before the first run never changes after it', () => {
    fc.assert(
      fc.property(arbitraryAarch64Life, (commands) => {
        const ledger = new Ledger();
        let fixed: unknown;
        for (const command of commands) {
          ledger.submit(command);
          const { regions, smcccFilter, firmware } = ledger.vm as Aarch64Vm;
          const { std, stdHyp, vendorHyp } = { ...firmware };
          const chosen = [smcccFilter, std, stdHyp, vendorHyp];
          if (fixed !== undefined) expect(chosen).toEqual(fixed);
          if (regions.run === 'ran') fixed = chosen;
        }
      }),
      RUNS,
    );
  });
});
