/** What one may do, by name; `admin` may do everything. Which operation takes which: src/api/auth/access.ts. */
export const ROLES = ['reader', 'operator', 'introspector', 'auditor', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Principal {
  /** As the records of its commands name it. */
  readonly actor: string;
  readonly roles: ReadonlySet<Role>;
  /** Labels, `name` or `name=value`, that a VM must have, all of them, to be there for this one; none for every VM. */
  readonly labels: readonly string[];
}

/** Who asks while nobody has to say who they are. */
export const LOCAL: Principal = { actor: 'local', roles: new Set(['admin']), labels: [] };

/** Whether a text names a role. */
export const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);
