// Wrong: it keeps no ids. A message that comes twice is answered twice, and both deliveries get their 200.
export const bot = { store: { isFirst: () => true } };
