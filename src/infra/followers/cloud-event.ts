import { toHex } from '../../domain/audit/bulk.js';
import { parseBody } from '../../domain/audit/record.js';
import type { StoredRecord } from '../journal/journal.js';

/** The media type of one event in JSON (CloudEvents 1.0.2, JSON event format, section 3). */
export const CLOUD_EVENT_JSON = 'application/cloudevents+json; charset=utf-8';

/** What every event's type begins with. */
const TYPES = 'dev.vmledger';

const decoder = new TextDecoder();

/** Made once for each record, however many follow it; kept as long as the record is. */
const texts = new WeakMap<StoredRecord, string>();

/**
 * A record as a CloudEvent in JSON (CloudEvents 1.0.2), on one line: `id` is the position, `source` the path of the VM, `subject`
 * the version, and `data` the record as GET /v1/journal answers it. The trace of the request is in the attributes of the
 * Distributed Tracing extension.
 */
export function cloudEvent(record: StoredRecord): string {
  const known = texts.get(record);
  if (known !== undefined) return known;
  const { vm, version, position, time, command, outcome, traceparent, tracestate } = parseBody(record.bytes);
  const event = {
    specversion: '1.0',
    id: String(position),
    source: `/v1/vms/${vm}`,
    type: `${TYPES}.${command.type}.${outcome.ret < 0 ? 'refused' : 'done'}`,
    subject: String(version),
    time,
    datacontenttype: 'application/json',
    traceparent,
    tracestate,
  };
  // The record's bytes are JSON already: they go in as they are, with the leaf hash at their end.
  const data = `${decoder.decode(record.bytes).slice(0, -1)},"leafHash":"${toHex(record.leafHash)}"}`;
  const text = `${JSON.stringify(event).slice(0, -1)},"data":${data}}`;
  texts.set(record, text);
  return text;
}
