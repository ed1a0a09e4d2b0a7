import { vmId } from '../../domain/shapes/create-vm.js';
import { LOCAL } from '../../infra/access/principal.js';
import type { Sight } from '../../infra/access/sight.js';
import type { TokenKind } from '../../infra/access/token-kind.js';
import { seesAll } from '../../infra/access/visible.js';
import { type HttpRequest, settingsOf, wholeHeaderOf } from '../http/http.js';
import { RequestProblem } from '../http/problem.js';
import { type Access, accessTo, isAllowed } from './access.js';
import { authenticate } from './bearer.js';
import { assertAtHome } from './own-host.js';

/** The VM that the path of a request names; undefined if it names none, or one that cannot be. */
function vmOf({ params }: HttpRequest): string | undefined {
  const { vm } = Object(params) as { readonly vm?: unknown };
  return vmId.safeParse(vm).data;
}

/** Whether a request is for something that is served; what is not has no route. */
const isServed = ({ routeOptions }: HttpRequest): boolean => routeOptions?.url !== undefined;

/**
 * Lets a request to an operation pass once it is known who asks, and that he may: first the token (401), then its roles (403),
 * then whether the VM of the path is there for it (404, as for one that does not exist).
 */
export class Gate {
  /** @param kinds the tokens that are taken; absent if nobody has to say who they are */
  constructor(
    private readonly sight: Sight,
    private readonly kinds: readonly TokenKind[] | undefined,
  ) {}

  /**
   * @returns nothing if it is known at once
   * @throws RequestProblem, UnknownVm; KeysUnavailable, JournalError if it cannot be found out
   */
  pass(request: HttpRequest): Promise<void> | undefined {
    const { kinds } = this;
    if (kinds === undefined) {
      assertAtHome(request);
      request.principal = LOCAL;
      return undefined;
    }
    if (!isServed(request)) return undefined;
    const { operation = '' } = settingsOf(request);
    const access = accessTo(operation);
    return access === 'public' ? undefined : this.check(kinds, request, operation, access);
  }

  private async check(
    kinds: readonly TokenKind[],
    request: HttpRequest,
    operation: string,
    access: Access,
  ): Promise<void> {
    const { roles, reach } = access;
    const authorization = wholeHeaderOf(request, 'authorization');
    request.renew = () => authenticate(kinds, authorization);
    const principal = await request.renew();
    request.principal = principal;
    if (!isAllowed(access, principal))
      throw new RequestProblem('forbidden', `${operation} takes one of the roles ${[...roles, 'admin'].join(', ')}`);
    if (reach === 'all' && !seesAll(principal))
      throw new RequestProblem('forbidden', `${operation} takes a token that is not limited to labels`);
    const vm = reach === 'vm' ? vmOf(request) : undefined;
    if (vm !== undefined) await this.sight.assert(principal, vm);
  }
}
