import { keyText } from '../../../../src/domain/audit/tlog/key.js';
import { NO_WITNESSES, PolicyError, hasQuorum, parsePolicy } from '../../../../src/domain/audit/tlog/policy.js';
import { digester } from '../../support/test-digester.js';
import { signer } from '../../support/tlog-keys.js';

const witnesses = ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'].map((name, i) => ({
  name,
  ...signer(`${name}.example`, 'cosignature', i + 1),
}));
const line = ({ name, key }: (typeof witnesses)[number]): string => `witness ${name} ${keyText(key)}`;
const LOG = keyText(signer('log.example', 'ed25519', 9).key);

// C2SP tlog-policy, "Example policy".
const EXAMPLE = `# two of X and one of Y
log ${LOG} https://log.example/

${witnesses.slice(0, 3).map(line).join('\n')}
 group\tX-witnesses 2 X1 X2 X3
${witnesses.slice(3).map(line).join('\n')} https://y3.example/submit
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const quorumOf = (text: string, ...names: string[]): boolean =>
  hasQuorum(parsePolicy(text, digester), (key) =>
    witnesses.some((one) => names.includes(one.name) && one.key.name === key.name),
  );

describe('a policy', () => {
  it('names its witnesses, and where they are', () => {
    const policy = parsePolicy(EXAMPLE, digester);
    expect(policy.witnesses.map(({ key }) => key.name)).toEqual(witnesses.map(({ key }) => key.name));
    expect(policy.witnesses.map(({ url }) => url)).toEqual([
      ...Array.from({ length: 5 }, () => undefined),
      'https://y3.example/submit',
    ]);
  });

  it.each([
    [[], false],
    [['X1', 'X2'], false],
    [['X1', 'Y1'], false],
    [['Y1', 'Y2', 'Y3'], false],
    [['X1', 'X3', 'Y2'], true],
    [['X1', 'X2', 'X3', 'Y1'], true],
  ])('with groups of groups: %j are enough is %s', (names, enough) => expect(quorumOf(EXAMPLE, ...names)).toBe(enough));

  it.each<[string, string[], boolean]>([
    ['quorum none', [], true],
    [`${witnesses.map(line).join('\n')}\nquorum X1`, [], false],
    [`${witnesses.map(line).join('\n')}\nquorum X1`, ['X1'], true],
    [`${witnesses.map(line).join('\n')}\ngroup g 3 X1 X2 X3 Y1\nquorum g`, ['X1', 'Y1'], false],
    [`${witnesses.map(line).join('\n')}\ngroup g 3 X1 X2 X3 Y1\nquorum g`, ['X1', 'X2', 'Y1'], true],
  ])('%# decides by its quorum', (text, names, enough) => expect(quorumOf(text, ...names)).toBe(enough));

  it('asks for nobody where there is none', () => expect(hasQuorum(NO_WITNESSES, () => false)).toBe(true));

  const X1 = line(witnesses[0] as (typeof witnesses)[number]);
  it.each([
    ['no quorum', X1, 'quorum'],
    ['two quorums', 'quorum none\nquorum none', 'line 2'],
    ['a quorum of an unknown name', 'quorum X9', 'line 1: "X9"'],
    ['a line of another kind', 'whatness a b', 'line 1: "whatness"'],
    ["a line named as an object's own", 'constructor a', 'line 1: "constructor"'],
    ['a key that is none', 'witness a b', 'line 1: "b"'],
    ["a log's key for a witness", `witness a ${LOG}`, 'line 1'],
    ["a witness's key for a log", X1.replace('witness X1', 'log'), 'line 1'],
    ['a URL that is none', `${X1} ://`, 'line 1'],
    ['too much', `${X1} https://a.example more`, 'line 1'],
    ['a key twice', `${X1}\n${X1.replace('X1', 'X2')}`, 'line 2'],
    ['a name twice', `${X1}\n${line(witnesses[1] as never).replace('X2', 'X1')}`, 'line 2'],
    ['a witness called none', X1.replace('X1', 'none'), 'line 1'],
    ['an empty group', `${X1}\ngroup g any`, 'line 2'],
    ['a group of none of its members', `${X1}\ngroup g 0 X1`, 'line 2'],
    ['a group of more than its members', `${X1}\ngroup g 2 X1`, 'line 2'],
    ['a group of half', `${X1}\ngroup g half X1`, 'line 2'],
    ['a member of two groups', `${X1}\ngroup g any X1\ngroup h any X1`, 'line 3'],
    ['a member twice', `${X1}\ngroup g any X1 X1`, 'line 2'],
    ['a group of itself', `${X1}\ngroup g any g`, 'line 2'],
    ['none as a member', `${X1}\ngroup g any none`, 'line 2'],
  ])('cannot have %s', (_, text, named) => {
    expect(() => parsePolicy(text, digester)).toThrow(PolicyError);
    expect(() => parsePolicy(text, digester)).toThrow(named);
  });
});
