import type { Translation } from './messages.js';

export default {
  language: 'pl',
  idle: [
    'Czy nadal tu jesteś?',
    'Od jakiegoś czasu nic się nie dzieje. Aby chronić Twoje dane, wkrótce nastąpi wylogowanie.',
  ],
  locking: [
    'Czy nadal tu jesteś?',
    'Od jakiegoś czasu nic się nie dzieje. Aby chronić Twoje dane, sesja zostanie wkrótce zablokowana.',
    'Sesja zostanie zablokowana za {time}.',
  ],
  absolute: [
    'Twoja sesja wkrótce się zakończy',
    'Zbliża się maksymalny czas trwania sesji. Zapisz teraz swoją pracę; zaraz potem możesz zalogować się ponownie.',
  ],
  disconnected: [
    'Twoja sesja wkrótce się zakończy',
    'Twoje strony były przez jakiś czas zamknięte. Aby chronić Twoje dane, wkrótce nastąpi wylogowanie.',
  ],
  checking: ['Sprawdzanie sesji…'],
  offline: [
    'Ta strona jest zasłonięta',
    'Twoja sesja mogła się już zakończyć, a serwer jest nieosiągalny. Gdy tylko odpowie, strona pojawi się ponownie albo nastąpi wylogowanie.',
  ],
  locked: [
    'Twoja sesja jest zablokowana',
    'Przez jakiś czas Cię nie było. Zaloguj się ponownie, aby wrócić do przerwanej pracy.',
  ],
  'step-up': [
    'Czy to nadal Ty?',
    'Ta czynność wymaga niedawnego logowania. Zaloguj się ponownie, aby wrócić do przerwanej pracy.',
  ],
  leaving: ['Wylogowywanie…', 'Serwer jest nieosiągalny, więc wylogowanie jeszcze nie nastąpiło. Ponawianie próby…'],
  'signed-out': ['Nastąpiło wylogowanie'],
  left: 'Wylogowanie nastąpi za {time}.',
  pageTitle: 'Wylogowanie za {time}',
  stay: 'Nie wylogowuj mnie',
  staying: 'Chwileczkę…',
  signOut: 'Wyloguj teraz',
  signIn: 'Zaloguj się ponownie',
  notNow: 'Nie teraz',
  trouble: 'Serwer jest nieosiągalny, więc nic nie zostało jeszcze potwierdzone. Ponawianie próby…',
  minutes: { one: '{n} minutę', few: '{n} minuty', many: '{n} minut', other: '{n} minuty' },
  seconds: { one: '{n} sekundę', few: '{n} sekundy', many: '{n} sekund', other: '{n} sekundy' },
  signedIn: 'Zalogowano',
  signedOut: 'Wylogowano',
  isLocked: 'Zablokowano',
  noConnection: 'Brak połączenia',
} satisfies Translation;
