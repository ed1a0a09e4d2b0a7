import { AnswerCheck } from './answer-check.js';
import { type Document, placesOf } from './document.js';

const thing = { type: 'object', properties: { size: { $ref: '#/components/schemas/Size' } }, required: ['size'] };
const problem = { type: 'object', properties: { size: { type: 'integer' }, detail: { type: 'string' }, errno: {} } };

const document: Document = {
  paths: {
    '/v1/things/{id}': {
      get: {
        operationId: 'getThing',
        parameters: [],
        responses: {
          200: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } }, 'text/plain': {} },
            headers: { ETag: {} },
          },
          202: {},
          404: { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Thing' } } } },
          503: { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
        },
      },
    },
  },
  components: { schemas: { Thing: thing, Problem: problem, Size: { type: 'integer', minimum: 1 } } },
};

describe('what is wrong with an answer', () => {
  const check = new AnswerCheck(document);
  const [place] = placesOf(document);
  const flawOf = (status: number, body: string, type = 'application/json', more: Record<string, string> = {}) =>
    place && check.flawOf(place, new Response(body, { status, headers: { 'content-type': type, ...more } }));

  it.each([
    ['a documented shape', 200, '{"size":1}', 'application/json'],
    ['a media type with a parameter', 200, '{"size":1}', 'application/json; charset=utf-8'],
    ['another documented type', 200, 'text', 'text/plain'],
    ['a documented problem', 404, '{"size":2}', 'application/problem+json'],
    ['a failure with an errno', 503, '{"errno":"EAGAIN"}', 'application/problem+json'],
  ])('is nothing if it is %s', async (_what, status, body, type) =>
    expect(await flawOf(status, body, type)).toBeUndefined(),
  );

  it.each([
    ['of a status that is not documented', 409, '{"size":1}', 'application/json', 'status 409 is not documented'],
    ['of a type that is not documented', 200, 'size\n1\n', 'text/csv', 'text/csv is not documented'],
    ['without a field', 200, '{}', 'application/json', "must have required property 'size'"],
    ['with a wrong value behind a reference', 200, '{"size":0}', 'application/json', 'must be >= 1'],
    ['a problem of another shape', 404, '[]', 'application/problem+json', 'must be object'],
    ['a failure without an errno', 503, '{}', 'application/problem+json', 'without an errno'],
    [
      'in words of the validation library',
      ...([
        404,
        '{"size":1,"detail":"size: Too small: expected number to be >=1"}',
        'application/problem+json',
      ] as const),
      'words of the validation library',
    ],
    ['a body that is not documented', 202, 'text', 'text/plain', 'text/plain is not documented'],
    ['a problem with another field', 404, '{"size":1,"rc":2}', 'application/problem+json', 'field rc of a problem'],
    ['a stream that is not documented', 200, 'data: 1\n\n', 'text/event-stream', 'a stream is not documented'],
  ])('is told if it is %s', async (_what, status, body, type, flaw) =>
    expect(await flawOf(status, body, type)).toContain(flaw),
  );

  it('is told of a header that is not documented', async () => {
    expect(
      await flawOf(200, '{"size":1}', 'application/json', { etag: '"1"', 'cache-control': 'no-store' }),
    ).toBeUndefined();
    expect(await flawOf(200, '{"size":1}', 'application/json', { location: '/1' })).toContain('header location of 200');
  });
});
