// Wrong: it takes POST alone. In mode method everything but new items is lost.
export const server = { verbs: ['POST'] };
