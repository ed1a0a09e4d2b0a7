import { parseBody } from '../../domain/audit/record.js';
import type { Labels } from '../access/labels.js';
import type { Journal } from '../journal/journal.js';

/** VMs whose labels are remembered. */
const MOST = 10_000;

/** The labels of VMs, which never change: the record of a VM's creation has them. */
export class VmLabels {
  private readonly known = new Map<string, Labels>();

  constructor(private readonly journal: Journal) {}

  /**
   * The labels of a VM, also of one that was destroyed; undefined if there never was one of this id.
   *
   * @throws JournalError
   */
  async of(vm: string): Promise<Labels | undefined> {
    const known = this.known.get(vm);
    if (known) return known;
    const labels = await this.read(vm);
    if (this.known.size >= MOST) this.known.clear();
    if (labels) this.known.set(vm, labels);
    return labels;
  }

  private async read(vm: string): Promise<Labels | undefined> {
    const [created] = await this.journal.read({ vm, after: 0, limit: 1, type: 'create_vm', outcome: 'done' });
    if (created === undefined) return undefined;
    const { command, data = [] } = parseBody(created.bytes);
    if (!data.some(({ role }) => role === 'command.labels')) return (command['labels'] ?? {}) as Labels;
    const beside = await this.journal.data(created.position);
    const labels = beside.find(({ role }) => role === 'command.labels');
    return labels && (JSON.parse(Buffer.from(labels.bytes).toString()) as Labels);
  }
}
