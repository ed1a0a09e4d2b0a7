/** Linux errno numbers that KVM's ioctls and this model answer (asm-generic/errno-base.h, errno.h). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ENOTTY: 25,
  ENOSPC: 28,
  ENOSYS: 38,
  EREMOTE: 66,
  EOPNOTSUPP: 95,
  ENOBUFS: 105,
} as const;

/** The name of an errno, as in `EBUSY`. */
export type Errno = keyof typeof ERRNO;
