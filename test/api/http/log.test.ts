import { makeLog } from '../../../src/api/http/log.js';

describe('a line of the log', () => {
  const NAMES = [
    'authorization',
    'body',
    'cookie',
    'data',
    'idempotency-key',
    'jwt',
    'oldData',
    'password',
    'secret',
    'token',
    'webhook-signature',
  ];

  const lineOf = (fields: object): string => {
    const lines: string[] = [];
    makeLog('trace', { write: (line) => void lines.push(line) }).warn(fields, 'told');
    expect(lines).toHaveLength(1);
    return lines.join('');
  };

  it.each(NAMES)('does not say what stands under the name %s, however deep', (name) => {
    for (const fields of [{}, { err: {} }, { err: { headers: {} } }, { err: { request: { headers: {} } } }]) {
      let inmost: Record<string, unknown> = fields;
      for (const within of ['err', 'request', 'headers'])
        inmost = (inmost[within] as Record<string, unknown> | undefined) ?? inmost;
      Object.assign(inmost, { [name]: 'hidden', other: 'shown' });
      const line = lineOf(fields);
      expect([line.includes('hidden'), line.includes('shown'), line.includes('[redacted]')]).toEqual([
        false,
        true,
        true,
      ]);
    }
  });

  it('has its level by name, its time in RFC 3339 and what was told, and nothing of the machine', () => {
    expect(JSON.parse(lineOf({ requestId: 'r' }))).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      requestId: 'r',
      msg: 'told',
    });
  });
});
