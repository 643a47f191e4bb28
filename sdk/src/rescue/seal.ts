import type { Sealed } from './shelf.js';

/** Encrypts for one person; nobody else's key opens it, nor this one under another name. */
export interface Seal {
  seal(text: string, until: number): Promise<Sealed>;
  /** Nothing if it was sealed by another key, for another subject, or was altered. */
  unseal(sealed: Sealed): Promise<string | undefined>;
}

const IV_BYTES = 12;

const toText = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

/** The bytes of base64 or base64url; throws if it is neither. */
export const toBytes = (text: string) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));

/**
 * AES-GCM with a fresh IV each time. The end of its life can be seen without the key, and is authenticated
 * together with the subject. Throws where there is no WebCrypto: pages that are not secure.
 */
export async function createSeal(
  crypto: Crypto,
  secret: Uint8Array | CryptoKey,
  subject: string | null,
): Promise<Seal> {
  const key =
    'byteLength' in secret
      ? await crypto.subtle.importKey('raw', new Uint8Array(secret), 'AES-GCM', false, ['encrypt', 'decrypt'])
      : secret;
  const algorithm = (iv: Uint8Array<ArrayBuffer>, until: number) => ({
    name: 'AES-GCM',
    iv,
    additionalData: new TextEncoder().encode(JSON.stringify(['nightlatch draft 1', subject, until])),
  });
  return {
    async seal(text, until) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const data = await crypto.subtle.encrypt(algorithm(iv, until), key, new TextEncoder().encode(text));
      return { until, text: toText(iv) + toText(new Uint8Array(data)) };
    },
    async unseal({ until, text }) {
      try {
        const bytes = toBytes(text);
        const [iv, data] = [bytes.slice(0, IV_BYTES), bytes.slice(IV_BYTES)];
        return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm(iv, until), key, data));
      } catch {
        return undefined;
      }
    },
  };
}
