import { ERRNO_STATUS } from '../../../src/api/http/errno-status.js';
import { ERRNO } from '../../../src/domain/errno.js';

describe('an errno over HTTP (contract, ground rules)', () => {
  it.each([
    ['EINVAL', 400],
    ['EFAULT', 422],
    ['E2BIG', 413],
    ['EBUSY', 409],
    ['EEXIST', 409],
    ['ENXIO', 404],
    ['ENOENT', 404],
    ['ENOMEM', 507],
    ['ENOSPC', 507],
    ['EPERM', 403],
    ['EACCES', 403],
    ['EOPNOTSUPP', 501],
    ['ENOSYS', 501],
    ['ENOTTY', 501],
    ['EAGAIN', 503],
    ['EIO', 500],
  ] as const)('%s is %i', (errno, status) => {
    expect(ERRNO_STATUS[errno].status).toBe(status);
  });

  it.each(Object.keys(ERRNO) as (keyof typeof ERRNO)[])('%s has a failing status and a title', (errno) => {
    expect(ERRNO_STATUS[errno].status).toBeGreaterThanOrEqual(400);
    expect(ERRNO_STATUS[errno].title).not.toBe('');
  });
});
