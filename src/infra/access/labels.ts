/** A VM's labels by name. */
export type Labels = Readonly<Record<string, string>>;

/** What a selector of labels looks like: `name` or `name=value`. */
export const SELECTOR = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}(?:=.{0,255})?$/su;

/** Whether there is a label as a selector wants it. */
export function hasLabel(labels: Labels, selector: string): boolean {
  const [name = '', ...value] = selector.split('=');
  return value.length === 0
    ? Object.hasOwn(labels, name)
    : Object.hasOwn(labels, name) && labels[name] === value.join('=');
}

/** Whether there is a label for each of some selectors. */
export const hasLabels = (labels: Labels, selectors: readonly string[]): boolean =>
  selectors.every((selector) => hasLabel(labels, selector));
