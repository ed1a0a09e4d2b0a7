/**
 * What reads an option or argument that is a whole number.
 *
 * @throws if it is none, or below `least`
 */
export const whole =
  (name: string, least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new Error(`${name} must be a whole number, at least ${least}`);
    return value;
  };
