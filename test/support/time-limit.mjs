import { addEventHandler } from 'jest-circus';

/** Milliseconds that a test or a hook may take that names no limit of its own. */
const LIMIT = 30_000;

/** How many times its limit each gets: cores that others share may be that much slower, and a test that hangs is told all the same. */
const SLOWNESS = 6;

/** A test or a hook that fails if it takes longer than its limit; the runner itself has none. */
function limited(fn, limit) {
  return async () => {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${limit} ms`)), limit);
    });
    try {
      return await Promise.race([fn(), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

addEventHandler(({ name, timeout = LIMIT }, { currentDescribeBlock: { children, hooks } }) => {
  const added = name === 'add_test' ? children.at(-1) : name === 'add_hook' ? hooks.at(-1) : undefined;
  if (added?.fn) added.fn = limited(added.fn, SLOWNESS * timeout);
});
