import { MATRIX_HEAD, matrix } from '../../../../src/domain/vm/documents/matrix.js';

const answer = (semantics: 'documented' | 'kernel', command: string, configuration: string): string | undefined =>
  matrix(semantics).find((row) => row.command === command)?.answers[MATRIX_HEAD.indexOf(configuration)];

describe('the matrix of commands and configurations', () => {
  it('has an answer in every place', () => {
    for (const { answers } of matrix('documented'))
      expect(answers.map((text) => /^(?:accepted|E[A-Z0-9]+)$/.test(text))).toEqual(MATRIX_HEAD.map(() => true));
  });

  it.each([
    ['mem_ctrl/enable_cmma', 'memory', 'accepted'],
    ['mem_ctrl/enable_cmma', 'memory, vCPU', 'EBUSY'],
    ['vcpu/s390_mem_op', 'protected', 'EINVAL'],
    ['vcpu/s390_mem_op/sida', 'protected', 'accepted'],
    ['vcpu/s390_mem_op/sida', 'protected, vCPUs not', 'EINVAL'],
    ['pv/enable', 'new', 'accepted'],
    ['pv/enable', 'dumping', 'EINVAL'],
    ['pv/dump/complete', 'dumping', 'accepted'],
    ['pv/async_cleanup_perform', 'set aside', 'accepted'],
    ['pv/async_cleanup_prepare', 'protected, another set aside', 'EINVAL'],
    ['get_dirty_log', 'UCONTROL', 'EINVAL'],
    ['create_vcpu', 'destroyed', 'ENOENT'],
  ])('%s, %s: %s', (command, configuration, expected) => {
    expect(answer('documented', command, configuration)).toBe(expected);
  });

  it('tells configurations apart', () => {
    const columns = MATRIX_HEAD.map((_, i) =>
      matrix('documented')
        .map(({ answers }) => answers[i])
        .join(),
    );
    expect(new Set(columns).size).toBe(MATRIX_HEAD.length);
  });
});
