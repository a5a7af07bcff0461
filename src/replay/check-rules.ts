/** What is checked of a handler, in the order of the report; a file of its own, since --help needs no more. */
export const CHECK_RULE_NAMES = [
  'secret',
  'modes',
  'verbs',
  'answers',
  'in-time',
  'answers-first',
  'any-type',
  'duplicates',
  'at-once',
  'own-messages',
  'out-of-order',
  'large-body',
  'cut-connection',
  'alive',
] as const;

export type CheckRule = (typeof CHECK_RULE_NAMES)[number];
