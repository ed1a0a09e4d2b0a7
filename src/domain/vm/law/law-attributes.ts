import type { EventOf, EventType } from '../facts/event.js';

/** What is wrong with a call by itself: no such attribute, a payload that cannot be read, a value that nobody takes. */
export type Wrong = 'unknown' | 'unreadable' | 'unacceptable';

/** A command, what is wrong with it, and what its fact says if it goes through. */
interface Asks<Type extends string, Fact extends EventType> {
  readonly type: Type;
  readonly wrong?: Wrong | undefined;
  readonly fact?: Omit<EventOf<Fact>, 'type'> | undefined;
}

/** A command that only asks. */
interface Reads<Type extends string> {
  readonly type: Type;
}

/** The kernel's `flags` field of a call. */
interface Flagged {
  readonly flags: number;
}

/** What is asked of the law about CPU model, clock, crypto controls, topology and capabilities. */
export type AttributeEvent =
  | Asks<'set_cpu_processor', 'cpu_processor_set'>
  | Asks<'set_cpu_feat', 'cpu_feat_set'>
  | Asks<'set_cpu_subfunc', 'cpu_subfunc_set'>
  | Asks<'set_cpu_uv_feat_guest', 'cpu_uv_feat_guest_set'>
  | Reads<'get_cpu_subfunc'>
  | (Asks<'set_tod', 'tod_set'> & Flagged)
  | (Reads<'get_tod'> & Flagged & { readonly wrong?: Wrong | undefined })
  | Asks<'set_key_wrapping', 'key_wrapping_set'>
  | Asks<'set_ap_interpretation', 'ap_interpretation_set'>
  | Asks<'set_cpu_topology', 'topology_change_set'>
  | Reads<'get_cpu_topology'>
  /** `capability` is a name of the table, or what the client gave if there is no such row. */
  | (Asks<'enable_cap', 'capability_enabled'> & Flagged & { readonly capability: string | number });
