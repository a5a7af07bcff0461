// The compiled schemas as tables for wasm/sound.ts, which says there what is in them.
/** @typedef {import('./schemas.js').Schema} Schema */

const TYPES = { string: 1, number: 2, integer: 4, boolean: 8, null: 16, object: 32, array: 64 };
const ALL = 127;
const FORMS = { 'chat-id': 2, 'group-id': 3, 'person-id': 4, 'message-id': 5, id: 6, any: 7 };
const UNITS = { seconds: 8, milliseconds: 9 };
/** Names that wasm/sound.ts asks for by their numbers. */
const FIRST = [
  ...['@s.whatsapp.net', '@lid', '@g.us', '@newsletter', '@broadcast', '@c.us', 'stories'],
  ...['type', 'event', 'channel_id', 'errors'],
];
const KNOWN = new Set([
  ...['type', 'minLength', 'required', 'items', '$ref', 'properties'],
  ...['x-words', 'x-form', 'x-unit', 'x-range', 'x-members', 'x-recommended', 'x-content', 'x-branch', 'x-agree'],
]);

/** Bytes, written one after the other. */
const writer = () => {
  /** @type {number[]} */
  const bytes = [];
  const many = (/** @type {number} */ value, /** @type {number} */ count) => {
    for (let i = 0; i < count; i++) bytes.push(Number((BigInt(value) >> BigInt(8 * i)) & 255n));
  };
  return {
    bytes,
    u8: (/** @type {number} */ value) => many(value, 1),
    u16: (/** @type {number} */ value) => many(value, 2),
    u32: (/** @type {number} */ value) => many(value, 4),
    u64: (/** @type {bigint} */ value) => {
      for (let i = 0n; i < 64n; i += 8n) bytes.push(Number((value >> i) & 255n));
    },
    f64: (/** @type {number} */ value) => bytes.push(...Buffer.from(new Float64Array([value]).buffer)),
  };
};

/**
 * @param {{name: string, category: string, method: string, keys: string[], id: string}[]} events
 * @param {string[]} methods
 * @param {Map<string, Schema>} schemas as they are compiled, by their ids
 */
export const soundTables = (events, methods, schemas) => {
  /** @type {Map<string, number>} */
  const names = new Map(FIRST.map((name, index) => [name, index + 1]));
  const nameOf = (/** @type {string} */ name) => {
    const number = names.get(name) ?? names.size + 1;
    names.set(name, number);
    return number;
  };
  /** Numbers of things, each once. */
  const numbered = () => {
    /** @type {Map<string, number>} */
    const numbers = new Map();
    return (/** @type {unknown} */ value, /** @type {(index: number) => void} */ make) => {
      const key = JSON.stringify(value);
      let index = numbers.get(key);
      if (index === undefined) {
        index = numbers.size;
        numbers.set(key, index);
        make(index);
      }
      return index;
    };
  };

  /** @type {string[][]} */
  const lists = [];
  const listNumber = numbered();
  const listOf = (/** @type {string[]} */ words) => {
    if (words.length > 254) throw new Error('A list of words is too long for wasm/sound.ts.');
    return listNumber(words, () => lists.push(words));
  };
  /** @type {[number | null, number | null][]} */
  const ranges = [];
  const rangeNumber = numbered();
  const rangeOf = (/** @type {[number | null, number | null]} */ range) => rangeNumber(range, () => ranges.push(range));

  const rules = writer();
  const shapes = writer();
  let countOfShapes = 0;
  /** @type {{name: number, node: number}[]} */
  const members = [];

  /** The first node takes any value. */
  const nodes = [[ALL, 0, 0, 0, 0, 0, 0, 0]];
  /** By the id of a schema, or by the text of one that has none. */
  /** @type {Map<string, number>} */
  const made = new Map();

  const textRule = (/** @type {Schema} */ node) => {
    if (node['x-words']) return 1;
    if (node['x-form']) return FORMS[/** @type {keyof typeof FORMS} */ (node['x-form'])];
    return node['x-unit'] ? UNITS[/** @type {keyof typeof UNITS} */ (node['x-unit'])] : 0;
  };
  const numberRule = (/** @type {Schema} */ node) => {
    if (node['x-unit']) return UNITS[/** @type {keyof typeof UNITS} */ (node['x-unit'])];
    return node['x-range'] ? 1 : 0;
  };

  /** @returns {number} */
  const nodeOf = (/** @type {Schema} */ node) => {
    for (const keyword of Object.keys(node))
      if (!KNOWN.has(keyword)) throw new Error(`wasm/sound.ts does not know the keyword ${keyword}.`);
    if (node.$ref && Object.keys(node).length > 1) throw new Error('wasm/sound.ts knows no keywords beside a $ref.');
    const key = node.$ref ?? JSON.stringify(node);
    let number = made.get(key);
    if (number === undefined) {
      // Its number stands before its members are looked at: shapes may hold themselves.
      number = nodes.push([]) - 1;
      made.set(key, number);
      const { $id, ...schema } = node.$ref ? /** @type {Schema} */ (schemas.get(node.$ref)) : node;
      nodes[number] = fill(schema);
    }
    return number;
  };

  const fill = (/** @type {Schema} */ node) => {
    if (['x-words', 'x-form', 'x-unit'].filter((keyword) => keyword in node).length > 1)
      throw new Error('wasm/sound.ts knows one rule of a text.');
    if ((node.minLength ?? 1) !== 1) throw new Error('wasm/sound.ts knows no length but 1.');
    /** @type {(keyof typeof TYPES)[]} */
    const types = node.type === undefined ? [] : [node.type].flat();
    return [
      types.length === 0 ? ALL : types.reduce((bits, type) => bits | TYPES[type], 0),
      textRule(node),
      numberRule(node),
      node.minLength ?? 0,
      node['x-words'] ? listOf(node['x-words']) : 0,
      node['x-range'] ? rangeOf(node['x-range']) : 0,
      node['x-members'] ? shapeOf(node) + 1 : 0,
      node.items ? nodeOf(node.items) : 0,
    ];
  };

  /** @returns {number} */
  const shapeOf = (/** @type {Schema} */ node) => {
    const own = Object.entries(node['x-members']).map(([name, member]) => ({ name, node: nodeOf(member), member }));
    if (own.length > 64) throw new Error('A shape has too many members for wasm/sound.ts.');
    const placeOf = (/** @type {string} */ name) => own.findIndex((member) => member.name === name) + 1;
    const bitsOf = (/** @type {string[]} */ some) =>
      some.reduce((bits, name) => {
        if (placeOf(name) === 0) throw new Error(`${name} is no member of its shape.`);
        return bits | (1n << BigInt(placeOf(name) - 1));
      }, 0n);
    const wordsOf = (/** @type {string} */ name) => {
      const member = own[placeOf(name) - 1]?.member;
      return /** @type {string[]} */ ((member.$ref ? schemas.get(member.$ref) : member)['x-words']);
    };
    let [rule, word, code] = [0, 0, 0];
    const place = rules.bytes.length;
    /** Of each word the members that may not stand with it, and those of which one must. */
    const byWord = (/** @type {string} */ name, /** @type {(word: string) => [string[], string[]]} */ told) => {
      [rule, word] = [1, placeOf(name)];
      for (const some of [[[], []], ...wordsOf(name).map(told)]) for (const list of some) rules.u64(bitsOf(list));
    };
    if (node['x-content']) {
      const { types, owned } = node['x-content'];
      byWord('type', (type) => {
        const content = types[type];
        return content === undefined ? [[], []] : [owned.filter((/** @type {string} */ name) => !content.includes(name)), content];
      });
    }
    if (node['x-branch']) {
      const { member, branches } = node['x-branch'];
      byWord(member, (type) => [branches.filter((/** @type {string} */ name) => name !== type), [type]]);
    }
    if (node['x-agree']) {
      const { member, with: other, pairs } = node['x-agree'];
      [rule, word, code] = [2, placeOf(other), placeOf(member)];
      for (let number = 0; number < 16; number++) rules.u8(pairs[number] === undefined ? 0 : wordsOf(other).indexOf(pairs[number]) + 1);
    }
    if (['x-content', 'x-branch', 'x-agree'].filter((keyword) => keyword in node).length > 1)
      throw new Error('wasm/sound.ts knows one rule of a shape.');
    shapes.u16(members.length);
    shapes.u8(own.length);
    shapes.u8(rule);
    shapes.u8(word);
    shapes.u8(code);
    shapes.u16(place);
    shapes.u64(bitsOf([...(node.required ?? []), ...(node['x-recommended'] ?? [])]));
    for (const member of own) members.push({ name: nameOf(member.name), node: member.node });
    return countOfShapes++;
  };

  /** @type {Map<string, {node: number, events: number}>} */
  const keys = new Map();
  /** @type {Set<string>} */
  const doubtful = new Set();
  /** @type {[number, number] | undefined} */
  let envelope;
  // An event that is not like the others is left to a closer look.
  const told = events.filter(({ id, keys: own }) => {
    const { type, properties, 'x-recommended': recommended } = /** @type {Schema} */ (schemas.get(id));
    if (own.length === 0 || type !== 'object' || String(recommended) !== 'channel_id') return false;
    const [channel, errors] = [nodeOf(properties.channel_id), nodeOf(properties.errors)];
    envelope ??= [channel, errors];
    return envelope[0] === channel && envelope[1] === errors;
  });
  if (told.length > 32) throw new Error('There are too many events for wasm/sound.ts.');
  for (const [index, { id, keys: own }] of told.entries()) {
    for (const key of own) {
      const node = nodeOf(/** @type {Schema} */ (schemas.get(id)).properties[key]);
      const before = keys.get(key) ?? { node, events: 0 };
      if (before.node !== node) doubtful.add(key);
      keys.set(key, { node, events: before.events | (1 << index) });
    }
  }
  // Nor can a key be told that two events mean in two ways.
  for (const key of doubtful) keys.delete(key);
  const categories = [...new Set(told.map(({ category }) => category))];

  const all = [[...keys.keys()], categories, methods, ...lists].map((list) => list.map(nameOf));
  const out = writer();
  const counts = [
    names.size,
    nodes.length,
    countOfShapes,
    members.length,
    rules.bytes.length,
    ranges.length,
    lists.length,
    keys.size,
    categories.length,
  ];
  for (const number of [...counts, ...(envelope ?? [0, 0]), 0]) out.u16(number);
  for (const [least, most] of ranges) {
    out.f64(least ?? Number.NEGATIVE_INFINITY);
    out.f64(most ?? Number.POSITIVE_INFINITY);
  }
  out.bytes.push(...rules.bytes);
  for (const category of categories) {
    for (const method of methods) {
      const index = told.findIndex((event) => event.category === category && event.method === method);
      out.u32(index === -1 ? 0 : (1 << index) >>> 0);
    }
  }
  for (const { node, events } of keys.values()) {
    out.u32(node);
    out.u32(events >>> 0);
  }
  for (const [types = 0, text = 0, number = 0, least = 0, ...places] of nodes) {
    for (const value of [types, text, number, least]) out.u8(value);
    for (const value of places) out.u16(value);
  }
  out.bytes.push(...shapes.bytes);
  for (const { name, node } of members) {
    out.u16(name);
    out.u16(node);
  }
  for (const list of all) {
    out.u16(list.length);
    for (const name of list) out.u16(name);
  }
  for (const name of names.keys()) {
    const bytes = Buffer.from(name);
    out.u8(bytes.length);
    out.bytes.push(...bytes);
  }
  return Buffer.from(out.bytes);
};
