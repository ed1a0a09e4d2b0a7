import { DESTROYED } from '../../vm/law/chart-arrows.js';
import { attributeArrows } from './chart-attributes.js';
import { accept, law, record, recordTo, refuse } from './chart-setup.js';

/**
 * The life of a VM. What depends on no region but this one is here too. A VM that was destroyed has no file descriptor to
 * give a command to: everything is ENOENT.
 */
export const lifecycle = law.createStateConfig({
  initial: 'live',
  states: {
    live: {
      on: {
        destroy_vm: recordTo('destroyed', 'vm_destroyed'),
        write_memory: [refuse('EFAULT', 'noMemory'), accept()],
        read_memory: [refuse('EFAULT', 'noMemory'), accept()],
        get_dirty_log: [
          refuse('EINVAL', 'ucontrol'),
          refuse('EINVAL', 'slotIdBeyondMax'),
          refuse('ENOENT', 'slotDoesNotLog'),
          record('dirty_log_taken'),
        ],
        clear_dirty_log: refuse('ENOTTY'),
        inject_vm_irq: [
          refuse('EINVAL', 'ucontrol'),
          refuse('EFAULT', 'floatingUnreadable'),
          refuse('EINVAL', 'floatingUnknown'),
          refuse('EBUSY', 'floatingFull'),
          accept(),
        ],
        vm_mem_op_batch: accept(),
        get_device_attr: accept(),
        has_device_attr: accept(),
        ...attributeArrows,
        limit_mem_size: [
          refuse('EINVAL', 'ucontrol'),
          refuse('EFAULT', 'noPayload'),
          refuse('E2BIG', 'limitAboveCeiling'),
          refuse('EINVAL', 'limitZero'),
          refuse('EBUSY', 'vcpuCreated'),
          refuse('EBUSY', 'slotAboveLimit'),
          refuse('ENOMEM', 'noMemoryForTopTable'),
          record('mem_limit_set'),
        ],
      },
    },
    destroyed: DESTROYED,
  },
});
