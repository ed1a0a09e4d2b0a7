import fc from 'fast-check';
import { answerJson } from '../../../src/api/http/answer-json.js';
import { toJson } from '../../../src/domain/json.js';

describe('the JSON form of an answer', () => {
  it("is the domain's, also of bytes that are a part of more", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 100 }), (all, start) => {
        const bytes = all.subarray(start);
        expect(answerJson({ a: [1n, bytes] })).toEqual(toJson({ a: [1n, bytes] }));
      }),
    );
  });
});
