import { ERRNO } from '../../domain/errno.js';
import type { X86Vm } from '../../domain/vm/state.js';
import type { Existing } from '../../infra/machines/machines.js';
import { RequestProblem } from '../http/problem.js';

/**
 * A VM whose introspection is read.
 *
 * @throws RequestProblem for a VM that has none: ENOTTY, as any command of it would be
 */
export function introspectedIn({ vm, version }: Existing): X86Vm {
  if (vm.arch === 'x86_64') return vm;
  const about = { errno: 'ENOTTY', ret: -ERRNO.ENOTTY, vm: vm.id, version };
  const told = { 'kvm-ret': String(about.ret), 'kvm-errno': about.errno };
  throw new RequestProblem('not_here', `VM ${vm.id} is of ${vm.arch}, and has no introspection`, about, told);
}
