import type { Explanation } from '../../../src/domain/explain/explain.js';
import { explain } from '../../../src/domain/explain/explain.js';
import { vmledger } from './cli.js';

describe('vmledger explain', () => {
  const said = async (...words: string[]): Promise<string> => {
    const { stdout, stderr, code } = await vmledger(['explain', ...words]);
    expect([stderr, code]).toEqual(['', 0]);
    return stdout;
  };

  it('prints each rule of an errno with its source', async () => {
    const text = await said('EBUSY');
    expect(text).toMatch(/^EBUSY: .*; ret is -16\n\nCOMMAND +ERRNO +WHEN +ARCH +SOURCE\n/);
    expect(text).toMatch(
      /\nmem_ctrl\/limit_size +EBUSY +a vCPU was created +s390x +kvm_s390_set_mem_control; .*1\.3\n/,
    );
    const rules = explain(['EBUSY']).flatMap((found) => found.rules);
    const lines = text.split('\n');
    for (const { command, condition, source } of rules)
      expect(lines.filter((line) => [command, condition, source].every((part) => line.includes(part)))).not.toEqual([]);
    expect(rules.length).toBeGreaterThan(10);
  });

  it.each([
    [['memop', '0x3b'], /^program interruption 0x3b region_third_translation: .*\nsource: PoP, .+\n$/],
    [['memop', 'absolute_cmpxchg'], /^memop absolute_cmpxchg.*: .*\nsource: .+\n\nCOMMAND .*SOURCE\n/],
  ])('%j is printed with its source', async (words, text) => {
    expect(await said(...words)).toMatch(text);
  });

  it('answers in JSON with --json', async () => {
    expect(JSON.parse(await said('memop', '0x3b', '--json'))).toEqual(
      JSON.parse(JSON.stringify(explain(['memop', '0x3b']))) as Explanation[],
    );
  });
});
