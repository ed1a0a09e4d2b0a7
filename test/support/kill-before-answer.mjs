// Loaded before the service: kills it as it is about to answer the request whose X-Request-Id says so.
import { ServerResponse } from 'node:http';

const { writeHead } = ServerResponse.prototype;

ServerResponse.prototype.writeHead = function (...args) {
  if (this.req.headers['x-request-id'] === 'kill-before-answer') process.kill(process.pid, 'SIGKILL');
  return writeHead.apply(this, args);
};
