import type { Messages, StatusMessages } from './messages.js';

export const en: Messages = {
  language: 'en',
  idle: ['Are you still there?', 'You have not been active for a while. To keep your information safe, you will be signed out soon.'],
  absolute: ['Your session is about to end', 'You are reaching the maximum session length. Save your work now; you can sign in again right away.'],
  disconnected: ['Your session is about to end', 'Your pages were closed for a while. To keep your information safe, you will be signed out soon.'],
  checking: ['Checking your session…'],
  offline: ['This page is hidden', 'Your session may have ended, and the server cannot be reached. This page comes back or signs you out as soon as it can ask.'],
  locked: ['Your session is locked', 'You were away for a while. Sign in again to continue where you left off.'],
  'step-up': ['Is it still you?', 'This needs a recent sign-in. Sign in again to continue where you left off.'],
  leaving: ['Signing you out…', 'The server cannot be reached, so you are not signed out yet. Trying again…'],
  ended: ['You are signed out'],
  left: 'You will be signed out in {time}.',
  pageTitle: '{time} left',
  stay: 'Stay signed in',
  staying: 'One moment…',
  signOut: 'Sign out now',
  signIn: 'Sign in again',
  notNow: 'Not now',
  trouble: 'The server cannot be reached, so nothing is confirmed yet. Trying again…',
  minutes: { one: '{n} minute', other: '{n} minutes' },
  seconds: { one: '{n} second', other: '{n} seconds' },
};

export const enStatus: StatusMessages = {
  language: 'en',
  signedIn: 'Signed in',
  signedOut: 'Signed out',
  isLocked: 'Locked',
  noConnection: 'No connection',
};
