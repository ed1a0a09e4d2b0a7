import type { Command } from '../../domain/vm/command.js';
import type { Peers } from '../../domain/vm/decider.js';
import { among, partnersOf, tokenGiven } from '../../domain/vm/peers.js';
import type { Vm } from '../../domain/vm/state.js';
import { digester } from '../digester.js';
import type { Tokens } from './tokens.js';

/**
 * Other VMs that have to do with a command: those that its VM shares pages with, and who issued the token it presents. A token can
 * lie in a page of a VM that is not at hand; then its issuer is not known yet.
 */
export function concernedBy(command: Command, vm: Vm, atHand: Peers, tokens: Tokens): ReadonlySet<string> {
  const partners = partnersOf(vm);
  if (![...vm.memory.borrowedFrom].every((lender) => atHand.has(lender))) return partners;
  const token = tokenGiven(among(vm, atHand), command, digester);
  const issuer = token === undefined ? undefined : tokens.issuerOf(token);
  return issuer === undefined || issuer === vm.id ? partners : new Set([...partners, issuer]);
}
