import { createMachine } from 'xstate';
import { chart } from '../../../../src/domain/s390x/chart/chart.js';
import { arrowsOf, mermaid } from '../../../../src/domain/vm/documents/mermaid.js';

const lamp = createMachine({
  id: 'lamp',
  type: 'parallel',
  states: {
    light: {
      initial: 'off',
      states: {
        off: {
          on: {
            press: [
              { guard: 'broken', actions: { type: 'refuse', params: { errno: 'EIO' } } },
              { target: 'on', actions: { type: 'record', params: { fact: 'lit' } } },
            ],
          },
        },
        on: { on: { '*': { actions: 'accept' } } },
      },
    },
    fuse: { initial: 'whole', states: { whole: {} } },
  },
});

describe('the picture of a chart', () => {
  it('draws regions side by side, guards and sayings on the arrows', () => {
    expect(mermaid(lamp.root).split('\n')).toEqual([
      'stateDiagram-v2',
      '  state lamp {',
      '    state light {',
      '      state "off" as light_off',
      '      state "on" as light_on',
      '      [*] --> light_off',
      '      light_off --> light_off : press [broken] / refuse(EIO)',
      '      light_off --> light_on : press / record(lit)',
      '      light_on --> light_on : every command / accept',
      '    }',
      '    --',
      '    state fuse {',
      '      state "whole" as fuse_whole',
      '      [*] --> fuse_whole',
      '    }',
      '  }',
    ]);
  });

  it('shows that a vCPU makes CMMA busy', () => {
    const arrow = { region: 'cmma', state: 'off', to: 'off', event: 'enable_cmma', when: ['vcpuCreated'] };
    expect(arrowsOf(chart.root)).toContainEqual({ ...arrow, says: 'refuse(EBUSY)' });
    expect(mermaid(chart.root)).toContain('enable_cmma [vcpuCreated] / refuse(EBUSY)');
  });

  it('joins conditions that must hold together', () => {
    expect(mermaid(chart.root)).toContain('migration_start [someSlotUnlogged and cmmaOn] / refuse(EINVAL)');
  });
});
