import type { Errno } from '../../../src/domain/errno.js';
import { DUMP, type PvState, REFUSES, pv, pvCpu, pvMachine, stateOf } from '../support/pv.js';

type Outcome = Errno | 0;

const bad = (...unwritable: string[]) => ({ host: { unwritable } });
const SIGNAL = { host: { fatalSignal: true } };
const info = { id: 'vm', lenMax: 80 };
const store = { subcmd: 'config_stor_state', gaddr: 0, buffLen: DUMP.perMiB };
const complete = { subcmd: 'complete', buffLen: DUMP.complete };
const REFUSED = { rc: 0x108, rrc: 7 };
const EXECUTED = { rc: 1, rrc: 0 };
const UNCALLED = { rc: 0, rrc: 0 };

describe('output that the host cannot write', () => {
  it.each<
    [row: string, state: PvState, command: string, fields: object, expected: Outcome, reply: object, then: PvState]
  >([
    ['INFO', 'N', 'info', { ...info, ...bad('data') }, 'EFAULT', UNCALLED, 'N'],
    ['INFO: lenMax before', 'N', 'info', { id: 'vm', lenMax: 79, ...bad('data') }, 'EINVAL', UNCALLED, 'N'],
    ['INFO: id before', 'N', 'info', { id: 7, lenMax: 80, ...bad('data') }, 'EINVAL', UNCALLED, 'N'],
    ['INFO has no buffer', 'N', 'info', { ...info, ...bad('buffer') }, 0, UNCALLED, 'N'],
    [
      'DUMP INIT, its structure: done all the same',
      'P',
      'dump',
      { subcmd: 'init', ...bad('data') },
      'EFAULT',
      EXECUTED,
      'D',
    ],
    ['DUMP INIT, refused before', 'P', 'dump', { subcmd: 'init', ...REFUSES, ...bad('data') }, 'EINVAL', REFUSED, 'P'],
    ['DUMP CONFIG_STOR_STATE, buffer', 'D', 'dump', { ...store, ...bad('buffer') }, 'EFAULT', EXECUTED, 'D'],
    ['DUMP CONFIG_STOR_STATE, structure', 'D', 'dump', { ...store, ...bad('data') }, 'EFAULT', EXECUTED, 'D'],
    [
      'DUMP CONFIG_STOR_STATE, refused before',
      'D',
      'dump',
      { ...store, ...REFUSES, ...bad('buffer') },
      'EINVAL',
      REFUSED,
      'D',
    ],
    [
      'DUMP CONFIG_STOR_STATE, not aligned before',
      'D',
      'dump',
      { ...store, gaddr: 1, ...bad('buffer') },
      'EINVAL',
      UNCALLED,
      'D',
    ],
    [
      'DUMP COMPLETE, buffer: complete all the same',
      'D',
      'dump',
      { ...complete, ...bad('buffer') },
      'EFAULT',
      EXECUTED,
      'P',
    ],
    [
      'DUMP COMPLETE, refused before',
      'D',
      'dump',
      { ...complete, ...REFUSES, ...bad('buffer') },
      'EINVAL',
      REFUSED,
      'D',
    ],
    [
      'DUMP COMPLETE, too short before',
      'D',
      'dump',
      { ...complete, buffLen: 1, ...bad('buffer') },
      'EINVAL',
      UNCALLED,
      'D',
    ],
    ['DUMP, unknown subcommand before', 'P', 'dump', { subcmd: 9, ...bad('data', 'buffer') }, 'ENOTTY', UNCALLED, 'P'],
    ['VERIFY has neither', 'P', 'verify', bad('data', 'buffer'), 0, EXECUTED, 'P'],
  ])('%s', (_row, state, command, fields, expected, reply, then) => {
    const machine = pvMachine(state);
    const { errno, ret, reply: answered } = pv(machine, command, fields);
    expect(errno ?? ret).toBe(expected);
    expect(answered).toMatchObject(reply);
    expect(expected === 0 || !('data' in answered)).toBe(true);
    expect(stateOf(machine)).toBe(then);
  });

  it.each<[row: string, state: PvState, command: string, fields: object, then: PvState]>([
    ['ENABLE', 'N', 'enable', {}, 'P'],
    ['DISABLE', 'P', 'disable', {}, 'N'],
    ['what is refused', 'N', 'disable', {}, 'N'],
    ['an unknown command', 'N', '99', {}, 'N'],
    ['DUMP INIT', 'P', 'dump', { subcmd: 'init' }, 'D'],
    ['INFO', 'N', 'info', info, 'N'],
  ])(
    '%s, whose own structure cannot be written back, is EFAULT whatever came of it',
    (_row, state, command, fields, then) => {
      const machine = pvMachine(state);
      const name = command === '99' ? 99 : command;
      expect(pv(machine, name, { ...fields, ...bad('command') })).toMatchObject({
        errno: 'EFAULT',
        reply: {},
      });
      expect(stateOf(machine)).toBe(then);
    },
  );

  it.each<[row: string, fields: object, expected: Outcome, reply: object]>([
    ['buffer', bad('buffer'), 'EFAULT', EXECUTED],
    ['refused before', { ...REFUSES, ...bad('buffer') }, 'EINVAL', REFUSED],
    ['its own structure', bad('command'), 'EFAULT', {}],
    ['nothing of it', {}, 0, EXECUTED],
  ])('DUMP CPU on a vCPU: %s', (_row, fields, expected, reply) => {
    const got = pvCpu(pvMachine('D'), { subcmd: 'cpu', buffLen: DUMP.cpu, ...fields });
    expect(got.errno ?? got.ret).toBe(expected);
    expect(got.reply).toMatchObject(reply);
  });
});

describe('a fatal signal', () => {
  const aside = () => pvMachine('P').fold({ type: 'protection_set_aside' });

  it('ends ASYNC_CLEANUP_PERFORM early, which is done nevertheless: rc 1, rrc 42', () => {
    const machine = aside();
    expect(pv(machine, 'async_cleanup_perform', SIGNAL)).toMatchObject({ ret: 0, reply: { rc: 1, rrc: 42 } });
    expect(machine.vm.regions.aside).toBe('none');
    expect(pv(machine, 'async_cleanup_perform').errno).toBe('EINVAL');
  });

  it('comes before the ultravisor could refuse', () => {
    expect(pv(aside(), 'async_cleanup_perform', { ...SIGNAL, ...REFUSES })).toMatchObject({
      ret: 0,
      reply: { rrc: 42 },
    });
  });

  it.each<[row: string, state: PvState]>([
    ['nothing set aside', 'N'],
    ['nothing set aside', 'P'],
  ])('comes after the other checks: %s (%s)', (_row, state) => {
    expect(pv(pvMachine(state), 'async_cleanup_perform', SIGNAL).errno).toBe('EINVAL');
  });

  it('has no part in other commands', () => {
    expect(pv(pvMachine('N'), 'enable', SIGNAL).ret).toBe(0);
  });
});
