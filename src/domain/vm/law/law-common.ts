import type { MemslotRequest } from './law.js';

/** What is asked of the law of VMs of every architecture. */
export type CommonLawEvent =
  | { readonly type: 'destroy_vm' | 'write_memory' | 'read_memory' | 'set_registers' }
  | { readonly type: 'create_vcpu'; readonly vcpu: number }
  | MemslotRequest
  | { readonly type: 'get_dirty_log'; readonly slot: number }
  | ClearDirtyLogRequest;

/** KVM_CLEAR_DIRTY_LOG; `readable`: whether the bitmap can be read. */
export interface ClearDirtyLogRequest {
  readonly type: 'clear_dirty_log';
  readonly slot: number;
  readonly firstPage: bigint;
  readonly numPages: number;
  readonly readable: boolean;
}
