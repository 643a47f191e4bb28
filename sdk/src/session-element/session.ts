import type { Nightlatch } from '../nightlatch/contract.js';

/** The part of a `Nightlatch` that the elements use. */
export type Session = Pick<Nightlatch, 'state' | 'remaining' | 'extend' | 'signOut' | 'cover'> & Partial<Pick<Nightlatch, 'windows'>> & {
  subscribe(listener: () => void): () => void;
};
