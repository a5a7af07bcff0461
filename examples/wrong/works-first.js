// Wrong: it does its work before it answers. Where that takes long, Whapi sends the delivery again.
export const server = { run: (work) => work() };
