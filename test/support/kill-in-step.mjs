// Loaded before the service, and in each of its threads: kills it within its second transaction on the index of accesses.
import Database from 'better-sqlite3';

const { transaction } = Database.prototype;
let steps = 0;

Database.prototype.transaction = function (work) {
  const step = (...args) => {
    const result = work(...args);
    if (this.name.endsWith('accesses.sqlite') && ++steps === 2) process.kill(process.pid, 'SIGKILL');
    return result;
  };
  return transaction.call(this, step);
};
