import type { Errno } from '../errno.js';

/** What each errno means where KVM, or this model of it, answers it. */
export const ERRNO_MEANINGS: Readonly<Record<Errno, string>> = {
  EPERM: 'not allowed to whoever asks',
  ENOENT: 'what it is about is not there',
  EINTR: 'ended before it began, by a signal or because it was told to',
  EIO: 'the ultravisor refused what cannot go wrong on the host',
  ENXIO: 'there is no such attribute, state or feature here',
  E2BIG: 'more than there can be',
  EAGAIN: 'not now; later perhaps',
  ENOMEM: 'the host has not the memory for it',
  EACCES: 'not allowed',
  EFAULT: 'an address at which the kernel, or the VMM, can read or write nothing',
  EBUSY: 'too late, or not while something else is the case',
  EEXIST: 'it is there already, or a part of it is taken',
  EINVAL: 'an argument that cannot be, or a state in which it cannot be asked',
  ENOTTY: 'there is no such ioctl here',
  ENOSPC: 'there is no room left',
  ENOSYS: 'there is no such call',
  EREMOTE: 'user space must map the page first',
  EOPNOTSUPP: 'known, and not supported',
  ENOBUFS: 'the buffer is too small for what there is',
};
