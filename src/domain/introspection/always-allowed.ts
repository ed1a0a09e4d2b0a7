import type { KvmiCommand } from '../shapes/kvmi.js';

/** What the tool may do from the hook on, and cannot be forbidden (kvmi_init_always_allowed_commands). */
export const ALWAYS_ALLOWED: readonly (string | number)[] = [
  'get_version',
  'check_command',
  'check_event',
] satisfies KvmiCommand[];
