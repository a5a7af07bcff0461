// Wrong: it does not check the secret, so everybody who knows the address may play Whapi.
export const server = { secret: undefined };
