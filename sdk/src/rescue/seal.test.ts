import { expect, test } from 'vitest';
import { createSeal, toBytes } from './seal.js';

const adasKey = new Uint8Array(32).fill(7);
const until = 1_700_000_000_000;
const sealOf = (key: Uint8Array | CryptoKey = adasKey, subject: string | null = 'ada') => createSeal(crypto, key, subject);

test('Opens with the same key for the same subject, and keeps every character', async () => {
  const text = 'Grüße, 東京 🗝 '.repeat(10_000);
  const sealed = await (await sealOf()).seal(text, until);
  expect(await (await sealOf()).unseal(sealed)).toBe(text);
});

test('Does not open for anybody else, nor with another end of its life, nor once it was altered', async () => {
  const seal = await sealOf();
  const sealed = await seal.seal('private', until);
  expect(await (await sealOf(new Uint8Array(32).fill(8))).unseal(sealed)).toBeUndefined();
  expect(await (await sealOf(adasKey, 'bob')).unseal(sealed)).toBeUndefined();
  expect(await (await sealOf(adasKey, null)).unseal(sealed)).toBeUndefined();
  expect(await seal.unseal({ ...sealed, until: until + 1 })).toBeUndefined();
  for (const text of ['', 'AAAA', '%', sealed.text.slice(0, -4), sealed.text.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))]) {
    expect(await seal.unseal({ until, text })).toBeUndefined();
  }
  expect(await seal.unseal(sealed)).toBe('private');
});

test('Never uses an initial value twice', async () => {
  const seal = await sealOf();
  const all = await Promise.all(Array.from({ length: 50 }, () => seal.seal('same', until)));
  expect(new Set(all.map(({ text }) => text.slice(0, 16))).size).toBe(50);
});

test('Takes a key that the application has made, also one that nobody can read', async () => {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const sealed = await (await sealOf(key)).seal('private', until);
  expect(await (await sealOf(key)).unseal(sealed)).toBe('private');
});

test('Makes a key of its own that nobody can read', async () => {
  const made: CryptoKey[] = [];
  const watched = {
    getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes),
    subtle: {
      importKey: async (...given: Parameters<SubtleCrypto['importKey']>) => {
        made.push(await crypto.subtle.importKey(...(given as Parameters<typeof crypto.subtle.importKey>)));
        return made[0]!;
      },
    },
  } as unknown as Crypto;
  await createSeal(watched, adasKey, 'ada');
  expect(made.map(({ extractable, algorithm }) => ({ extractable, algorithm }))).toEqual([
    { extractable: false, algorithm: { name: 'AES-GCM', length: 256 } },
  ]);
});

test('Refuses a key of the wrong length, and a page without encryption', async () => {
  await expect(sealOf(new Uint8Array(5))).rejects.toThrow();
  await expect(createSeal({} as Crypto, adasKey, 'ada')).rejects.toThrow();
});

test('Reads base64 of both alphabets', () => {
  expect([...toBytes('-_-_')]).toEqual([...toBytes('+/+/')]);
  expect(() => toBytes('no key: %')).toThrow();
});
