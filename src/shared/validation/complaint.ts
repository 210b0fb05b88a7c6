/**
 * The grammar of validation messages: the property, the value, the rule and the remedy. The construct checks at synthesis what is known there, and
 * the handler checks the values that only the deployment knows: one rule has one message, wherever the mistake is found.
 */

/** The form of a string. */
export interface StringRule {
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern: RegExp;
  /** The rule in words; completes "must be ...". */
  readonly mustBe: string;
  readonly remedy: string;
}

/** A number of items. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A validation message: the property, the value, the rule and the remedy. */
export function complaint(property: string, value: unknown, mustBe: string, remedy: string): string {
  return `${property}: ${abbreviate(JSON.stringify(value) ?? String(value))} must be ${mustBe}. ${remedy}.`;
}

/** Checks a string against a rule. Returns a message, or undefined if the string is valid. */
export function checkString(property: string, value: string, rule: StringRule): string | undefined {
  const isValid = value.length >= rule.minLength && value.length <= rule.maxLength && rule.pattern.test(value);
  return isValid ? undefined : complaint(property, value, rule.mustBe, rule.remedy);
}

/** Checks a number of items against what Bedrock accepts. Returns a message, or undefined if the number is valid. */
export function checkCount(property: string, count: number, what: string, { min, max }: Range, remedy: string): string | undefined {
  return count >= min && count <= max ? undefined : `${property}: got ${count} ${what}, Bedrock accepts ${min} to ${max}. ${remedy}.`;
}

/** Shortens a value for a message. */
export function abbreviate(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 120)}... (${text.length} characters)`;
}
