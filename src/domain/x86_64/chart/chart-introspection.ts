import { arrow, law } from './chart-setup.js';

const { accept, recordTo, refuse } = arrow;

const off = refuse('EPERM', 'introspectionOff');
const padding = refuse('EINVAL', 'paddingGiven');
const notHooked = refuse('EFAULT');

/** KVM_INTROSPECTION_COMMAND and _EVENT up to the channel (kvmi_ioctl_get_feature). */
const allowed = [off, refuse('EINVAL', 'unknownId'), refuse('EINVAL', 'allowIsNoFlag')];

const introspection_reply = [refuse('ENOENT', 'nothingWaits'), accept()];

/** Whether a tool has a channel to the VM (kvmi_ioctl_hook and its neighbours, kvmi_msg_process). */
export const introspection = law.createStateConfig({
  initial: 'unhooked',
  states: {
    unhooked: {
      on: {
        introspection_hook: [off, padding, refuse('EINVAL', 'noSocket'), recordTo('hooked', 'introspection_hooked')],
        introspection_unhook: [off, accept()],
        introspection_preunhook: notHooked,
        introspection_allow: [...allowed, notHooked],
        introspection_command: notHooked,
        introspection_reply,
      },
    },
    hooked: {
      on: {
        introspection_hook: [off, padding, refuse('EEXIST')],
        introspection_unhook: recordTo('unhooked', 'introspection_unhooked'),
        introspection_preunhook: [refuse('ENOENT', 'unhookUnheard'), accept()],
        introspection_allow: [...allowed, refuse('EPERM', 'forbidsAlwaysAllowed'), accept()],
        introspection_command: [refuse('ENOSYS', 'unknownId'), refuse('EPERM', 'disallowed'), padding, accept()],
        introspection_reply,
      },
    },
  },
});

/**
 * Whether the VM goes on: after CRASH in reply to an event, every run ends at once (kvmi_handle_common_event_actions). The
 * reply is the introspection's; this region follows.
 */
export const health = law.createStateConfig({
  initial: 'running',
  states: {
    running: { on: { introspection_crash: recordTo('crashed', 'vm_crashed') } },
    crashed: { on: { introspection_crash: accept() } },
  },
});
