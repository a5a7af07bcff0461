/** `${photo.messages[0].id}` in the texts of a scenario. */
import { isObject, nearest } from '../schema/keywords.ts';
import { type Path, PathError, readPath, valueAtPath } from './paths.ts';
import { ScenarioError } from './scenario.ts';

/** What can be referred to: variables, and payloads of the steps before by the ids of those. */
export interface Scope {
  readonly values: ReadonlyMap<string, unknown>;
  /** Ids of steps that come later, for the sentence about them. */
  readonly later: ReadonlySet<string>;
}

/** A reference, or a dollar that is meant as one. */
const REFERENCE = /\$\$\{|\$\{([^{}]*)\}/g;

/** One reference → the value. @throws PathError */
const lookUp = (reference: string, { values, later }: Scope): unknown => {
  const [name, ...rest] = readPath(reference.trim());
  if (typeof name !== 'string' || !values.has(name)) {
    if (typeof name === 'string' && later.has(name))
      throw new PathError(`\${${reference}}: step ${name} comes later; a step refers to those before it`);
    const near = nearest(String(name), values.keys());
    throw new PathError(
      `\${${reference}}: there is no variable and no step before this one called ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }
  try {
    return valueAtPath(values.get(name), rest);
  } catch (error) {
    throw error instanceof PathError ? new PathError(`\${${reference}}: in ${name}, ${error.message}`) : error;
  }
};

const fill = (text: string, scope: Scope): unknown => {
  const whole = /^\$\{([^{}]*)\}$/.exec(text)?.[1];
  if (whole !== undefined) return lookUp(whole, scope);
  return text.replaceAll(REFERENCE, (_all, reference?: string) => {
    if (reference === undefined) return '${';
    const value = lookUp(reference, scope);
    if (typeof value === 'object' && value !== null)
      throw new PathError(`\${${reference}} is ${Array.isArray(value) ? 'a list' : 'an object'}, which cannot stand inside a text`);
    return String(value);
  });
};

/**
 * A value with its references filled in: a text that is one reference becomes what that leads to, whatever it is;
 * inside a text it becomes characters. `$${` stands for `${`.
 * @param path where in the scenario the value stands
 * @throws ScenarioError
 */
export const filled = (value: unknown, path: Path, scope: Scope): unknown => {
  if (Array.isArray(value)) return value.map((item, index) => filled(item, [...path, index], scope));
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, [...path, key], scope)]));
  if (typeof value !== 'string' || !value.includes('${')) return value;
  try {
    return fill(value, scope);
  } catch (error) {
    throw error instanceof PathError ? new ScenarioError({ path, message: error.message }) : error;
  }
};

/** `filled`, where only a text will do. @throws ScenarioError */
export const filledText = (text: string, path: Path, scope: Scope, key = false): string => {
  try {
    return String(filled(text, path, scope));
  } catch (error) {
    throw error instanceof ScenarioError && key ? new ScenarioError({ ...error.problem, key }) : error;
  }
};

/** A text of a payload as it is written in a scenario, where `${` would be a reference. */
export const literal = (text: string): string => text.replaceAll('${', '$$${');
