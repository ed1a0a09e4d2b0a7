import { ATTRIBUTE_GROUPS } from '../../../../src/domain/s390x/attributes/attributes.js';
import { toJson } from '../../../../src/domain/json.js';
import { type Command, command } from '../../../../src/domain/vm/command.js';
import { withFacts } from '../../../../src/domain/vm/folds/with-facts.js';
import { digester } from '../../support/test-digester.js';

const parse = (input: object): Command => command.parse(input);
const set = (group: string | number, attr: string | number, more: object = {}) =>
  parse({ type: 'set_device_attr', group, attr, ...more });
const get = (group: string | number, attr: string | number) => parse({ type: 'get_device_attr', group, attr });

function outside() {
  const given: Uint8Array[] = [];
  const random = (size: number): Uint8Array => {
    const bytes = new Uint8Array(size).fill(given.length + 1);
    given.push(bytes);
    return bytes;
  };
  return { given, world: { time: 0, random, digester } };
}

const fingerprintOf = (size: number): string =>
  Buffer.from(digester.sha256(new Uint8Array(size).fill(1))).toString('hex');
const HOST_TOD = { epochIdx: 0, tod: 0x7d91048bca000000n };

describe('facts of the outside', () => {
  it.each<[what: string, input: Command, fact: object]>([
    ['SET TOD_LOW', set('tod', 'low'), { hostTod: HOST_TOD }],
    ['SET TOD_EXT by number', set(1, 2), { hostTod: HOST_TOD }],
    ['GET TOD_LOW', get('tod', 'low'), { hostTod: HOST_TOD }],
    ['GET TOD_EXT', get('tod', 'ext'), { hostTod: HOST_TOD }],
    ['ENABLE_AES_KW', set('crypto', 'enable_aes_kw'), { wrappingKey: fingerprintOf(32) }],
    ['ENABLE_DEA_KW', set(2, 1), { wrappingKey: fingerprintOf(24) }],
  ])('%s takes one', (_what, input, fact) => {
    expect(withFacts(input, outside().world)).toEqual({ ...input, ...fact });
  });

  it.each<[what: string, input: Command]>([
    ['TOD_HIGH', get('tod', 'high')],
    ['an unknown attribute of TOD', get('tod', 9)],
    ['DISABLE_AES_KW', set('crypto', 'disable_aes_kw')],
    ['ENABLE_APIE', set('crypto', 'enable_apie')],
    ['another group', set('mem_ctrl', 'enable_cmma')],
    ['a group that there is not', set(99, 0)],
    ['HAS', parse({ type: 'has_device_attr', group: 'tod', attr: 'low' })],
    ['another command', parse({ type: 'destroy_vm' })],
  ])('%s takes none', (_what, input) => {
    const { given, world } = outside();
    expect(withFacts(input, world)).toBe(input);
    expect(given).toEqual([]);
  });

  it('are such that the command can be read again, for every attribute and direction', () => {
    for (const { attributes, name: group } of ATTRIBUTE_GROUPS) {
      for (const { name: attr } of attributes) {
        for (const type of ['set_device_attr', 'get_device_attr', 'has_device_attr']) {
          const told = withFacts(parse({ type, group, attr }), outside().world);
          expect(command.parse(toJson(told))).toEqual(told);
        }
      }
    }
  });

  it('stay as they are where they are', () => {
    const hostTod = { epochIdx: 9, tod: 1 };
    expect(withFacts(set('tod', 'low', { hostTod }), outside().world)).toMatchObject({
      hostTod: { epochIdx: 9, tod: 1n },
    });
  });

  it('have nothing of a key but its fingerprint, and the key is wiped', () => {
    const { given, world } = outside();
    const enriched = withFacts(set('crypto', 'enable_aes_kw'), world);
    expect(given).toEqual([new Uint8Array(32)]);
    expect(JSON.stringify(enriched)).not.toContain('01'.repeat(8));
  });

  it('are what the command shape reads', () => {
    const { world } = outside();
    for (const input of [set('tod', 'ext'), get('tod', 'ext'), set('crypto', 'enable_dea_kw')])
      expect(() => command.parse(toJson(withFacts(input, world)))).not.toThrow();
  });
});
