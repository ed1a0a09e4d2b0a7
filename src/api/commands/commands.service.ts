import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Command, CommandOf } from '../../domain/vm/command.js';
import type { Arch } from '../../domain/vm/state.js';
import { type Existing, type Moment } from '../../infra/machines/machines.js';
import type { Answer } from '../../infra/machines/submission.js';
import type { Service } from '../../infra/service.js';
import { Answering } from './answering.js';
import { type Envelope, etagOf, setOutcome } from './answers.js';
import type { BodyByArch, BodyShapes } from '../http/by-arch.js';
import { type Exchange, headerOf, principalOf, setHeaders } from '../http/http.js';
import { ifMatchOf } from '../http/if-match.js';
import { type Body, type Present, type Presentation, bodyOf, plainly } from './presentation.js';
import { Refusal } from '../http/problem.js';
import { readBy } from '../http/schema.pipe.js';
import { SERVICE } from '../http/service.token.js';
import { traceOf } from '../http/trace-context.js';

/** VMs whose architecture is remembered. */
const MOST_ARCHS = 10_000;

/** A body as the VM's architecture reads it, and which that is. */
export type BodyOf<Shapes extends BodyShapes> = {
  readonly [Each in Arch]: { readonly arch: Each; readonly body: z.output<Shapes[Each]> };
}[Arch];

/** What is looked at of the past. */
type Looked = Pick<CommandOf<'look_back'>, 'what' | 'vcpu'>;

/** The way of every handler to a VM. */
@Injectable()
export class Commands {
  private readonly archs = new Map<string, Arch>();

  constructor(@Inject(SERVICE) private readonly service: Service) {}

  /**
   * Gives a command to a VM, and tells what came of it in the response's headers.
   *
   * @throws Refusal; what `Machines.submit` throws
   */
  async run(http: Exchange, vm: string, command: Command): Promise<Answer> {
    return this.submit(http, vm, command, undefined);
  }

  /** As `run`; answers the body that `present` made in the moment of the decision. */
  async present<Kind extends Body>(
    http: Exchange,
    vm: string,
    command: Command,
    present: Present<Kind>,
  ): Promise<Kind> {
    let presentation: Presentation<Kind> | undefined;
    const answer = await this.submit(http, vm, command, (outcome) => (presentation = present(outcome)));
    if (presentation === undefined) throw new Error(`${command.type} was not presented`);
    setHeaders(http.reply, presentation.headers ?? {});
    return bodyOf(presentation, answer);
  }

  /** As `run`; answers `ret`, `more` and what the command answers. */
  answer(http: Exchange, vm: string, command: Command, more?: Envelope): Promise<Envelope> {
    return this.present(http, vm, command, plainly(more));
  }

  /** A VM now or then, its version told in the response's headers. Nothing is recorded. */
  async view({ reply }: Exchange, vm: string, moment: Moment | undefined): Promise<Existing> {
    const existing = await this.service.machines.view(vm, moment);
    reply.header('etag', etagOf(existing.version));
    return existing;
  }

  /** Records that somebody looks at what a VM was, if it is the past that he looks at. */
  async looked(http: Exchange, { vm, version }: Existing, moment: Moment | undefined, looked: Looked): Promise<void> {
    if (moment === undefined) return;
    await this.run(http, vm.id, { type: 'look_back', ...looked, version });
    http.reply.header('etag', etagOf(version));
  }

  /**
   * Reads a body by the shape that the VM's architecture has for it.
   *
   * @throws UnknownVm, RequestProblem
   */
  async bodyFor<Shapes extends BodyShapes>(
    vm: string,
    { shapes }: BodyByArch<Shapes>,
    body: unknown,
  ): Promise<BodyOf<Shapes>> {
    const arch = await this.archOf(vm);
    return { arch, body: readBy(shapes[arch], body, 'body') } as BodyOf<Shapes>;
  }

  /** The architecture of a VM, which never changes. */
  private async archOf(vm: string): Promise<Arch> {
    const known = this.archs.get(vm) ?? (await this.service.machines.view(vm)).vm.arch;
    if (this.archs.size >= MOST_ARCHS) this.archs.clear();
    this.archs.set(vm, known);
    return known;
  }

  /** The version that a command which looks at the past is to look at; undefined for the present. */
  async asOf(vm: string, moment: Moment | undefined): Promise<number | undefined> {
    return moment && this.service.machines.version(vm, moment);
  }

  private async submit(
    { request, reply }: Exchange,
    vm: string,
    command: Command,
    present: Present | undefined,
  ): Promise<Answer> {
    const ifMatch = ifMatchOf(headerOf(request, 'if-match'), command.type === 'create_vm');
    const { actor } = principalOf(request);
    const answering = new Answering(request, command.type, present);
    const answer = await this.service.machines.submit({
      vm,
      command,
      actor,
      requestId: request.id,
      trace: traceOf(request),
      ifMatch,
      present: (outcome) => answering.decided(vm, outcome),
    });
    answering.isDurable(answer);
    if (answer.decision.errno !== undefined) throw new Refusal(answer, answer.decision.errno, command.type);
    setOutcome(reply, answer);
    return answer;
  }
}
