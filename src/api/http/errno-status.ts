import type { Errno } from '../../domain/errno.js';

/** How each errno of a refusal is answered over HTTP, and what it means; the title of its problem. */
export const ERRNO_STATUS = {
  EPERM: { status: 403, title: 'Operation not permitted' },
  ENOENT: { status: 404, title: 'No such thing' },
  EINTR: { status: 503, title: 'Interrupted' },
  EIO: { status: 500, title: 'Input or output error' },
  ENXIO: { status: 404, title: 'No such group, attribute or address' },
  E2BIG: { status: 413, title: 'Too big' },
  EAGAIN: { status: 503, title: 'Try again' },
  ENOMEM: { status: 507, title: 'Out of memory' },
  EACCES: { status: 403, title: 'Permission denied' },
  EFAULT: { status: 422, title: 'Bad address' },
  EBUSY: { status: 409, title: 'Busy' },
  EEXIST: { status: 409, title: 'Already there' },
  EINVAL: { status: 400, title: 'Invalid argument' },
  ENOTTY: { status: 501, title: 'No such operation here' },
  ENOSPC: { status: 507, title: 'No space left' },
  ENOSYS: { status: 501, title: 'Not implemented' },
  EREMOTE: { status: 409, title: 'The object is remote' },
  EOPNOTSUPP: { status: 501, title: 'Not supported' },
  ENOBUFS: { status: 507, title: 'No buffer space' },
} as const satisfies Readonly<Record<Errno, { readonly status: number; readonly title: string }>>;
