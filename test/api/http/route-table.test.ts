import { RouteTable } from '../../../src/api/http/route-table.js';

describe('the route table', () => {
  const table = new RouteTable();
  table.add('GET', '/v1/vms/:vm');
  table.add(['DELETE', 'PUT'], '/v1/vms/:vm');
  table.add('POST', '/v1/vms/:vm/memop');
  table.add('GET', '/openapi.json');
  table.add('GET', '/v1/tile/*');

  it.each([
    ['/v1/vms/a', ['DELETE', 'GET', 'PUT']],
    ['/v1/vms/a/memop', ['POST']],
    ['/v1/vms/a/', []],
    ['/v1/vms/a/b', []],
    ['/openapi.json', ['GET']],
    ['/openapiXjson', []],
    ['/v1/tile/0/x001/002.p/3', ['GET']],
    ['/v1/tile/', []],
    ['/v1/tile', []],
  ])('%s takes %j', (path, methods) => {
    expect(table.methodsAt(path)).toEqual(methods);
  });

  it('lists every route', () =>
    expect(table.routes()).toEqual([
      'GET /v1/vms/:vm',
      'DELETE /v1/vms/:vm',
      'PUT /v1/vms/:vm',
      'POST /v1/vms/:vm/memop',
      'GET /openapi.json',
      'GET /v1/tile/*',
    ]));
});
