/** The journal is not the one that the log signed; to sign it would be to tell two stories. */
export class LogForkError extends Error {}
