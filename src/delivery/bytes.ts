const exact = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text where that comes back byte for byte; undefined where not. */
export const exactText = (bytes: Uint8Array): string | undefined => {
  try {
    return exact.decode(bytes);
  } catch {
    return undefined;
  }
};

/** The JSON of a body that is text (`exactText`), with or without a byte order mark; undefined where it is none. */
export const payloadOf = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
};

/** Bytes that become base64 at a time; three make four letters, so it is a multiple of three. */
const BASE64_STEP = 0x6000;

export const base64 = (bytes: Uint8Array): string => {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += BASE64_STEP) parts.push(btoa(String.fromCharCode(...bytes.subarray(i, i + BASE64_STEP))));
  return parts.join('');
};
