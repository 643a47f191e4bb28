import type { Messages, StatusMessages } from './messages.js';

const count = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'}`;

/** What is there without being loaded, so it does without the means for plurals that other languages need. */
export const en: Messages = {
  language: 'en',
  idle: ['Are you still there?', 'To keep your information safe, you will be signed out soon.'],
  locking: ['Are you still there?', 'To keep your information safe, your session will be locked soon.', 'Your session will be locked in {time}.'],
  absolute: ['Your session is about to end', 'You are reaching the maximum session length. Save your work now.'],
  disconnected: ['Your session is about to end', 'Your pages were closed for a while.'],
  checking: ['Checking your session…'],
  offline: ['This page is hidden', 'Your session may have ended, and the server cannot be reached. Trying again…'],
  locked: ['Your session is locked', 'Sign in again to continue where you left off.'],
  'step-up': ['Is it still you?', 'This needs a recent sign-in. Sign in again to continue where you left off.'],
  leaving: ['Signing you out…', 'The server cannot be reached, so you are not signed out yet. Trying again…'],
  'signed-out': ['You are signed out.'],
  left: 'You will be signed out in {time}.',
  stay: 'Stay signed in',
  staying: 'One moment…',
  signOut: 'Sign out now',
  signIn: 'Sign in again',
  notNow: 'Not now',
  trouble: 'The server cannot be reached, so nothing is confirmed yet. Trying again…',
  inWords: (seconds) => (seconds < 60 ? count(seconds, 'second') : count(Math.floor(seconds / 60), 'minute')),
  inDigits: (seconds) => new Date(seconds * 1000).toISOString().slice(seconds < 600 ? 15 : seconds < 3600 ? 14 : 11, 19),
};

export const enStatus: StatusMessages = {
  language: 'en',
  signedIn: 'Signed in',
  signedOut: 'Signed out',
  isLocked: 'Locked',
  noConnection: 'No connection',
};
